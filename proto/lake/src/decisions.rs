//! Decisions about which snapshot is served: written one after another, folded into one result by every service.
//!
//! Each decision is a file with the next number, which only one writer can create, so everyone agrees on their order;
//! and followers ask the storage for a single file.

use std::collections::BTreeMap;

use clio_proto::SnapshotId;
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use url::Url;

use crate::error::LakeError;
use crate::format::{DECISION_VERSION, DECISIONS_FOLDER, Decided, Decision, decision_file};
use crate::housekeeping::{open, refuse_newer};
use crate::is_transient;
use crate::lake::Lake;
use crate::records::{read_records, record_names};
use crate::table::{DeltaFolder, TableState};

/// How many times another decision may get in first.
const MAX_ATTEMPTS: usize = 5;

/// The combined result of all decisions of a lake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    n_decisions: u64,
    pinned: Option<(SnapshotId, Decision)>,
    bad: BTreeMap<SnapshotId, Decision>,
}

impl Standing {
    /// The pinned snapshot, and the decision that pinned it.
    ///
    /// Always true: it is not marked as bad.
    pub fn pinned(&self) -> Option<(SnapshotId, &Decision)> {
        self.pinned.as_ref().map(|(snapshot, decision)| (*snapshot, decision))
    }

    /// The decision that marked a snapshot as bad, if it is.
    pub fn marked_bad(&self, snapshot: SnapshotId) -> Option<&Decision> {
        self.bad.get(&snapshot)
    }

    /// The snapshots marked as bad, in ascending order.
    pub fn bad(&self) -> impl Iterator<Item = (SnapshotId, &Decision)> {
        self.bad.iter().map(|(snapshot, decision)| (*snapshot, decision))
    }

    fn take(&mut self, number: u64, decision: Decision) {
        self.n_decisions = number;
        match decision.what {
            Decided::Pin { snapshot } => self.pinned = Some((snapshot, decision)),
            Decided::Unpin => self.pinned = None,
            Decided::MarkBad { snapshot } => {
                if self.pinned().is_some_and(|(pinned, _)| pinned == snapshot) {
                    self.pinned = None;
                }
                self.bad.insert(snapshot, decision);
            }
            Decided::MarkGood { snapshot } => drop(self.bad.remove(&snapshot)),
        }
    }

    /// Why a decision would change nothing or could not be carried out, if so.
    fn objection(&self, what: Decided) -> Option<String> {
        match what {
            Decided::Pin { snapshot } => {
                let bad = self.marked_bad(snapshot)?;
                Some(format!(
                    "snapshot {snapshot} is bad, as {} decided{}, and is not served; `clio lake mark-bad {snapshot} --undo` \
                     takes that back",
                    bad.by,
                    bad.because()
                ))
            }
            Decided::Unpin if self.pinned.is_none() => Some("no snapshot is pinned".to_owned()),
            Decided::MarkGood { snapshot } if self.marked_bad(snapshot).is_none() => {
                Some(format!("snapshot {snapshot} is not marked as bad"))
            }
            Decided::Unpin | Decided::MarkBad { .. } | Decided::MarkGood { .. } => None,
        }
    }
}

impl Lake {
    /// The combined result of all decisions.
    ///
    /// # Errors
    ///
    /// Where the storage fails, and where a decision cannot be read: it is then unknown what must not be served.
    pub async fn standing(&self) -> Result<Standing, LakeError> {
        let store = self.store(DECISIONS_FOLDER)?;
        let silent = |error: object_store::Error| self.silent(&error);
        let mut names = record_names(store.as_ref()).await.map_err(silent)?;
        names.reverse();
        let mut standing = Standing::default();
        for (name, decision) in read_records(store.as_ref(), names).await.map_err(silent)? {
            let decision: Decision =
                decision.map_err(|error| LakeError::refused(self.url(), error.to_string()))?;
            standing.take(number_of(&name).unwrap_or(standing.n_decisions), decision);
        }
        Ok(standing)
    }

    /// Whether decisions have been made since. Costs one request to the storage.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn has_decided_since(&self, standing: &Standing) -> Result<bool, LakeError> {
        let next = Path::from(decision_file(standing.n_decisions + 1));
        match self.store(DECISIONS_FOLDER)?.head(&next).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.silent(&error)),
        }
    }
}

/// Writes a decision after all others, and returns the combined result including it.
///
/// Services follow at their next poll. The snapshot has to be readable, with all its files present and sound.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] where there is no lake; others where it cannot be read or written, and where the decision
/// would change nothing or cannot be carried out. On error, nothing has been written.
pub async fn decide(
    lake: &Url,
    what: Decided,
    made_at: Timestamp,
    by: &str,
    reason: &str,
) -> Result<Standing, LakeError> {
    let (cells, state) = open(lake).await?;
    refuse_newer(&cells, &state).await?;
    let handle = Lake::try_new(lake)?;
    for _ in 0..MAX_ATTEMPTS {
        let mut standing = handle.standing().await?;
        if let Some(objection) = standing.objection(what) {
            return Err(LakeError::refused(lake, objection));
        }
        match what {
            Decided::Pin { snapshot } => drop(readable(lake, &cells, &state, snapshot).await?),
            Decided::MarkBad { snapshot } if snapshot.0 > state.version => {
                return Err(unknown(lake, &state, snapshot));
            }
            Decided::MarkBad { .. } | Decided::MarkGood { .. } | Decided::Unpin => {}
        }
        let (by, reason) = (by.to_owned(), reason.to_owned());
        let decision = Decision { format_version: DECISION_VERSION, what, made_at, by, reason };
        let number = standing.n_decisions + 1;
        if write(lake, number, &decision).await? {
            standing.take(number, decision);
            return Ok(standing);
        }
        tracing::info!(number, "another decision came first; all are read again");
    }
    Err(LakeError::Storage {
        url: lake.to_string(),
        reason: format!("others decided {MAX_ATTEMPTS} times in the meantime; try again"),
        is_transient: true,
    })
}

