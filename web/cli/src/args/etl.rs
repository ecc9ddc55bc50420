//! The words of `clio etl`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::ReportFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum EtlCommand {
    /// Roll days up, fold their months, years and all time, check, and commit once
    #[command(after_help = RUN_EXAMPLES)]
    Run(EtlRunArgs),
    /// Say what `run` would do with the same arguments, and why
    #[command(
        after_help = "Example:\n  clio etl plan --model media.toml --lake lake --format json"
    )]
    Plan(EtlPlanArgs),
}

const RUN_EXAMPLES: &str = "\
Examples:
  clio etl run --model media.toml --lake lake
  clio etl run --model media.toml --lake lake --date 2026-01-05
  clio etl run --model media.toml --lake lake --accept 'the outage of 5 January'

Without dates, the days are rebuilt whose files, lookups or model changed since the last commit: one
that arrives a month late too. A day whose files are gone stays as it is, unless its date is given.

Days that change are checked before the commit, by the checks of the model: `clio model check` lists
them. One that fails commits nothing, unless --accept gives a reason.";

/// Which model, which lake, which days.
#[derive(Debug, Args)]
pub(crate) struct EtlTarget {
    /// The dataset model
    #[arg(long, env = "CLIO_MODEL", value_name = "FILE")]
    pub(crate) model: PathBuf,
    /// The lake: a folder or an address; made if absent
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// Only this day, whether it changed or not
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"])]
    pub(crate) date: Option<Date>,
    /// From this day (with --to); without any date: the days that changed
    #[arg(long, value_name = "DATE", requires = "to")]
    pub(crate) from: Option<Date>,
    /// To this day, included
    #[arg(long, value_name = "DATE", requires = "from")]
    pub(crate) to: Option<Date>,
    /// Every day found in the sources, whether it changed or not
    #[arg(long, conflicts_with_all = ["date", "from", "to"])]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EtlRunArgs {
    #[command(flatten)]
    pub(crate) target: EtlTarget,
    /// Threads to use; by default one for each core
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// The most memory for sorting and grouping, in MiB
    #[arg(long, value_name = "MIB")]
    pub(crate) memory: Option<NonZeroUsize>,
    /// Commit although checks of the model fail; the commit keeps the reason
    #[arg(long, value_name = "REASON")]
    pub(crate) accept: Option<String>,
    /// How the report is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct EtlPlanArgs {
    #[command(flatten)]
    pub(crate) target: EtlTarget,
    /// How the plan is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}
