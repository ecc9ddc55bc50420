//! The cubes of one lake: the held snapshots, and everything that answers from them.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use clio_lake::Lake;
use clio_proto::{
    Answer, CallSink, Code, Comparison, Description, Export, Exported, MemberPage, MembersRequest,
    OutlierList, Policy, Query, QuestionPart, RunInfo, ServiceError, SnapshotId, SnapshotList,
    Work,
};
use futures::future;
use tokio::sync::Mutex;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::access::Access;
use crate::admission::Admission;
use crate::answer::answer;
use crate::cache::{AnswerCache, Key};
use crate::config::{Limits, ServingConfig};
use crate::error::ServingError;
use crate::follow::Follower;
use crate::held::HeldSnapshots;
use crate::members::members;
use crate::memory_check::{self, MemoryCheck};
use crate::outliers::outliers;
use crate::records::Records;
use crate::sights::Sights;
use crate::snapshot::{Loader, Snapshot};
use crate::status::StatusBoard;
use crate::told;
use crate::turn::Turn;
use crate::vitals::{Tally, Vitals};
use crate::waits::Waits;

/// Spellings of one preview's address: as it is, decoded, and both with the part after a `?`.
const MAX_MEDIA_ADDRESSES: usize = 8;

/// The cubes of one lake, held in memory: the [`CubeService`](clio_proto::CubeService) that does the work.
///
/// Always true: what is served passed every check, and a query is answered from one snapshot, however many are loaded
/// in the meantime. Takes the memory of its snapshots, which share the files that they have in common.
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
    held: Arc<HeldSnapshots>,
    status: Arc<StatusBoard>,
    records: Arc<Records>,
    admission: Arc<Admission>,
    cache: Arc<AnswerCache>,
    memory_check: MemoryCheck,
    follower: Mutex<Follower>,
    /// Who may see what; `None` where whoever asks may see all.
    access: Option<Arc<Access>>,
    sights: Sights,
    tally: Tally,
    /// Where calls over gRPC are counted, if anywhere.
    calls: OnceLock<Arc<dyn CallSink>>,
}

impl fmt::Debug for Cubes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cubes")
            .field("lake", &self.config.lake.as_str())
            .field("held", &self.held)
            .field("status", &self.status.current())
            .finish_non_exhaustive()
    }
}

impl Cubes {
    /// Opens a lake for following: the newest snapshot is loaded if there is one.
    ///
    /// A lake that does not exist yet, does not answer or holds nothing servable is not an error here: the status says
    /// so, and [`follow`](Self::follow) tries again.
    ///
    /// # Errors
    ///
    /// [`ServingError::Lake`] for an address with unknown storage.
    pub async fn open(config: ServingConfig) -> Result<Arc<Self>, ServingError> {
        let cubes = Self::start(config)?;
        cubes.look().await;
        Ok(cubes)
    }

    /// Begins without looking at the lake: every query is refused as `UNAVAILABLE`, and health says so, until
    /// [`load`](Self::load) or [`follow`](Self::follow) has loaded a snapshot. So a server can already listen.
    ///
    /// # Errors
    ///
    /// [`ServingError::Lake`] for an address with unknown storage.
    pub fn start(config: ServingConfig) -> Result<Arc<Self>, ServingError> {
        Self::new(config, None).map(Arc::new)
    }

