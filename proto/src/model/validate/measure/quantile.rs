//! Quantile measures: the error of quantiles, and the edges at which shares are exact.

use clio_sketch::{Buckets, SketchError};

use super::super::need;
use super::{one_column, share_of, source};
use crate::model::MeasureKind;
use crate::model::problems::Problems;
use crate::model::raw::{Entry, RawMeasure, RawModel, RawShare};

/// Errors are whole multiples of one part in this number.
const MILLION: f64 = 1e6;

pub(super) fn validate(
    raw: &RawModel,
    measure: &RawMeasure,
    problems: &mut Problems,
) -> Option<MeasureKind> {
    let source = source(raw, measure, problems);
    let mend = "name the column or the SQL expression whose values are measured";
    let of = one_column(measure, ("a quantile measure", mend), problems);
    let error = error(measure, problems);
    let edges = edges(measure, problems);
    let buckets = Buckets::try_new(error?, &edges?).expect("both were checked");
    Some(MeasureKind::Quantile { source: source?, of: of?, buckets })
}

fn error(measure: &RawMeasure, problems: &mut Problems) -> Option<f64> {
    let place = &measure.place;
    let mend = "say how far quantiles may be off, such as `error = \"2%\"`";
    let (share, written) = match need(place, "error", &measure.error, mend, problems)? {
        RawShare::Number(share) => (Some(*share), share.to_string()),
        RawShare::Text(text) => (share_of(text), text.clone()),
    };
    // Deviations below a millionth come from the way doubles are written.
    let share = share.map(|share| (share * MILLION).round() / MILLION);
    let found = share.filter(|share| Buckets::try_new(*share, &[]).is_ok());
    if found.is_none() {
        let (least, most) = (Buckets::MIN_ERROR * 100.0, Buckets::MAX_ERROR * 100.0);
        let what = format!("`{written}` is not an error that quantiles can have");
        let mend = format!("write a share from {least} % to {most} %, such as `\"2%\"` or `0.02`");
        let line = measure.error.line_or(place.line);
        problems.report(line, place.key("error"), what, mend);
    }
    found
}

fn edges(measure: &RawMeasure, problems: &mut Problems) -> Option<Vec<f64>> {
    let at = match &measure.edges {
        Entry::Absent => return Some(Vec::new()),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let (what, mend) = match Buckets::try_new(Buckets::MAX_ERROR, &at.value) {
        Ok(_) => return Some(at.value.clone()),
        Err(SketchError::TooManyEdges { found }) => (
            format!("has {found} numbers; at most {} are allowed", Buckets::MAX_EDGES),
            "keep those whose shares must be exact: shares at any other number have bounds"
                .to_owned(),
        ),
        Err(SketchError::Edge { found }) => (
            format!("{found} is not an edge, or not above the previous one"),
            format!("write numbers above 0 and below {:e}, in ascending order", Buckets::MAX_VALUE),
        ),
        Err(other) => (other.to_string(), "write numbers in ascending order".to_owned()),
    };
    problems.report(at.line, measure.place.key("edges"), what, mend);
    None
}
