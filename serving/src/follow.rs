//! Following the lake: looks at the log and at people's decisions, loads what is to be served, swaps, and reports the
//! status.
//!
//! ```text
//!            ┌── nothing new ──────────────────────────────▶ serving
//! look ──────┼── new version ── loaded, validated ── swap ─▶ serving
//!  ▲         ├── new version ── refused, marked bad ───────▶ stale: the last good one is served
//!  │         ├── a version is pinned ── loaded ── swap ────▶ serving it, whatever is newer
//!  │         └── no answer, several times ─────────────────▶ stale
//!  └─ poll_interval ◀───────────────────────────────────────┘
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use clio_lake::{CellTable, CommitFile, Lake, LakeError, Standing};
use clio_proto::{Pin, RefusedSnapshot, ServingState, ServingStatus, SnapshotId};
use jiff::Timestamp;
use tracing::{error, info, warn};

use crate::error::{Refusal, ServingError};
use crate::held::HeldSnapshots;
use crate::memory_check::Damage;
use crate::records::{Records, bad};
use crate::snapshot::Loader;
use crate::status::StatusBoard;

/// How many consecutive looks may fail before what is served counts as stale: one lost packet is not a reason for an
/// alarm.
const MAX_FAILURES: u32 = 3;

/// How many versions back a start looks for a servable one, if the newest is not.
const MAX_FALL_BACK: u64 = 10;

/// The number of looks between two checks that the served version is still in the log, which take one more request:
/// only they detect a lake that was deleted, or recreated with fewer versions. Verifications of what is served are
/// looked for as often, and all decisions, which takes one more request each.
const LOOKS_PER_PRESENCE_CHECK: u64 = 10;

/// Keeps what is held in step with the lake, and reports the status.
///
/// Always true: what is held passed every check; a failed look, or a refused version, leaves it unchanged.
#[derive(Debug)]
pub(crate) struct Follower {
    lake: Lake,
    loader: Arc<Loader>,
    held: Arc<HeldSnapshots>,
    status: Arc<StatusBoard>,
    records: Arc<Records>,
    /// The table of cells as last seen; `None` before the first look and after a failure.
    table: Option<CellTable>,
    /// The newest version that was examined, and the result.
    newest: Option<Verdict>,
    /// The decisions at that time.
    honoured: Arc<Standing>,
    n_failures: u32,
    n_looks: u64,
    stuck_after: Duration,
    /// Since when what is served is not what should be, and nobody wants it so.
    behind_since: Option<Instant>,
}

/// The result of examining a version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    version: u64,
    /// The file of its commit: a different one means another lake.
    commit: Option<CommitFile>,
    /// Why it is not served; `None` if it is.
    refused: Option<Refused>,
}

/// Why a version is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    /// The refused version: the newest, or the pinned one.
    version: u64,
    text: String,
    /// When the version was committed.
    committed_at: Option<Timestamp>,
    /// It may become servable without a new version.
    can_be_mended: bool,
    /// Somebody marked it as bad.
    is_marked_bad: bool,
}

impl Verdict {
    /// The version and why it is refused, if it is.
    fn refusal(&self) -> Option<RefusedSnapshot> {
        let Refused { version, text, committed_at, is_marked_bad, .. } = self.refused.as_ref()?;
        let (id, reason) = (SnapshotId(*version), text.clone());
        let (committed_at, is_marked_bad) = (*committed_at, *is_marked_bad);
        Some(RefusedSnapshot { id, committed_at, reason, is_marked_bad })
    }
}

impl Follower {
    pub(crate) fn new(
        lake: Lake,
        loader: Arc<Loader>,
        held: Arc<HeldSnapshots>,
        status: Arc<StatusBoard>,
        records: Arc<Records>,
        stuck_after: Duration,
    ) -> Self {
        Self {
            lake,
            loader,
            held,
            status,
            records,
            table: None,
            newest: None,
            honoured: Arc::default(),
            n_failures: 0,
            n_looks: 0,
            stuck_after,
            behind_since: None,
        }
    }

