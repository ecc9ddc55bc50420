//! `clio serve`: the lake's latest snapshot in memory, behind gRPC.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clio_serving::{Cubes, ServingConfig};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::args::ServeArgs;
use crate::terminal::tell;
use crate::{address, door, signals};

/// Serves until it is told to stop.
pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let mut config = ServingConfig::new(address::folder(&args.lake)?);
    config.poll_interval = Duration::from_millis(args.poll_ms.get());
    config.memory_limit_bytes = args.memory.map(|mebibytes| mebibytes.get() * 1024 * 1024);
    door::check("--grpc", args.grpc, args.insecure)?;
    door::raise_file_handles();
    let listener = TcpListener::bind(args.grpc)
        .await
        .with_context(|| format!("cannot listen on {}; is another service there?", args.grpc))?;
    let address = listener.local_addr()?;
    // It listens before it has loaded: whoever asks meanwhile is refused, and does not hang.
    let cubes = Cubes::start(config)?;
    let mut tasks = JoinSet::new();
    let stop = signals::stop_token(&mut tasks);
    let (follower, follower_stop) = (Arc::clone(&cubes), stop.clone());
    tasks.spawn(async move {
        if follower_stop.run_until_cancelled(follower.load()).await.is_none() {
            return Ok(());
        }
        tell!("serving {} on http://{address}", args.lake);
        follower.follow(follower_stop).await;
        Ok(())
    });
    let server_stop = stop.clone();
    tasks.spawn(async move { Ok(clio_serving::serve_grpc(cubes, listener, server_stop).await?) });
    signals::join_all(tasks, &stop).await
}
