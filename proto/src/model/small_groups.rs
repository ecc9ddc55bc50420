//! Below how many people nothing of a group is told.

/// The largest [`min_people`](SmallGroups::min_people): beyond it hardly a row would be told.
pub const MAX_MIN_PEOPLE: u32 = 10_000;

/// Below how many people nothing of a group is told, and what counts people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallGroups {
    /// The fewest people of a group that is told, and the number of which those of all others are multiples: from 2 to
    /// [`MAX_MIN_PEOPLE`].
    pub min_people: u32,
    /// The distinct measures that count people, in the model's order: at least one of each source that is measured.
    pub people: Vec<String>,
}
