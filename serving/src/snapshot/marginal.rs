//! Marginals: the cells of a file united in advance over some of its dimensions, for queries that need no others.
//!
//! ```text
//! all cells of a file:  asset × country × device × audience     327,000 cells, 54 MB of sketches
//! a marginal of it:             country × device                    164 cells,  5 MB, and the estimate of each
//! ```
//!
//! A marginal is a [`Chunk`] with fewer dimensions, so that filters and groups work on it as on the file. It agrees
//! with its file to the byte: sums of whole numbers and unions of sketches do not depend on their order. Measures that
//! would depend on it (sums of non-integers), or are not worth their room (quantiles), are left out.
//!
//! The marginals of a file are chosen greedily, by the bytes that they save queries for up to two dimensions:
//! Harinarayan, Rajaraman and Ullman, "Implementing data cubes efficiently" (1996). Ours weights all such queries
//! equally, and bounds a marginal's size from above before it is made.

mod build;
mod grouping;

use clio_lake::StoredType;

use super::chunk::{Chunk, Marginal};
use super::dimensions::{Dimensions, MAX_WEIGHED};
use super::layout::Layout;
use super::measure::MeasureColumn;
use crate::config::MarginalLimits;
use crate::error::FileProblem;
use build::Columns;
use grouping::{Grouping, Sizes};

/// A marginal has at most this fraction of its file's cells: with more, little is saved.
const MIN_CELLS_OF_FILE: usize = 4;

/// The fraction of a file's sketches that all queries together must be saved for one more marginal.
const MIN_PART_SPARED: usize = 10;

/// How many times a file's sketches are read at most to make its marginals, which bounds the additional loading time.
const MAX_READS: usize = 3;

/// Whether marginals include a measure.
pub(crate) fn have(stored: StoredType) -> bool {
    match stored {
        StoredType::Count | StoredType::WholeSum | StoredType::Sketch { .. } => true,
        StoredType::FloatSum | StoredType::Quantiles { .. } => false,
    }
}

/// The marginals of a file that are worth their room.
pub(super) fn marginals(
    chunk: &Chunk,
    layout: &Layout,
    limits: &MarginalLimits,
) -> Result<Vec<Marginal>, FileProblem> {
    let n_dimensions = layout.dimensions.len();
    if limits.percent == 0 || chunk.n_rows < limits.min_cells || n_dimensions > MAX_WEIGHED {
        return Ok(Vec::new());
    }
    let file_bytes = sketch_bytes(chunk);
    let budget = file_bytes / 100 * limits.percent as usize;
    let sizes = Sizes::of(chunk);
    let mut candidates = Vec::new();
    let is_held = |of: &Dimensions| {
        (0..n_dimensions).all(|at| !of.has(at) || !layout.dimensions[at].is_left_out)
    };
    for dimensions in Dimensions::all_of(n_dimensions).filter(is_held) {
        let kept = (0..n_dimensions).filter(|at| dimensions.has(*at));
        let grouping = Grouping::of(chunk, kept);
        if grouping.n_groups() > chunk.n_rows as usize / MIN_CELLS_OF_FILE {
            continue;
        }
        candidates.push(Candidate { dimensions, bytes: sizes.at_most(&grouping) });
    }
    let mut made: Vec<Marginal> = Vec::new();
    for Chosen { dimensions, from } in choose(&candidates, n_dimensions, file_bytes, budget) {
        let source = from.map_or(chunk, |at| &made[at].chunk);
        let kept = (0..n_dimensions).filter(|at| dimensions.has(*at));
        let grouping = Grouping::of(source, kept.clone());
        // Cells cannot hold sums beyond 64 bits.
        if let Some(chunk) = build::united(source, layout, kept, &grouping, Columns::OfMarginal)? {
            made.push(Marginal { dimensions, chunk });
        } else {
            return Ok(Vec::new());
        }
    }
    Ok(made)
}

/// The cells of a file united over the dimensions that are left out.
pub(super) fn united_over_others(chunk: &Chunk, layout: &Layout) -> Result<Chunk, FileProblem> {
    let grouping = Grouping::of(chunk, layout.kept_dimensions());
    let united =
        build::united(chunk, layout, layout.kept_dimensions(), &grouping, Columns::OfFile)?;
    united.ok_or(FileProblem::TooLarge { what: "events" })
}

/// The bytes of the sketches of distinct measures.
fn sketch_bytes(chunk: &Chunk) -> usize {
    let of_measure = |measure: &MeasureColumn| match measure {
        MeasureColumn::Sketch { arena, .. } => arena.size_bytes(),
        MeasureColumn::Int { .. } | MeasureColumn::Float { .. } | MeasureColumn::Quantiles(_) => 0,
    };
    chunk.measures.iter().map(of_measure).sum()
}

