//! Who asks, about which dataset, and what is recorded of every stored thing.

use jiff::Timestamp;

/// Who asks, and about which dataset: nothing stored for another dataset is visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The dataset's name.
    pub dataset: String,
    /// Who asks.
    pub person: String,
}

/// A thing as somebody saw it: its id, and its revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// The thing's id, which is never reused within its kind.
    pub id: i64,
    /// 1 when it was added, incremented by each change.
    pub number: i64,
}

/// Who added a thing and who last changed it, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Who added it; only they may change it.
    pub owner: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Who last changed it; who added it, if it was never changed.
    pub changed_by: String,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// How many times it was written.
    pub revision: i64,
}
