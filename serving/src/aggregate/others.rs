//! The groups below the page as one: a union of their cells, not a difference of numbers.

use clio_proto::{ServiceError, Value};
use roaring::RoaringBitmap;

use super::batch::Batch;
use super::groups::{BatchGroups, Groups};
use super::measures::Measures;
use super::sums::Sums;
use super::{outputs_of, stored_values};
use crate::plan::Plan;
use crate::snapshot::Snapshot;

/// The values of the union of some groups. A cell in several of them counts once.
pub(super) fn united(
    snapshot: &Snapshot,
    plan: &Plan,
    batches: &[Batch<'_>],
    groups: &Groups<'_>,
    of: &[u32],
    measures: &mut Measures<'_>,
) -> Result<Vec<Value>, ServiceError> {
    let mut is_of = vec![false; groups.n_groups()];
    of.iter().for_each(|group| is_of[*group as usize] = true);
    let mut parts = Vec::new();
    for (batch, groups) in batches.iter().zip(groups.batches()) {
        let rows = match groups {
            BatchGroups::Whole(group) => {
                let is_whole = group.is_some_and(|group| is_of[group as usize]);
                if !is_whole {
                    continue;
                }
                batch.rows.clone()
            }
            BatchGroups::Rows { rows, ids } => {
                let own = rows.iter().zip(ids).filter(|(_, id)| is_of[**id as usize]);
                // In order, with a row once for each of its groups.
                let own: RoaringBitmap = own.map(|(row, _)| *row).collect();
                if own.is_empty() {
                    continue;
                }
                (own.len() < u64::from(batch.chunk.n_rows)).then_some(own)
            }
        };
        parts.push(Batch { chunk: batch.chunk, rows, period: batch.period });
    }
    let mut sums = Sums::new(snapshot, plan);
    for part in &parts {
        sums.add_to(part, &BatchGroups::Whole(None), 0);
    }
    let mut stored = stored_values(plan, |measure| measures.united(measure, &parts, &sums))?;
    if let Some(withheld) = measures.take_withheld() {
        withheld.rule.tell_all(&mut stored);
        let told = withheld.of_some(of, groups.all(), measures)?;
        for (measure, value) in stored.iter_mut().enumerate() {
            if !told[withheld.rule.source(measure)] {
                *value = Value::withheld();
            }
        }
        measures.put_withheld(withheld);
    }
    Ok(outputs_of(plan, &stored))
}
