//! The rows of each group, side by side.

use super::groups::{BatchGroups, Groups};

/// The place of a group whose rows were not collected.
const NONE: u32 = u32::MAX;

/// The largest fraction of all groups for which only theirs are collected: above it, as much is read and nearly as much
/// written as for all.
const MIN_PART_FOR_ALL: usize = 4;

/// The rows of some groups.
#[derive(Debug)]
pub(super) enum Members {
    /// Whole batches, by group, of all groups.
    Batches(Vec<Vec<u32>>),
    Rows(RowsByGroup),
}

/// The rows of some groups, each as the number of its batch and its row, in the order of batches and rows.
///
/// Takes 4 bytes for each existing group, and 8 for each collected row.
#[derive(Debug)]
pub(super) struct RowsByGroup {
    /// The place of each group, or [`NONE`].
    places: Vec<u32>,
    /// The rows of place `p` are `rows[offsets[p]..offsets[p + 1]]`.
    offsets: Vec<usize>,
    rows: Vec<(u32, u32)>,
}

/// The rows of one group.
#[derive(Debug, Clone, Copy)]
pub(super) enum Made<'m> {
    /// All selected rows of these batches.
    Batches(&'m [u32]),
    /// Rows, each with its batch's number.
    Rows(&'m [(u32, u32)]),
}

impl Members {
    /// Collects the rows of some groups, or of all groups if these are many.
    pub(super) fn of(groups: &Groups<'_>, some: &[u32]) -> Self {
        Self::of_batches(groups.batches(), groups.n_groups(), some)
    }

    pub(super) fn of_batches(groups: &[BatchGroups], n_groups: usize, some: &[u32]) -> Self {
        let is_whole = |batch: &BatchGroups| matches!(batch, BatchGroups::Whole(_));
        if groups.iter().all(is_whole) {
            let mut by_group = vec![Vec::new(); n_groups];
            for (at, batch) in (0_u32..).zip(groups) {
                if let BatchGroups::Whole(Some(group)) = batch {
                    by_group[*group as usize].push(at);
                }
            }
            return Self::Batches(by_group);
        }
        let mut places = vec![NONE; n_groups];
        if some.len() < n_groups / MIN_PART_FOR_ALL {
            for (place, group) in (0..).zip(some) {
                places[*group as usize] = place;
            }
            Self::Rows(RowsByGroup::collect(groups, places, some.len()))
        } else {
            places.iter_mut().zip(0..).for_each(|(own, place)| *own = place);
            Self::Rows(RowsByGroup::collect(groups, places, n_groups))
        }
    }

    /// Whether the rows of a group were collected.
    pub(super) fn has(&self, group: u32) -> bool {
        match self {
            Self::Batches(_) => true,
            Self::Rows(rows) => rows.places[group as usize] != NONE,
        }
    }

    /// The rows of a group, which must have been collected.
    pub(super) fn get(&self, group: u32) -> Made<'_> {
        match self {
            Self::Batches(by_group) => Made::Batches(&by_group[group as usize]),
            Self::Rows(of) => {
                let place = of.places[group as usize] as usize;
                Made::Rows(&of.rows[of.offsets[place]..of.offsets[place + 1]])
            }
        }
    }
}

impl RowsByGroup {
    /// Sorts rows by the places of their groups, keeping their order within each.
    fn collect(groups: &[BatchGroups], places: Vec<u32>, n_places: usize) -> Self {
        // One more at the end, for the rows of all other groups.
        let place = |id: u32| (places[id as usize] as usize).min(n_places);
        let mut offsets = vec![0_usize; n_places + 2];
        for id in groups.iter().flat_map(BatchGroups::ids) {
            offsets[place(*id) + 1] += 1;
        }
        for at in 0..=n_places {
            offsets[at + 1] += offsets[at];
        }
        let mut next = offsets.clone();
        let mut rows = vec![(0, 0); offsets[n_places]];
        for (at, batch) in (0_u32..).zip(groups) {
            let BatchGroups::Rows { rows: own, ids } = batch else { continue };
            for (row, id) in own.iter().zip(ids) {
                let place = place(*id);
                if place < n_places {
                    rows[next[place]] = (at, *row);
                    next[place] += 1;
                }
            }
        }
        Self { places, offsets, rows }
    }
}