    /// Looks once, reports the result, and returns how many looks have failed since the last successful one.
    pub(crate) async fn look(&mut self) -> u32 {
        let before = self.newest.clone();
        if let Err(error) = self.step().await {
            self.note_failure(&error);
            return self.n_failures;
        }
        if self.n_failures > 0 {
            info!(lake = %self.lake.url(), "lake answers again");
            self.n_failures = 0;
        }
        let is_time = (self.n_looks - 1).is_multiple_of(LOOKS_PER_PRESENCE_CHECK);
        if let Some(served) = self.served()
            && (is_time || before != self.newest)
        {
            self.records.look_for_verifications(served).await;
        }
        if let Some(verdict) = self.newest.clone() {
            if let Some(refused) = &verdict.refused
                && before.as_ref() != Some(&verdict)
            {
                self.fall_back(refused.version).await;
            }
            self.say_verdict(&verdict);
        }
        0
    }

    /// Drops the snapshots that hold a damaged piece of memory; the next look reloads what is to be served.
    pub(crate) fn let_go(&mut self, damage: &Damage) {
        let what = &damage.what;
        error!(
            damaged = what,
            "memory has changed by itself: the snapshots that hold it are dropped and reloaded"
        );
        self.held.remove_damaged(damage);
        (self.table, self.newest) = (None, None);
        if self.served().is_none() {
            let message = format!("{what} was damaged in memory and is being reloaded; try again");
            self.say(ServingState::Down, Some(message));
        }
    }

    /// Loads the pinned version, or otherwise the newest that is not bad, or returns why it cannot.
    pub(crate) async fn load_newest(&mut self) -> Result<(), ServingError> {
        self.records.look_for_decisions(true).await?;
        let standing = self.records.standing();
        let mut table = match standing.pinned() {
            Some((pinned, _)) => self.lake.open_cells(Some(pinned.0)).await?,
            None => self.lake.open_cells(None).await?,
        };
        while let Some(decision) = standing.marked_bad(SnapshotId(table.version())) {
            let version = table.version();
            table = match version.checked_sub(1) {
                Some(before) => self.lake.open_cells(Some(before)).await?,
                None => {
                    let why = bad(SnapshotId(version), None, decision).reason;
                    let refusal = Box::new(Refusal::MarkedBad(why));
                    return Err(ServingError::Refused { version, refusal });
                }
            };
        }
        let version = table.version();
        let commit = table.commit_file(version).await?;
        let snapshot = self.loader.load(&table, &[]).await?;
        let id = snapshot.info.id;
        self.held.replace_all(snapshot);
        self.records.look_for_verifications(id).await;
        self.say(ServingState::Serving, None);
        self.table = Some(table);
        self.newest = Some(Verdict { version, commit, refused: None });
        self.honoured = standing;
        Ok(())
    }

    /// Loads the named snapshots: the first one is served, the others are held beside it. Nothing is followed then.
    pub(crate) async fn load_named(&mut self, ids: &[SnapshotId]) -> Result<(), ServingError> {
        self.records.look_for_decisions(true).await?;
        for id in ids {
            let held = self.held.all();
            if held.iter().any(|own| own.info.id == *id) {
                continue;
            }
            let version = id.0;
            let refused = |refusal| ServingError::Refused { version, refusal: Box::new(refusal) };
            if let Some(decision) = self.records.standing().marked_bad(*id) {
                let why = bad(*id, None, decision).reason;
                return Err(refused(Refusal::MarkedBad(why)));
            }
            let newest = self.lake.open_cells(None).await?.version();
            if version > newest {
                return Err(ServingError::Unknown { version, newest });
            }
            let table = match self.lake.open_cells(Some(version)).await {
                Err(LakeError::Storage { reason: problem, is_transient: false, .. }) => {
                    return Err(ServingError::Gone { version, problem });
                }
                table => table?,
            };
            let snapshot = self.loader.load(&table, &held).await?;
            let size_bytes = self.held.size_bytes() + snapshot.size_bytes;
            if held.is_empty() {
                self.held.replace_all(snapshot);
            } else if !self.held.add_beside(snapshot) {
                let limit_bytes = self.loader.memory_limit_bytes().unwrap_or(u64::MAX);
                return Err(refused(Refusal::OverBudget { size_bytes, limit_bytes }));
            }
        }
        if let Some(served) = self.served() {
            self.records.look_for_verifications(served).await;
        }
        self.say(ServingState::Serving, None);
        Ok(())
    }

