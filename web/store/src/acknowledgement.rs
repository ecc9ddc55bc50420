//! Acknowledgements: somebody has seen that a member stands out, and says what becomes of it.

use jiff::civil::Date;

use crate::annotation::Member;
use crate::error::StoreError;
use crate::limits::{MAX_NAME_BYTES, MAX_TEXT_BYTES, check_bytes};
use crate::scope::Stamp;

/// Somebody has seen that a member stands out. Everybody sees it; only its author changes it.
///
/// Always true: of one member and kind, none of the acknowledgements that are there covers days of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Its id.
    pub id: i64,
    /// The member that stands out.
    pub member: Member,
    /// How it stands out, in a word.
    pub kind: String,
    /// The day since which it had been listed when it was acknowledged.
    pub since: Date,
    /// The last day of the list that was acknowledged; not before `since`. If the member is listed again since a later
    /// day, that is not acknowledged.
    pub through: Date,
    /// What becomes of it.
    pub note: Option<String>,
    /// Who wrote it, and when.
    pub stamp: Stamp,
}

/// An acknowledgement to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcknowledgementDraft {
    /// The member that stands out.
    pub member: Member,
    /// How it stands out, in a word: at most [`MAX_NAME_BYTES`] bytes.
    pub kind: String,
    /// The day since which it has been listed.
    pub since: Date,
    /// The last day of the list.
    pub through: Date,
    /// What becomes of it: at most [`MAX_TEXT_BYTES`] bytes; an empty one is none.
    pub note: Option<String>,
}

impl AcknowledgementDraft {
    pub(crate) fn checked(self) -> Result<Self, StoreError> {
        let Self { since: from, through: to, .. } = self;
        if from > to {
            return Err(StoreError::Backwards { from, to });
        }
        check_member(&self.member)?;
        check_bytes("kind", &self.kind, MAX_NAME_BYTES)?;
        let note = checked_note(self.note)?;
        Ok(Self { note, ..self })
    }
}

/// A note without surrounding spaces; none if nothing is left.
pub(crate) fn checked_note(note: Option<String>) -> Result<Option<String>, StoreError> {
    let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    if let Some(note) = &note {
        check_bytes("note", note, MAX_TEXT_BYTES)?;
    }
    Ok(note)
}

pub(crate) fn check_member(member: &Member) -> Result<(), StoreError> {
    check_bytes("field", &member.field, MAX_NAME_BYTES)?;
    check_bytes("value", &member.value, MAX_TEXT_BYTES)
}

/// The newest acknowledgements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcknowledgementPage {
    /// The newest first, by when they were added.
    pub acknowledgements: Vec<Acknowledgement>,
    /// How many there are, including those that the limit leaves out.
    pub n_total: usize,
}
