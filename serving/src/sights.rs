//! Snapshots as policies show them, each worked out once: the rows of all time that somebody sees say which values there are for them.
//!
//! They share all cells with the whole snapshot. What one takes beside that is eight bytes for each value of each field, and four for each
//! of those that cells hold of a field with several; the limit of memory does not count it.

use std::sync::{Arc, Mutex, PoisonError};

use clio_proto::{Period, Policy, RunId, ServiceError, SnapshotId, SnapshotInfo};
use tokio::sync::OnceCell;

use crate::admission::Admission;
use crate::aggregate::Cancel;
use crate::held::HeldSnapshots;
use crate::plan;
use crate::snapshot::{Seen, Snapshot};
use crate::told;

/// The most that are kept; a roles file makes one of each set of roles that somebody has. The one that was not asked for longest goes first.
const N_MOST: usize = 128;

/// Snapshots as policies show them.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    /// The one asked for last comes last.
    known: Mutex<Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    key: Key,
    sight: Arc<OnceCell<Arc<Snapshot>>>,
}

/// What tells one from another.
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
    /// A snapshot as a policy shows it.
    ///
    /// # Errors
    ///
    /// Where the policy names what the snapshot does not have; as any computation that is turned away.
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

    /// Forgets all of them: what they share with a whole snapshot is damaged.
    pub(crate) fn forget_all(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Forgets those of snapshots that are not held any more.
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

/// What is seen of each field.
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
    // All time has every combination that any period has.
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
