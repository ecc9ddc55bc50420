//! `clio lake`: what is in a lake, whether it is sound, and what may be deleted.

use std::num::NonZeroUsize;

use clio_lake::{CheckReport, CutOff, Decided, Lake, Retirement, Rollback, Standing, Vacuum};
use clio_proto::SnapshotId;

use crate::args::{
    CheckArgs, DecisionArgs, LakeCommand, ReportFormat, RetireArgs, RollbackArgs, SnapshotsArgs,
    VacuumArgs,
};
use crate::commands::lake_diff;
use crate::commands::model_check::remembered_text;
use crate::settings::Settings;
use crate::terminal::{answer, say};
use crate::{address, clock, etl_config, output};

/// Runs one of the commands.
pub(crate) async fn run(command: LakeCommand, settings: &Settings) -> anyhow::Result<()> {
    match command {
        LakeCommand::Snapshots(args) => snapshots(args).await,
        LakeCommand::Diff(args) => lake_diff::run(args, settings).await,
        LakeCommand::Retire(args) => retire(args).await,
        LakeCommand::Check(args) => check(args).await,
        LakeCommand::Pin(args) => {
            let snapshot = SnapshotId(args.snapshot);
            decide(Decided::Pin { snapshot }, args.decision).await
        }
        LakeCommand::Unpin(args) => decide(Decided::Unpin, args.decision).await,
        LakeCommand::MarkBad(args) => {
            let snapshot = SnapshotId(args.snapshot);
            let what = match args.undo {
                false => Decided::MarkBad { snapshot },
                true => Decided::MarkGood { snapshot },
            };
            decide(what, args.decision).await
        }
        LakeCommand::Rollback(args) => roll_back(args).await,
        LakeCommand::Vacuum(args) => vacuum(args).await,
    }
}

async fn snapshots(args: SnapshotsArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let snapshots = clio_lake::snapshots(&lake, args.limit.map(NonZeroUsize::get)).await?;
    if args.format == ReportFormat::Json {
        let mut found = serde_json::to_value(&snapshots)?;
        decisions(&mut found, &Lake::try_new(&lake)?.standing().await?)?;
        // What the newest snapshot remembers is part of it; a list of versions is useful even where that cannot be
        // read.
        let remembered = clio_lake::known_columns(&lake).await.ok();
        if let Some(newest) = newest_snapshot(&mut found) {
            newest.insert("remembered".to_owned(), serde_json::to_value(remembered)?);
        }
        answer!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(());
    }
    let standing = Lake::try_new(&lake)?.standing().await?;
    for snapshot in snapshots {
        let at = snapshot.committed_at.map(|at| format!("{at:.0}")).unwrap_or_default();
        let what = match (&snapshot.run, snapshot.days.as_slice()) {
            _ if let Some(problem) = &snapshot.unreadable => format!("not a snapshot: {problem}"),
            (None, _) => snapshot.operation.to_lowercase(),
            (Some(run), _) if snapshot.operation == "RESTORE" => {
                format!("run {run}: gone back to an earlier snapshot")
            }
            (Some(run), []) if snapshot.operation == "DELETE" => {
                format!("run {run}: days of old months retired")
            }
            (Some(run), []) => format!("run {run}: lookups, model, or what was damaged"),
            (Some(run), [day]) => format!("run {run}: {day}"),
            (Some(run), [first, .., last]) => {
                format!("run {run}: {} days, {first} to {last}", snapshot.days.len())
            }
        };
        let id = SnapshotId(snapshot.version);
        let pinned = standing.pinned().filter(|(pinned, _)| *pinned == id);
        let pinned = pinned.map(|(_, by)| format!("; pinned by {}{}", by.by, by.because()));
        let bad = standing.marked_bad(id);
        let bad = bad.map(|by| format!("; marked as bad by {}{}", by.by, by.because()));
        let decided: String = pinned.into_iter().chain(bad).collect();
        say!("{:>8}   {at:<20}   {what}{decided}", snapshot.version);
    }
    let remembered = remembered_text(&clio_lake::known_columns(&lake).await?);
    if !remembered.is_empty() {
        say!("\ncolumns that the newest snapshot remembers");
        remembered.iter().for_each(|line| say!("{line}"));
    }
    Ok(())
}

/// Adds to each version whether it is pinned, and whether it is bad.
fn decisions(found: &mut serde_json::Value, standing: &Standing) -> anyhow::Result<()> {
    let all = found.as_array_mut().into_iter().flatten();
    for own in all.filter_map(serde_json::Value::as_object_mut) {
        let version = own.get("version").and_then(serde_json::Value::as_u64);
        let id = SnapshotId(version.unwrap_or_default());
        let pinned = standing.pinned().filter(|(pinned, _)| *pinned == id);
        for (name, decision) in
            [("pinned", pinned.map(|(_, by)| by)), ("marked_bad", standing.marked_bad(id))]
        {
            if let Some(decision) = decision {
                own.insert(name.to_owned(), serde_json::to_value(decision)?);
            }
        }
    }
    Ok(())
}

