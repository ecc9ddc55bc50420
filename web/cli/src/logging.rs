//! Logs go through `tracing` to standard error, so that standard output stays the answer's.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::terminal::{self, LogWriter, tell};

/// Starts logging, in lines of `text` or `json`. A filter that does not parse is replaced by `warn`, and said.
pub(crate) fn init(filter: &str, format: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|error| {
        tell!("warning: the log filter `{filter}` does not parse ({error}); using `warn`");
        EnvFilter::new("warn")
    });
    let filter = if terminal::is_shared() { without_report(filter) } else { filter };
    let coloured = std::io::stderr().is_terminal() && format == "text";
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || LogWriter { coloured })
        .with_ansi(coloured);
    match format {
        "json" => builder.json().init(),
        _ => builder.init(),
    }
}

/// Whoever reads the report of a run on the same terminal is not told its warnings twice.
fn without_report(filter: EnvFilter) -> EnvFilter {
    let directive = format!("{}=off", clio_etl::REPORTED);
    filter.add_directive(directive.parse().expect("the name of a target is a directive"))
}