    /// Looks at the log, and loads what is new.
    async fn step(&mut self) -> Result<(), ServingError> {
        self.n_looks += 1;
        let is_fresh = self.table.is_none();
        let mut table = match self.table.take() {
            None => self.lake.open_cells(None).await?,
            Some(table) => table,
        };
        let is_time = self.n_looks.is_multiple_of(LOOKS_PER_PRESENCE_CHECK);
        self.records.look_for_decisions(is_time).await?;
        let is_decided = self.honoured != self.records.standing();
        if !is_fresh && !is_decided && !is_time {
            let next = table.commit_file(table.version() + 1).await?;
            if next.is_none() {
                self.table = Some(table);
                return Ok(());
            }
        }
        let is_same = match &self.newest {
            Some(known) => {
                let commit = table.commit_file(known.version).await?;
                commit.is_some() && commit == known.commit
            }
            None => true,
        };
        if !is_same && !is_fresh {
            table = self.lake.open_cells(None).await?;
        }
        table.move_on(None).await?;
        let version = table.version();
        let commit = table.commit_file(version).await?;
        let known = self.newest.as_ref().map(|known| known.version);
        let before = self.newest.as_ref().and_then(|known| known.refused.clone());
        let may_be_mended = before.as_ref().is_some_and(|before| before.can_be_mended);
        if !is_same {
            self.records.forget();
            self.records.look_for_decisions(true).await?;
        }
        if !is_same || known != Some(version) || may_be_mended || is_decided {
            if !is_same {
                warn!(
                    version,
                    known, "the lake was recreated: held snapshots belong to another one"
                );
            }
            let refused = self.serve(&table, is_same).await?;
            let news = refused.as_ref().filter(|_| refused != before);
            if let Some(Refused { version, text, .. }) = news {
                error!(version, refusal = text, "snapshot refused");
            }
            self.honoured = self.records.standing();
            self.newest = Some(Verdict { version, commit, refused });
        }
        self.table = Some(table);
        Ok(())
    }

    /// Serves the pinned version, or otherwise the newest, or returns why it is refused.
    async fn serve(
        &self,
        table: &CellTable,
        is_same: bool,
    ) -> Result<Option<Refused>, ServingError> {
        let standing = self.records.standing();
        if is_same {
            self.held.remove(|id| standing.marked_bad(id).is_some());
        }
        let newest = SnapshotId(table.version());
        // One that does not exist yet belonged to another lake in the same place.
        if let Some((pinned, _)) = standing.pinned().filter(|(pinned, _)| *pinned <= newest) {
            if is_same && self.held.make_current(pinned) {
                return Ok(None);
            }
            let pinned = self.lake.open_cells(Some(pinned.0)).await?;
            return self.load_into(&pinned, is_same).await;
        }
        if let Some(decision) = standing.marked_bad(newest) {
            let committed_at = table.committed_at().await?;
            let RefusedSnapshot { reason: text, .. } = bad(newest, committed_at, decision);
            return Ok(Some(Refused {
                version: newest.0,
                text,
                committed_at,
                can_be_mended: false,
                is_marked_bad: true,
            }));
        }
        if is_same && self.held.make_current(newest) {
            return Ok(None);
        }
        self.load_into(table, is_same).await
    }

    /// Loads the version of a table and serves it, or returns why it is refused.
    async fn load_into(
        &self,
        table: &CellTable,
        is_same: bool,
    ) -> Result<Option<Refused>, ServingError> {
        // The files of another lake may have the same names.
        let held = if is_same { self.held.all() } else { Arc::default() };
        match self.loader.load(table, &held).await {
            Ok(snapshot) => {
                if is_same {
                    self.held.add(snapshot);
                } else {
                    self.held.replace_all(snapshot);
                }
                Ok(None)
            }
            Err(ServingError::Refused { refusal, .. }) => {
                let (text, can_be_mended) = (refusal.to_string(), refusal.can_be_mended());
                let committed_at = table.committed_at().await?;
                let (version, is_marked_bad) = (table.version(), false);
                Ok(Some(Refused { version, text, committed_at, can_be_mended, is_marked_bad }))
            }
            Err(error) => Err(error),
        }
    }

