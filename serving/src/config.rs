//! The settings of serving: where the lake is, how often to look, how much to hold and to allow.

use std::time::Duration;

use clio_proto::Projection;
use url::Url;

/// The settings of [`Cubes`](crate::Cubes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingConfig {
    /// The lake's folder, on a local disk (`file:///data/lake`) or an object store.
    pub lake: Url,
    /// The part of the lake that is held; the default is everything. Other parts take neither memory nor, if they are whole
    /// periods, time to load. A snapshot whose model lacks what it names is refused.
    pub projection: Projection,
    /// How long to wait between two looks at the log. A look costs one request while nothing is new.
    pub poll_interval: Duration,
    /// How long a newer snapshot may be refused, or the lake not answer, before the status says that serving is stuck.
    pub stuck_after: Duration,
    /// The largest number of bytes for held snapshots; `None` for no limit. A single snapshot that takes more is
    /// refused; older ones are dropped if necessary, even below the number to be held.
    pub memory_limit_bytes: Option<u64>,
    /// The largest number of held snapshots, including the current one; at least one. The others answer queries that
    /// name them, such as those of a page whose panels must agree.
    pub n_snapshots_held: usize,
    /// The largest number of bytes for cached answers; 0 to cache none.
    pub cache_bytes: u64,
    /// How much is computed in advance for frequent queries.
    pub marginals: MarginalLimits,
    /// The limits of one query, and of all of them together.
    pub limits: Limits,
    /// How many bytes of held snapshots are read again per second and compared with their sums, while the lake is
    /// followed; 0 for none.
    pub memory_check_bytes: u64,
    /// The seed of randomness, which determines how long to wait before looking again at a lake that failed. Each
    /// process needs one of its own.
    pub seed: u64,
}

impl ServingConfig {
    /// The usual settings for a lake: a look every half second, three snapshots, no memory limit, 64 MiB of answers.
    ///
    /// ```
    /// let lake = url::Url::parse("file:///data/lake/").unwrap();
    /// let config = clio_serving::ServingConfig::new(lake);
    /// assert_eq!(config.n_snapshots_held, 3);
    /// ```
    pub fn new(lake: Url) -> Self {
        Self {
            lake,
            projection: Projection::default(),
            poll_interval: Duration::from_millis(500),
            // A run that mends a damaged file takes minutes.
            stuck_after: Duration::from_mins(15),
            memory_limit_bytes: None,
            n_snapshots_held: 3,
            // A page of a hundred rows takes some 50 KiB.
            cache_bytes: 64 << 20,
            marginals: MarginalLimits::default(),
            limits: Limits::default(),
            // Less than a hundredth of one core's time.
            memory_check_bytes: 16 << 20,
            seed: 0,
        }
    }
}

/// How much is computed in advance for frequent queries: the cells of a file, united over all dimensions but one or
/// two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarginalLimits {
    /// The largest size of a file's marginals, in per cent of its sketches; 0 for none.
    pub percent: u32,
    /// The smallest number of cells of a file with marginals: fewer are read in some hundred microseconds.
    pub min_cells: u32,
}

impl Default for MarginalLimits {
    fn default() -> Self {
        Self { percent: 25, min_cells: 4_096 }
    }
}

/// The limits of one query, and of all of them together. Errors name the limit and the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest number of groups that a query may form, before its limit and offset.
    pub n_groups: usize,
    /// The largest working memory of one query.
    pub query_bytes: u64,
    /// The largest answer in bytes of memory; on the wire it takes less.
    pub answer_bytes: u64,
    /// The largest number of days in a range if a query names both ends.
    pub n_range_days: u32,
    /// The largest number of values in one query's filter.
    pub n_filter_values: usize,
    /// The number of queries computed at the same time; each has at least one thread of its own.
    pub n_running: usize,
    /// The number of threads that one query may use if it has much to do, including its own.
    pub n_threads_per_query: usize,
    /// The number of queries that may wait for a thread; further ones are rejected at once.
    pub n_waiting: usize,
    /// The longest time that a query may wait and compute.
    pub query_timeout: Duration,
    /// The number of requests that one gRPC connection may have in progress.
    pub n_requests_per_connection: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            n_groups: 1_000_000,
            query_bytes: 1 << 30,
            // Five full pages of a dozen measures with long labels; half of what our own client accepts.
            answer_bytes: 32 << 20,
            // A century: longer ranges are typing mistakes.
            n_range_days: 36_525,
            n_filter_values: 10_000,
            // Queries are pure computation: running more at once only slows each of them.
            n_running: n_cores,
            n_threads_per_query: n_cores,
            n_waiting: 256,
            query_timeout: Duration::from_secs(30),
            n_requests_per_connection: 256,
        }
    }
}
