//! `clio etl run`: from events to one commit.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clio_etl::{DamagedFile, Days, MonthEffect, RunReport};
use clio_proto::{DayRange, Model, RunId};
use url::Url;

use crate::args::{DEFAULT_MEMORY, EtlEngine, EtlRunArgs, EtlTarget, ReportFormat};
use crate::progress::Bars;
use crate::terminal::{answer, say};
use crate::usage::Usage;
use crate::{address, output};

/// How many retired months are listed one by one.
pub(crate) const MAX_LISTED: usize = 12;

/// Runs once and prints the report.
pub(crate) async fn run(args: EtlRunArgs) -> anyhow::Result<()> {
    let (mut config, days) = target(&args.target)?;
    engine(&mut config, &args.engine)?;
    if let Some(reason) = &args.accept
        && reason.trim().is_empty()
    {
        return Err(Usage("--accept needs a reason, which the commit keeps".to_owned()).into());
    }
    config.accept = args.accept;
    let bars = Bars::new();
    let report = clio_etl::run(&config, days, &bars).await?;
    drop(bars);
    match args.format {
        ReportFormat::Json => answer!("{}", json_report(&report)?),
        ReportFormat::Text => print_report(&report),
    }
    Ok(())
}

/// Puts how a run works into its settings.
pub(crate) fn engine(config: &mut clio_etl::Config, args: &EtlEngine) -> anyhow::Result<()> {
    if let Some(threads) = args.threads {
        config.n_threads = threads.get();
    }
    config.memory_bytes = Some(args.memory << 20);
    config.retry.max_attempts = args.attempts.get();
    config.state = Some(match &args.state {
        Some(folder) => folder.clone(),
        None => state_folder(&config.lake)?,
    });
    Ok(())
}

/// Where the journal of a lake lies by default: in the lake where it is a folder of this machine, else in
/// the folder that the system keeps for such things of the user.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
pub(crate) fn state_folder(lake: &Url) -> anyhow::Result<PathBuf> {
    if let Ok(folder) = lake.to_file_path() {
        return Ok(folder.join("_clio"));
    }
    let of_user = std::env::var("XDG_STATE_HOME").map(PathBuf::from);
    let of_user = of_user
        .or_else(|_| std::env::var("HOME").map(|home| Path::new(&home).join(".local/state")));
    let folder = of_user.map_err(|_| {
        Usage("there is no HOME for the journal of runs; give a folder with --state".to_owned())
    })?;
    Ok(folder.join("clio").join(clio_lake::Digest::of(lake.as_str()).to_string()))
}

/// The settings and the days that the arguments name.
pub(crate) fn target(args: &EtlTarget) -> anyhow::Result<(clio_etl::Config, Days)> {
    let days = match (args.date, args.from, args.to) {
        (Some(date), _, _) => Days::Range(range(date, date)?),
        (None, Some(from), Some(to)) => Days::Range(range(from, to)?),
        _ if args.all => Days::All,
        _ => Days::OutOfDate,
    };
    Ok((config(&args.model, address::folder(&args.lake)?)?, days))
}

/// The days from one to another.
pub(crate) fn range(from: jiff::civil::Date, to: jiff::civil::Date) -> Result<DayRange, Usage> {
    DayRange::try_new(from, to)
        .ok_or_else(|| Usage(format!("the range ends before it starts: from {from} to {to}")))
}

/// Reads a model file.
pub(crate) fn read_model(file: &Path) -> anyhow::Result<Model> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the model file `{name}`"))?;
    Ok(Model::parse(&name, &text)?)
}

/// A thread for each core of this machine.
pub(crate) fn n_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A name that no other run of a lake has: the time to the microsecond, and the process.
pub(crate) fn run_id(now: jiff::Timestamp) -> RunId {
    RunId::new(format!("{}-{:x}", now.strftime("%Y%m%dT%H%M%S%.6fZ"), std::process::id()))
}

/// The settings of a run on this machine: all its cores, the clock of now.
pub(crate) fn config(model_file: &Path, lake: Url) -> anyhow::Result<clio_etl::Config> {
    let now = jiff::Timestamp::now();
    Ok(clio_etl::Config {
        lake,
        model: read_model(model_file)?,
        base: address::folder_of(model_file)?,
        run: run_id(now),
        now,
        n_threads: n_threads(),
        memory_bytes: Some(DEFAULT_MEMORY << 20),
        accept: None,
        state: None,
        retry: clio_etl::Retry::default(),
    })
}

/// What there is to say of days that lie years from all others.
pub(crate) fn far_days(days: &[jiff::civil::Date]) -> String {
    let names: Vec<String> = days.iter().map(ToString::to_string).collect();
    format!(
        "{}: years from all other days; if the times are wrong, `first_day` and `last_day` in `[dataset]` make \
         bad rows of them",
        output::shortened(&names)
    )
}

