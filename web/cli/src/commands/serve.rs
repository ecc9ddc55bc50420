//! `clio serve`: the lake's latest snapshot in memory, behind gRPC.

use std::sync::Arc;

use anyhow::Context;
use clio_proto::{CubeService as _, ServingState};
use clio_serving::{Cubes, ServingConfig};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::door::Guard;
use crate::metrics::Metrics;
use crate::operators::{self, Readiness};
use crate::settings::Settings;
use crate::terminal::tell;
use crate::{access, address, door, seed, signals, tls};

/// Serves until it is stopped.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let lake = settings.named_lake()?;
    let config = settings.serving(address::folder(lake)?);
    let config = ServingConfig { seed: seed::of_this_process(), ..config };
    let grpc = settings.grpc;
    let mut tasks = JoinSet::new();
    let stop = signals::stop_token(&mut tasks);
    let access = access::of_serving(&settings.access, &mut tasks, &stop)?;
    let tls = tls::of_serving(&settings.tls, &mut tasks, &stop)?;
    let shows_who_it_is =
        access.is_some() || tls.as_ref().is_some_and(clio_proto::ServerTls::asks_clients);
    let guard = if shows_who_it_is { Guard::SignIn } else { Guard::None };
    door::check("--grpc", grpc, guard, settings.is_grpc_insecure)?;
    door::raise_file_handles();
    let listener = TcpListener::bind(grpc)
        .await
        .with_context(|| format!("cannot listen on {grpc}; does another service listen there?"))?;
    let address = listener.local_addr()?;
    // It listens before it has loaded a snapshot: early requests are refused instead of hanging.
    let cubes = match access {
        Some(access) => Cubes::start_guarded(config, access)?,
        None => Cubes::start(config)?,
    };
    let mut metrics = Metrics::new();
    metrics.add_serving(&cubes);
    let (follower, follower_stop) = (Arc::clone(&cubes), stop.clone());
    let lake = lake.to_owned();
    let scheme = if tls.is_some() { "https" } else { "http" };
    tasks.spawn(async move {
        if follower_stop.run_until_cancelled(follower.load()).await.is_none() {
            return Ok(());
        }
        let status = follower.status().await?;
        let why = status.message.filter(|_| status.state == ServingState::Down);
        if let Some(why) = why {
            // A later snapshot may be one that can be served.
            tell!("nothing of {lake} can be served yet on {scheme}://{address} : {why}");
        } else {
            tell!("serving {lake} on {scheme}://{address}");
        }
        follower.follow(follower_stop).await;
        Ok(())
    });
    let shown = settings.operators.serving;
    let readiness = Readiness::Snapshot(Arc::<Cubes>::clone(&cubes));
    operators::start(shown, metrics, readiness, &mut tasks, &stop).await?;
    let server_stop = stop.clone();
    tasks.spawn(
        async move { Ok(clio_serving::serve_grpc(cubes, listener, tls, server_stop).await?) },
    );
    signals::join_all(tasks, &stop).await
}
