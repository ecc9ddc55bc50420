//! The HTTP server: its routes, its layers in order, its start and its end.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use clio_proto::{CubeService, ExportFormat};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::{DefaultOnFailure, TraceLayer};
use tracing::Level;

use crate::assets::{self, Dashboard};
use crate::config::GatewayConfig;
use crate::error::WebError;
use crate::follow::follow;
use crate::gateway::Gateway;
use crate::schema::state_name;
use crate::{connections, export, graphql, host, media, socket};

/// Listens on an address, as in `127.0.0.1:8080`.
///
/// # Errors
///
/// If the address is none, is taken, or is not ours to take.
pub async fn bind(address: &str) -> Result<TcpListener, WebError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| WebError::Bind { address: address.to_owned(), source })
}

/// Serves the gateway and the dashboard on a listener until `stop` is cancelled, then lets open
/// requests end.
///
/// Whether the service answers does not matter: pages are served, and the API says what is wrong
/// until it does.
///
/// # Errors
///
/// If the settings cannot be served, before anything is answered: among them an address that others
/// than this machine reach, without [`GatewayConfig::is_insecure`].
pub async fn serve(
    service: Arc<dyn CubeService>,
    config: GatewayConfig,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), WebError> {
    let gateway = Arc::new(Gateway::new(service, config, stop));
    let dashboard = Dashboard::embedded(gateway.config.allow_graphiql);
    run(gateway, dashboard, listener).await
}

/// Serves a gateway: what [`serve`] does, with the parts given.
pub(crate) async fn run(
    gateway: Arc<Gateway>,
    dashboard: Dashboard,
    listener: TcpListener,
) -> Result<(), WebError> {
    check_media_dir(&gateway.config)?;
    let address = listener.local_addr().map_err(WebError::Server)?;
    if !host::is_loopback(address.ip()) {
        if !gateway.config.is_insecure {
            return Err(WebError::Open { address });
        }
        tracing::warn!(%address, "insecure: whoever reaches this address can read everything");
    }
    let router = router(&gateway, dashboard)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(follow(Arc::clone(&gateway)));
    connections::serve(&gateway, listener, router).await;
    drain_sockets(&gateway).await;
    tasks.shutdown().await;
    Ok(())
}

/// Waits for the WebSockets, which axum's own shutdown knows nothing of.
async fn drain_sockets(gateway: &Gateway) {
    let limits = &gateway.config.limits;
    let all = u32::try_from(limits.max_sockets).unwrap_or(u32::MAX);
    if timeout(limits.drain_timeout, gateway.sockets.acquire_many(all)).await.is_err() {
        tracing::warn!("stopped with websockets still open");
    }
}

fn check_media_dir(config: &GatewayConfig) -> Result<(), WebError> {
    let Some(path) = &config.media_dir else { return Ok(()) };
    let found = std::fs::metadata(path).and_then(|found| {
        if found.is_dir() { Ok(()) } else { Err(std::io::ErrorKind::NotADirectory.into()) }
    });
    found.map_err(|source| WebError::MediaDir { path: path.clone(), source })
}

/// Every route, inside of every layer.
pub(crate) fn router(gateway: &Arc<Gateway>, dashboard: Dashboard) -> Result<Router, WebError> {
    let pages = Router::new()
        .route("/graphiql", get(assets::graphiql_page))
        .fallback(assets::fallback)
        .with_state(dashboard);
    let api = Router::new()
        .route("/graphql", post(graphql::post).fallback(graphql::not_post))
        .route("/graphql/ws", any(socket::upgrade))
        .route("/healthz", get(health))
        .with_state(Arc::clone(gateway));
    // Compressed: text that the build has not compressed already. Previews are compressed already, and a compressed answer has no ranges.
    let mut routes = api.merge(pages).layer(CompressionLayer::new());
    routes = routes.nest("/media", media::routes(gateway));
    // Parquet is compressed already, and the bytes of an export are passed on as they are.
    for format in ExportFormat::ALL {
        let export = get(export::get).with_state(Arc::clone(gateway));
        routes = routes.route(&export::path(format), export);
    }
    // From the outside in.
    Ok(routes.layer(
        ServiceBuilder::new()
            // First, so that a log line has the status that was sent in the end.
            // What fails is reported where it does, and sampled: clients can make a server refuse.
            .layer(
                TraceLayer::new_for_http().on_failure(DefaultOnFailure::new().level(Level::DEBUG)),
            )
            // Only where there is none: GraphiQL and previews have policies of their own.
            .layer(SetResponseHeaderLayer::if_not_present(
                CONTENT_SECURITY_POLICY,
                content_security_policy(&gateway.config.media_origins)?,
            ))
            .layer(SetResponseHeaderLayer::overriding(
                X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ))
            // A filter is in the address, and is nobody else's business.
            .layer(SetResponseHeaderLayer::overriding(
                REFERRER_POLICY,
                HeaderValue::from_static("same-origin"),
            ))
            // Before every route.
            .layer(from_fn_with_state(Arc::clone(gateway), host::check)),
    ))
}

/// Whether a text is an origin, as in `https://cdn.example.com`: a scheme and a host, and nothing below it.
pub fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.trim_end_matches('/').parse::<Uri>() else { return false };
    uri.scheme().is_some()
        && uri.authority().is_some()
        && uri.path() == "/"
        && uri.query().is_none()
        && !text.contains([';', ','])
}

/// What our pages may load. `'self'` covers the WebSocket of the same host too (CSP level 3).
fn content_security_policy(media_origins: &[String]) -> Result<HeaderValue, WebError> {
    let mut media = String::new();
    for origin in media_origins {
        if !is_origin(origin) {
            return Err(WebError::Origin { origin: origin.clone() });
        }
        media.push(' ');
        media.push_str(origin.trim_end_matches('/'));
    }
    let policy = format!(
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:{media}; \
         media-src 'self'{media}; connect-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    let bad = |_| WebError::Origin { origin: media_origins.join(" ") };
    HeaderValue::from_str(&policy).map_err(bad)
}

/// Says that the gateway lives, which is all that 200 means, and how serving is.
async fn health(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    let status = gateway.outward_status();
    let body = json!({
        "status": "ok",
        "serving": {
            "state": state_name(status.state),
            "message": status.message,
            "snapshot": status.snapshot.map(|snapshot| snapshot.id.0),
        },
    });
    ([(CACHE_CONTROL, "no-store")], axum::Json(body))
}

#[cfg(test)]
mod tests;
