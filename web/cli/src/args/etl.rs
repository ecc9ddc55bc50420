//! The arguments of `clio etl`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::ReportFormat;
use super::values::day;

/// The memory limit of a run by default, in MiB.
pub(crate) const DEFAULT_MEMORY: usize = 2048;
/// The smallest useful limit: with less, the program itself takes most of it.
const MIN_MEMORY: usize = 320;

/// A memory limit, in MiB.
fn memory(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(mib) if mib < MIN_MEMORY => Err(format!("a run takes at least {MIN_MEMORY}")),
        Ok(mib) => Ok(mib),
        Err(error) => Err(format!("{error}")),
    }
}

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
    /// List the runs of a lake, newest first: when, how they ended, how many rows, why they failed
    #[command(after_help = "Example:\n  clio etl runs --lake lake --limit 5")]
    Runs(EtlRunsArgs),
    /// Run whenever the time comes or input arrives, one run at a time, until stopped
    #[command(after_help = SCHEDULE_EXAMPLES)]
    Schedule(EtlScheduleArgs),
    /// Recount days exactly from the sources, and compare with the newest snapshot
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(EtlVerifyArgs),
}

const SCHEDULE_EXAMPLES: &str = "\
Examples:
  clio etl schedule --model media.toml --lake lake --cron '30 4 * * *' --timezone Europe/Berlin
  clio etl schedule --model media.toml --lake s3://bucket/lake --on-arrival --poll 60

Times that were missed while nothing ran are made up for by one run at the start. On SIGTERM or Ctrl+C
the run stops at once; the next start takes it up at its unfinished step. A run that fails is logged, and
the schedule goes on. docs/ has a systemd unit and a Kubernetes CronJob.";

const RUN_EXAMPLES: &str = "\
Examples:
  clio etl run --model media.toml --lake lake
  clio etl run --model media.toml --lake lake --date 2026-01-05
  clio etl run --model media.toml --lake lake --accept 'the outage of 5 January'

Without dates, the days are rebuilt whose files, lookups or model changed since the last commit: one
that arrives a month late too. A day whose files are gone stays as it is, unless its date is given.

Where the model credits plays to impressions, plays of a day may change days before, within the window:
a run without dates finds those too, one with a date rebuilds that day alone.

Days that change are checked before the commit, by the checks of the model: `clio model check` lists
them. One that fails commits nothing, unless --accept gives a reason.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  clio etl verify --model media.toml --lake lake
  clio etl verify --model media.toml --lake lake --from 2026-01-05 --to 2026-01-11 --sample 1000

Recounted are a day's total, every member of every dimension, and a random sample of cells. Counts and
sums have to be equal; the error of a distinct count is given in standard errors, beside that of an
independent sketch. What was found is kept in the lake, and shown by the API and the dashboard.
Exit codes: 0 all is well, 1 a number is wrong, or nothing could be recounted; 2 wrong usage.";

#[derive(Debug, Args)]
pub(crate) struct EtlVerifyArgs {
    /// The dataset model
    #[arg(long, env = "CLIO_MODEL", value_name = "FILE")]
    pub(crate) model: PathBuf,
    /// The lake: a folder or an address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// Only this day; without any date: the last one of the lake
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"], value_parser = day)]
    pub(crate) date: Option<Date>,
    /// From this day (with --to)
    #[arg(long, value_name = "DATE", requires = "to", value_parser = day)]
    pub(crate) from: Option<Date>,
    /// To this day, included
    #[arg(long, value_name = "DATE", requires = "from", value_parser = day)]
    pub(crate) to: Option<Date>,
    /// How many cells of each day, chosen at random
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) sample: usize,
    /// The same seed chooses the same cells
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    pub(crate) seed: u64,
    /// The most memory, in MiB, 320 at least: what does not fit goes to temporary files, or the command fails
    /// where it cannot
    #[arg(long, value_name = "MIB", default_value_t = DEFAULT_MEMORY, value_parser = memory)]
    pub(crate) memory: usize,
    /// How the report is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct EtlRunsArgs {
    /// The lake: a folder or an address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// How many runs at most
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
    /// How the runs are printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

/// Which model, which lake, which days.
#[derive(Debug, Args)]
pub(crate) struct EtlTarget {
    /// The dataset model
    #[arg(long, env = "CLIO_MODEL", value_name = "FILE")]
    pub(crate) model: PathBuf,
    /// The lake: a folder or an address; created if it does not exist
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// Only this day, whether it changed or not
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"], value_parser = day)]
    pub(crate) date: Option<Date>,
    /// From this day (with --to); without any date: the days that changed
    #[arg(long, value_name = "DATE", requires = "to", value_parser = day)]
    pub(crate) from: Option<Date>,
    /// To this day, inclusive
    #[arg(long, value_name = "DATE", requires = "from", value_parser = day)]
    pub(crate) to: Option<Date>,
    /// Every day found in the sources, whether it changed or not
    #[arg(long, conflicts_with_all = ["date", "from", "to"])]
    pub(crate) all: bool,
}

/// How a run works.
#[derive(Debug, Args)]
pub(crate) struct EtlEngine {
    /// The folder of the journal, from which a run resumes one that was killed; by default `_clio` in a lake
    /// that is a folder, else one of the user's own
    #[arg(long, env = "CLIO_STATE", value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// How many attempts a step gets when the storage or the network fails
    #[arg(long, default_value = "5", value_name = "N")]
    pub(crate) attempts: std::num::NonZeroU32,
    /// Threads to use; by default one per core
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// The memory limit, in MiB, at least 320: what does not fit goes to temporary files, or the command
    /// fails where it cannot
    #[arg(long, value_name = "MIB", default_value_t = DEFAULT_MEMORY, value_parser = memory)]
    pub(crate) memory: usize,
}

#[derive(Debug, Args)]
pub(crate) struct EtlRunArgs {
    #[command(flatten)]
    pub(crate) target: EtlTarget,
    #[command(flatten)]
    pub(crate) engine: EtlEngine,
    /// Commit although checks of the model fail; the commit records the reason
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

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("when").required(true).multiple(true).args(["cron", "on_arrival"])))]
pub(crate) struct EtlScheduleArgs {
    /// The dataset model, read again before each run
    #[arg(long, env = "CLIO_MODEL", value_name = "FILE")]
    pub(crate) model: PathBuf,
    /// The lake: a folder or an address; created if it does not exist
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// When to run: minute, hour, day of month, month, day of week
    #[arg(long, value_name = "CRON")]
    pub(crate) cron: Option<String>,
    /// The time zone of --cron; by default the dataset's own
    #[arg(long, value_name = "ZONE", requires = "cron")]
    pub(crate) timezone: Option<String>,
    /// Run when files of a source or lookup were added, removed or changed, and have settled
    #[arg(long)]
    pub(crate) on_arrival: bool,
    /// How often sources are listed for --on-arrival, in seconds
    #[arg(long, default_value = "5", value_name = "SECONDS")]
    pub(crate) poll: std::num::NonZeroU32,
    /// Where /metrics, /healthz and /readyz listen, for operators (docs/operating.md)
    #[arg(long, env = "CLIO_ETL_METRICS", value_name = "ADDR")]
    pub(crate) metrics: Option<std::net::SocketAddr>,
    #[command(flatten)]
    pub(crate) engine: EtlEngine,
}
