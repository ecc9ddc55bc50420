//! The schema per principal: without the measures that their roles hide, so that introspection does not reveal them
//! either.
//!
//! Most principals share a few schemas, so these are cached by the description they are built from, and principals
//! refer to them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use async_graphql::dynamic::Schema;
use clio_proto::{Description, Principal};
use tokio::time::Instant;

use crate::names::Names;
use crate::schema::BuildError;

/// How long a principal's lens is used without asking serving again: roles may change while the dataset does not. The
/// answers themselves always follow the current roles.
const FRESH: Duration = Duration::from_secs(10);
/// The maximum number of cached principals; beyond it all are dropped, and serving is asked again.
const MAX_PRINCIPALS: usize = 10_000;
/// The maximum number of different schemas: each takes about a megabyte.
const MAX_SCHEMAS: usize = 64;

/// A dataset and its GraphQL schema.
pub(crate) struct Lens {
    pub(crate) dataset: Description,
    pub(crate) schema: Arc<Schema>,
    pub(crate) names: Arc<Names>,
}

/// Whether serving should be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Fresh,
    Old,
}

/// The cached lenses.
#[derive(Default)]
pub(crate) struct Lenses {
    whole: ArcSwapOption<Lens>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    by_principal: BTreeMap<Arc<Principal>, (Arc<Lens>, Instant)>,
    built: Vec<Arc<Lens>>,
}

impl Lenses {
    /// The lens of the whole dataset.
    pub(crate) fn whole(&self) -> Option<Arc<Lens>> {
        self.whole.load_full()
    }

    /// Replaces the dataset, and drops the cached lenses of the previous one.
    pub(crate) fn replace(&self, whole: Lens) {
        let mut seen = self.lock();
        *seen = Seen::default();
        self.whole.store(Some(Arc::new(whole)));
    }

    /// The lens that a principal saw last.
    pub(crate) fn of(&self, principal: &Arc<Principal>) -> Option<(Arc<Lens>, Age)> {
        let seen = self.lock();
        let (lens, since) = seen.by_principal.get(principal)?;
        let age = if since.elapsed() < FRESH { Age::Fresh } else { Age::Old };
        Some((Arc::clone(lens), age))
    }

    /// Sets the lens of a principal, and builds it unless another principal has the same one.
    pub(crate) fn put(
        &self,
        whole: &Arc<Lens>,
        principal: &Arc<Principal>,
        dataset: &Description,
        build: impl FnOnce(&Description) -> Result<Lens, BuildError>,
    ) -> Result<Arc<Lens>, BuildError> {
        let known = if whole.dataset == *dataset {
            Some(Arc::clone(whole))
        } else {
            self.lock().built.iter().find(|lens| lens.dataset == *dataset).cloned()
        };
        let lens = match known {
            Some(lens) => lens,
            None => {
                let lens = Arc::new(build(dataset)?);
                let mut seen = self.lock();
                if seen.built.len() >= MAX_SCHEMAS {
                    seen.built.remove(0);
                }
                seen.built.push(Arc::clone(&lens));
                lens
            }
        };
        let mut seen = self.lock();
        if seen.by_principal.len() >= MAX_PRINCIPALS {
            seen.by_principal.clear();
        }
        seen.by_principal.insert(Arc::clone(principal), (Arc::clone(&lens), Instant::now()));
        Ok(lens)
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
