//! `clio lake`: what is in a lake, and what of it may go.

use std::num::NonZeroUsize;

use clio_lake::{CutOff, Retirement};

use crate::args::{LakeCommand, ReportFormat, RetireArgs, SnapshotsArgs, VacuumArgs};
use crate::commands::etl_run;
use crate::terminal::{answer, say};
use crate::{address, output};

/// Runs one of the commands.
pub(crate) async fn run(command: LakeCommand) -> anyhow::Result<()> {
    match command {
        LakeCommand::Snapshots(args) => snapshots(args).await,
        LakeCommand::Retire(args) => retire(args).await,
        LakeCommand::Vacuum(args) => vacuum(args).await,
    }
}

async fn snapshots(args: SnapshotsArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let snapshots = clio_lake::snapshots(&lake, args.limit.map(NonZeroUsize::get)).await?;
    if args.format == ReportFormat::Json {
        answer!("{}", serde_json::to_string_pretty(&snapshots)?);
        return Ok(());
    }
    for snapshot in snapshots {
        let at = snapshot.committed_at.map(|at| format!("{at:.0}")).unwrap_or_default();
        let what = match (&snapshot.run, snapshot.days.as_slice()) {
            (None, _) => snapshot.operation.to_lowercase(),
            (Some(run), []) if snapshot.operation == "DELETE" => {
                format!("run {run}: days of old months retired")
            }
            (Some(run), []) => format!("run {run}: lookups or model"),
            (Some(run), [day]) => format!("run {run}: {day}"),
            (Some(run), [first, .., last]) => {
                format!("run {run}: {} days, {first} to {last}", snapshot.days.len())
            }
        };
        say!("{:>8}   {at:<20}   {what}", snapshot.version);
    }
    Ok(())
}

async fn retire(args: RetireArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let cut_off = match (args.before, args.older_than) {
        (Some(day), _) => CutOff::Before(day),
        (None, age) => CutOff::OlderThan(age.unwrap_or_default()),
    };
    let now = jiff::Timestamp::now();
    let run = etl_run::run_id(now);
    let asked = Retirement { cut_off, run, now, dry_run: args.dry_run };
    let report = clio_lake::retire(&lake, &asked).await?;
    if args.format == ReportFormat::Json {
        answer!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    let counted = |n: usize, what: &str| {
        format!("{} {what}{}", output::number(n as f64), if n == 1 { "" } else { "s" })
    };
    match report.snapshot {
        Some(snapshot) => say!("snapshot {snapshot} is committed"),
        None if report.dry_run => say!("nothing is committed: a dry run"),
        None => say!("nothing is committed: no month before {} has days to go", report.before),
    }
    for month in &report.months {
        let size = indicatif::HumanBytes(month.size_bytes);
        say!("  {:<14} {}, {size}", month.month, counted(month.n_days, "day"));
    }
    for month in &report.kept {
        say!("  {:<14} stays: {}", month.month, month.reason);
    }
    let n_days = report.months.iter().map(|month| month.n_days).sum();
    let size_bytes = report.months.iter().map(|month| month.size_bytes).sum();
    let verb = if report.dry_run { "would be retired" } else { "retired" };
    say!(
        "{} {verb}: {}, {}, which `clio lake vacuum` frees",
        counted(report.months.len(), "month"),
        counted(n_days, "day"),
        indicatif::HumanBytes(size_bytes)
    );
    Ok(())
}

async fn vacuum(args: VacuumArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let report =
        clio_lake::vacuum(&lake, args.older_than, jiff::Timestamp::now(), args.dry_run).await?;
    if args.format == ReportFormat::Json {
        answer!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    for file in &report.files {
        say!("{file}");
    }
    let verb = if report.dry_run { "would be deleted" } else { "deleted" };
    say!("{} files {verb}", report.files.len());
    Ok(())
}
