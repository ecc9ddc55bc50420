//! A sweep: the events of some days, read once and turned into the cells of those days.

use crate::config::Days;

/// The days whose cells a sweep over the events makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sweep {
    pub(crate) days: Days,
}
