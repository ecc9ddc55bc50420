//! `[log]`: settings of every command.

use super::kind::Kind;
use super::{Place, Setting};

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        ["log.filter", "CLIO_LOG", "log"],
        Kind::Text("FILTER"),
        "What to log to standard error: error, warn, info, debug, or a filter such as `clio_etl=debug`",
        |it| Place::Text(&mut it.log_filter),
    ),
    Setting::new(
        ["log.format", "CLIO_LOG_FORMAT", "log-format"],
        Kind::OneOf(&["text", "json"]),
        "How log lines are written",
        |it| Place::Text(&mut it.log_format),
    ),
];
