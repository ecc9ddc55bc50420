//! The two kinds of errors: those that keep the gateway from running, and the GraphQL form of errors from serving.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{ErrorExtensionValues, PathSegment, ServerError, Value};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use clio_proto::{Code, ServiceError, Shortened};
use clio_store::StoreError;
use serde_json::json;

use crate::report::Reports;

/// The most errors in an answer.
const MAX_ERRORS: usize = 20;
/// The most locations in the query that an error has.
const MAX_LOCATIONS: usize = 2;
/// The most bytes of all errors of an answer, as JSON.
const MAX_ERROR_BYTES: usize = 16 << 10;
/// The most bytes of an error's message. With its locations, path and code an error stays below 819 bytes, a twentieth
/// of the total, except for JSON escapes.
const MAX_MESSAGE_BYTES: usize = 480;
/// The extension of an error that is due to overload: after how many seconds to try again.
const RETRY_AFTER_SECONDS: &str = "retryAfter";
/// Reserved for saying how many errors were left out.
const LEFT_OUT_BYTES: usize = 64;

/// Why the gateway cannot run.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// It is not possible to listen on the address.
    #[error("cannot listen on `{address}`: {source}")]
    Bind {
        /// The address, as it was given.
        address: String,
        /// What the system reports.
        source: std::io::Error,
    },
    /// The folder of previews does not exist, or is not a folder.
    #[error("cannot serve the media folder `{}`: {source}", path.display())]
    MediaDir {
        /// The folder, as it was given.
        path: PathBuf,
        /// What the system reports.
        source: std::io::Error,
    },
    /// A configured origin is not an origin.
    #[error(
        "`{origin}` is not an origin; write a scheme and a host, as in `https://cdn.example.com`"
    )]
    Origin {
        /// The text that was given.
        origin: String,
    },
    /// Other machines can reach the address, and that has not been allowed.
    #[error(
        "`{address}` can be reached by others, and whoever reaches it can read everything; use a \
         loopback address such as `127.0.0.1`, or `--insecure` if that is intended"
    )]
    Open {
        /// The address.
        address: std::net::SocketAddr,
    },
    /// An address of the provider of identities cannot be used.
    #[error("cannot ask the provider of identities at `{address}`: {why}")]
    Provider {
        /// The address, as it was given.
        address: String,
        /// Why it cannot.
        why: String,
    },
    /// The listener does not know its address.
    #[error("the HTTP server failed: {0}")]
    Server(#[source] std::io::Error),
}

/// The name of a root field in the answer. async-graphql leaves the path out of errors from resolvers of a dynamic
/// schema, so they carry it in their source.
struct RootField(String);

/// The GraphQL form of an error from the resolver of a root field.
pub(crate) fn graphql_error(error: ServiceError, field: String) -> async_graphql::Error {
    async_graphql::Error {
        message: error.message,
        source: Some(Arc::new(RootField(field))),
        extensions: Some(extensions(error.code, error.retry_after)),
    }
}

/// The code for changing what somebody else has changed in the meantime. Only the store uses it: nothing else is
/// changed through GraphQL.
const CONFLICT: &str = "CONFLICT";

/// The GraphQL form of an error of the store. For a conflict it says who changed the thing, when, and its revision.
pub(crate) fn store_error(
    error: &StoreError,
    reports: &Reports,
    field: String,
) -> async_graphql::Error {
    let code = match error {
        StoreError::Empty { .. }
        | StoreError::Unreadable { .. }
        | StoreError::NoAddress
        | StoreError::Backwards { .. }
        | StoreError::NameTaken { .. }
        | StoreError::NotYours { .. } => Code::InvalidArgument,
        StoreError::TooLarge { .. } | StoreError::TooMany { .. } | StoreError::Full { .. } => {
            Code::ResourceExhausted
        }
        StoreError::NotFound { .. } | StoreError::Removed { .. } => Code::NotFound,
        StoreError::Failed { reason } => {
            let reference = reports.error("the store failed", reason);
            let message = format!("the store failed ({reference})");
            return graphql_error(ServiceError::new(Code::Internal, message), field);
        }
        StoreError::Changed { by, at, revision, .. } => {
            let mut values = ErrorExtensionValues::default();
            values.set("code", CONFLICT);
            values.set("retryable", false);
            values.set("changedBy", by.as_str());
            values.set("changedAt", at.to_string());
            values.set("revision", *revision);
            let error = ServiceError::new(Code::InvalidArgument, error.to_string());
            return async_graphql::Error {
                extensions: Some(values),
                ..graphql_error(error, field)
            };
        }
    };
    graphql_error(ServiceError::new(code, error.to_string()), field)
}

/// The GraphQL form of an error that no resolver gives.
pub(crate) fn server_error(error: ServiceError) -> ServerError {
    let mut answer = ServerError::new(error.message, None);
    answer.extensions = Some(extensions(error.code, error.retry_after));
    answer
}

