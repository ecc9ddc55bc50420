//! Derived measures: expressions over other measures, not held in cells and computed by serving.

use clio_proto::{Expression, MeasureKind};

use super::{Kind, MeaningChange};

/// An expression over stored measures.
pub(super) struct Derived<'a> {
    pub(super) expression: &'a Expression,
}

impl Kind for Derived<'_> {
    fn counts_events_of(&self) -> Option<&str> {
        None
    }

    fn counts_values_of(&self) -> Option<&str> {
        None
    }

    fn change_from(&self, name: &str, known: &MeasureKind) -> MeaningChange {
        // A measure that cells hold, or held, is another one.
        let Some(known) = known.expression() else { return MeaningChange::Other };
        let (old, new) = (known.text(), self.expression.text());
        MeaningChange::Answers(format!("`{name}` was {old} and is {new}"))
    }
}
