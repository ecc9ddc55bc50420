//! One small set of error codes and its gRPC, HTTP and GraphQL faces.

use std::fmt;
use std::time::Duration;

use strum::EnumCount;

/// Whose fault an error is, and whether a retry helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount)]
pub enum Code {
    /// The request cannot be answered: an unknown name, a range that ends before it starts. The same request fails
    /// again.
    InvalidArgument,
    /// The requested thing does not exist, such as a snapshot that is not held.
    NotFound,
    /// Nobody in particular asks: no sign-in, or one that is not valid (any more). Signing in helps.
    Unauthenticated,
    /// It is known who asks, and they may not do this. Whoever manages the roles can change that.
    PermissionDenied,
    /// The request exceeds a limit; the message gives the limit and the value.
    ResourceExhausted,
    /// Serving does not answer, or has no snapshot yet. A later retry helps.
    Unavailable,
    /// The answer took longer than the caller's deadline. A retry may help.
    DeadlineExceeded,
    /// A bug in Clio.
    Internal,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; Self::COUNT] = [
        Self::InvalidArgument,
        Self::NotFound,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::Unavailable,
        Self::DeadlineExceeded,
        Self::Internal,
    ];

    /// The code as GraphQL's `extensions.code` shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::NotFound => "NOT_FOUND",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::Unavailable => "UNAVAILABLE",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::Internal => "INTERNAL",
        }
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Unavailable | Self::DeadlineExceeded)
    }

    /// The HTTP status.
    pub fn http_status(self) -> u16 {
        match self {
            Self::InvalidArgument => 400,
            Self::NotFound => 404,
            Self::Unauthenticated => 401,
            Self::PermissionDenied => 403,
            Self::ResourceExhausted => 429,
            Self::Unavailable => 503,
            Self::DeadlineExceeded => 504,
            Self::Internal => 500,
        }
    }

    /// The gRPC status code.
    pub fn grpc(self) -> tonic::Code {
        match self {
            Self::InvalidArgument => tonic::Code::InvalidArgument,
            Self::NotFound => tonic::Code::NotFound,
            Self::Unauthenticated => tonic::Code::Unauthenticated,
            Self::PermissionDenied => tonic::Code::PermissionDenied,
            Self::ResourceExhausted => tonic::Code::ResourceExhausted,
            Self::Unavailable => tonic::Code::Unavailable,
            Self::DeadlineExceeded => tonic::Code::DeadlineExceeded,
            Self::Internal => tonic::Code::Internal,
        }
    }

    /// The code closest to a gRPC status code.
    pub fn from_grpc(code: tonic::Code) -> Self {
        match code {
            tonic::Code::InvalidArgument
            | tonic::Code::FailedPrecondition
            | tonic::Code::Unimplemented => Self::InvalidArgument,
            tonic::Code::NotFound => Self::NotFound,
            tonic::Code::Unauthenticated => Self::Unauthenticated,
            tonic::Code::PermissionDenied => Self::PermissionDenied,
            // The transport uses it for a message over its size limit.
            tonic::Code::ResourceExhausted | tonic::Code::OutOfRange => Self::ResourceExhausted,
            tonic::Code::Unavailable | tonic::Code::Cancelled | tonic::Code::Aborted => {
                Self::Unavailable
            }
            tonic::Code::DeadlineExceeded => Self::DeadlineExceeded,
            _ => Self::Internal,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How long those wait who were turned away because of overload: HTTP counts in seconds, and this is the least.
const OVERLOAD_WAIT: Duration = Duration::from_secs(1);

/// Why a [`CubeService`](crate::CubeService) did not answer. The message says what is wrong, where, and how to fix it;
/// it is shown to people as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ServiceError {
    /// Whose fault it is.
    pub code: Code,
    /// What is wrong, where, and how to fix it.
    pub message: String,
    /// The service is overloaded and has turned the request away unseen: how long to wait before the next one. Only
    /// beside [`Code::Unavailable`].
    pub retry_after: Option<Duration>,
}

impl ServiceError {
    /// An error of a code with its message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    /// The error for a request that is turned away because there are too many: a later one may be answered.
    pub fn overloaded(message: impl Into<String>) -> Self {
        let retry_after = Some(OVERLOAD_WAIT);
        Self { retry_after, ..Self::new(Code::Unavailable, message) }
    }

    /// The error for an unknown name: the message lists those that exist.
    pub fn unknown<'a>(
        what: &str,
        name: &str,
        existing: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let existing: Vec<_> = existing.into_iter().map(|name| format!("`{name}`")).collect();
        let list = if existing.is_empty() { "none".to_owned() } else { existing.join(", ") };
        let name = Shortened(name);
        Self::new(Code::InvalidArgument, format!("unknown {what} `{name}`; there are: {list}"))
    }
}

/// A name or value as a message shows it: its first 80 characters, so that a name of a megabyte is not sent back.
///
/// ```
/// let name = "x".repeat(1_000_000);
/// let shown = clio_proto::Shortened(&name).to_string();
/// assert_eq!(shown.chars().count(), 81);
/// assert!(shown.ends_with('…'));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortened<'a>(pub &'a str);

impl Shortened<'_> {
    /// The largest number of characters shown.
    pub const LONGEST: usize = 80;
}

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(Self::LONGEST) {
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
            None => f.write_str(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_wire() {
        for code in Code::ALL {
            assert_eq!(Code::from_grpc(code.grpc()), code);
            assert!(code.http_status() >= 400);
        }
    }

    #[test]
    fn an_unknown_name_lists_what_exists() {
        let error = ServiceError::unknown("dimension", "contry", ["asset", "country"]);
        assert_eq!(error.to_string(), "unknown dimension `contry`; there are: `asset`, `country`");
    }
}
