//! Sums: of integers (`whole.rs`) or of other numbers (`float.rs`), which only the input tells.

use clio_proto::MeasureKind;

use super::{Kind, MeaningChange};

/// The sum of a column.
pub(super) struct Sum;

impl Kind for Sum {
    fn counts_events_of(&self) -> Option<&str> {
        None
    }

    fn counts_values_of(&self) -> Option<&str> {
        None
    }

    fn change_from(&self, _name: &str, _known: &MeasureKind) -> MeaningChange {
        MeaningChange::Other
    }
}
