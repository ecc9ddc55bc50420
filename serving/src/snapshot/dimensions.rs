//! Sets of a model's dimensions.

/// The largest number of dimensions of a marginal: as many as people group and filter by at once.
const MAX_DIMENSIONS: u32 = 2;

/// The largest number of dimensions of a model whose subsets are considered: 66 subsets.
pub(super) const MAX_WEIGHED: usize = 11;

/// Some of a model's dimensions, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dimensions(u64);

impl Dimensions {
    /// None of them.
    pub(crate) const NONE: Self = Self(0);

    /// With one more; `None` if its position is too large.
    pub(crate) fn with(self, dimension: usize) -> Option<Self> {
        let bit = u32::try_from(dimension).ok().and_then(|bit| 1_u64.checked_shl(bit))?;
        Some(Self(self.0 | bit))
    }

    pub(super) fn has(self, dimension: usize) -> bool {
        u32::try_from(dimension).is_ok_and(|bit| bit < 64 && self.0 >> bit & 1 == 1)
    }

    /// Whether all of these are among others.
    pub(crate) fn are_in(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    pub(super) fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// All nonempty sets of up to [`MAX_DIMENSIONS`] dimensions.
    pub(super) fn all_of(n_dimensions: usize) -> impl Iterator<Item = Self> {
        let sets = (1_u64..1 << n_dimensions.min(MAX_WEIGHED)).map(Self);
        sets.filter(|set| set.count() <= MAX_DIMENSIONS)
    }
}
