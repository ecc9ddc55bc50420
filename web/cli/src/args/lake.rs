//! The words of `clio lake`.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::ReportFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum LakeCommand {
    /// List the snapshots, the newest first
    #[command(after_help = "Example:\n  clio lake snapshots --lake lake --limit 5")]
    Snapshots(SnapshotsArgs),
    /// Delete the files that no recent snapshot needs
    #[command(after_help = VACUUM_EXAMPLES)]
    Vacuum(VacuumArgs),
}

const VACUUM_EXAMPLES: &str = "\
Examples:
  clio lake vacuum --lake lake --dry-run
  clio lake vacuum --lake s3://bucket/lake --older-than 30d

Safe beside runs and services: what they use is younger. Snapshots that are older can no longer be read.
Each rebuild writes one file for each period, so there are no small files to put together.";

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
pub(crate) struct VacuumArgs {
    /// The lake's folder or address
    #[arg(long, env = "CLIO_LAKE", value_name = "URL")]
    pub(crate) lake: String,
    /// Keep what snapshots of this time need, such as 7d or 36h
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = duration)]
    pub(crate) older_than: SignedDuration,
    /// Only say what would be deleted
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

#[cfg(test)]
mod tests {
    use super::*;

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
