//! Which cells are united, and an upper bound of the bytes of the result.

use rustc_hash::FxHashMap;

use crate::snapshot::arena::SketchArena;
use crate::snapshot::chunk::Chunk;
use crate::snapshot::measure::MeasureColumn;

/// The largest number of pairs that are numbered by a table instead of a map: 4 MiB.
const MAX_DIRECT: usize = 1 << 20;

/// The cells of a file grouped by common codes, with groups numbered in order of appearance.
#[derive(Debug)]
pub(super) struct Grouping {
    /// The group of each row.
    ids: Vec<u32>,
    /// The first row of each group.
    pub(super) first_rows: Vec<u32>,
}

impl Grouping {
    /// Groups by some dimensions.
    pub(super) fn of(chunk: &Chunk, dimensions: impl Iterator<Item = usize>) -> Self {
        let mut ids = vec![0_u32; chunk.n_rows as usize];
        let mut n_groups = 1;
        for dimension in dimensions {
            n_groups = split(&mut ids, n_groups, &chunk.keys[dimension].codes);
        }
        let mut first_rows = Vec::with_capacity(n_groups);
        for (row, id) in (0_u32..).zip(&ids) {
            if *id as usize == first_rows.len() {
                first_rows.push(row);
            }
        }
        Self { ids, first_rows }
    }

    pub(super) fn n_groups(&self) -> usize {
        self.first_rows.len()
    }

    /// The group of each row.
    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The rows by group, in order: those of group `g` are `rows[offsets[g]..offsets[g + 1]]`.
    pub(super) fn rows(&self) -> (Vec<usize>, Vec<u32>) {
        let mut offsets = vec![0_usize; self.n_groups() + 1];
        for id in &self.ids {
            offsets[*id as usize + 1] += 1;
        }
        for group in 0..self.n_groups() {
            offsets[group + 1] += offsets[group];
        }
        let mut next = offsets.clone();
        let mut rows = vec![0; self.ids.len()];
        for (row, id) in (0_u32..).zip(&self.ids) {
            let place = &mut next[*id as usize];
            rows[*place] = row;
            *place += 1;
        }
        (offsets, rows)
    }
}

/// Splits groups by codes, and returns their number.
fn split(ids: &mut [u32], n_groups: usize, codes: &[u32]) -> usize {
    let n_codes = codes.iter().max().map_or(0, |most| *most as usize + 1);
    let mut n_new = 0_u32;
    if n_groups.saturating_mul(n_codes) <= MAX_DIRECT {
        // One more than the number of each pair.
        let mut numbers = vec![0_u32; n_groups * n_codes];
        for (id, code) in ids.iter_mut().zip(codes) {
            let number = &mut numbers[*id as usize * n_codes + *code as usize];
            if *number == 0 {
                n_new += 1;
                *number = n_new;
            }
            *id = *number - 1;
        }
    } else {
        let mut numbers = FxHashMap::default();
        for (id, code) in ids.iter_mut().zip(codes) {
            let pair = u64::from(*id) << 32 | u64::from(*code);
            *id = *numbers.entry(pair).or_insert_with(|| {
                n_new += 1;
                n_new - 1
            });
        }
    }
    n_new as usize
}

/// The bytes of the sketches of a file's rows, from which follows an upper bound for groups.
#[derive(Debug)]
pub(super) struct Sizes {
    /// For each distinct measure, the bytes of coupons by row, or [`DENSE`], and the bytes of registers.
    measures: Vec<(Vec<u32>, u32)>,
    n_numbers: usize,
}

/// A sketch of registers.
const DENSE: u32 = u32::MAX;

impl Sizes {
    pub(super) fn of(chunk: &Chunk) -> Self {
        let (mut measures, mut n_numbers) = (Vec::new(), 0);
        for measure in &chunk.measures {
            match measure {
                MeasureColumn::Sketch { arena, .. } => {
                    let bytes = (0..chunk.n_rows).map(|row| row_bytes(arena, row));
                    let n_registers = arena.precision().n_registers();
                    let registers = u32::try_from(n_registers).unwrap_or(DENSE);
                    measures.push((bytes.collect(), registers));
                }
                MeasureColumn::Int { .. } => n_numbers += 1,
                MeasureColumn::Float { .. } | MeasureColumn::Quantiles(_) => {}
            }
        }
        Self { measures, n_numbers }
    }

    /// The largest number of bytes that a marginal takes.
    pub(super) fn at_most(&self, grouping: &Grouping) -> usize {
        // Codes and their bitmaps, numbers, and for each sketch its entry and its estimate.
        const KEY_BYTES: usize = 64;
        const SKETCH_BYTES: usize = 48;
        let of_group = KEY_BYTES + 8 * self.n_numbers + SKETCH_BYTES * self.measures.len();
        let mut all = grouping.n_groups() * of_group;
        for (by_row, registers) in &self.measures {
            let mut by_group = vec![0_u32; grouping.n_groups()];
            for (bytes, id) in by_row.iter().zip(grouping.ids()) {
                let own = &mut by_group[*id as usize];
                *own = own.saturating_add(*bytes);
            }
            all += by_group.iter().map(|bytes| (*bytes).min(*registers) as usize).sum::<usize>();
        }
        all
    }
}

fn row_bytes(arena: &SketchArena, row: u32) -> u32 {
    if arena.is_dense(row) {
        return DENSE;
    }
    let n_coupons = u32::try_from(arena.n_coupons(row)).unwrap_or(DENSE);
    n_coupons.saturating_mul(4)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn groups_are_numbered_as_they_come_whichever_way() {
        let mut numbers = (0_u32..).map(|at| at.wrapping_mul(0x9e37_79b9) >> 7);
        let mut codes = |n_codes: u32| -> Vec<u32> {
            numbers.by_ref().take(5_000).map(|number| number % n_codes).collect()
        };
        // The last one has too many pairs for a table.
        for (first, second) in [(3, 5), (1, 1), (40, 900), (4_000, 3_000)] {
            let (first, second) = (codes(first), codes(second));
            let mut ids = vec![0; first.len()];
            let n_first = split(&mut ids, 1, &first);
            let n_groups = split(&mut ids, n_first, &second);
            let mut known = BTreeMap::new();
            for (at, id) in ids.iter().enumerate() {
                let next = u32::try_from(known.len()).unwrap();
                assert_eq!(*known.entry((first[at], second[at])).or_insert(next), *id);
            }
            assert_eq!(known.len(), n_groups);
        }
    }
}
