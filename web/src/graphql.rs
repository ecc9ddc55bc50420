//! `POST /graphql`: one operation per request, as JSON.

use std::sync::Arc;

use async_graphql::Request;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use clio_proto::{Code, ServiceError};
use futures::StreamExt;
use tokio::time::timeout;

use crate::access::{Caller, Throttled};
use crate::clients::Client;
use crate::error::{overload, refusal};
use crate::gateway::Gateway;
use crate::limits;
use crate::operations::Operations;
use crate::origin::foreign_origin;
use crate::slices::Slices;

/// Answers one operation. Errors of the operation have status 200, as GraphQL over HTTP specifies
/// for `application/json`; any other status means that there was no operation to execute, or no
/// schema, or that serving is overloaded and has answered nothing of it.
pub(crate) async fn post(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let client = caller.client;
    // First the complete request: a slow one must not keep others from being answered.
    let request = match read(&gateway, client, &headers, body).await {
        Ok(request) => request,
        Err((status, error)) => return refusal(status, &error),
    };
    if let Err(error) = gateway.whole() {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, &error);
    }
    let place = match gateway.place(client) {
        Ok(place) => place,
        Err(error) => return refusal(StatusCode::SERVICE_UNAVAILABLE, &error),
    };
    let operations = Operations::new(Arc::clone(&gateway), caller);
    let answer = operations.of_page(foreign_origin(&headers, &[])).answer(request).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(throttled) => return too_many(throttled),
    };
    let overload = overload(&answer);
    let json = match serde_json::to_vec(&answer) {
        Ok(json) => json,
        Err(error) => {
            let error = ServiceError::new(Code::Internal, format!("not JSON: {error}"));
            let error = gateway.reports.outward(error);
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, &error);
        }
    };
    drop(answer);
    let Some(room) = gateway.room(json.len()) else {
        let message = "too many large answers are already under way; try again";
        let error = ServiceError::overloaded(message);
        return refusal(StatusCode::SERVICE_UNAVAILABLE, &error);
    };
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let mut response = (headers, Body::new(Slices::new(json, (place, room)))).into_response();
    if let Some(seconds) = overload {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The answer to a request over the rate of whoever sends it.
pub(crate) fn too_many(throttled: Throttled) -> Response {
    let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, &throttled.error());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(throttled.seconds()));
    response
}

/// Answers anything that is not a POST with instructions.
pub(crate) async fn not_post() -> Response {
    let hint = "send a query as POST with a JSON body, {\"query\": \"{ serving { state } }\"}; \
                subscriptions are at /graphql/ws, a page to try queries on at /graphiql";
    let error = ServiceError::new(Code::InvalidArgument, hint);
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, &error);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

async fn read(
    gateway: &Gateway,
    client: Client,
    headers: &HeaderMap,
    body: Body,
) -> Result<Request, (StatusCode, ServiceError)> {
    let limits = &gateway.config.limits;
    let error = |status, code, message: String| (status, ServiceError::new(code, message));
    // Requiring JSON also keeps other sites out: a browser sends forms of a foreign page without a
    // preflight request, but not JSON.
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let message = format!("content type `{media_type}` is not `application/json`");
        return Err(error(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidArgument, message));
    }
    let arrived = collect(body, limits.body_bytes, || gateway.arrival(client));
    let bytes = match timeout(limits.body_timeout, arrived).await {
        Ok(Ok(Collected::Whole(bytes))) => bytes,
        Ok(Ok(Collected::NoRoom)) => {
            let error = ServiceError::overloaded("too many bodies are arriving already; try again");
            return Err((StatusCode::SERVICE_UNAVAILABLE, error));
        }
        Ok(Ok(Collected::TooLarge)) => {
            let message = format!("the body is over {} bytes", limits.body_bytes);
            return Err(error(StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, message));
        }
        Ok(Err(cause)) => {
            let message = format!("the body did not arrive: {cause}");
            return Err(error(StatusCode::BAD_REQUEST, Code::InvalidArgument, message));
        }
        Err(_) => {
            let message = format!("the body did not arrive within {:?}", limits.body_timeout);
            return Err(error(StatusCode::REQUEST_TIMEOUT, Code::DeadlineExceeded, message));
        }
    };
    let none = |cause: &dyn std::fmt::Display| {
        let message = format!("the body is not a GraphQL request: {cause}");
        error(StatusCode::BAD_REQUEST, Code::InvalidArgument, message)
    };
    // Otherwise a list would be accepted as a request whose fields are its items.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(none(&"it is not one JSON object"));
    }
    limits::check_json(&bytes, limits).map_err(|cause| (StatusCode::BAD_REQUEST, cause))?;
    let request: Request = serde_json::from_slice(&bytes).map_err(|cause| none(&cause))?;
    if request.query.is_empty() {
        return Err(none(&"it has no `query`"));
    }
    Ok(request)
}

/// The result of reading a body.
enum Collected {
    Whole(Vec<u8>),
    TooLarge,
    /// Other incomplete bodies already hold too much.
    NoRoom,
}

/// Reads a body, which holds a place for each KiB until it is complete.
async fn collect<Place>(
    body: Body,
    limit: usize,
    mut take: impl FnMut() -> Option<Place>,
) -> Result<Collected, axum::Error> {
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if bytes.len() + chunk.len() > limit {
            return Ok(Collected::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
        while places.len() < bytes.len().div_ceil(1 << 10) {
            let Some(place) = take() else { return Ok(Collected::NoRoom) };
            places.push(place);
        }
    }
    Ok(Collected::Whole(bytes))
}
