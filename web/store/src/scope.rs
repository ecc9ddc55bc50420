//! Who asks, of which dataset, and what is noted of whatever is kept.

use jiff::Timestamp;

/// Who asks, and of which dataset: nobody sees what is kept of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The dataset's name.
    pub dataset: String,
    /// Who asks.
    pub person: String,
}

/// A thing as somebody saw it: which, and at which revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// The thing's id, which no other one of its kind ever gets.
    pub id: i64,
    /// 1 when it was added, one more with each change.
    pub number: i64,
}

/// Who added a thing and who changed it last, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Who added it, and alone may change it.
    pub owner: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Who changed it last; who added it, if nobody has.
    pub changed_by: String,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// How often it was written.
    pub revision: i64,
}
