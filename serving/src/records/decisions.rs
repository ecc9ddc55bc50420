//! Decisions about which snapshot is served, as `clio lake pin` and `clio lake mark-bad` leave them in the lake.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clio_lake::{Lake, Standing};

use crate::error::ServingError;

/// What was decided, as far as was looked. A decision never changes while it is there, so that all are read again once there are more, and
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

    /// What all of them come to, as far as was looked.
    pub(super) fn standing(&self) -> Arc<Standing> {
        self.known().clone().unwrap_or_default()
    }

    /// Looks whether there are more; or at all of them, since one may have been deleted and made again.
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
