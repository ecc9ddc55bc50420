//! The wall clock: the only place where Clio reads it.

use jiff::Timestamp;

/// The current time.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line reads the clock, and passes the time in"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
