//! Views: a state of a page under a name.

use jiff::Timestamp;

use crate::error::StoreError;
use crate::limits::{MAX_NAME_BYTES, check_address, check_bytes};
use crate::scope::Stamp;

/// A state of a page under a name. Always true: no two of one person have the same.
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
    /// Whether it is what the person who asks begins with.
    pub is_default: bool,
    /// When the person who asks opened it last.
    pub opened_at: Option<Timestamp>,
    /// Who wrote it.
    pub stamp: Stamp,
}

/// What somebody says of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewDraft {
    /// Its name, of at most [`MAX_NAME_BYTES`] bytes, spaces around it left out.
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
