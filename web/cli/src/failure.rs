//! How a failure ends the process: its chain of causes once, on standard error, and the exit code.

use std::process::ExitCode;

use clio_proto::{Code, ServiceError};

/// Wrong usage that the argument parser cannot see, such as a filter that does not parse.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Prints the error with its causes and gives the exit code: 2 for wrong usage, else 1.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let mut printed = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        // Many libraries repeat their cause's text in their own; once is enough.
        if printed.contains(&text) {
            continue;
        }
        let lead = if printed.is_empty() { "error: " } else { "  because: " };
        eprintln!("{lead}{text}");
        printed.push_str(&text);
    }
    let wrong_usage = error.chain().any(|cause| {
        cause.is::<Usage>()
            || cause
                .downcast_ref::<ServiceError>()
                .is_some_and(|error| error.code == Code::InvalidArgument)
    });
    ExitCode::from(if wrong_usage { 2 } else { 1 })
}