/// A candidate for a marginal.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    dimensions: Dimensions,
    /// An upper bound of its bytes.
    bytes: usize,
}

/// A marginal to be made, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Chosen {
    dimensions: Dimensions,
    /// The earlier one that it is made from; `None` for the file.
    from: Option<usize>,
}

/// Chooses marginals, each for what it saves beyond the earlier ones.
fn choose(
    candidates: &[Candidate],
    n_dimensions: usize,
    file_bytes: usize,
    budget: usize,
) -> Vec<Chosen> {
    let mut costs: Vec<(Dimensions, usize)> =
        Dimensions::all_of(n_dimensions).map(|asked| (asked, file_bytes)).collect();
    let spared = |costs: &[(Dimensions, usize)], of: &Candidate| -> usize {
        let asked = costs.iter().filter(|(asked, _)| asked.are_in(of.dimensions));
        asked.map(|(_, cost)| cost.saturating_sub(of.bytes)).sum()
    };
    let mut left = candidates.to_vec();
    let mut chosen: Vec<(Candidate, Chosen)> = Vec::new();
    let (mut room, mut to_read) = (budget, file_bytes.saturating_mul(MAX_READS));
    loop {
        let source = |of: &Candidate| {
            let wider = chosen.iter().enumerate();
            let wider = wider.filter(|(_, (own, _))| of.dimensions.are_in(own.dimensions));
            let smallest = wider.min_by_key(|(_, (own, _))| own.bytes);
            smallest.map_or((None, file_bytes), |(at, (own, _))| (Some(at), own.bytes))
        };
        left.retain(|of| of.bytes <= room && source(of).1 <= to_read);
        // Ties go to the first: the order of sets is fixed.
        let best = left.iter().enumerate().map(|(at, of)| (spared(&costs, of), at));
        let best = best.max_by_key(|(spared, at)| (*spared, std::cmp::Reverse(*at)));
        let Some((_, at)) = best.filter(|(spared, _)| *spared > file_bytes / MIN_PART_SPARED)
        else {
            return chosen.into_iter().map(|(_, chosen)| chosen).collect();
        };
        let own = left[at];
        let (from, read) = source(&own);
        left.remove(at);
        room -= own.bytes;
        to_read -= read;
        for (asked, cost) in &mut costs {
            if asked.are_in(own.dimensions) {
                *cost = (*cost).min(own.bytes);
            }
        }
        chosen.push((own, Chosen { dimensions: own.dimensions, from }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(dimensions: &[usize]) -> Dimensions {
        dimensions.iter().fold(Dimensions::NONE, |all, own| all.with(*own).unwrap())
    }

    #[test]
    fn the_one_that_spares_most_comes_first_and_the_room_is_kept() {
        let candidate =
            |dimensions: &[usize], bytes| Candidate { dimensions: of(dimensions), bytes };
        let candidates = [
            candidate(&[0], 600),
            candidate(&[1], 10),
            candidate(&[2], 4),
            candidate(&[1, 2], 40),
            candidate(&[0, 1], 900),
        ];
        let chosen = |budget| choose(&candidates, 3, 1_000, budget);
        // It saves three queries 960 bytes each; the others then save less than a tenth of the file.
        assert_eq!(chosen(250), [Chosen { dimensions: of(&[1, 2]), from: None }]);
        // If there is no room for it, its parts are chosen.
        let parts = [&[2][..], &[1]].map(|own| Chosen { dimensions: of(own), from: None });
        assert_eq!(chosen(30), parts);
        assert_eq!(chosen(9), [Chosen { dimensions: of(&[2]), from: None }]);
        assert_eq!(chosen(0), []);
        let all = chosen(100_000);
        assert_eq!(
            all.iter().map(|own| own.dimensions).collect::<Vec<_>>(),
            [of(&[1, 2]), of(&[0])]
        );
    }

    #[test]
    fn a_smaller_one_is_made_of_a_larger_one() {
        let candidates = [
            Candidate { dimensions: of(&[0, 1]), bytes: 300 },
            Candidate { dimensions: of(&[0]), bytes: 1 },
            Candidate { dimensions: of(&[1]), bytes: 200 },
        ];
        let expected = [
            Chosen { dimensions: of(&[0, 1]), from: None },
            Chosen { dimensions: of(&[0]), from: Some(0) },
        ];
        assert_eq!(choose(&candidates, 2, 1_000, 1_000), expected);
    }

    #[test]
    fn a_file_is_not_read_more_often_than_its_loading_can_bear() {
        let candidates = [0, 1, 2, 3, 4].map(|own| Candidate { dimensions: of(&[own]), bytes: 1 });
        assert_eq!(choose(&candidates, 5, 1_000, 1_000).len(), MAX_READS);
    }
}