    /// Serves the newest version before a refused one, if nothing is served yet.
    async fn fall_back(&self, refused: u64) {
        if self.held.current().is_some() {
            return;
        }
        let standing = self.records.standing();
        let is_good = |version: &u64| standing.marked_bad(SnapshotId(*version)).is_none();
        let earlier = (refused.saturating_sub(MAX_FALL_BACK)..refused).rev();
        for version in earlier.filter(is_good) {
            let loaded = async {
                let table = self.lake.open_cells(Some(version)).await?;
                self.loader.load(&table, &[]).await
            };
            match loaded.await {
                Ok(snapshot) => return self.held.replace_all(snapshot),
                Err(error) => warn!(version, %error, "an earlier snapshot cannot be served either"),
            }
        }
    }

    fn note_failure(&mut self, error: &ServingError) {
        self.n_failures = self.n_failures.saturating_add(1);
        if self.n_failures == 1 {
            warn!(%error, "lake does not answer");
        }
        // A lake that has no snapshot yet is waited for.
        let is_awaited = matches!(error, ServingError::NoSnapshot { .. });
        if !is_awaited {
            self.behind_since.get_or_insert_with(Instant::now);
        }
        match self.served() {
            None => self.say(ServingState::Down, Some(error.to_string())),
            Some(served) if self.n_failures >= MAX_FAILURES => {
                let message = format!("{error}; snapshot {served} is still served");
                self.say(ServingState::Stale, Some(message));
            }
            Some(_) => {}
        }
    }

    fn say_verdict(&mut self, verdict: &Verdict) {
        match &verdict.refused {
            Some(refused) if !refused.is_marked_bad => {
                self.behind_since.get_or_insert_with(Instant::now);
            }
            Some(_) | None => self.behind_since = None,
        }
        match (&verdict.refused, self.served()) {
            (None, _) => self.say(ServingState::Serving, None),
            (Some(Refused { version, text: refusal, .. }), Some(served)) => {
                let message = format!(
                    "snapshot {version} is refused: {refusal}; snapshot {served} is still served"
                );
                self.say(ServingState::Stale, Some(message));
            }
            (Some(Refused { version, text: refusal, .. }), None) => {
                let message = format!("snapshot {version} is refused: {refusal}");
                self.say(ServingState::Down, Some(message));
            }
        }
    }

    fn served(&self) -> Option<SnapshotId> {
        self.held.current().map(|info| info.id)
    }

    /// Reports the status, with what is served.
    fn say(&self, state: ServingState, message: Option<String>) {
        let served = self.held.current().map(|info| self.records.with_verification(info));
        let refused = self.newest.as_ref().and_then(Verdict::refusal);
        let newest = self.newest.as_ref().map(|newest| SnapshotId(newest.version));
        let standing = self.records.standing();
        let pin = standing.pinned().map(|(id, decision)| Pin {
            id,
            pinned_at: decision.made_at,
            by: decision.by.clone(),
            reason: decision.reason.clone(),
        });
        let is_stuck = self.behind_since.is_some_and(|since| since.elapsed() >= self.stuck_after);
        if is_stuck && !self.status.current().is_stuck {
            error!(
                ?served,
                message, "stuck: what should be served cannot be, and has not been for long"
            );
        }
        let snapshot = served;
        // While nothing is held, the setting.
        let before = || self.status.current().projection;
        let current = self.held.find(None).ok().flatten();
        let projection = current.map_or_else(before, |own| own.projection().cloned());
        self.status.say(ServingStatus {
            state,
            message,
            snapshot,
            refused,
            newest,
            pin,
            is_stuck,
            projection,
        });
    }
}
