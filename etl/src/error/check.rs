//! What failed before the commit.

use clio_proto::Period;
use jiff::civil::Date;

use super::words::failures_text;

/// A declared check that failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FailedCheck {
    /// The check's name.
    pub check: String,
    /// The day.
    pub day: Date,
    /// What was expected and what was found.
    pub what: String,
}

/// What failed before the commit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A violated invariant: it cannot be accepted.
    #[error("check `{invariant}` failed for {period}: {reason}; nothing was committed")]
    Invariant {
        /// The invariant's name.
        invariant: &'static str,
        /// The period in which it is violated.
        period: Period,
        /// What was expected and what was found.
        reason: String,
    },
    /// Declared checks that failed.
    #[error(
        "{}nothing was committed; mend the input, change the checks in the model (`on_failure = \"warn\"`), \
         or accept the days as they are: `--accept REASON`",
        failures_text(failed)
    )]
    Declared {
        /// At least one, in the order of the model's checks, then by day.
        failed: Vec<FailedCheck>,
    },
}
