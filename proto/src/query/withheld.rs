//! What an answer does not tell of small groups.

/// What is not told of groups with fewer people than the model's `min_people`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withheld {
    /// The fewest people that are told of, and the number of which those of all others are multiples.
    pub min_people: u32,
    /// Of how many of the groups that stay, on all pages, some measure asked for is withheld.
    pub n_rows: u64,
}
