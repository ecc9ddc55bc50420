//! Following the lake: look at the log, load what is new, swap, and say how it went.
//!
//! ```text
//!            ┌── nothing new ──────────────────────────────▶ serving
//! look ──────┼── new version ── loaded, validated ── swap ─▶ serving
//!  ▲         ├── new version ── refused ───────────────────▶ stale: the last good one is served
//!  │         └── no answer, several times ─────────────────▶ stale
//!  └─ poll_interval ◀───────────────────────────────────────┘
//! ```

use std::sync::Arc;

use clio_lake::{CellTable, CommitFile, Lake};
use clio_proto::{RefusedSnapshot, ServingState, SnapshotId};
use jiff::Timestamp;
use tracing::{error, info, warn};

use crate::error::ServingError;
use crate::held::HeldSnapshots;
use crate::records::Records;
use crate::snapshot::Loader;
use crate::status::StatusBoard;

/// How many looks in a row may fail before what is served counts as stale: one lost packet is no
/// reason for an alarm.
const MAX_FAILURES: u32 = 3;

/// How many versions back a start looks for one that can be served, when the newest cannot.
const MAX_FALL_BACK: u64 = 10;

/// Looks between two checks that the version served is still in the log, which costs one more
/// request: a lake that was deleted, or recreated with fewer versions, shows there alone. Verifications of
/// what is served are looked for as often, which costs one more.
const LOOKS_PER_PRESENCE_CHECK: u64 = 10;

/// Keeps what is held in step with the lake, and the status with how that goes.
///
/// Always true: what is held passed every check; a look that fails, or a version that is refused, leaves it as it was.
#[derive(Debug)]
pub(crate) struct Follower {
    lake: Lake,
    loader: Arc<Loader>,
    held: Arc<HeldSnapshots>,
    status: Arc<StatusBoard>,
    records: Arc<Records>,
    /// The table of cells as last seen; `None` before the first look and after a failure.
    table: Option<CellTable>,
    /// The newest version that was looked into, and how that went.
    newest: Option<Verdict>,
    n_failures: u32,
    n_looks: u64,
}

/// What became of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    version: u64,
    /// The file of its commit: another one in its place is another lake's.
    commit: Option<CommitFile>,
    /// Why it is not served; `None` if it is.
    refused: Option<Refused>,
}

/// Why a version is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    text: String,
    /// When the version was committed.
    committed_at: Option<Timestamp>,
    /// It may be served later, with no new version.
    can_be_mended: bool,
}

impl Verdict {
    /// The version and why it is not served, if it is not.
    fn refusal(&self) -> Option<RefusedSnapshot> {
        let Refused { text, committed_at, .. } = self.refused.as_ref()?;
        let (id, reason) = (SnapshotId(self.version), text.clone());
        Some(RefusedSnapshot { id, committed_at: *committed_at, reason })
    }
}

impl Follower {
    pub(crate) fn new(
        lake: Lake,
        loader: Arc<Loader>,
        held: Arc<HeldSnapshots>,
        status: Arc<StatusBoard>,
        records: Arc<Records>,
    ) -> Self {
        Self {
            lake,
            loader,
            held,
            status,
            records,
            table: None,
            newest: None,
            n_failures: 0,
            n_looks: 0,
        }
    }

    /// Looks once, says how it went, and returns how many looks failed since the last good one.
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
        if let Some(verdict) = &self.newest {
            if verdict.refused.is_some() && before.as_ref() != Some(verdict) {
                self.fall_back(verdict.version).await;
            }
            self.say_verdict(verdict);
        }
        0
    }

    /// Loads the newest version, or says why not.
    pub(crate) async fn load_newest(&mut self) -> Result<(), ServingError> {
        let table = self.lake.open_cells(None).await?;
        let version = table.version();
        let commit = table.commit_file(version).await?;
        let snapshot = self.loader.load(&table, &[]).await?;
        let id = snapshot.info.id;
        self.held.replace_all(snapshot);
        self.records.look_for_verifications(id).await;
        self.say(ServingState::Serving, None);
        self.table = Some(table);
        self.newest = Some(Verdict { version, commit, refused: None });
        Ok(())
    }

    /// Looks at the log, and loads what is new.
    async fn step(&mut self) -> Result<(), ServingError> {
        self.n_looks += 1;
        let is_fresh = self.table.is_none();
        let mut table = match self.table.take() {
            None => self.lake.open_cells(None).await?,
            Some(table) => {
                let next = table.commit_file(table.version() + 1).await?;
                if next.is_none() && !self.n_looks.is_multiple_of(LOOKS_PER_PRESENCE_CHECK) {
                    self.table = Some(table);
                    return Ok(());
                }
                table
            }
        };
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
        if !is_same || known != Some(version) || may_be_mended {
            if !is_same {
                warn!(version, known, "the lake was recreated: what is held is of another one");
            }
            let refused = self.load_into(&table, is_same).await?;
            if let Some(Refused { text, .. }) = refused.as_ref().filter(|_| refused != before) {
                error!(version, refusal = text, "snapshot refused");
            }
            self.newest = Some(Verdict { version, commit, refused });
        }
        self.table = Some(table);
        Ok(())
    }

    /// Loads what a table holds and serves it, or returns why it is refused.
    async fn load_into(
        &self,
        table: &CellTable,
        is_same: bool,
    ) -> Result<Option<Refused>, ServingError> {
        // The files of another lake may have the same names.
        let held = if is_same { self.held.all() } else { Arc::default() };
        if !is_same {
            self.records.forget();
        }
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
                Ok(Some(Refused { text, committed_at, can_be_mended }))
            }
            Err(error) => Err(error),
        }
    }

    /// Serves the newest version before a refused one, where nothing is served yet.
    async fn fall_back(&self, refused: u64) {
        if self.held.current().is_some() {
            return;
        }
        for version in (refused.saturating_sub(MAX_FALL_BACK)..refused).rev() {
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
        match self.served() {
            None => self.say(ServingState::Down, Some(error.to_string())),
            Some(served) if self.n_failures >= MAX_FAILURES => {
                let message = format!("{error}; snapshot {served} is still served");
                self.say(ServingState::Stale, Some(message));
            }
            Some(_) => {}
        }
    }

    fn say_verdict(&self, verdict: &Verdict) {
        let version = verdict.version;
        match (&verdict.refused, self.served()) {
            (None, _) => self.say(ServingState::Serving, None),
            (Some(Refused { text: refusal, .. }), Some(served)) => {
                let message = format!(
                    "snapshot {version} is refused: {refusal}; snapshot {served} is still served"
                );
                self.say(ServingState::Stale, Some(message));
            }
            (Some(Refused { text: refusal, .. }), None) => {
                let message = format!("snapshot {version} is refused: {refusal}");
                self.say(ServingState::Down, Some(message));
            }
        }
    }

    fn served(&self) -> Option<SnapshotId> {
        self.held.current().map(|info| info.id)
    }

    /// Says how serving does, with what is served.
    fn say(&self, state: ServingState, message: Option<String>) {
        let served = self.held.current().map(|info| self.records.with_verification(info));
        let refused = self.newest.as_ref().and_then(Verdict::refusal);
        self.status.say(state, message, served, refused);
    }
}