/// Writes a decision and returns true, unless its number is already taken.
async fn write(lake: &Url, number: u64, decision: &Decision) -> Result<bool, LakeError> {
    let folder = DeltaFolder::open(lake, DECISIONS_FOLDER)?;
    let failed = |error: &(dyn std::error::Error + 'static)| LakeError::Storage {
        url: format!("{lake}{DECISIONS_FOLDER}/"),
        reason: format!("the decision cannot be written: {error}"),
        is_transient: is_transient(error),
    };
    let text = serde_json::to_vec_pretty(decision).map_err(|error| failed(&error))?;
    let path = Path::from(decision_file(number));
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match folder.store().put_opts(&path, PutPayload::from(text), options).await {
        Ok(_) => Ok(true),
        Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
        Err(error) => Err(failed(&error)),
    }
}

/// Returns a snapshot of the lake that can be read, with all its files present and sound.
pub(crate) async fn readable(
    lake: &Url,
    cells: &DeltaFolder,
    newest: &TableState,
    snapshot: SnapshotId,
) -> Result<TableState, LakeError> {
    let state = of_log(lake, cells, newest, snapshot).await?;
    if let Some(damage) = cells.damaged(&state.files).await?.first() {
        let problem = format!(
            "snapshot {snapshot} cannot be read: its file {} is gone or damaged ({}); a vacuum deletes the files of old ones",
            damage.file(),
            damage.problem
        );
        return Err(LakeError::refused(lake, problem));
    }
    Ok(state)
}

/// What the log says of a snapshot of the lake, whether its files are still there or not.
pub(crate) async fn of_log(
    lake: &Url,
    cells: &DeltaFolder,
    newest: &TableState,
    snapshot: SnapshotId,
) -> Result<TableState, LakeError> {
    if snapshot.0 > newest.version {
        return Err(unknown(lake, newest, snapshot));
    }
    let gone = |error: &LakeError| {
        let reason = format!(
            "snapshot {snapshot} cannot be read: {error}; `clio lake snapshots` lists those that the log holds"
        );
        LakeError::refused(lake, reason)
    };
    let state = cells.state_at(Some(snapshot.0)).await.map_err(|error| gone(&error))?;
    state.ok_or_else(|| unknown(lake, newest, snapshot))
}

fn unknown(url: &Url, newest: &TableState, snapshot: SnapshotId) -> LakeError {
    let newest = newest.version;
    LakeError::refused(url, format!("there is no snapshot {snapshot}; the newest is {newest}"))
}

fn number_of(name: &Path) -> Option<u64> {
    name.filename()?.strip_suffix(".json")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(decided: &[Decided]) -> Standing {
        let mut standing = Standing::default();
        for (number, what) in (1..).zip(decided) {
            let decision = Decision {
                format_version: DECISION_VERSION,
                what: *what,
                made_at: Timestamp::UNIX_EPOCH,
                by: "ada".to_owned(),
                reason: String::new(),
            };
            standing.take(number, decision);
        }
        standing
    }

    #[test]
    fn later_decisions_weigh_more() {
        let (one, two) = (SnapshotId(1), SnapshotId(2));
        let pinned = |decided: &[Decided]| after(decided).pinned().map(|(snapshot, _)| snapshot);
        let (pin_one, pin_two) = (Decided::Pin { snapshot: one }, Decided::Pin { snapshot: two });
        assert_eq!(pinned(&[pin_one, pin_two]), Some(two));
        assert_eq!(pinned(&[pin_one, Decided::Unpin]), None);
        assert_eq!(pinned(&[pin_one, Decided::MarkBad { snapshot: two }]), Some(one));
        // What is bad is not served, pinned or not.
        assert_eq!(pinned(&[pin_one, Decided::MarkBad { snapshot: one }]), None);
        let standing =
            after(&[Decided::MarkBad { snapshot: one }, Decided::MarkBad { snapshot: two }]);
        assert_eq!(standing.bad().map(|(snapshot, _)| snapshot).collect::<Vec<_>>(), [one, two]);
        let standing =
            after(&[Decided::MarkBad { snapshot: one }, Decided::MarkGood { snapshot: one }]);
        assert_eq!((standing.marked_bad(one), standing.n_decisions), (None, 2));
    }

    #[test]
    fn what_would_change_nothing_is_refused() {
        let one = SnapshotId(1);
        let objection = |decided: &[Decided], what| after(decided).objection(what);
        assert_eq!(objection(&[], Decided::Unpin).as_deref(), Some("no snapshot is pinned"));
        assert!(objection(&[], Decided::MarkGood { snapshot: one }).is_some());
        assert_eq!(objection(&[], Decided::MarkBad { snapshot: one }), None);
        let bad = [Decided::MarkBad { snapshot: one }];
        let text = objection(&bad, Decided::Pin { snapshot: one }).unwrap();
        assert!(text.contains("as ada decided, and is not served"), "{text}");
        assert_eq!(objection(&bad, Decided::MarkGood { snapshot: one }), None);
    }
}
