//! `clio gateway`: GraphQL and the dashboard in front of serving.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clio_proto::{RemoteConfig, RemoteCubes};
use clio_store::{SqliteStore, Store};
use clio_web::GatewayConfig;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::door::Guard;
use crate::metrics::Metrics;
use crate::operators::{self, Readiness};
use crate::settings::Settings;
use crate::terminal::tell;
use crate::{access, clock, door, seed, signals, tls};

/// Serves until it is stopped.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    let stop = signals::stop_token(&mut tasks);
    let token = settings.access.gateway_token_file.as_deref();
    let remote = RemoteConfig {
        probe_interval: Some(settings.probe_interval),
        gateway_token: token.map(|file| access::secret(file, "gateway's token")).transpose()?,
        tls: tls::of_client(&settings.tls, &mut tasks, &stop)?,
        ..settings.named_replicas()?.clone()
    };
    if remote.gateway_token.is_some() {
        for address in &remote.endpoints {
            door::warn_of_secret_in_clear_text(address);
        }
    }
    let remote = Arc::new(RemoteCubes::new(&remote)?);
    let mut metrics = Metrics::new();
    metrics.add_replicas(&remote);
    let service = metrics.add_calls(Arc::<RemoteCubes>::clone(&remote));
    let requests = metrics.add_requests();
    let access = access::of_gateway(settings, &mut tasks, &stop)?;
    let guard = if access.is_some() { Guard::SignIn } else { Guard::None };
    door::check("--http", settings.http, guard, settings.gateway.is_insecure)?;
    door::raise_file_handles();
    let listener = listen(settings.http).await?;
    let address = listener.local_addr()?;
    let tls = tls::of_gateway(&settings.tls, &mut tasks, &stop)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let config = GatewayConfig {
        tls,
        store: store(settings.store.file.as_deref(), settings)?,
        access,
        replicas: Some(Arc::<RemoteCubes>::clone(&remote)),
        requests: Some(requests),
        seed: seed::of_this_process(),
        ..settings.gateway.clone()
    };
    tell!("dashboard and GraphQL on {scheme}://{address}");
    let (shown, readiness) = (settings.operators.gateway, Readiness::Service(remote));
    operators::start(shown, metrics, readiness, &mut tasks, &stop).await?;
    let server_stop = stop.clone();
    tasks.spawn(async move { Ok(clio_web::serve(service, config, listener, server_stop).await?) });
    signals::join_all(tasks, &stop).await
}

/// Opens the store in a file; without a file there is none.
pub(crate) fn store(
    file: Option<&Path>,
    settings: &Settings,
) -> anyhow::Result<Option<Arc<dyn Store>>> {
    let Some(file) = file else { return Ok(None) };
    let store = SqliteStore::open(file, settings.store.limits.clone(), clock::now)?;
    Ok(Some(Arc::new(store)))
}

/// Binds the address, or says what prevents it.
pub(crate) async fn listen(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another with --http (port 0 takes a free one)")
    })
}
