//! Unites the cells of a file, or of a marginal of it, by some of its dimensions.

use clio_sketch::{Buckets, QuantileUnion, Scale};

use super::grouping::Grouping;
use crate::error::FileProblem;
use crate::snapshot::arena::{ColumnUnion, SketchArena};
use crate::snapshot::chunk::{Chunk, KeyColumn};
use crate::snapshot::histograms::QuantileArena;
use crate::snapshot::layout::Layout;
use crate::snapshot::measure::MeasureColumn;

/// Which columns united cells have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// Those whose values do not depend on the order of cells, with the estimates of sketches.
    OfMarginal,
    /// All of them. Sums of non-integers are added in the order of cells; totals remain those of the source.
    OfFile,
}

/// Unites the cells of each group; `None` if a sum exceeds what a cell can hold.
pub(super) fn united(
    source: &Chunk,
    layout: &Layout,
    dimensions: impl Iterator<Item = usize>,
    grouping: &Grouping,
    which: Columns,
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
                let arena = unions(arena, &offsets, &rows, which)?;
                let total = ColumnUnion::of(&arena, n_rows)?;
                MeasureColumn::Sketch { arena, total }
            }
            MeasureColumn::Float { values, total } if which == Columns::OfFile => {
                let mut sums = vec![0.0; n_groups];
                for (value, id) in values.iter().zip(grouping.ids()) {
                    sums[*id as usize] += value;
                }
                MeasureColumn::Float { values: sums, total: *total }
            }
            MeasureColumn::Quantiles(arena) if which == Columns::OfFile => {
                let Some(buckets) = own.stored.buckets() else { return Ok(None) };
                MeasureColumn::Quantiles(spreads(&own.name, buckets, arena, &offsets, &rows)?)
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

/// The spread of each group.
fn spreads(
    column: &str,
    buckets: Buckets,
    source: &QuantileArena,
    offsets: &[usize],
    rows: &[u32],
) -> Result<QuantileArena, FileProblem> {
    let scale = Scale::new(buckets);
    let mut encoded = Vec::with_capacity(offsets.len() - 1);
    for (group, ends) in offsets.windows(2).enumerate() {
        let mut union = QuantileUnion::new(&scale);
        for row in &rows[ends[0]..ends[1]] {
            source.union_into(*row, &mut union).map_err(|problem| FileProblem::Sketch {
                column: column.to_owned(),
                row: group,
                problem,
            })?;
        }
        encoded.push(union.to_sketch().encode());
    }
    QuantileArena::decode(column, buckets, encoded.iter().map(Vec::as_slice))
}

/// The union of each group; with its estimate in a marginal.
fn unions(
    source: &SketchArena,
    offsets: &[usize],
    rows: &[u32],
    which: Columns,
) -> Result<SketchArena, FileProblem> {
    let n_groups = offsets.len() - 1;
    let (family, precision) = (source.family(), source.precision());
    let keeps_estimates = which == Columns::OfMarginal;
    SketchArena::of_unions(family, precision, n_groups, keeps_estimates, |group, union| {
        let rows = &rows[offsets[group]..offsets[group + 1]];
        // Registers take coupons faster than a list does, so dense sketches come first.
        let (dense, others): (Vec<u32>, Vec<u32>) =
            rows.iter().partition(|row| source.is_dense(**row));
        dense.iter().chain(&others).for_each(|row| source.union_into(*row, union));
    })
}
