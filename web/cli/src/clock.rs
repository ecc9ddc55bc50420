//! The wall clock, which all of Clio reads here.

use jiff::Timestamp;

/// What time it is.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line reads the clock, and passes the time in"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
