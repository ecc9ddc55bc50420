//! No cell has more values than events.

use super::{MeasureColumn, sketch};
use crate::error::FileProblem;
use crate::snapshot::layout::Layout;

/// Checks that no cell has more values, distinct ones or those of a quantile measure, than events.
pub(in crate::snapshot) fn check_values(
    layout: &Layout,
    measures: &[MeasureColumn],
    n_rows: u32,
) -> Result<(), FileProblem> {
    for (measure, column) in layout.measures.iter().zip(measures) {
        let Some(count) = measure.at_most else { continue };
        let MeasureColumn::Int { values: counts, .. } = &measures[count] else { continue };
        let above = match column {
            MeasureColumn::Int { .. } | MeasureColumn::Float { .. } => None,
            MeasureColumn::Sketch { arena, .. } => sketch::above_count(arena, n_rows, counts),
            MeasureColumn::Quantiles(arena) => {
                let mut rows = (0..).zip(arena.n_values().iter().zip(counts));
                let is_above =
                    |(n_values, count): (&u64, &i64)| i128::from(*n_values) > i128::from(*count);
                let found = rows.find(|(_, row)| is_above(*row));
                found.map(|(row, (n_values, _))| (row, *n_values as f64))
            }
        };
        if let Some((row, lower)) = above {
            return Err(FileProblem::DistinctAboveCount {
                row: row as usize,
                distinct: measure.name.clone(),
                lower,
                count: layout.measures[count].name.clone(),
                found: counts[row as usize],
            });
        }
    }
    Ok(())
}
