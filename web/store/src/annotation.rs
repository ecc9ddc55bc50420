//! Annotations: what happened on some days, for whoever looks at a trend.

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
    /// The last day, which is not before the first.
    pub to: Date,
    /// What happened.
    pub text: String,
    /// The member that it is about; `None` where it is about everything.
    pub member: Option<Member>,
    /// Who wrote it.
    pub stamp: Stamp,
}

/// A member of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The field's name.
    pub field: String,
    /// The member's value.
    pub value: String,
}

/// What somebody says of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationDraft {
    /// The first day.
    pub from: Date,
    /// The last day, included.
    pub to: Date,
    /// What happened, of at most [`MAX_TEXT_BYTES`] bytes, spaces around it left out.
    pub text: String,
    /// The member that it is about; `None` where it is about everything.
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

/// Which annotations are asked for: those about everything, and those about some members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnnotationsAsked {
    /// Those that end on this day or later.
    pub from: Option<Date>,
    /// Those that begin on this day or earlier.
    pub to: Option<Date>,
    /// The members of which they may be.
    pub members: Vec<Member>,
    /// How many at most.
    pub limit: usize,
}

/// The newest of the annotations that were asked for, by their days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationPage {
    /// In the order of their days.
    pub annotations: Vec<Annotation>,
    /// How many there are; more than are listed where the limit left out older ones.
    pub n_total: usize,
}
