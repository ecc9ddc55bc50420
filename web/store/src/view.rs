//! Views: named states of a page.

use jiff::Timestamp;

use crate::error::StoreError;
use crate::limits::{MAX_NAME_BYTES, check_address, check_bytes};
use crate::scope::Stamp;

/// A named state of a page. Always true: the names of one person's views differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The page and its state: an address that begins with `/`.
    pub address: String,
    /// Whether others see it too.
    pub is_shared: bool,
    /// Whether the person who asks starts with it.
    pub is_default: bool,
    /// When the person who asks last opened it.
    pub opened_at: Option<Timestamp>,
    /// Who wrote it, and when.
    pub stamp: Stamp,
}

/// The contents of a view to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewDraft {
    /// Its name: at most [`MAX_NAME_BYTES`] bytes, without surrounding spaces.
    pub name: String,
    /// The page and its state.
    pub address: String,
    /// Whether others see it too.
    pub is_shared: bool,
}

impl ViewDraft {
    pub(crate) fn checked(self) -> Result<Self, StoreError> {
        let name = self.name.trim().to_owned();
        check_bytes("name", &name, MAX_NAME_BYTES)?;
        check_address(&self.address)?;
        Ok(Self { name, ..self })
    }
}
