//! `clio etl run`: from events to one commit.

use clio_etl::RunReport;

use crate::args::{EtlRunArgs, ReportFormat};
use crate::etl_config::{engine, target};
use crate::progress::Bars;
use crate::run_report::print_report;
use crate::terminal::answer;
use crate::usage::Usage;

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
    let report = clio_etl::run(&config, days, &Bars::new()).await?;
    match args.format {
        ReportFormat::Json => answer!("{}", json_report(&report)?),
        ReportFormat::Text => print_report(&report),
    }
    Ok(())
}

/// The report as one JSON object, with the process's peak memory where the system reports it.
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