/// The newest of the versions that is a snapshot.
fn newest_snapshot(
    found: &mut serde_json::Value,
) -> Option<&mut serde_json::Map<String, serde_json::Value>> {
    let all = found.as_array_mut()?.iter_mut();
    all.filter_map(serde_json::Value::as_object_mut)
        .find(|own| own.get("run").is_some_and(serde_json::Value::is_string))
}

async fn retire(args: RetireArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let cut_off = match (args.before, args.older_than) {
        (Some(day), _) => CutOff::Before(day),
        (None, age) => CutOff::OlderThan(age.unwrap_or_default()),
    };
    let now = clock::now();
    let run = etl_config::run_id(now);
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
    if report.n_first_days > 0 {
        let members = counted(report.n_first_days, "member");
        say!("  first days     kept of {members}: ages count from them");
    }
    if report.n_first_days_dropped > 0 {
        let n_most = output::number(clio_lake::MAX_FIRST_DAYS as f64);
        let members = counted(report.n_first_days_dropped, "member");
        say!(
            "  first days     not kept of {members}, the oldest: a snapshot holds {n_most}; their ages are now unknown"
        );
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

async fn check(args: CheckArgs) -> anyhow::Result<()> {
    let report = clio_lake::check(&address::folder(&args.lake)?).await?;
    match args.format {
        ReportFormat::Json => answer!("{}", json_of(&report)?),
        ReportFormat::Text => print_check(&report),
    }
    let n_faults = report.faults.len();
    anyhow::ensure!(
        report.is_ok(),
        "the lake has {n_faults} fault{}; each says what would mend it",
        if n_faults == 1 { "" } else { "s" }
    );
    Ok(())
}

/// The report with its verdict.
fn json_of(report: &CheckReport) -> anyhow::Result<String> {
    let mut json = serde_json::to_value(report)?;
    if let Some(object) = json.as_object_mut() {
        object.insert("ok".to_owned(), report.is_ok().into());
    }
    Ok(serde_json::to_string_pretty(&json)?)
}

fn print_check(report: &CheckReport) {
    let number = |n: usize| output::number(n as f64);
    for fault in &report.faults {
        let period = fault.period.iter().map(|period| format!(" (period {period})"));
        say!("{}{}: {}", fault.place, period.collect::<String>(), fault.what);
        say!("  mend: {}", fault.mend);
    }
    let verdict = if report.is_ok() { "all is well" } else { "something is wrong" };
    say!("{verdict}");
    say!("  files          {}, {}", number(report.n_files), indicatif::HumanBytes(report.n_bytes));
    if report.n_without_checksum > 0 {
        say!(
            "  unverified     {} of them, which format version 1 wrote without a checksum: they can be decoded, \
             and no more is known; `clio etl run --all` writes them with one",
            number(report.n_without_checksum)
        );
    }
    say!(
        "  log            {} commits, {} checkpoints",
        number(report.n_commits),
        number(report.n_checkpoints)
    );
    say!("  records        {}", number(report.n_records));
}

async fn decide(what: Decided, args: DecisionArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let standing = clio_lake::decide(&lake, what, clock::now(), &args.by, &args.reason).await?;
    match what {
        Decided::Pin { snapshot } => say!("snapshot {snapshot} is pinned"),
        Decided::Unpin => say!("no snapshot is pinned"),
        Decided::MarkBad { snapshot } => say!("snapshot {snapshot} is bad, and is not served"),
        Decided::MarkGood { snapshot } => say!("snapshot {snapshot} may be served again"),
    }
    match standing.pinned() {
        Some((snapshot, _)) => say!("services serve snapshot {snapshot} from their next poll on"),
        None => say!("services serve the newest snapshot that is not bad from their next poll on"),
    }
    Ok(())
}

async fn roll_back(args: RollbackArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let now = clock::now();
    let (to, run) = (SnapshotId(args.snapshot), etl_config::run_id(now));
    let asked = Rollback { to, run, now, dry_run: args.dry_run };
    let report = clio_lake::roll_back(&lake, &asked).await?;
    if args.format == ReportFormat::Json {
        answer!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    match report.snapshot {
        Some(snapshot) => say!("snapshot {snapshot} is committed; it holds what {to} held"),
        None if report.dry_run => say!("nothing is committed: a dry run"),
        None => say!("nothing is committed: snapshot {} holds what {to} held", report.from),
    }
    let number = |n: usize| output::number(n as f64);
    say!("  files back     {}", number(report.n_files_back));
    say!("  files gone     {}, which `clio lake vacuum` frees", number(report.n_files_gone));
    match report.days.as_slice() {
        [] => say!("  days           none"),
        [day] => say!("  days           {day}"),
        [first, .., last] => {
            say!("  days           {}, {first} to {last}", number(report.days.len()));
        }
    }
    Ok(())
}

async fn vacuum(args: VacuumArgs) -> anyhow::Result<()> {
    let lake = address::folder(&args.lake)?;
    let state = match args.state {
        Some(folder) => folder,
        None => etl_config::state_folder(&lake)?,
    };
    let asked = Vacuum {
        keep: args.older_than,
        now: clock::now(),
        dry_run: args.dry_run,
        spared: clio_etl::files_of_runs(&state, &lake)?,
    };
    let report = clio_lake::vacuum(&lake, &asked).await?;
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
