//! Annotations: what happened on some days, for those who look at a trend.

use jiff::civil::Date;

use crate::error::StoreError;
use crate::limits::{MAX_NAME_BYTES, MAX_TEXT_BYTES, check_bytes};
use crate::scope::Stamp;

/// What happened on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Its id.
    pub id: i64,
    /// The first day.
    pub from: Date,
    /// The last day, not before the first.
    pub to: Date,
    /// What happened.
    pub text: String,
    /// The member that it is about; `None` if it is about everything.
    pub member: Option<Member>,
    /// Who wrote it, and when.
    pub stamp: Stamp,
}

/// A member of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The field's name.
    pub field: String,
    /// The member's value.
    pub value: String,
}

/// The contents of an annotation to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationDraft {
    /// The first day.
    pub from: Date,
    /// The last day, inclusive.
    pub to: Date,
    /// What happened: at most [`MAX_TEXT_BYTES`] bytes, without surrounding spaces.
    pub text: String,
    /// The member that it is about; `None` if it is about everything.
    pub member: Option<Member>,
}

impl AnnotationDraft {
    pub(crate) fn checked(self) -> Result<Self, StoreError> {
        let Self { from, to, .. } = self;
        if from > to {
            return Err(StoreError::Backwards { from, to });
        }
        let text = self.text.trim().to_owned();
        check_bytes("text", &text, MAX_TEXT_BYTES)?;
        if let Some(Member { field, value }) = &self.member {
            check_bytes("field", field, MAX_NAME_BYTES)?;
            check_bytes("value", value, MAX_TEXT_BYTES)?;
        }
        Ok(Self { text, ..self })
    }
}

/// Selects annotations: those about everything, and those about some members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnnotationsAsked {
    /// Only those that end on or after this day.
    pub from: Option<Date>,
    /// Only those that begin on or before this day.
    pub to: Option<Date>,
    /// The members that they may be about.
    pub members: Vec<Member>,
    /// How many at most.
    pub limit: usize,
}

/// The newest of the selected annotations, by their days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationPage {
    /// Ordered by their days.
    pub annotations: Vec<Annotation>,
    /// How many were selected, including those that the limit leaves out.
    pub n_total: usize,
}