/// What of the lake was found damaged, for people.
pub(crate) fn print_damaged(verdict: &str, damaged: &[DamagedFile]) {
    for file in damaged.iter().take(MAX_LISTED) {
        say!("  {verdict:<14} {file}");
    }
    if let Some(n_more @ 1..) = damaged.len().checked_sub(MAX_LISTED) {
        say!("                 and {n_more} more damaged files (--format json lists them)");
    }
}

/// What a run did, for people.
pub(crate) fn print_report(report: &RunReport) {
    let number = |n: u64| output::number(n as f64);
    let verdict = if report.unchanged { "holds all of it already" } else { "committed" };
    say!("run {}: snapshot {} {verdict}", report.run, report.snapshot);
    if let (Some(first), Some(last)) = (report.days.first(), report.days.last()) {
        say!("  days           {} ({first} to {last})", report.days.len());
    }
    if !report.days_removed.is_empty() {
        let days: Vec<_> = report.days_removed.iter().map(ToString::to_string).collect();
        say!("  days removed   {}: they have no events any more", days.join(", "));
    }
    for (source, n_rows) in &report.rows_in {
        say!("  events         {} of {source}", number(*n_rows));
    }
    for (source, n_rows) in report.rows_out_of_day.iter().filter(|(_, n_rows)| **n_rows > 0) {
        say!("  not counted    {} of {source}: they happened on other days", number(*n_rows));
    }
    for left_out in &report.left_out {
        say!("  left out       {left_out}");
    }
    for (source, n_rows) in &report.rows_quarantined {
        let n_rows = number(*n_rows);
        say!("  quarantined    {n_rows} bad rows of {source}: see the lake's table `quarantine`");
    }
    for (source, by_day) in &report.rows_unattributed {
        let n_rows: u64 = by_day.values().sum();
        if n_rows > 0 {
            let days: Vec<_> = by_day
                .iter()
                .filter(|(_, n_rows)| **n_rows > 0)
                .map(|(day, n_rows)| format!("{day} {}", number(*n_rows)))
                .collect();
            let days = output::shortened(&days);
            say!("  unattributed   {} of {source}: {days}", number(n_rows));
        }
    }
    for absent in &report.columns_absent {
        say!("  absent         {absent}");
    }
    if !report.far_days.is_empty() {
        say!("  warning        {}", far_days(&report.far_days));
    }
    if !report.provisional_days.is_empty() {
        let days: Vec<_> = report.provisional_days.iter().map(ToString::to_string).collect();
        say!("  provisional    {}: events to come may change them", output::shortened(&days));
    }
    for (lookup, days) in &report.days_without_state {
        let days: Vec<_> = days.iter().map(ToString::to_string).collect();
        let days = output::shortened(&days);
        say!("  warning        {days}: before the first state of `{lookup}`, no event finds a row");
    }
    for month in report.retired_months.iter().take(MAX_LISTED) {
        let verdict = if month.effect == MonthEffect::Kept { "warning" } else { "retired" };
        say!("  {verdict:<14} {month}");
    }
    if let Some(n_more @ 1..) = report.retired_months.len().checked_sub(MAX_LISTED) {
        say!("                 and {n_more} more retired months (--format json lists them)");
    }
    print_damaged("mended", &report.mended);
    let cells: Vec<_> = report
        .cells
        .iter()
        .map(|(grain, n_cells)| format!("{grain} {}", number(*n_cells)))
        .collect();
    if !cells.is_empty() {
        say!("  cells          {}", cells.join(", "));
    }
    for check in &report.checks {
        for finding in &check.findings {
            let verdict = if finding.is_failure { "accepted" } else { "warning" };
            say!("  {verdict:<14} check {}, {}: {}", check.name, finding.day, finding.what);
        }
    }
    if let Some(reason) = &report.accepted {
        say!("  because        {reason}");
    }
    say!("  written        {}", indicatif::HumanBytes(report.bytes_written));
    let steps: Vec<_> =
        report.steps.iter().map(|step| format!("{} {:.2} s", step.step, step.seconds)).collect();
    say!("  time           {}", steps.join(", "));
}

/// The report as one JSON object, with the process's peak memory where the system tells.
fn json_report(report: &RunReport) -> anyhow::Result<String> {
    let mut json = serde_json::to_value(report)?;
    if let (Some(object), Some(bytes)) = (json.as_object_mut(), peak_memory_bytes()) {
        object.insert("peak_memory_bytes".to_owned(), bytes.into());
    }
    Ok(serde_json::to_string_pretty(&json)?)
}

fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
