//! A cache of restricted snapshots, one per snapshot and policy: the values visible to a policy are those of its rows
//! of all time.
//!
//! They share all cells with the whole snapshot. Each takes another eight bytes per value of each field, and four per
//! value that cells hold of multi-valued fields; the memory limit does not count them.

use std::sync::{Arc, Mutex, PoisonError};

use clio_proto::{Period, Policy, RunId, ServiceError, SnapshotId, SnapshotInfo};
use tokio::sync::OnceCell;

use crate::admission::Admission;
use crate::aggregate::Cancel;
use crate::held::HeldSnapshots;
use crate::plan;
use crate::snapshot::{Seen, Snapshot};
use crate::told;

/// The capacity of the cache; a file of roles makes one entry per distinct set of roles. The least recently used goes
/// first.
const N_MOST: usize = 128;

/// The cached restricted snapshots.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    /// From least to most recently used.
    known: Mutex<Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    key: Key,
    sight: Arc<OnceCell<Arc<Snapshot>>>,
}

/// The key of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    snapshot: SnapshotId,
    run: RunId,
    policy: Arc<str>,
}

impl Key {
    fn is_of(&self, snapshot: &SnapshotInfo) -> bool {
        (self.snapshot, &self.run) == (snapshot.id, &snapshot.run)
    }
}

impl Sights {
    /// The snapshot restricted by a policy.
    ///
    /// # Errors
    ///
    /// The policy names fields that the snapshot does not have, or the computation is not admitted.
    pub(crate) async fn of(
        &self,
        whole: Arc<Snapshot>,
        policy: &Arc<Policy>,
        admission: &Admission,
    ) -> Result<Arc<Snapshot>, ServiceError> {
        let (snapshot, run) = (whole.info.id, whole.info.run.clone());
        let sight = self.cell(Key { snapshot, run, policy: Arc::clone(policy.canonical()) });
        let policy = Arc::clone(policy);
        let computed = || async {
            admission.run(move |cancel| restricted(&whole, policy, cancel).map(Arc::new)).await
        };
        sight.get_or_try_init(computed).await.map(Arc::clone)
    }

    fn cell(&self, key: Key) -> Arc<OnceCell<Arc<Snapshot>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().position(|own| own.key == key).map(|at| known.remove(at));
        let found = found.unwrap_or_else(|| Known { key, sight: Arc::default() });
        let sight = Arc::clone(&found.sight);
        known.push(found);
        if known.len() > N_MOST {
            known.remove(0);
        }
        sight
    }

    /// Removes all entries: a whole snapshot that they share cells with is damaged.
    pub(crate) fn forget_all(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Removes the entries of snapshots that are no longer held.
    pub(crate) fn forget_what_is_not_held(&self, held: &HeldSnapshots) {
        let held = held.all();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|own| held.iter().any(|snapshot| own.key.is_of(&snapshot.info)));
    }
}

fn restricted(
    whole: &Snapshot,
    policy: Arc<Policy>,
    cancel: &Cancel,
) -> Result<Snapshot, ServiceError> {
    let seen = policy.rows().map(|_| seen(whole, &policy, cancel)).transpose()?;
    let info = told::snapshot(whole.info.clone(), Some(&policy));
    Ok(whole.restricted(policy, seen, info))
}

/// The visible part of each field.
fn seen(whole: &Snapshot, policy: &Policy, cancel: &Cancel) -> Result<Seen, ServiceError> {
    let Some(rows) = policy.rows() else { return Ok(Vec::new()) };
    let bound = plan::bind_seen(&whole.fields, rows)?;
    let own_of = |dimension: usize| {
        let is_own = |field: &&Arc<crate::snapshot::Field>| {
            field.dimension == dimension && field.reference.attribute.is_none()
        };
        whole.fields.iter().find(is_own)
    };
    let dimensions = whole.model.dimensions();
    // The cells of all time have every combination of any period.
    let mut n_cells: Vec<Vec<u64>> = (0..dimensions.len())
        .map(|at| vec![0; own_of(at).map_or(0, |field| field.n_cell_codes())])
        .collect();
    for chunk in whole.chunks.get(&Period::All).into_iter().flatten() {
        let left = bound.rows(chunk, Period::All);
        for (n_cells, keys) in n_cells.iter_mut().zip(&chunk.keys) {
            cancel.check()?;
            for (code, of_code) in keys.index() {
                n_cells[code as usize] += left.intersection_len(of_code);
            }
        }
    }
    let members: Vec<Option<Vec<bool>>> = (0..dimensions.len())
        .map(|at| {
            let own = own_of(at).filter(|field| field.multi)?;
            let n_members = own.texts().n_codes();
            plan::seen_members(&whole.fields, rows, &dimensions[at].name, n_members)
        })
        .collect();
    let of_field = |field: &Arc<crate::snapshot::Field>| {
        let at = field.dimension;
        let list = plan::seen_of_list(rows, field);
        whole.seen_of(field, &n_cells[at], members[at].as_deref(), list.as_deref())
    };
    Ok(whole.fields.iter().map(of_field).collect())
}
