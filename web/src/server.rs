//! The HTTP server: its routes, its layers in order, startup and shutdown.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
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
use crate::{connections, counting, export, graphql, host, media, origin, sign_in, socket};

/// Listens on an address such as `127.0.0.1:8080`.
///
/// # Errors
///
/// If the address is invalid, in use, or not permitted.
pub async fn bind(address: &str) -> Result<TcpListener, WebError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| WebError::Bind { address: address.to_owned(), source })
}

/// Serves the gateway and the dashboard on a listener until `stop` is cancelled, then lets open requests complete.
///
/// The service need not answer: pages are served anyway, and until it does the API says what is wrong.
///
/// # Errors
///
/// If the settings are unusable, before anything is answered: among them an address that other machines can reach,
/// without [`GatewayConfig::access`] and without [`GatewayConfig::is_insecure`].
pub async fn serve(
    service: Arc<dyn CubeService>,
    config: GatewayConfig,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), WebError> {
    let gateway = Arc::new(Gateway::try_new(service, config, stop)?);
    let dashboard = Dashboard::embedded(gateway.config.allow_graphiql);
    run(gateway, dashboard, listener).await
}

/// Serves a gateway: like [`serve`], with the parts given.
pub(crate) async fn run(
    gateway: Arc<Gateway>,
    dashboard: Dashboard,
    listener: TcpListener,
) -> Result<(), WebError> {
    check_media_dir(&gateway.config)?;
    let address = listener.local_addr().map_err(WebError::Server)?;
    if !origin::is_loopback(address.ip()) && gateway.access.is_none() {
        if !gateway.config.is_insecure {
            return Err(WebError::Open { address });
        }
        tracing::warn!(%address, "insecure: whoever reaches this address can read everything");
    }
    let router = router(&gateway, dashboard)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(follow(Arc::clone(&gateway)));
    let warmed = Arc::clone(&gateway);
    tasks.spawn(async move {
        if let Some(access) = &warmed.access {
            access.warm().await;
        }
    });
    connections::serve(&gateway, listener, router).await;
    drain_sockets(&gateway).await;
    tasks.shutdown().await;
    Ok(())
}

/// Waits for the WebSockets, which axum's own shutdown does not know.
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

/// Every route, inside every layer.
pub(crate) fn router(gateway: &Arc<Gateway>, dashboard: Dashboard) -> Result<Router, WebError> {
    let pages = Router::new()
        .route("/graphiql", get(assets::graphiql_page))
        .fallback(assets::fallback)
        .with_state(dashboard);
    let signed_in = from_fn_with_state(Arc::clone(gateway), sign_in::check);
    let api = Router::new()
        .route("/graphql", post(graphql::post).fallback(graphql::not_post))
        .route("/graphql/ws", any(socket::upgrade))
        .route_layer(signed_in.clone())
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .with_state(Arc::clone(gateway));
    // Compresses text that the build has not compressed. Previews are already compressed, and a compressed answer has
    // no ranges.
    let mut routes = api.merge(pages).layer(CompressionLayer::new());
    routes = routes.nest("/media", media::routes(gateway).layer(signed_in.clone()));
    // Parquet is already compressed, and the bytes of an export are passed through unchanged.
    for format in ExportFormat::ALL {
        let export = get(export::get).with_state(Arc::clone(gateway));
        routes = routes.route(&export::path(format), export.layer(signed_in.clone()));
    }
    // From the outside in.
    Ok(routes.layer(
        ServiceBuilder::new()
            // First, so that a log line has the status that was finally sent. Failures are reported where they occur,
            // and sampled: clients can make a server refuse requests.
            .layer(
                TraceLayer::new_for_http().on_failure(DefaultOnFailure::new().level(Level::DEBUG)),
            )
            // Outside of all that refuses requests.
            .layer(from_fn_with_state(Arc::clone(gateway), counting::count))
            // Only if there is none: GraphiQL and previews have policies of their own.
            .layer(SetResponseHeaderLayer::if_not_present(
                CONTENT_SECURITY_POLICY,
                content_security_policy(&gateway.config.media_origins)?,
            ))
            .layer(SetResponseHeaderLayer::overriding(
                X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ))
            // The address contains filters, which are nobody else's business.
            .layer(SetResponseHeaderLayer::overriding(
                REFERRER_POLICY,
                HeaderValue::from_static("same-origin"),
            ))
            // A browser that once came by HTTPS never again sends anything in clear text. For a year, as is usual.
            .option_layer(gateway.config.tls.as_ref().map(|_| {
                SetResponseHeaderLayer::overriding(
                    STRICT_TRANSPORT_SECURITY,
                    HeaderValue::from_static("max-age=31536000"),
                )
            }))
            // Before every route.
            .layer(from_fn_with_state(Arc::clone(gateway), host::check)),
    ))
}

/// Whether text is an origin such as `https://cdn.example.com`: a scheme and a host, without a path.
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

/// Reports that the gateway is alive, which is all that 200 means, and the state of serving.
async fn health(State(gateway): State<Arc<Gateway>>) -> Response {
    stands(&gateway, StatusCode::OK, "ok")
}

/// Reports whether the gateway can answer: it knows the dataset, and serving answers with a snapshot. A snapshot that is
/// stale or stuck is better than none.
async fn ready(State(gateway): State<Arc<Gateway>>) -> Response {
    if gateway.whole().is_ok() && gateway.status().snapshot.is_some() {
        stands(&gateway, StatusCode::OK, "ready")
    } else {
        stands(&gateway, StatusCode::SERVICE_UNAVAILABLE, "not ready")
    }
}

fn stands(gateway: &Gateway, code: StatusCode, word: &str) -> Response {
    let status = gateway.outward_status();
    let body = json!({
        "status": word,
        "serving": {
            "state": state_name(status.state),
            "message": status.message,
            "versions_behind": status.versions_behind(),
            "is_stuck": status.is_stuck,
            // Everybody may ask for this, and values are those of rows.
            "projection": status.projection.map(|held| held.without_values().to_string()),
            "snapshot": status.snapshot.map(|snapshot| snapshot.id.0),
        },
    });
    (code, [(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

#[cfg(test)]
mod tests;
