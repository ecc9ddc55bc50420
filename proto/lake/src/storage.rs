//! The stores behind addresses: a program registers those that it can open, once, for all tables.

use std::fmt;
use std::sync::Arc;

use deltalake::logstore::{
    LogStore, LogStoreFactory, ObjectStoreFactory, ObjectStoreRef, StorageConfig, default_logstore,
    logstore_factories, object_store_factories,
};
use deltalake::{DeltaResult, DeltaTableError};
use object_store::ObjectStore;
use object_store::path::Path;
use url::Url;

/// Opens the object stores of addresses with certain schemes.
pub trait Stores: fmt::Debug + Send + Sync + 'static {
    /// The store of an address: its root, whatever the path.
    ///
    /// # Errors
    ///
    /// Where the address or the settings of the store are unusable.
    fn open(&self, url: &Url) -> object_store::Result<Arc<dyn ObjectStore>>;
}

/// Why an address cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No stores are registered for it.
    #[error("no store is known for addresses that begin with `{scheme}://`")]
    Unknown {
        /// The scheme of the address.
        scheme: String,
    },
    /// The address or the settings of the store are unusable.
    #[error("{0}")]
    Unusable(String),
}

/// Registers the stores of some schemes for everything that opens a lake or a source in this process. `file` and
/// `memory` are built in.
pub fn register_stores(schemes: &[&str], stores: &Arc<dyn Stores>) {
    for scheme in schemes {
        // What is not a valid scheme cannot occur in an address either.
        let Ok(scheme) = Url::parse(&format!("{scheme}://")) else { continue };
        let registered = Registered(Arc::clone(stores));
        object_store_factories().insert(scheme.clone(), Arc::new(registered.clone()));
        logstore_factories().insert(scheme, Arc::new(registered));
    }
}

/// The store of an address: its root, whatever the path.
///
/// # Errors
///
/// [`StoreError::Unknown`] where no stores are registered for its scheme, otherwise the store's error.
pub fn open_store(url: &Url) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let unusable = |error: &dyn fmt::Display| StoreError::Unusable(error.to_string());
    let scheme = url.scheme();
    let key = Url::parse(&format!("{scheme}://")).map_err(|error| unusable(&error))?;
    let factories = object_store_factories();
    let Some(factory) = factories.get(&key) else {
        return Err(StoreError::Unknown { scheme: scheme.to_owned() });
    };
    let opened = factory.parse_url_opts(url, &StorageConfig::default());
    Ok(opened.map_err(|error| unusable(&error))?.0)
}

/// Adapts stores to the Delta library.
#[derive(Debug, Clone)]
struct Registered(Arc<dyn Stores>);

impl ObjectStoreFactory for Registered {
    fn parse_url_opts(
        &self,
        url: &Url,
        _config: &StorageConfig,
    ) -> DeltaResult<(ObjectStoreRef, Path)> {
        let store = self.0.open(url)?;
        let path = Path::from_url_path(url.path())
            .map_err(|error| DeltaTableError::generic(error.to_string()))?;
        Ok((store, path))
    }
}

impl LogStoreFactory for Registered {
    fn with_options(
        &self,
        prefixed_store: ObjectStoreRef,
        root_store: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> DeltaResult<Arc<dyn LogStore>> {
        Ok(default_logstore(prefixed_store, root_store, location, options))
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[derive(Debug)]
    struct Memories;

    impl Stores for Memories {
        fn open(&self, url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
            match url.host_str() {
                Some("there") => Ok(Arc::new(InMemory::new())),
                _ => Err(object_store::Error::NotImplemented {
                    operation: "another host".to_owned(),
                    implementer: "a test".to_owned(),
                }),
            }
        }
    }

    #[test]
    fn registered_schemes_open_and_others_are_named() {
        let stores: Arc<dyn Stores> = Arc::new(Memories);
        register_stores(&["clio-test", "clio-too", "no scheme"], &stores);
        for known in ["clio-test://there/a/b", "clio-too://there/", "memory:///"] {
            assert!(open_store(&Url::parse(known).unwrap()).is_ok(), "{known}");
        }
        let said =
            |address: &str| open_store(&Url::parse(address).unwrap()).unwrap_err().to_string();
        assert_eq!(
            said("gopher://there/"),
            "no store is known for addresses that begin with `gopher://`"
        );
        assert!(said("clio-test://elsewhere/").contains("another host"));
    }
}
