//! The currently valid keys, while their file may change.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use super::KeyFile;
use crate::error::ServiceError;
use crate::principal::{Principal, PrincipalKind};

/// The keys that gateway or serving accept, according to the current file.
///
/// The reader of the file updates them here; while it cannot be read, no key is valid. Clones share their contents.
#[derive(Debug, Clone)]
pub struct KeyRing {
    keys: Arc<RwLock<Arc<KeyFile>>>,
    /// The wall clock.
    now: fn() -> Timestamp,
}

impl KeyRing {
    /// The keys of a file, which expire by this clock.
    pub fn new(keys: KeyFile, now: fn() -> Timestamp) -> Self {
        Self { keys: Arc::new(RwLock::new(Arc::new(keys))), now }
    }

    /// Accepts exactly these keys from now on.
    pub fn replace(&self, keys: KeyFile) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// The principal of a key.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthenticated`](crate::Code::Unauthenticated), with the same message whether it is unknown, expired or
    /// revoked.
    pub fn verify(&self, shown: &str) -> Result<Principal, ServiceError> {
        let keys = Arc::clone(&*self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let key = keys.verify(shown, (self.now)())?;
        Ok(Principal::new(PrincipalKind::Key, &key.name))
    }
}
