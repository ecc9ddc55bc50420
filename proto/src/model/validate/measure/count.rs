//! Counts of events.

use super::source;
use crate::model::MeasureKind;
use crate::model::problems::Problems;
use crate::model::raw::{RawMeasure, RawModel};

pub(super) fn validate(
    raw: &RawModel,
    measure: &RawMeasure,
    problems: &mut Problems,
) -> Option<MeasureKind> {
    Some(MeasureKind::Count { source: source(raw, measure, problems)? })
}
