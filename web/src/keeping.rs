//! What people store: where, for whom, and what to say if there is no store.

use std::sync::Arc;

use clio_proto::{Code, ServiceError};
use clio_store::{Scope, Store};

use crate::access::Caller;

/// The name of everyone, as long as nobody has to identify themselves.
const EVERYBODY: &str = "local";

/// How to enable the store, if there is none.
pub(crate) const HINT: &str = "Nothing can be kept here: start the gateway with `--store FILE`, or set `store` below `[gateway]` in its settings.";

/// Where views, annotations and links of a dataset are stored.
#[derive(Debug)]
pub(crate) struct Keeping {
    store: Option<Arc<dyn Store>>,
    dataset: String,
}

impl Keeping {
    pub(crate) fn new(store: Option<Arc<dyn Store>>, dataset: &str) -> Self {
        Self { store, dataset: dataset.to_owned() }
    }

    /// For whom something is stored: a principal by kind and name, so that no key passes for a person.
    pub(crate) fn scope(&self, caller: &Caller) -> Scope {
        let person = caller.principal().map_or_else(|| EVERYBODY.to_owned(), ToString::to_string);
        Scope { dataset: self.dataset.clone(), person }
    }

    /// The store, if there is one.
    pub(crate) fn store(&self) -> Option<&Arc<dyn Store>> {
        self.store.as_ref()
    }

    /// The store.
    ///
    /// # Errors
    ///
    /// If there is none; the message says how to enable it.
    pub(crate) fn required(&self) -> Result<&Arc<dyn Store>, ServiceError> {
        self.store().ok_or_else(|| ServiceError::new(Code::InvalidArgument, HINT))
    }
}
