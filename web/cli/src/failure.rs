//! How a failure ends the process: its chain of causes once, on standard error, and the exit code.

use std::process::ExitCode;

use clio_proto::{Code, ServiceError};

use crate::settings::WrongSettings;
use crate::terminal::tell;
use crate::usage::Usage;

/// Prints the error with its causes and gives the exit code: 2 for wrong usage, else 1.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let mut printed = String::new();
    for cause in error.chain() {
        let text = words(cause);
        // Many libraries repeat their cause's text in their own; once is enough.
        if printed.contains(&text) {
            continue;
        }
        let lead = if printed.is_empty() { "error: " } else { "  because: " };
        tell!("{lead}{text}");
        printed.push_str(&text);
    }
    let wrong_usage = error.chain().any(|cause| {
        cause.is::<Usage>()
            || cause.is::<WrongSettings>()
            || cause
                .downcast_ref::<ServiceError>()
                .is_some_and(|error| error.code == Code::InvalidArgument)
    });
    ExitCode::from(if wrong_usage { 2 } else { 1 })
}

/// The cause in words. Whoever asks a question is told of an outage in plain ones; which address failed, and how, is for
/// those who run the service, and is in the log.
fn words(cause: &(dyn std::error::Error + 'static)) -> String {
    let outage = cause.downcast_ref::<ServiceError>().and_then(|error| match error.code {
        Code::Unavailable => Some("the service that answers questions cannot be reached now"),
        Code::DeadlineExceeded => Some("the service that answers questions took too long"),
        Code::InvalidArgument | Code::NotFound | Code::ResourceExhausted | Code::Internal => None,
    });
    let Some(outage) = outage else { return cause.to_string() };
    tracing::info!(cause = %cause, "the service did not answer");
    format!("{outage}; try again in a moment (`--log info` tells what failed)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_without_addresses_and_other_failures_as_they_are() {
        let message = "serving at http://10.0.0.7:50051 does not answer: os error 111";
        for code in [Code::Unavailable, Code::DeadlineExceeded] {
            let text = words(&ServiceError::new(code, message));
            assert!(!text.contains("10.0.0.7") && !text.contains("os error"), "{text}");
            assert!(text.contains("try again"), "{text}");
        }
        let wrong = ServiceError::new(Code::InvalidArgument, "there is no measure `clicks`");
        assert_eq!(words(&wrong), "there is no measure `clicks`");
    }
}
