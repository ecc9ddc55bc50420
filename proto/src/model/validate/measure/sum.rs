//! Sums of a column.

use super::{one_column, source};
use crate::model::MeasureKind;
use crate::model::problems::Problems;
use crate::model::raw::{RawMeasure, RawModel};

pub(super) fn validate(
    raw: &RawModel,
    measure: &RawMeasure,
    problems: &mut Problems,
) -> Option<MeasureKind> {
    let source = source(raw, measure, problems);
    let mend = "name the column or the SQL expression that is summed";
    let of = one_column(measure, ("a sum", mend), problems);
    Some(MeasureKind::Sum { of: of?, source: source? })
}
