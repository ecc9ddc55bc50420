//! Makes a marginal from a file, or from a wider marginal of it.

use super::grouping::Grouping;
use crate::error::FileProblem;
use crate::snapshot::arena::{ColumnUnion, SketchArena};
use crate::snapshot::chunk::{Chunk, KeyColumn};
use crate::snapshot::histograms::QuantileArena;
use crate::snapshot::layout::Layout;
use crate::snapshot::measure::MeasureColumn;

/// Unites the cells of each group; `None` if a sum exceeds what a cell can hold.
pub(super) fn united(
    source: &Chunk,
    layout: &Layout,
    dimensions: impl Iterator<Item = usize>,
    grouping: &Grouping,
) -> Result<Option<Chunk>, FileProblem> {
    let n_groups = grouping.n_groups();
    let n_rows = u32::try_from(n_groups).map_err(|_| FileProblem::TooLarge { what: "rows" })?;
    let mut keys: Vec<KeyColumn> =
        layout.dimensions.iter().map(|_| KeyColumn::new(Vec::new(), 0)).collect();
    for dimension in dimensions {
        let of_source = &source.keys[dimension].codes;
        let codes: Vec<u32> =
            grouping.first_rows.iter().map(|row| of_source[*row as usize]).collect();
        let n_codes = codes.iter().max().map_or(0, |most| *most as usize + 1);
        keys[dimension] = KeyColumn::new(codes, n_codes);
    }
    let (offsets, rows) = grouping.rows();
    let mut measures = Vec::with_capacity(source.measures.len());
    for (column, own) in source.measures.iter().zip(&layout.measures) {
        let united = match column {
            MeasureColumn::Int { values, total } => {
                let Some(values) = sums(values, grouping) else { return Ok(None) };
                MeasureColumn::Int { values, total: *total }
            }
            MeasureColumn::Sketch { arena, .. } => {
                let arena = unions(arena, &offsets, &rows)?;
                let total = ColumnUnion::of(&arena, n_rows)?;
                MeasureColumn::Sketch { arena, total }
            }
            // Marginals leave it out: none of its rows is ever asked for.
            MeasureColumn::Float { .. } => MeasureColumn::Float { values: Vec::new(), total: 0.0 },
            MeasureColumn::Quantiles(_) => {
                let Some(buckets) = own.stored.buckets() else { return Ok(None) };
                let none = std::iter::empty::<&[u8]>();
                MeasureColumn::Quantiles(QuantileArena::decode(&own.name, buckets, none)?)
            }
        };
        measures.push(united);
    }
    let size_bytes = keys.iter().map(KeyColumn::size_bytes).sum::<usize>()
        + measures.iter().map(MeasureColumn::size_bytes).sum::<usize>();
    let (file, marginals) = (source.file.clone(), Vec::new());
    Ok(Some(Chunk { file, n_rows, keys, measures, marginals, size_bytes }))
}

/// The sum of each group; `None` if one does not fit 64 bits.
fn sums(values: &[i64], grouping: &Grouping) -> Option<Vec<i64>> {
    let mut sums = vec![0_i128; grouping.n_groups()];
    for (value, id) in values.iter().zip(grouping.ids()) {
        sums[*id as usize] += i128::from(*value);
    }
    sums.into_iter().map(|sum| i64::try_from(sum).ok()).collect()
}

/// The union of each group, with its estimate.
fn unions(
    source: &SketchArena,
    offsets: &[usize],
    rows: &[u32],
) -> Result<SketchArena, FileProblem> {
    let n_groups = offsets.len() - 1;
    SketchArena::of_unions(source.family(), source.precision(), n_groups, |group, union| {
        let rows = &rows[offsets[group]..offsets[group + 1]];
        // Registers take coupons faster than a list does, so dense sketches come first.
        let (dense, others): (Vec<u32>, Vec<u32>) =
            rows.iter().partition(|row| source.is_dense(**row));
        dense.iter().chain(&others).for_each(|row| source.union_into(*row, union));
    })
}
