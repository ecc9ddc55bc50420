//! What a failed call means: which of several things happened, and in which words it is told.

use std::error::Error as _;

use tonic::{ConnectError, Status, TimeoutExpired};

use crate::convert::error_from_status;
use crate::error::{Code, ServiceError};

/// The largest request that serving reads: tonic's own limit.
const MAX_REQUEST_BYTES: usize = 4 << 20;

/// What happened to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection was opened: the replica has not seen the question.
    Unreached,
    /// The connection broke after the question was sent; the question may have broken it.
    Broken,
    /// The time was up, here or at the replica.
    TimedOut,
    /// The replica refused at once, without looking at the question: it has no room, or no snapshot yet.
    Refused,
    /// The replica looked at the question, and this is its answer.
    Answered,
}

impl Failure {
    pub(super) fn of(status: &Status) -> Self {
        // Both sides enforce the time-out of a request, so either may be first.
        if status.code() == tonic::Code::Cancelled
            && status.message() == TimeoutExpired(()).to_string()
        {
            return Self::TimedOut;
        }
        let mut cause = status.source();
        // A status from the peer has no source; one made here, for a broken or unopened connection, has.
        if cause.is_none() {
            let is_refused = Code::from_grpc(status.code()) == Code::Unavailable;
            return if is_refused { Self::Refused } else { Self::Answered };
        }
        while let Some(error) = cause {
            if error.is::<ConnectError>() {
                return Self::Unreached;
            }
            cause = error.source();
        }
        Self::Broken
    }
}

/// The meaning of a failed call in words: serving refused it, or serving was not reached at all.
pub(super) fn error_from(address: &str, status: &Status, answer_bytes: usize) -> ServiceError {
    // A status for a message that is too large or not protobuf is made here too, but without a source.
    match innermost(status) {
        Some(cause) => {
            // By TLS 1.3 a server refuses a client's certificate after the handshake, by closing the connection.
            let is_asked = match address.starts_with("https://") {
                true => ", and does it accept the client's certificate (`--client-certificate`)?",
                false => "?",
            };
            let message = format!(
                "serving at {address} does not answer: {cause}; is `clio serve` running there{is_asked}"
            );
            ServiceError::new(Code::Unavailable, message)
        }
        None => {
            let error = error_from_status(status);
            match error.code {
                Code::ResourceExhausted if status.code() == tonic::Code::OutOfRange => {
                    let message = format!(
                        "a message from or to serving at {address} is larger than the transport \
                         allows ({answer_bytes} bytes of an answer, {MAX_REQUEST_BYTES} of a \
                         question); ask for fewer rows or measures, or name fewer values: {}",
                        error.message
                    );
                    ServiceError { message, ..error }
                }
                // These blame the replica, so they name it.
                Code::Unavailable | Code::Internal => {
                    let message = format!("serving at {address}: {}", error.message);
                    ServiceError { message, ..error }
                }
                Code::InvalidArgument
                | Code::NotFound
                | Code::Unauthenticated
                | Code::PermissionDenied
                | Code::ResourceExhausted
                | Code::DeadlineExceeded => error,
            }
        }
    }
}

/// The root cause of a failure, which says more than the layers around it.
fn innermost(status: &Status) -> Option<String> {
    let mut cause = status.source()?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string())
}

/// An answer that arrived but cannot be read is serving's fault, whatever its fields are.
pub(super) fn unreadable(address: &str) -> impl Fn(ServiceError) -> ServiceError + use<> {
    let address = address.to_owned();
    move |error| {
        let message = format!(
            "the answer of serving at {address} cannot be read: {error}; is it another version of Clio?"
        );
        ServiceError::new(Code::Internal, message)
    }
}

/// Several failures of one question as one: a refusal of the question itself says most; otherwise each replica is named.
pub(super) fn one_of(mut failures: Vec<ServiceError>) -> ServiceError {
    let is_of_question = |error: &ServiceError| error.code != Code::Unavailable;
    if let Some(found) = failures.iter().position(is_of_question) {
        return failures.swap_remove(found);
    }
    // Overload is a matter of waiting only if no replica has another reason.
    let waits: Option<Vec<_>> = failures.iter().map(|error| error.retry_after).collect();
    let retry_after = waits.and_then(|waits| waits.into_iter().min());
    let messages: Vec<_> = failures.into_iter().map(|error| error.message).collect();
    ServiceError { retry_after, ..ServiceError::new(Code::Unavailable, messages.join("\n")) }
}
