//! The port for operators: `/metrics`, `/healthz` and `/readyz` of a process, apart from what it serves.
//!
//! Nobody signs in here, so that a probe and Prometheus need no secret: it shows how much is asked and how the process
//! stands, and nothing of the data or of who asks. There is none unless its address is given.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clio_proto::CubeService;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::metrics::{CONTENT_TYPE as METRICS, Metrics};
use crate::terminal::tell;

/// When a process is ready to be asked.
#[derive(Clone)]
pub(crate) enum Readiness {
    /// Serving: a snapshot is held, and what is newer is not stuck.
    Snapshot(Arc<dyn CubeService>),
    /// A gateway: serving answers, with a snapshot. A stuck one is better than none.
    Service(Arc<dyn CubeService>),
    /// As soon as it runs.
    Always,
}

impl Readiness {
    /// Whether it is ready, and how it stands.
    async fn look(&self) -> (bool, Value) {
        let (service, may_be_stuck) = match self {
            Self::Snapshot(service) => (service, false),
            Self::Service(service) => (service, true),
            Self::Always => return (true, json!({})),
        };
        match service.status().await {
            Ok(status) => {
                let has_snapshot = status.snapshot.is_some();
                let is_ready = has_snapshot && (may_be_stuck || !status.is_stuck);
                let shown = json!({
                    "state": status.state.as_str(),
                    "versions_behind": status.versions_behind(),
                    "is_stuck": status.is_stuck,
                    "snapshot": status.snapshot.map(|snapshot| snapshot.id.0),
                });
                (is_ready, shown)
            }
            // The log has the reason, which may name what is inside.
            Err(error) => (false, json!({ "state": "down", "code": error.code.as_str() })),
        }
    }
}

/// What the port shows.
struct Operators {
    metrics: Metrics,
    readiness: Readiness,
}

/// Listens at the address, if one is given, and serves in one of the tasks until told to stop.
///
/// # Errors
///
/// The address cannot be listened on.
pub(crate) async fn start(
    address: Option<SocketAddr>,
    metrics: Metrics,
    readiness: Readiness,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let Some(address) = address else { return Ok(()) };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another with --metrics"))?;
    let address = listener.local_addr()?;
    tell!("metrics, health and readiness on {address}");
    if !clio_web::is_loopback(address.ip()) {
        tracing::warn!(%address, "whoever reaches this address sees how much is asked, and no data");
    }
    let router = router(Operators { metrics, readiness });
    let stop = stop.clone();
    tasks.spawn(async move {
        let stopped = stop.cancelled_owned();
        Ok(axum::serve(listener, router).with_graceful_shutdown(stopped).await?)
    });
    Ok(())
}

fn router(operators: Operators) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || answer(StatusCode::OK, &json!({ "status": "ok" }))))
        .route("/readyz", get(ready))
        .with_state(Arc::new(operators))
}

async fn metrics(State(operators): State<Arc<Operators>>) -> Response {
    let headers = [(CONTENT_TYPE, METRICS), (CACHE_CONTROL, "no-store")];
    (headers, operators.metrics.text()).into_response()
}

async fn ready(State(operators): State<Arc<Operators>>) -> Response {
    let (is_ready, serving) = operators.readiness.look().await;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if is_ready { "ready" } else { "not ready" };
    answer(status, &json!({ "status": word, "serving": serving }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}
