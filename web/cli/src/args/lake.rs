//! The arguments of `clio lake`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::ReportFormat;
use super::values::day;

#[derive(Debug, Subcommand)]
pub(crate) enum LakeCommand {
    /// List the snapshots, newest first
    #[command(after_help = "Example:\n  clio lake snapshots --lake lake --limit 5")]
    Snapshots(SnapshotsArgs),
    /// Say what two snapshots differ in
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Let the days of old months go; the months stay, and answer as a whole
    #[command(after_help = RETIRE_EXAMPLES)]
    Retire(RetireArgs),
    /// Read everything in a lake, and say what is damaged and how to mend it
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Serve one snapshot, even if there are newer ones
    #[command(after_help = PIN_EXAMPLES)]
    Pin(PinArgs),
    /// Serve the newest snapshot again
    Unpin(UnpinArgs),
    /// Never serve a snapshot
    #[command(after_help = MARK_BAD_EXAMPLES)]
    MarkBad(MarkBadArgs),
    /// Make the contents of an earlier snapshot the newest again
    #[command(after_help = ROLLBACK_EXAMPLES)]
    Rollback(RollbackArgs),
    /// Delete the files that no recent snapshot needs
    #[command(after_help = VACUUM_EXAMPLES)]
    Vacuum(VacuumArgs),
}

const DIFF_EXAMPLES: &str = "\
Examples:
  clio lake diff 412 413 --lake lake
  clio lake diff 412 413 --lake lake --group-by country --measures viewers,plays
  clio lake diff 412 413 --lake lake --from 2026-01-05 --group-by day,country --format json

The periods whose files hold other bytes are told by the checksums in the log, and nothing is loaded for it. With keys,
measures, a filter or days both snapshots are loaded, and the groups told that are other numbers or that one of them
alone has; `clio query --compare snapshot=412` asks any question so. Bounds of differences are those of counting;
what has the very same cells is exactly the same.
Exit codes: 0 done; with --exit-code 1 where the snapshots differ; 1 failed; 2 wrong usage.";

const PIN_EXAMPLES: &str = "\
Examples:
  clio lake pin 412 --lake lake --reason 'plays of Tuesday are missing'
  clio lake unpin --lake s3://bucket/lake

Services follow at their next look, and whoever starts one later gets the pinned snapshot as well. Runs go on
committing; status and dashboard say what is pinned, by whom, and how many versions are newer. A vacuum
spares its files.";

const MARK_BAD_EXAMPLES: &str = "\
Examples:
  clio lake mark-bad 413 --lake lake --reason 'events were delivered twice'
  clio lake mark-bad 413 --lake lake --undo

Services let it go at their next look, and serve the newest that is not bad. Its cells stay in the lake, and the
next run builds on them: `clio lake rollback` brings back what an earlier snapshot held.";

const ROLLBACK_EXAMPLES: &str = "\
Examples:
  clio lake rollback 412 --lake lake --dry-run
  clio lake rollback 412 --lake s3://bucket/lake

Commits the cells and lookups of the earlier snapshot as a new one, which services load as any other; all that
came between stays in the log. The next run compares the lake with the sources and rebuilds what differs:
mend wrong sources first, or pin the earlier snapshot instead.";

const RETIRE_EXAMPLES: &str = "\
Examples:
  clio lake retire --lake lake --older-than 18months --dry-run
  clio lake retire --lake s3://bucket/lake --before 2025-01-01

A month goes as a whole: once all of it is older, no day of it is provisional, and its own cells are
there. Its days leave the lake in one commit; `clio lake vacuum` deletes their files once no recent
snapshot needs them. Ranges that hold all of the month are answered as before; of others, and of
rows by day, the answer says which days are missing. `clio etl run --from … --to …` over the whole
month brings its days back.";

const CHECK_EXAMPLES: &str = "\
Examples:
  clio lake check --lake lake
  clio lake check --lake s3://bucket/lake --format json

Reads every file, every entry and checkpoint of the logs, and every record, and writes nothing. Files are
compared with the checksums that their commits have; those that a lake of format version 1 has without
one are only decoded. Ends with exit code 1 where anything is wrong.";

const VACUUM_EXAMPLES: &str = "\
Examples:
  clio lake vacuum --lake lake --dry-run
  clio lake vacuum --lake s3://bucket/lake --older-than 30d

