//! The keys that hold now, while their file may change.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use super::KeyFile;
use crate::error::ServiceError;
use crate::principal::{Principal, PrincipalKind};

/// The keys that gateway or serving accept, as their file has them now.
///
/// Whoever reads the file puts what it holds here; while it cannot be read, no key opens anything. A clone shares what it holds.
#[derive(Debug, Clone)]
pub struct KeyRing {
    keys: Arc<RwLock<Arc<KeyFile>>>,
    /// The wall clock.
    now: fn() -> Timestamp,
}

impl KeyRing {
    /// The keys of a file, which end by this clock.
    pub fn new(keys: KeyFile, now: fn() -> Timestamp) -> Self {
        Self { keys: Arc::new(RwLock::new(Arc::new(keys))), now }
    }

    /// Accepts these keys from here on, and no others.
    pub fn replace(&self, keys: KeyFile) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Who shows a key.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthenticated`](crate::Code::Unauthenticated), in the same words whether it is unknown, expired or revoked.
    pub fn verify(&self, shown: &str) -> Result<Principal, ServiceError> {
        let keys = Arc::clone(&*self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let key = keys.verify(shown, (self.now)())?;
        Ok(Principal::new(PrincipalKind::Key, &key.name))
    }
}
