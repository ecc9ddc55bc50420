//! What an answer withholds of small groups.

/// What is withheld of groups with fewer people than the model's `min_people`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withheld {
    /// The smallest number of people that is shown; larger ones are rounded to multiples of it.
    pub min_people: u32,
    /// The number of groups, on all pages, of which some requested measure is withheld.
    pub n_rows: u64,
}
