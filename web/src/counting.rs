//! The layer that counts HTTP requests for operators.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::gateway::Gateway;
use crate::requests::Route;

/// Counts requests, if somebody wants them counted.
pub(crate) async fn count(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(sink) = &gateway.config.requests else { return next.run(request).await };
    let (route, since) = (Route::of(request.uri().path()), Instant::now());
    let response = next.run(request).await;
    sink.ended(route, response.status().as_u16(), since.elapsed());
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::config::GatewayConfig;
    use crate::requests::RequestSink;
    use crate::testing::{TestServer, dashboard, serving};

    #[derive(Debug, Default)]
    struct Seen(Mutex<Vec<(&'static str, u16)>>);

    impl RequestSink for Seen {
        fn ended(&self, route: Route, status: u16, _: Duration) {
            self.0.lock().unwrap().push((route.as_str(), status));
        }
    }

    #[tokio::test]
    async fn every_request_is_counted_by_its_route_and_its_end() {
        let seen = Arc::new(Seen::default());
        let requests: Arc<dyn RequestSink> = Arc::<Seen>::clone(&seen);
        let config = GatewayConfig { requests: Some(requests), ..GatewayConfig::default() };
        let gateway = TestServer::start_with(Ok(serving(1)), config, dashboard()).await;
        gateway.wait_for(|status| status.snapshot.is_some()).await;
        for path in [
            "/healthz",
            "/readyz",
            "/graphql",
            "/export.csv",
            "/media/a.png",
            "/assets",
            "/graphql/ws",
        ] {
            gateway.get(path, &[]).await;
        }
        // One that is turned away before its route is counted too.
        gateway.get("/healthz", &[("host", "elsewhere.example")]).await;
        let found = seen.0.lock().unwrap().clone();
        let expected =
            ["health", "health", "graphql", "export", "media", "page", "socket", "health"];
        assert_eq!(found.iter().map(|(route, _)| *route).collect::<Vec<_>>(), expected);
        let statuses: Vec<u16> = found.iter().map(|(_, status)| *status).collect();
        assert_eq!(statuses[..5], [200, 200, 405, 400, 404]);
        assert_eq!((statuses[7] / 100, statuses[6] / 100), (4, 4));
    }
}
