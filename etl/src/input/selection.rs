//! Which events a pass over the sources takes.

use crate::config::Days;

/// Which days a pass over the events makes cells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) days: Days,
}
