//! `clio gateway`: GraphQL and the dashboard in front of serving.

use std::sync::Arc;

use anyhow::Context;
use clio_proto::RemoteCubes;
use clio_web::GatewayConfig;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::settings::Settings;
use crate::terminal::tell;
use crate::{door, seed, signals};

/// Serves until it is told to stop.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let service = Arc::new(RemoteCubes::new(settings.named_replicas()?)?);
    let config = GatewayConfig { seed: seed::of_this_process(), ..settings.gateway.clone() };
    door::check("--http", settings.http, config.is_insecure)?;
    door::raise_file_handles();
    let listener = listen(settings.http).await?;
    let address = listener.local_addr()?;
    let mut tasks = JoinSet::new();
    let stop = signals::stop_token(&mut tasks);
    tell!("dashboard and GraphQL on http://{address}");
    let server_stop = stop.clone();
    tasks.spawn(async move { Ok(clio_web::serve(service, config, listener, server_stop).await?) });
    signals::join_all(tasks, &stop).await
}

/// Takes the address, or says what is in the way.
pub(crate) async fn listen(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another with --http (port 0 takes a free one)")
    })
}
