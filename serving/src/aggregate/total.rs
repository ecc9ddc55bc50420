//! The total if steps of time overlap, so that it is not the sum of the steps.

use clio_proto::{Period, ServiceError, Value};

use super::batch::Batch;
use super::gathered::Asked;
use super::groups::BatchGroups;
use super::measures::Measures;
use super::sums::Sums;
use super::{Clock, stored_values};

/// The values of stored measures over some periods, each cell once.
pub(super) fn of_periods(
    asked: Asked<'_>,
    periods: &[Period],
    measures: &mut Measures<'_>,
    work: &mut Clock,
) -> Result<Vec<Value>, ServiceError> {
    let Asked { snapshot, plan, cancel, .. } = asked;
    let mut parts = Vec::new();
    let mut sums = Sums::new(snapshot, plan);
    let dimensions = plan.dimensions(snapshot);
    let files = |period| snapshot.chunks.get(period).into_iter().flatten();
    for (period, chunk) in periods.iter().flat_map(|own| files(own).map(move |file| (*own, file))) {
        cancel.check()?;
        let chunk = dimensions.map_or(&**chunk, |asked| chunk.narrowest(asked));
        work.read(chunk);
        let Some(batch) = Batch::select(chunk, period, plan.filter.as_ref()) else { continue };
        work.selected(&batch);
        sums.add_to(&batch, &BatchGroups::Whole(None), 0);
        parts.push(batch);
    }
    stored_values(plan, |measure| measures.united(measure, &parts, &sums))
}
