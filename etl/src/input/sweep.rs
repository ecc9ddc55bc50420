//! A sweep: the events of some days, read once and made into the cells of those days.

use crate::config::Days;

/// Which days a sweep over the events makes cells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sweep {
    pub(crate) days: Days,
}
