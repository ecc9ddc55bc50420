//! Visits: which outliers a person was shown last.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::acknowledgement::check_member;
use crate::annotation::Member;
use crate::error::StoreError;
use crate::limits::{MAX_LISTED, MAX_NAME_BYTES, check_bytes, check_count};

/// The list of outliers that a person was shown last, so that new ones can be told from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// When.
    pub at: Timestamp,
    /// The last day of that list.
    pub through: Date,
    /// All that was on it.
    pub listed: Vec<Listed>,
}

/// An entry of a list of outliers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The member.
    pub member: Member,
    /// How it stands out, in a word.
    pub kind: String,
}

/// A list that a person is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitDraft {
    /// The last day of the list.
    pub through: Date,
    /// All that is on it, at most [`MAX_LISTED`]; kept in order, and each once.
    pub listed: Vec<Listed>,
}

impl VisitDraft {
    pub(crate) fn checked(mut self) -> Result<Self, StoreError> {
        check_count("outliers of a visit", self.listed.len(), MAX_LISTED)?;
        for Listed { member, kind } in &self.listed {
            check_member(member)?;
            check_bytes("kind", kind, MAX_NAME_BYTES)?;
        }
        self.listed.sort_unstable();
        self.listed.dedup();
        Ok(self)
    }
}
