//! `clio lake`: what is in a lake, and what of it may go.

use std::num::NonZeroUsize;

use crate::address;
use crate::args::{LakeCommand, ReportFormat, SnapshotsArgs, VacuumArgs};

/// Runs one of the commands.
pub(crate) async fn run(command: LakeCommand) -> anyhow::Result<()> {
    match command {
        LakeCommand::Snapshots(args) => snapshots(args).await,
        LakeCommand::Vacuum(args) => vacuum(args).await,
    }
}

async fn snapshots(args: SnapshotsArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let snapshots = clio_etl::snapshots(&lake, args.limit.map(NonZeroUsize::get)).await?;
    if args.format == ReportFormat::Json {
        println!("{}", serde_json::to_string_pretty(&snapshots)?);
        return Ok(());
    }
    for snapshot in snapshots {
        let at = snapshot.committed_at.map(|at| format!("{at:.0}")).unwrap_or_default();
        let what = match (&snapshot.run, snapshot.days.as_slice()) {
            (None, _) => snapshot.operation.to_lowercase(),
            (Some(run), []) => format!("run {run}: lookups or model"),
            (Some(run), [day]) => format!("run {run}: {day}"),
            (Some(run), [first, .., last]) => {
                format!("run {run}: {} days, {first} to {last}", snapshot.days.len())
            }
        };
        println!("{:>8}   {at:<20}   {what}", snapshot.version);
    }
    Ok(())
}

async fn vacuum(args: VacuumArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let report =
        clio_etl::vacuum(&lake, args.older_than, jiff::Timestamp::now(), args.dry_run).await?;
    if args.format == ReportFormat::Json {
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    for file in &report.files {
        println!("{file}");
    }
    let verb = if report.dry_run { "would be deleted" } else { "deleted" };
    println!("{} files {verb}", report.files.len());
    Ok(())
}
