//! The number of people below which groups are withheld.

/// The largest [`min_people`](SmallGroups::min_people): beyond it hardly any row would be shown.
pub const MAX_MIN_PEOPLE: u32 = 10_000;

/// The number of people below which groups are withheld, and the measures that count people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallGroups {
    /// The smallest number of people that is shown, of which larger ones are rounded to multiples: from 2 to
    /// [`MAX_MIN_PEOPLE`].
    pub min_people: u32,
    /// The distinct measures that count people, in the model's order: at least one for each source that is measured.
    pub people: Vec<String>,
}
