//! Log lines that repeat what reports say.

/// The target of log lines that say what the report of a run says too, so that a reader of both can leave one out.
pub const REPORTED: &str = "clio_etl::report";
