//! The settings of serving: where the lake is, how often to look, how much to hold and to allow.

use std::time::Duration;

use url::Url;

/// The settings of [`Cubes`](crate::Cubes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingConfig {
    /// The lake's folder, on a local disk (`file:///data/lake`) or an object store.
    pub lake: Url,
    /// How long to wait between two looks at the log. A look costs one request while nothing is new.
    pub poll_interval: Duration,
    /// The most bytes that the snapshots held may take; `None` for no limit. A snapshot that alone
    /// takes more is refused; older ones are dropped before their number would ask for it.
    pub memory_limit_bytes: Option<u64>,
    /// The most snapshots held, the current one included; at least one. The others answer those who
    /// name them, such as a page whose panels must agree.
    pub n_snapshots_held: usize,
    /// The most bytes that answers may take which are kept for those who ask the same again; 0 for keeping none.
    pub cache_bytes: u64,
    /// How much of what many ask is worked out in advance.
    pub marginals: MarginalLimits,
    /// What one query, and all of them together, may cost.
    pub limits: Limits,
    /// The seed of what is drawn at random, which is how long to wait before a lake that failed is looked at again. Each
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
            poll_interval: Duration::from_millis(500),
            memory_limit_bytes: None,
            n_snapshots_held: 3,
            // A page of a hundred rows takes some 50 KiB.
            cache_bytes: 64 << 20,
            marginals: MarginalLimits::default(),
            limits: Limits::default(),
            seed: 0,
        }
    }
}

/// How much of what many ask is worked out in advance: the cells of a file, united over all dimensions but one or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarginalLimits {
    /// The most that a file's marginals may take, in per cent of what its sketches do; 0 for none.
    pub percent: u32,
    /// The fewest cells of a file that has any: fewer are read in some hundred microseconds.
    pub min_cells: u32,
}

impl Default for MarginalLimits {
    fn default() -> Self {
        Self { percent: 25, min_cells: 4_096 }
    }
}

/// What one query, and all of them together, may cost. Whoever exceeds one is told it and the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The most groups that a query may form, before its limit and offset.
    pub n_groups: usize,
    /// The most working memory of one query.
    pub query_bytes: u64,
    /// The most bytes that one answer may take in memory; what it takes on the wire is less.
    pub answer_bytes: u64,
    /// The most days between the ends of a range that a query names both of.
    pub n_range_days: u32,
    /// The most values that one query's filter may name.
    pub n_filter_values: usize,
    /// The queries computed at the same time; each has a thread of its own, at least.
    pub n_running: usize,
    /// The threads that one query may use where it has much to do, its own included.
    pub n_threads_per_query: usize,
    /// The queries that may wait for a thread; one more is turned away at once.
    pub n_waiting: usize,
    /// The longest that a query may wait and compute.
    pub query_timeout: Duration,
    /// The requests that one gRPC connection may have in progress.
    pub n_requests_per_connection: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            n_groups: 1_000_000,
            query_bytes: 1 << 30,
            // Five full pages of a dozen measures with long labels; half of what a client of ours reads.
            answer_bytes: 32 << 20,
            // A century: what is longer is a slip of the pen.
            n_range_days: 36_525,
            n_filter_values: 10_000,
            // Queries are pure computation: more at once only slow each other down.
            n_running: n_cores,
            n_threads_per_query: n_cores,
            n_waiting: 256,
            query_timeout: Duration::from_secs(30),
            n_requests_per_connection: 256,
        }
    }
}
