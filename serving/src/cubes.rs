//! The snapshots held, and what is said about them.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use clio_lake::Lake;
use clio_proto::{Code, ServiceError, ServingState, ServingStatus, SnapshotId, SnapshotInfo};
use tokio::sync::{Mutex, watch};

use crate::config::ServingConfig;
use crate::error::ServingError;
use crate::follow::Follower;
use crate::history::History;
use crate::runs::RunHistory;
use crate::service::Admission;
use crate::snapshot::{Loader, Snapshot};
use crate::verifications::Verifications;

/// The cubes of one lake, held in memory: the [`CubeService`](clio_proto::CubeService) that does the
/// work.
///
/// Always true: what is served passed every check, and a query is answered from one snapshot, however
/// many are loaded meanwhile. Costs what the snapshots take, which share the files they have in common.
///
/// ```no_run
/// use clio_proto::{CubeService as _, Query};
/// use clio_serving::{Cubes, ServingConfig};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let lake = url::Url::parse("file:///data/lake/")?;
/// let cubes = Cubes::load_once(ServingConfig::new(lake)).await?;
/// let answer = cubes.query(Query::total(["viewers"]), None).await?;
/// println!("{:?}", answer.total.values);
/// # Ok(())
/// # }
/// ```
pub struct Cubes {
    config: ServingConfig,
    lake: Lake,
    loader: Loader,
    /// Newest first.
    held: ArcSwap<Vec<Arc<Snapshot>>>,
    status: watch::Sender<ServingStatus>,
    admission: Admission,
    follower: Mutex<Follower>,
    history: History,
    runs: RunHistory,
    verifications: Verifications,
}

impl fmt::Debug for Cubes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held: Vec<u64> = self.held.load().iter().map(|snapshot| snapshot.info.id.0).collect();
        f.debug_struct("Cubes")
            .field("lake", &self.lake.url().as_str())
            .field("held", &held)
            .field("status", &*self.status.borrow())
            .finish_non_exhaustive()
    }
}

impl Cubes {
    /// Opens a lake for following: the newest snapshot is loaded if there is one.
    ///
    /// A lake that does not exist yet, does not answer or holds nothing that can be served is no error
    /// here: the status says so, and [`follow`](Self::follow) tries again.
    ///
    /// # Errors
    ///
    /// [`ServingError::Lake`] for an address that no storage is known for.
    pub async fn open(config: ServingConfig) -> Result<Arc<Self>, ServingError> {
        let cubes = Self::start(config)?;
        cubes.look().await;
        Ok(cubes)
    }

    /// Begins without looking at the lake: every question is refused as `UNAVAILABLE`, and health says so, until
    /// [`load`](Self::load) or [`follow`](Self::follow) has loaded a snapshot. So a server can listen meanwhile.
    ///
    /// # Errors
    ///
    /// [`ServingError::Lake`] for an address that no storage is known for.
    pub fn start(config: ServingConfig) -> Result<Arc<Self>, ServingError> {
        Self::new(config).map(Arc::new)
    }

    /// Looks at the lake once, and loads its newest snapshot if there is one; the status says how it went.
    pub async fn load(&self) {
        self.look().await;
    }

    /// Opens a lake for one use: its newest snapshot is loaded, or the reason why not returned.
    ///
    /// # Errors
    ///
    /// [`ServingError::NoSnapshot`] for a lake that does not exist yet, [`ServingError::Lake`] for one
    /// that does not answer, [`ServingError::Refused`] where the newest snapshot must not be served.
    pub async fn load_once(config: ServingConfig) -> Result<Arc<Self>, ServingError> {
        let cubes = Self::new(config)?;
        cubes.load_newest().await?;
        Ok(Arc::new(cubes))
    }

    fn new(config: ServingConfig) -> Result<Self, ServingError> {
        let lake = Lake::try_new(&config.lake)?;
        let (status, _) = watch::channel(ServingStatus {
            state: ServingState::Down,
            message: Some(format!("lake `{}` is being loaded; try again", lake.url())),
            snapshot: None,
        });
        Ok(Self {
            loader: Loader::new(lake.clone(), config.memory_limit_bytes),
            lake,
            held: ArcSwap::default(),
            status,
            admission: Admission::new(config.limits.clone()),
            follower: Mutex::default(),
            history: History::default(),
            runs: RunHistory::default(),
            verifications: Verifications::default(),
            config,
        })
    }

