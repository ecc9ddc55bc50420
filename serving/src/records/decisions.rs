//! Decisions about which snapshot is served, as `clio lake pin` and `clio lake mark-bad` leave them in the lake.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clio_lake::{Lake, Standing};

use crate::error::ServingError;

/// What was decided, as far as was looked. A decision never changes, so that all are read again only once there are more.
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

    /// Looks whether there are more, and says whether they come to something else.
    pub(super) async fn look(&self) -> Result<bool, ServingError> {
        let known = self.known().clone();
        if let Some(known) = &known
            && !self.lake.has_decided_since(known).await?
        {
            return Ok(false);
        }
        let standing = Arc::new(self.lake.standing().await?);
        let is_news = known.unwrap_or_default() != standing;
        *self.known() = Some(standing);
        Ok(is_news)
    }

    fn known(&self) -> MutexGuard<'_, Option<Arc<Standing>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
