//! The layer that authenticates every request before anything else happens, and the response to refused ones.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use clio_proto::{Code, ServiceError};

use crate::clients::Ends;
use crate::error::refusal;
use crate::gateway::Gateway;
use crate::origin::{foreign_origin, is_cross_site};

/// Lets authenticated requests through; all of them if no access is configured.
pub(crate) async fn check(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(access) = &gateway.access else { return next.run(request).await };
    let peer = request.extensions().get::<Ends>().map(|ends| ends.peer);
    let whole = gateway.whole().ok();
    let dataset = whole.as_ref().map_or("", |lens| lens.dataset.dataset.as_str());
    let signed_in = match access.sign_in(request.headers(), peer, dataset).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            gateway.reports.warn("a request was refused", &error.message);
            return refused(&error);
        }
    };
    // A proxy's sign-in applies to every page that the browser shows, including foreign ones.
    if signed_in.is_of_browser() {
        let headers = request.headers();
        let allowed = &gateway.config.allowed_origins;
        if foreign_origin(headers, allowed).is_some() || is_cross_site(headers, allowed) {
            let message = "this was requested by a page of another site";
            return refused(&ServiceError::new(Code::PermissionDenied, message));
        }
    }
    request.extensions_mut().insert(signed_in);
    next.run(request).await
}

/// The response to a refused request.
fn refused(error: &ServiceError) -> Response {
    let status = StatusCode::from_u16(error.code.http_status());
    let mut response = refusal(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error);
    if error.code == Code::Unauthenticated {
        let challenge = HeaderValue::from_static("Bearer realm=\"clio\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