    /// The settings.
    pub fn config(&self) -> &ServingConfig {
        &self.config
    }

    /// The bytes that all snapshots held take together, each file counted once.
    pub fn size_bytes(&self) -> u64 {
        total_bytes(&self.held.load())
    }

    pub(crate) fn lake(&self) -> &Lake {
        &self.lake
    }

    pub(crate) fn loader(&self) -> &Loader {
        &self.loader
    }

    pub(crate) fn admission(&self) -> &Admission {
        &self.admission
    }

    pub(crate) fn follower(&self) -> &Mutex<Follower> {
        &self.follower
    }

    pub(crate) fn history_cache(&self) -> &History {
        &self.history
    }

    pub(crate) fn run_cache(&self) -> &RunHistory {
        &self.runs
    }

    pub(crate) fn verifications(&self) -> &Verifications {
        &self.verifications
    }

    /// A snapshot with what its last verification found, as far as was looked.
    pub(crate) fn with_verification(&self, info: SnapshotInfo) -> SnapshotInfo {
        SnapshotInfo { verification: self.verifications.of(info.id), ..info }
    }

    /// The snapshots held, newest first.
    pub(crate) fn held(&self) -> Arc<Vec<Arc<Snapshot>>> {
        self.held.load_full()
    }

    /// The snapshot named, or the current one.
    pub(crate) fn snapshot(&self, id: Option<SnapshotId>) -> Result<Arc<Snapshot>, ServiceError> {
        let held = self.held.load();
        let found = match id {
            None => held.first(),
            Some(id) => held.iter().find(|snapshot| snapshot.info.id == id),
        };
        if let Some(snapshot) = found {
            return Ok(Arc::clone(snapshot));
        }
        match id {
            Some(id) if !held.is_empty() => {
                let held: Vec<String> =
                    held.iter().map(|snapshot| format!("`{}`", snapshot.info.id)).collect();
                let message =
                    format!("snapshot `{id}` is not held; there are: {}", held.join(", "));
                Err(ServiceError::new(Code::NotFound, message))
            }
            _ => {
                let message = self.status.borrow().message.clone();
                let message = message.unwrap_or_else(|| "no snapshot is held yet".to_owned());
                Err(ServiceError::new(Code::Unavailable, message))
            }
        }
    }

    pub(crate) fn current_status(&self) -> ServingStatus {
        self.status.borrow().clone()
    }

    pub(crate) fn watch_status(&self) -> watch::Receiver<ServingStatus> {
        self.status.subscribe()
    }

    /// Serves a snapshot from now on. Queries that run go on with theirs.
    ///
    /// `replace` drops the others: they are of a lake that is gone.
    pub(crate) fn swap(&self, snapshot: Snapshot, replace: bool) {
        let mut held = vec![Arc::new(snapshot)];
        if !replace {
            held.extend(self.held.load().iter().cloned());
        }
        held.truncate(self.config.n_snapshots_held.max(1));
        if let Some(limit) = self.config.memory_limit_bytes {
            while held.len() > 1 && total_bytes(&held) > limit {
                held.pop();
            }
        }
        self.held.store(Arc::new(held));
    }

    /// Says how serving does, to all who watch, if that is news.
    pub(crate) fn say(&self, state: ServingState, message: Option<String>) {
        let snapshot = self.held.load().first().map(|snapshot| snapshot.info.clone());
        let snapshot = snapshot.map(|info| self.with_verification(info));
        let status = ServingStatus { state, message, snapshot };
        self.status.send_if_modified(|known| {
            let is_news = *known != status;
            *known = status;
            is_news
        });
    }
}

/// The bytes of some snapshots, each file counted once.
fn total_bytes(held: &[Arc<Snapshot>]) -> u64 {
    let mut seen = HashSet::new();
    let chunks = held.iter().flat_map(|snapshot| snapshot.chunks.values().flatten());
    let files: usize =
        chunks.filter(|chunk| seen.insert(Arc::as_ptr(chunk))).map(|chunk| chunk.size_bytes).sum();
    let rest: u64 = held.iter().map(|snapshot| snapshot.size_beside_chunks()).sum();
    files as u64 + rest
}
