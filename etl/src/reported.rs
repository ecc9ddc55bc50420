//! Log lines that repeat what reports say.

/// The target of log lines that a run's report repeats, so that a reader of both can leave one out.
pub const REPORTED: &str = "clio_etl::report";
