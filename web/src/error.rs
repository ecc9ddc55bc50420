//! The two kinds of errors: those that keep the gateway from running, and the faces that an error of
//! serving has in GraphQL.

use std::path::PathBuf;
use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, PathSegment, ServerError, Value};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use clio_proto::{Code, ServiceError};
use serde_json::json;

/// Why the gateway does not run.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address cannot be listened on.
    #[error("cannot listen on `{address}`: {source}")]
    Bind {
        /// The address, as it was given.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder of previews is not there, or is no folder.
    #[error("cannot serve the media folder `{}`: {source}", path.display())]
    MediaDir {
        /// The folder, as it was given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An origin of the settings is none.
    #[error("`{origin}` is no origin; write a scheme and a host, as in `https://cdn.example.com`")]
    Origin {
        /// The text that was given.
        origin: String,
    },
    /// The server stopped by itself.
    #[error("the HTTP server failed: {0}")]
    Server(#[source] std::io::Error),
}

/// The name that a field of the root has in the answer. async-graphql leaves the path out of errors
/// that resolvers of a dynamic schema give, so they carry it in their source.
struct RootField(String);

/// The error as GraphQL shows it, when the resolver of a field of the root gives it.
pub(crate) fn graphql_error(error: ServiceError, field: String) -> async_graphql::Error {
    if error.code == Code::Internal {
        tracing::error!(%error, field, "serving failed");
    }
    async_graphql::Error {
        message: error.message,
        source: Some(Arc::new(RootField(field))),
        extensions: Some(extensions(error.code)),
    }
}

/// The error as GraphQL shows it, when there is no resolver to give it.
pub(crate) fn server_error(error: ServiceError) -> ServerError {
    let mut answer = ServerError::new(error.message, None);
    answer.extensions = Some(extensions(error.code));
    answer
}

/// Gives a path to the errors of resolvers, and a code to those that have none: those that come from
/// reading and checking the query itself.
pub(crate) fn complete(response: &mut async_graphql::Response) {
    for error in &mut response.errors {
        if let Some(RootField(name)) = error.source() {
            error.path = vec![PathSegment::Field(name.clone())];
        }
        if error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some()) {
            continue;
        }
        // What async-graphql says of values that do not fit the schema: our resolvers gave them.
        let ours = error.message.starts_with("internal:");
        if ours {
            tracing::error!(message = error.message, path = ?error.path, "resolver gave a bad value");
        }
        error.extensions =
            Some(extensions(if ours { Code::Internal } else { Code::InvalidArgument }));
    }
}

/// An error instead of an answer to a whole HTTP request, with a body as GraphQL has it.
pub(crate) fn refusal(status: StatusCode, error: &ServiceError) -> Response {
    let body = json!({
        "errors": [{
            "message": error.message,
            "extensions": { "code": error.code.as_str(), "retryable": error.code.is_retryable() },
        }]
    });
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

fn extensions(code: Code) -> ErrorExtensionValues {
    let mut values = ErrorExtensionValues::default();
    values.set("code", Value::from(code.as_str()));
    values.set("retryable", Value::from(code.is_retryable()));
    values
}