/// Adds a path to errors of resolvers, and a code to errors without one, which come from parsing and validating the
/// query. Whatever was sent, there are few errors and they are short.
pub(crate) fn complete(response: &mut async_graphql::Response, reports: &Reports) {
    let mut n_left_out = response.errors.len().saturating_sub(MAX_ERRORS);
    response.errors.truncate(MAX_ERRORS);
    response.errors.shrink_to_fit();
    for error in &mut response.errors {
        if let Some(RootField(name)) = error.source() {
            error.path = vec![PathSegment::Field(name.clone())];
        }
        error.locations.truncate(MAX_LOCATIONS);
        for part in &mut error.path {
            if let PathSegment::Field(name) = part {
                *name = Shortened(name).to_string();
            }
        }
        let has_code =
            error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some());
        if !has_code {
            // Errors of async-graphql about values that do not match the schema: our resolvers returned them.
            let ours = error.message.starts_with("internal:");
            if ours {
                let reference = reports.error("a resolver gave a bad value", &error.message);
                error.message = format!("the answer does not match the schema ({reference})");
            }
            error.extensions =
                Some(extensions(if ours { Code::Internal } else { Code::InvalidArgument }, None));
        }
        error.message = cut(&error.message);
    }
    // Escapes may have made them longer than their messages.
    while response.errors.len() > 1
        && json_bytes(&response.errors) > MAX_ERROR_BYTES - LEFT_OUT_BYTES
    {
        response.errors.pop();
        n_left_out += 1;
    }
    if n_left_out > 0
        && let Some(last) = response.errors.last_mut()
    {
        last.message.push_str(&format!(" (and {n_left_out} more errors)"));
    }
}

fn json_bytes(errors: &[ServerError]) -> usize {
    serde_json::to_vec(errors).map_or(usize::MAX, |json| json.len())
}

/// Truncates a message to its first bytes, and names in it to their first characters. Twenty of the longest take 16
/// KiB, even if every character is escaped as six.
fn cut(message: &str) -> String {
    let is_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut shown = String::with_capacity(message.len().min(MAX_MESSAGE_BYTES));
    let mut rest = message;
    while !rest.is_empty() {
        let end = rest.find(|letter| !is_of_name(letter)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        shown.push_str(&Shortened(name).to_string());
        let begin = after.find(is_of_name).unwrap_or(after.len());
        let (between, next) = after.split_at(begin);
        shown.push_str(between);
        rest = next;
        // A client's `"\u0001"` is echoed in this form, six bytes for one.
        let n_escaped = between.chars().filter(|letter| letter.is_control()).count();
        if shown.len() + 5 * n_escaped > MAX_MESSAGE_BYTES {
            shown.retain(|letter| !letter.is_control() || letter == '\n');
            shown.truncate(shown.floor_char_boundary(MAX_MESSAGE_BYTES));
            shown.push('…');
            break;
        }
    }
    shown
}

/// An error in place of an answer to a whole HTTP request, with a body in GraphQL's form.
pub(crate) fn refusal(status: StatusCode, error: &ServiceError) -> Response {
    let mut extensions =
        json!({ "code": error.code.as_str(), "retryable": error.code.is_retryable() });
    if let Some(wait) = error.retry_after {
        extensions[RETRY_AFTER_SECONDS] = json!(whole_seconds(wait));
    }
    let body = json!({ "errors": [{ "message": cut(&error.message), "extensions": extensions }] });
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let mut response = (status, headers, body.to_string()).into_response();
    if let Some(wait) = error.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    response
}

/// After how many seconds to try again, if nothing of an answer is there because serving is overloaded.
pub(crate) fn overload(answer: &async_graphql::Response) -> Option<u64> {
    if answer.data != Value::Null {
        return None;
    }
    let seconds = |error: &ServerError| match error.extensions.as_ref()?.get(RETRY_AFTER_SECONDS)? {
        Value::Number(seconds) => seconds.as_u64(),
        _ => None,
    };
    answer.errors.iter().filter_map(seconds).max()
}

/// A wait in whole seconds, as HTTP counts: never 0, after which nothing would have changed.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

fn extensions(code: Code, retry_after: Option<Duration>) -> ErrorExtensionValues {
    let mut values = ErrorExtensionValues::default();
    values.set("code", Value::from(code.as_str()));
    values.set("retryable", Value::from(code.is_retryable()));
    if let Some(wait) = retry_after {
        values.set(RETRY_AFTER_SECONDS, Value::from(whole_seconds(wait)));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quote is two bytes in JSON, and twenty messages of quotes were more than 16 KiB.
    #[test]
    fn errors_take_so_many_bytes_as_they_are_sent() {
        for text in ["\"", "\\", "\u{1}", "\n", "x", "é", "\u{2028}", "`\" "] {
            let errors = (0..50).map(|_| ServerError::new(text.repeat(10_000), None)).collect();
            let mut response = async_graphql::Response::from_errors(errors);
            complete(&mut response, &Reports::default());
            let n_bytes = json_bytes(&response.errors);
            assert!(n_bytes <= MAX_ERROR_BYTES, "{text:?}: {n_bytes}");
            let n = response.errors.len();
            assert!((1..=20).contains(&n), "{text:?}: {n}");
            let last = &response.errors[n - 1].message;
            assert!(last.ends_with(&format!("(and {} more errors)", 50 - n)), "{last}");
        }
    }
}
