//! Decisions about which snapshot is served, as `clio lake pin` and `clio lake mark-bad` leave them in the lake.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clio_lake::{Lake, Standing};

use crate::error::ServingError;

/// The decisions read so far. A decision never changes while it exists, so that all are reread once there are more, and
/// now and then.
#[derive(Debug)]
pub(super) struct Decisions {
    lake: Lake,
    known: Mutex<Option<Arc<Standing>>>,
}

impl Decisions {
    pub(super) fn new(lake: Lake) -> Self {
        Self { lake, known: Mutex::default() }
    }

    pub(super) fn forget(&self) {
        *self.known() = None;
    }

    /// The combined effect of all decisions read so far.
    pub(super) fn standing(&self) -> Arc<Standing> {
        self.known().clone().unwrap_or_default()
    }

    /// Looks whether there are more; or rereads all of them, since one may have been deleted and made again.
    pub(super) async fn look(&self, at_all: bool) -> Result<(), ServingError> {
        let known = self.known().clone().filter(|_| !at_all);
        if let Some(known) = known
            && !self.lake.has_decided_since(&known).await?
        {
            return Ok(());
        }
        let standing = Arc::new(self.lake.standing().await?);
        *self.known() = Some(standing);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Option<Arc<Standing>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
