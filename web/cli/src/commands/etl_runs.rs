//! `clio etl runs`: what happened to a lake.

use clio_lake::{LeftOutRecord, RunRecord};

use crate::args::{EtlRunsArgs, ReportFormat};
use crate::terminal::{answer, say};
use crate::{address, output};

/// Prints the newest runs.
pub(crate) async fn run(args: EtlRunsArgs) -> anyhow::Result<()> {
    let found = clio_lake::runs(&address::folder(&args.lake)?, args.limit).await?;
    let (mut runs, mut unreadable) = (Vec::new(), Vec::new());
    for record in found {
        match record {
            Ok(run) => runs.push(run),
            Err(record) => unreadable.push(record),
        }
    }
    for record in &unreadable {
        tracing::warn!("left out: {record}");
    }
    match args.format {
        ReportFormat::Json => answer!("{}", serde_json::to_string_pretty(&runs)?),
        ReportFormat::Text if runs.is_empty() && unreadable.is_empty() => {
            say!("no run has ended in this lake yet");
        }
        ReportFormat::Text => print(&runs),
    }
    Ok(())
}

fn print(runs: &[RunRecord]) {
    let heads = ["started", "took", "outcome", "snapshot", "days", "events", "attempts", "run"];
    let rows = runs.iter().map(|run| {
        let took = run.ended_at.duration_since(run.started_at).as_secs_f64();
        let n_attempts = run.steps.iter().map(|step| step.n_attempts).max().unwrap_or(1);
        vec![
            run.started_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            format!("{took:.1} s"),
            run.outcome.as_str().to_owned(),
            run.snapshot.map(|snapshot| snapshot.to_string()).unwrap_or_default(),
            output::number(run.days.len() as f64),
            output::number(run.rows_in.values().sum::<u64>() as f64),
            n_attempts.to_string(),
            run.run.to_string(),
        ]
    });
    say!("{}", output::table_of(heads.map(str::to_owned).to_vec(), rows.collect()));
    for run in runs {
        if let Some(error) = &run.error {
            say!("{}: {error}", run.run);
        }
        for LeftOutRecord { table, n_files, files } in &run.left_out {
            let files = output::shortened(files);
            say!(
                "{}: left out {n_files} files of {table}, because of how their names end: {files}",
                run.run
            );
        }
    }
}
