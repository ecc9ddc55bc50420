//! Mutes: outliers of a member that one person does not want to be shown.

use jiff::civil::Date;

use crate::acknowledgement::check_member;
use crate::annotation::Member;
use crate::error::StoreError;
use crate::limits::{MAX_NAME_BYTES, check_bytes};
use crate::scope::Stamp;

/// One person's wish not to be shown that a member stands out; nobody else sees it.
///
/// Always true: one person has one mute of a member and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mute {
    /// Its id.
    pub id: i64,
    /// The member.
    pub member: Member,
    /// Only of this kind; `None` for every kind.
    pub kind: Option<String>,
    /// The last day whose list is muted; `None` for ever.
    pub until: Option<Date>,
    /// Who wrote it, and when.
    pub stamp: Stamp,
}

/// A mute to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MuteDraft {
    /// The member.
    pub member: Member,
    /// Only of this kind; `None` for every kind.
    pub kind: Option<String>,
    /// The last day whose list is muted; `None` for ever.
    pub until: Option<Date>,
}

impl MuteDraft {
    pub(crate) fn checked(self) -> Result<Self, StoreError> {
        check_member(&self.member)?;
        if let Some(kind) = &self.kind {
            check_bytes("kind", kind, MAX_NAME_BYTES)?;
        }
        Ok(self)
    }
}
