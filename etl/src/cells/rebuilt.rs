//! Periods as a run rebuilt them.

use std::collections::BTreeMap;

use clio_lake::{LakeFile, Written};
use clio_proto::Period;

use super::Totals;

/// A period that was rebuilt, whether its bytes changed or not.
#[derive(Debug, Clone)]
pub(crate) struct Rebuilt {
    /// `None` if no cells are left.
    pub(crate) file: Option<LakeFile>,
    pub(crate) totals: Totals,
    pub(crate) is_changed: bool,
}

/// Rebuilt periods, in order.
pub(crate) type Periods = BTreeMap<Period, Rebuilt>;

impl Rebuilt {
    /// A period as it was written.
    pub(crate) fn of(written: Written, totals: Totals) -> Self {
        let (file, is_changed) = match written {
            Written::New(file) => (file, true),
            Written::Same(file) => (file, false),
        };
        Self { file: Some(file), totals, is_changed }
    }
}
