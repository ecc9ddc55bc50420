//! The snapshots that queries are answered from.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use clio_proto::{Code, ServiceError, SnapshotId, SnapshotInfo};

use crate::config::ServingConfig;
use crate::memory_check::Damage;
use crate::snapshot::Snapshot;

/// The snapshots held, newest first.
///
/// Always true: whoever took a snapshot keeps it, however many come and go in the meantime. Never more than the
/// settings allow, but the current one is held however large it is.
pub(crate) struct HeldSnapshots {
    /// The current one, then the others.
    current_first: ArcSwap<Vec<Arc<Snapshot>>>,
    n_most: usize,
    memory_limit_bytes: Option<u64>,
}

impl fmt::Debug for HeldSnapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.current_first.load();
        f.debug_list().entries(held.iter().map(|snapshot| snapshot.info.id.0)).finish()
    }
}

impl HeldSnapshots {
    /// No snapshots yet.
    pub(crate) fn new(config: &ServingConfig) -> Self {
        Self {
            current_first: ArcSwap::default(),
            n_most: config.n_snapshots_held.max(1),
            memory_limit_bytes: config.memory_limit_bytes,
        }
    }

    /// All of them, the current one first, then the others, newest first.
    pub(crate) fn all(&self) -> Arc<Vec<Arc<Snapshot>>> {
        self.current_first.load_full()
    }

    /// The description of the current one.
    pub(crate) fn current(&self) -> Option<SnapshotInfo> {
        self.current_first.load().first().map(|snapshot| snapshot.info.clone())
    }

    /// The named one, or the current one; `None` if none is held at all.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] for one that is not held, with those that are.
    pub(crate) fn find(
        &self,
        id: Option<SnapshotId>,
    ) -> Result<Option<Arc<Snapshot>>, ServiceError> {
        let held = self.current_first.load();
        let Some(current) = held.first() else { return Ok(None) };
        let Some(id) = id else { return Ok(Some(Arc::clone(current))) };
        if let Some(found) = held.iter().find(|snapshot| snapshot.info.id == id) {
            return Ok(Some(Arc::clone(found)));
        }
        let held: Vec<String> =
            held.iter().map(|snapshot| format!("`{}`", snapshot.info.id)).collect();
        let message = format!("snapshot `{id}` is not held; there are: {}", held.join(", "));
        Err(ServiceError::new(Code::NotFound, message))
    }

    /// Holds a snapshot as the current one, beside as many of the others as there is room for.
    pub(crate) fn add(&self, snapshot: Snapshot) {
        self.put_first(Arc::new(snapshot));
    }

    /// Holds a snapshot beside the current one, which remains current; returns whether there was room.
    pub(crate) fn add_beside(&self, snapshot: Snapshot) -> bool {
        let id = snapshot.info.id;
        let held = self.current_first.load();
        let Some(current) = held.first().cloned() else { return false };
        let mut all = vec![current, Arc::new(snapshot)];
        all.extend(held.iter().skip(1).filter(|own| own.info.id != id).cloned());
        self.keep(all);
        self.current_first.load().iter().any(|own| own.info.id == id)
    }

    /// Makes a held snapshot the current one, if it is held.
    pub(crate) fn make_current(&self, id: SnapshotId) -> bool {
        let held = self.current_first.load();
        let Some(found) = held.iter().find(|snapshot| snapshot.info.id == id) else { return false };
        self.put_first(Arc::clone(found));
        true
    }

    /// Drops the snapshots that hold a damaged piece of memory.
    pub(crate) fn remove_damaged(&self, damage: &Damage) {
        let held = self.current_first.load();
        let sound = held.iter().filter(|snapshot| !damage.is_in(snapshot)).cloned().collect();
        self.current_first.store(Arc::new(sound));
    }

    /// Drops snapshots; if the current one is among them, the newest of the others becomes current.
    pub(crate) fn remove(&self, goes: impl Fn(SnapshotId) -> bool) {
        let held = self.current_first.load();
        if held.iter().any(|snapshot| goes(snapshot.info.id)) {
            let stay = held.iter().filter(|snapshot| !goes(snapshot.info.id)).cloned().collect();
            self.current_first.store(Arc::new(stay));
        }
    }

    fn put_first(&self, current: Arc<Snapshot>) {
        let id = current.info.id;
        let before = self.current_first.load();
        let mut others: Vec<_> =
            before.iter().filter(|snapshot| snapshot.info.id != id).cloned().collect();
        others.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.info.id));
        let mut held = vec![current];
        held.append(&mut others);
        self.keep(held);
    }

    /// Holds as many of these as there is room for, in order.
    fn keep(&self, mut held: Vec<Arc<Snapshot>>) {
        held.truncate(self.n_most);
        if let Some(limit) = self.memory_limit_bytes {
            while held.len() > 1 && size_bytes(&held) > limit {
                held.pop();
            }
        }
        self.current_first.store(Arc::new(held));
    }

    /// Holds only this snapshot: the others belong to a lake that is gone.
    pub(crate) fn replace_all(&self, snapshot: Snapshot) {
        self.current_first.store(Arc::new(vec![Arc::new(snapshot)]));
    }

    /// The bytes of all of them together, each file counted once.
    pub(crate) fn size_bytes(&self) -> u64 {
        size_bytes(&self.current_first.load())
    }
}

fn size_bytes(held: &[Arc<Snapshot>]) -> u64 {
    let mut seen = HashSet::new();
    let chunks = held.iter().flat_map(|snapshot| snapshot.chunks.values().flatten());
    let files: usize =
        chunks.filter(|chunk| seen.insert(Arc::as_ptr(chunk))).map(|chunk| chunk.size_bytes).sum();
    let rest: u64 = held.iter().map(|snapshot| snapshot.size_beside_chunks()).sum();
    files as u64 + rest
}
