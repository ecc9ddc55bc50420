//! What operators see of serving: counts since the start, and how it stands.

use std::sync::atomic::{AtomicU64, Ordering};

use clio_proto::{ServingStatus, Work};

/// How serving stands, and what it has done since it started.
#[derive(Debug, Clone, PartialEq)]
pub struct Vitals {
    /// The status.
    pub status: ServingStatus,
    /// The snapshots held, the current one included.
    pub n_snapshots_held: usize,
    /// The bytes of all held snapshots together, each file counted once.
    pub held_bytes: u64,
    /// The largest number of bytes for them; `None` for no limit.
    pub memory_limit_bytes: Option<u64>,
    /// The answers that are cached.
    pub cache: CacheVitals,
    /// The cells read for answers that were computed.
    pub n_cells: u64,
    /// The sketches united for them.
    pub n_unions: u64,
    /// The queries that are computed or wait for a thread.
    pub n_admitted: usize,
    /// The queries that were turned away because as many as may be were in progress.
    pub n_sheds: u64,
    /// The looks at the lake.
    pub n_looks: u64,
    /// Those that failed.
    pub n_failed_looks: u64,
    /// The times that another snapshot was taken into service.
    pub n_refreshes: u64,
    /// The versions of the lake that were refused, those marked as bad included.
    pub n_refusals: u64,
    /// The times that memory was found to have changed by itself.
    pub n_memory_damages: u64,
}

/// The cache of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheVitals {
    /// The bytes of cached answers.
    pub size_bytes: u64,
    /// The most that they may take.
    pub limit_bytes: u64,
    /// The queries that were answered from the cache.
    pub n_hits: u64,
    /// Those that waited for an equal query being computed.
    pub n_shared: u64,
    /// Those that were computed.
    pub n_misses: u64,
}

/// What is counted while serving works.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    n_cells: AtomicU64,
    n_unions: AtomicU64,
    n_looks: AtomicU64,
    n_failed_looks: AtomicU64,
    n_refreshes: AtomicU64,
    n_refusals: AtomicU64,
    n_memory_damages: AtomicU64,
}

impl Tally {
    /// A query was computed.
    pub(crate) fn computed(&self, work: &Work) {
        add(&self.n_cells, work.n_cells);
        add(&self.n_unions, work.n_unions);
    }

    /// The lake was looked at; with what the status was and is, and whether that failed.
    pub(crate) fn looked(&self, before: &ServingStatus, now: &ServingStatus, has_failed: bool) {
        add(&self.n_looks, 1);
        add(&self.n_failed_looks, u64::from(has_failed));
        let served = |status: &ServingStatus| {
            status.snapshot.as_ref().map(|info| (info.id, info.run.clone()))
        };
        let is_refreshed = served(now).is_some() && served(now) != served(before);
        add(&self.n_refreshes, u64::from(is_refreshed));
        let refused = |status: &ServingStatus| status.refused.as_ref().map(|refused| refused.id);
        let is_refused = refused(now).is_some() && refused(now) != refused(before);
        add(&self.n_refusals, u64::from(is_refused));
    }

    /// Memory has changed by itself.
    pub(crate) fn memory_damaged(&self) {
        add(&self.n_memory_damages, 1);
    }

    /// All counts, in place of those of other vitals.
    pub(crate) fn fill(&self, vitals: Vitals) -> Vitals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Vitals {
            n_cells: read(&self.n_cells),
            n_unions: read(&self.n_unions),
            n_looks: read(&self.n_looks),
            n_failed_looks: read(&self.n_failed_looks),
            n_refreshes: read(&self.n_refreshes),
            n_refusals: read(&self.n_refusals),
            n_memory_damages: read(&self.n_memory_damages),
            ..vitals
        }
    }
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}
