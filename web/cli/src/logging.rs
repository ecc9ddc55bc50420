//! Logs go through `tracing` to standard error, so that standard output has only the answer.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::terminal::{self, LogWriter, tell};

/// Starts logging, in lines of `text` or `json`. A filter that does not parse is replaced by `warn`, with a warning.
pub(crate) fn init(filter: &str, format: &str) {
    let is_kernel_named = filter.contains(KERNEL);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|error| {
        tell!("warning: the log filter `{filter}` does not parse ({error}); using `warn`");
        EnvFilter::new("warn")
    });
    let filter = if is_kernel_named { filter } else { without(filter, KERNEL) };
    let filter = if terminal::is_shared() { without(filter, clio_etl::REPORTED) } else { filter };
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

/// The reader of Delta logs. It also logs each error that it returns, several times and with a backtrace.
const KERNEL: &str = "buoyant_kernel";

/// Excludes a target: that of a run's report, so that a reader on the same terminal does not see its warnings twice, or
/// one that repeats what is reported anyway.
fn without(filter: EnvFilter, target: &str) -> EnvFilter {
    let directive = format!("{target}=off");
    filter.add_directive(directive.parse().expect("the name of a target is a directive"))
}