Safe beside runs and services: what they use is younger than a day, which is the least that can be given,
or in the journal of this machine's runs. Snapshots that are older can no longer be read.
Each rebuild writes one file for each period, so there are no small files to put together; runs put the
log together every hundred commits.";

#[derive(Debug, Args)]
pub(crate) struct SnapshotsArgs {
    /// The lake's folder or address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// How many; by default all that the log holds
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<NonZeroUsize>,
    /// How the list is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The snapshot to go out from, as `clio lake snapshots` lists it
    #[arg(value_name = "A")]
    pub(crate) older: u64,
    /// The snapshot to compare with it
    #[arg(value_name = "B")]
    pub(crate) newer: u64,
    /// The lake's folder or address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// Compare the numbers of groups: day, week, month or year, dimensions, attributes (asset.title)
    #[arg(long, value_name = "KEY,...", value_delimiter = ',')]
    pub(crate) group_by: Vec<String>,
    /// Compare these measures; by default all, where numbers are compared
    #[arg(long, value_name = "MEASURE,...", value_delimiter = ',')]
    pub(crate) measures: Vec<String>,
    /// Which cells count; several are joined with `and`
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Vec<String>,
    /// The first day that counts
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) from: Option<Date>,
    /// The last day that counts
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) to: Option<Date>,
    /// The most groups that are shown of each kind
    #[arg(long, value_name = "N", default_value = "20", value_parser = super::values::count)]
    pub(crate) limit: usize,
    /// End with exit code 1 where the snapshots differ
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// How the report is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("cut-off").required(true).args(["older_than", "before"])))]
pub(crate) struct RetireArgs {
    /// The lake's folder or address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// Months that ended this long ago, such as 18months, 2years or 400d
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub(crate) older_than: Option<Span>,
    /// Months that end before this day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) before: Option<Date>,
    /// Only report what would be retired
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How the report is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The lake's folder or address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// How the report is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

/// Who decides, and why.
#[derive(Debug, Args)]
pub(crate) struct DecisionArgs {
    /// The lake's folder or address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// Why, for all who see the status
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
    /// Who decides
    #[arg(long, env = "USER", value_name = "NAME", default_value = "somebody")]
    pub(crate) by: String,
}

#[derive(Debug, Args)]
pub(crate) struct PinArgs {
    /// The snapshot, as `clio lake snapshots` lists it
    #[arg(value_name = "VERSION")]
    pub(crate) snapshot: u64,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UnpinArgs {
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct MarkBadArgs {
    /// The snapshot, as `clio lake snapshots` lists it
    #[arg(value_name = "VERSION")]
    pub(crate) snapshot: u64,
    /// Let it be served again
    #[arg(long)]
    pub(crate) undo: bool,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The earlier snapshot, as `clio lake snapshots` lists it
    #[arg(value_name = "VERSION")]
    pub(crate) snapshot: u64,
    /// The lake's folder or address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// Only report what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How the report is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct VacuumArgs {
    /// The lake's folder or address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// Keep what snapshots of this time span need, such as 7d or 36h; at least 24h
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = duration)]
    pub(crate) older_than: SignedDuration,
    /// The folder of the journal, whose files of runs are spared; by default that of `clio etl run`
    #[arg(long, env = "CLIO_STATE", value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Only report what would be deleted
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How the report is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "expected a time such as 7d, 36h or 90m".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if duration.is_negative() { Err(wrong()) } else { Ok(duration) }
}

/// A length of time in days or longer units.
fn age(text: &str) -> Result<Span, String> {
    let wrong = || "expected a time in days or more, such as 18months, 2years or 400d".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let days = Span::new().years(span.get_years()).months(span.get_months());
    let days = days.weeks(span.get_weeks()).days(span.get_days());
    let is_whole = span.fieldwise() == days.fieldwise();
    if is_whole && span.is_positive() { Ok(span) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_whole_days_or_more() {
        for (text, months, days) in
            [("18months", 18, 0), ("18 months", 18, 0), ("1mo 2d", 1, 2), ("400d", 0, 400)]
        {
            let span = age(text).unwrap();
            assert_eq!((span.get_months(), span.get_days()), (months, days), "{text}");
        }
        for text in ["", "18", "-1month", "0d", "36h", "soon"] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, hours) in [("7d", 168), ("36h", 36), ("1w", 168), ("0h", 0)] {
            assert_eq!(duration(text), Ok(SignedDuration::from_hours(hours)), "{text}");
        }
        for text in ["", "7", "-1d", "1y", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