    /// As [`start`](Self::start), for callers who may see what their roles say.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_guarded(
        config: ServingConfig,
        access: Arc<Access>,
    ) -> Result<Arc<Self>, ServingError> {
        Self::new(config, Some(access)).map(Arc::new)
    }

    /// Looks at the lake once, and loads its newest snapshot if there is one; the status tells the result.
    pub async fn load(&self) {
        self.look().await;
    }

    /// Opens a lake for one use: loads its newest snapshot, or returns the reason why it cannot.
    ///
    /// # Errors
    ///
    /// [`ServingError::NoSnapshot`] for a lake that does not exist yet, [`ServingError::Lake`] for one that does not
    /// answer, [`ServingError::Refused`] if the newest snapshot must not be served.
    pub async fn load_once(config: ServingConfig) -> Result<Arc<Self>, ServingError> {
        let cubes = Self::new(config, None)?;
        cubes.follower.lock().await.load_newest().await?;
        Ok(Arc::new(cubes))
    }

    /// Opens a lake for queries about some of its snapshots, even if others are newer or pinned: the first one is
    /// current, the others are for queries that name them. Takes the memory of the snapshots; files that they share are
    /// read once.
    ///
    /// # Errors
    ///
    /// As [`load_once`](Self::load_once), and if one of them does not exist or is marked as bad.
    pub async fn load_named(
        config: ServingConfig,
        ids: &[SnapshotId],
    ) -> Result<Arc<Self>, ServingError> {
        let n_snapshots_held = config.n_snapshots_held.max(ids.len());
        let cubes = Self::new(ServingConfig { n_snapshots_held, ..config }, None)?;
        cubes.follower.lock().await.load_named(ids).await?;
        Ok(Arc::new(cubes))
    }

    /// Holds another snapshot, for queries that name it.
    ///
    /// # Errors
    ///
    /// As [`load_named`](Self::load_named), and if there is no room for it.
    pub async fn hold(&self, id: SnapshotId) -> Result<(), ServingError> {
        self.follower.lock().await.load_named(&[id]).await
    }

    fn new(config: ServingConfig, access: Option<Arc<Access>>) -> Result<Self, ServingError> {
        let lake = Lake::try_new(&config.lake)?;
        let loader = Arc::new(Loader::new(lake.clone(), &config));
        let held = Arc::new(HeldSnapshots::new(&config));
        let status = Arc::new(StatusBoard::loading(lake.url(), &config.projection));
        let records = Arc::new(Records::new(&lake));
        let follower = Follower::new(
            lake,
            loader,
            Arc::clone(&held),
            Arc::clone(&status),
            Arc::clone(&records),
            config.stuck_after,
        );
        Ok(Self {
            admission: Arc::new(Admission::new(config.limits.clone())),
            cache: Arc::new(AnswerCache::new(config.cache_bytes, Arc::clone(&held))),
            memory_check: MemoryCheck::new(config.memory_check_bytes),
            held,
            status,
            records,
            follower: Mutex::new(follower),
            access,
            sights: Sights::default(),
            tally: Tally::default(),
            calls: OnceLock::new(),
            config,
        })
    }

    /// Who may see what; `None` where whoever asks may see all.
    pub(crate) fn access(&self) -> Option<&Arc<Access>> {
        self.access.as_ref()
    }

    /// The settings.
    pub fn config(&self) -> &ServingConfig {
        &self.config
    }

    /// The bytes of all held snapshots together, each file counted once.
    pub fn size_bytes(&self) -> u64 {
        self.held.size_bytes()
    }

    /// How serving stands, and what it has done so far. Takes as long as counting the files held.
    pub fn vitals(&self) -> Vitals {
        self.tally.fill(Vitals {
            status: self.status.current(),
            n_snapshots_held: self.held.all().len(),
            held_bytes: self.held.size_bytes(),
            memory_limit_bytes: self.config.memory_limit_bytes,
            cache: self.cache.vitals(),
            n_admitted: self.admission.n_admitted(),
            n_sheds: self.admission.n_sheds(),
            n_cells: 0,
            n_unions: 0,
            n_looks: 0,
            n_failed_looks: 0,
            n_refreshes: 0,
            n_refusals: 0,
            n_memory_damages: 0,
        })
    }

    /// Counts the calls that come over gRPC; only the first such sink is used.
    pub fn count_calls(&self, sink: Arc<dyn CallSink>) {
        let _ = self.calls.set(sink);
    }

    /// Where calls over gRPC are counted.
    pub(crate) fn calls(&self) -> Option<&Arc<dyn CallSink>> {
        self.calls.get()
    }

    /// Follows the lake until told to stop: looks every `poll_interval`, loads what changed, swaps atomically. Queries
    /// in progress keep their snapshot. While the lake does not answer, it looks less often. In the background it reads
    /// what is held again, and reloads what has changed in memory.
    ///
    /// Runs in the caller's task and starts none of its own except blocking work that it waits for.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let mut waits = Waits::new(self.config.poll_interval, self.config.seed);
        let looks = async {
            let mut n_failures = 0;
            loop {
                sleep(waits.after(n_failures)).await;
                n_failures = self.look().await;
            }
        };
        let checks = async {
            loop {
                self.check_memory().await;
                sleep(memory_check::PAUSE).await;
            }
        };
        stop.run_until_cancelled(future::join(looks, checks)).await;
    }

    /// Reads what is held once. What has changed in memory is dropped, with all answers from it, and reloaded.
    pub(crate) async fn check_memory(&self) {
        let Some(damage) = self.memory_check.round(&self.held).await else { return };
        self.tally.memory_damaged();
        let mut follower = self.follower.lock().await;
        follower.let_go(&damage);
        self.forget_all();
        let n_failures = follower.look().await;
        drop(follower);
        // Queries that began before may have asked for it since.
        self.forget_all();
        if n_failures == 0 {
            info!(damaged = damage.what, "what was damaged in memory is reloaded");
        }
    }

    fn forget_all(&self) {
        self.cache.forget_all();
        self.sights.forget_all();
    }

    /// Looks at the lake once, and returns how many looks have failed since the last successful one.
    pub(crate) async fn look(&self) -> u32 {
        let mut follower = self.follower.lock().await;
        let before = self.status.current();
        let n_failures = follower.look().await;
        self.tally.looked(&before, &self.status.current(), n_failures > 0);
        drop(follower);
        self.cache.forget_what_is_not_held();
        self.sights.forget_what_is_not_held(&self.held);
        n_failures
    }

    pub(crate) fn status_board(&self) -> &StatusBoard {
        &self.status
    }

    #[cfg(test)]
    pub(crate) fn held(&self) -> &HeldSnapshots {
        &self.held
    }

    #[cfg(test)]
    pub(crate) fn admission(&self) -> &Admission {
        &self.admission
    }

    #[cfg(test)]
    pub(crate) fn memory_check(&self) -> &MemoryCheck {
        &self.memory_check
    }

    #[cfg(test)]
    pub(crate) fn cache(&self) -> &Arc<AnswerCache> {
        &self.cache
    }

    /// The named snapshot, or the current one.
    pub(crate) fn snapshot(&self, id: Option<SnapshotId>) -> Result<Arc<Snapshot>, ServiceError> {
        self.whole(id, QuestionPart::Snapshot)
    }

    /// The snapshot named by a part of a query, or the current one.
    fn whole(
        &self,
        id: Option<SnapshotId>,
        part: QuestionPart,
    ) -> Result<Arc<Snapshot>, ServiceError> {
        let found = self.held.find(id).map_err(|error| error.of(part))?;
        found.ok_or_else(|| self.status.unavailable())
    }

    /// The snapshot named by a part of a query, or the current one, as a policy shows it: the only way from a query to cells.
    async fn snapshot_of(
        &self,
        id: Option<SnapshotId>,
        part: QuestionPart,
        policy: Option<&Arc<Policy>>,
    ) -> Result<Arc<Snapshot>, ServiceError> {
        let whole = self.whole(id, part)?;
        match policy {
            None => Ok(whole),
            Some(policy) => self.sights.of(whole, policy, &self.admission).await,
        }
    }

    /// What a query of a principal with a policy may cost.
    fn limits_of(&self, policy: Option<&Arc<Policy>>) -> Limits {
        let mut limits = self.config.limits.clone();
        let of_roles = policy.and_then(|policy| policy.limits().max_groups);
        let most = of_roles.and_then(|most| usize::try_from(most).ok());
        limits.n_groups = most.map_or(limits.n_groups, |most| most.min(limits.n_groups));
        limits
    }

    /// The snapshot that a query is compared with, if any.
    async fn beside(
        &self,
        query: &Query,
        policy: Option<&Arc<Policy>>,
    ) -> Result<Option<Arc<Snapshot>>, ServiceError> {
        let Some(Comparison::Snapshot(id)) = query.compare else { return Ok(None) };
        let found = self.snapshot_of(Some(id), QuestionPart::Compare, policy).await;
        found.map(Some).map_err(|error| {
            let is_unknown = error.code == Code::NotFound;
            let mend =
                if is_unknown { "; `clio lake diff` compares any two of a lake" } else { "" };
            ServiceError { message: format!("{}{mend}", error.message), ..error }
        })
    }
}

/// An answer for a caller who did not wait for the whole computation.
fn of_before(answer: &Answer, elapsed: Duration) -> Answer {
    let work = answer.work.clone().map(|work| Work { is_cached: true, ..work });
    Answer { elapsed, work, ..answer.clone() }
}

/// What is answered to somebody with a policy; without one, to the process itself, which may see all.
impl Cubes {
    pub(crate) async fn describe_to(
        &self,
        policy: Option<&Arc<Policy>>,
    ) -> Result<Description, ServiceError> {
        Ok(self.snapshot_of(None, QuestionPart::Snapshot, policy).await?.describe())
    }

    pub(crate) async fn query_of(
        &self,
        policy: Option<&Arc<Policy>>,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError> {
        let started = Instant::now();
        let turn = Turn::new(&query, snapshot)?;
        let snapshot = self.snapshot_of(turn.snapshot, turn.snapshot_is_of(), policy).await?;
        turn.check(&query, &snapshot.info)?;
        let beside = self.beside(&query, policy).await?;
        let query = Query { offset: turn.n_before, after: None, ..query };
        let key = Key::new(&query, &snapshot.info, policy.map(|policy| &**policy));
        let (admission, limits) = (Arc::clone(&self.admission), self.limits_of(policy));
        let compute = move || async move {
            admission
                .run(move |cancel| answer(&snapshot, beside.as_ref(), query, &limits, cancel))
                .await
        };
        let answer = match key {
            Some(key) => {
                let (answer, is_own) = self.cache.answer(key, compute).await?;
                if is_own { Answer::clone(&answer) } else { of_before(&answer, started.elapsed()) }
            }
            None => compute().await?,
        };
        if let Some(work) = answer.work.as_ref().filter(|work| !work.is_cached) {
            self.tally.computed(work);
        }
        let policy = policy.map(|policy| &**policy);
        let snapshot = self.records.with_verification(answer.snapshot);
        let work = answer.work.filter(|_| told::tells_work(policy));
        Ok(Answer { snapshot: told::snapshot(snapshot, policy), work, ..answer })
    }

    pub(crate) async fn export_to(
        &self,
        policy: Option<&Arc<Policy>>,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError> {
        let snapshot = self.snapshot_of(snapshot, QuestionPart::Snapshot, policy).await?;
        let beside = self.beside(&export.query, policy).await?;
        let (admission, limits) = (Arc::clone(&self.admission), self.limits_of(policy));
        crate::export::export(admission, limits, snapshot, beside, export).await
    }

    pub(crate) async fn members_of(
        &self,
        policy: Option<&Arc<Policy>>,
        request: MembersRequest,
    ) -> Result<MemberPage, ServiceError> {
        let turn = Turn::of_members(&request)?;
        let snapshot = self.snapshot_of(turn.snapshot, turn.snapshot_is_of(), policy).await?;
        let limits = self.limits_of(policy);
        self.admission.run(move |cancel| members(&snapshot, &request, turn, &limits, cancel)).await
    }

    /// What stands out, to those who see all rows.
    pub(crate) async fn outliers_to(
        &self,
        policy: Option<&Arc<Policy>>,
        id: Option<SnapshotId>,
    ) -> Result<OutlierList, ServiceError> {
        let snapshot = self.snapshot_of(id, QuestionPart::Snapshot, policy).await?;
        let (own, limits) = (Arc::clone(&snapshot), self.limits_of(policy));
        // Who asks meanwhile waits for the same list; a list that failed is worked out again for the next one.
        let computed = || self.admission.run(move |cancel| outliers(&own, &limits, cancel));
        Ok(snapshot.outliers.get_or_try_init(computed).await?.clone())
    }

    pub(crate) async fn has_media_of(
        &self,
        policy: Option<&Arc<Policy>>,
        addresses: Vec<String>,
    ) -> Result<bool, ServiceError> {
        if addresses.len() > MAX_MEDIA_ADDRESSES {
            let n = addresses.len();
            let message = format!("{n} addresses are above the limit of {MAX_MEDIA_ADDRESSES}");
            return Err(ServiceError::new(Code::ResourceExhausted, message));
        }
        let snapshot = self.snapshot_of(None, QuestionPart::Snapshot, policy).await?;
        Ok(addresses.iter().any(|address| snapshot.has_media(address)))
    }

    pub(crate) async fn newest_runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError> {
        self.records.runs(n_most).await
    }

    pub(crate) async fn snapshots_to(
        &self,
        policy: Option<&Arc<Policy>>,
        n_most: usize,
    ) -> Result<SnapshotList, ServiceError> {
        let list = self.records.snapshots(n_most, &self.held.all()).await?;
        Ok(told::snapshots(list, policy.map(|policy| &**policy)))
    }
}
