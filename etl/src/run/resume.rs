//! Resuming where a dead run stopped: its finished days are used, the rest of what it left is deleted.

use std::collections::BTreeMap;
use std::sync::Arc;

use clio_lake::{
    CELLS_TABLE, Checksum, DeltaFolder, Digest, FORMAT_VERSION, FileError, LakeFile,
    RUN_RECORD_VERSION, RunRecord, Staging, write_run,
};
use clio_proto::{Period, RunId, RunOutcome, SnapshotId};
use datafusion::error::DataFusionError;
use jiff::Timestamp;

use crate::cells::{CellShape, Rebuilt, Totals};
use crate::checks::invariants;
use crate::config::{Config, Days};
use crate::error::{During, EtlError};
use crate::input::columns::Columns;
use crate::input::inventory::Inventory;
use crate::input::sweep::Sweep;
use crate::run::journal::{Journal, Leftovers, StagedDay, StagedSweep};
use crate::run::plan::Plan;

const STEP: &str = "reading a day that a dead run has made";

/// The finished sweeps of dead runs, by name, each with its inputs.
pub(super) type Finished = BTreeMap<String, (String, StagedSweep)>;

/// Takes over what dead runs left: files that commits name stay, finished sweeps are kept for this run,
/// and the rest is deleted, in any folder of the lake.
pub(super) async fn take_over(
    config: &Config,
    journal: &Arc<Journal>,
    cells: &DeltaFolder,
    staging: &mut Staging,
) -> Result<Finished, EtlError> {
    let mut finished = Finished::new();
    for leftovers in journal.take_over()? {
        tracing::info!(run = leftovers.run, "what a dead run left is taken over");
        for (folder, files) in &leftovers.files {
            if folder == CELLS_TABLE {
                let trace = cells.trace(&leftovers.run, files, leftovers.base_version).await?;
                let is_in = trace.commit.is_some();
                write_record(config, journal, &leftovers, trace.commit).await?;
                for path in files {
                    if trace.named.contains(path) {
                        journal.forget(folder, path)?;
                    } else {
                        staging.adopt(path);
                    }
                }
                if !is_in {
                    finished.extend(leftovers.sweeps.clone());
                }
            } else {
                let other = DeltaFolder::open(&config.lake, folder)?;
                let trace = other.trace(&leftovers.run, files, None).await?;
                let mut own = other.staging(&config.lake, &config.run, Some(journal));
                for path in files {
                    if trace.named.contains(path) {
                        journal.forget(folder, path)?;
                    } else {
                        own.adopt(path);
                    }
                }
                own.discard().await;
            }
        }
        if !leftovers.files.contains_key(CELLS_TABLE) {
            let trace = cells.trace(&leftovers.run, &[], leftovers.base_version).await?;
            write_record(config, journal, &leftovers, trace.commit).await?;
        }
    }
    Ok(finished)
}

/// Writes the record of a run that was killed before it could.
async fn write_record(
    config: &Config,
    journal: &Journal,
    leftovers: &Leftovers,
    commit: Option<(u64, clio_lake::SnapshotMetadata)>,
) -> Result<(), EtlError> {
    if !leftovers.needs_record {
        return Ok(());
    }
    let (snapshot, metadata) = commit.unzip();
    let outcome = if snapshot.is_some() { RunOutcome::Committed } else { RunOutcome::Died };
    let record = RunRecord {
        format_version: RUN_RECORD_VERSION,
        run: RunId::new(leftovers.run.clone()),
        started_at: Timestamp::from_millisecond(leftovers.started_ms).unwrap_or_default(),
        ended_at: config.now,
        outcome,
        error: match outcome {
            RunOutcome::Died => {
                Some("it was killed; a later run took over what it had done".to_owned())
            }
            RunOutcome::Committed | RunOutcome::Unchanged | RunOutcome::Failed => None,
        },
        snapshot: snapshot.map(SnapshotId),
        fingerprint: metadata.as_ref().map(|metadata| metadata.fingerprint.clone()),
        days: metadata.as_ref().map(|metadata| metadata.days.clone()).unwrap_or_default(),
        rows_in: metadata.map(|metadata| metadata.rows_in).unwrap_or_default(),
        rows_quarantined: Default::default(),
        left_out: Vec::new(),
        steps: journal.steps_of(&leftovers.run)?,
    };
    write_run(&config.lake, &record).await?;
    Ok(journal.recorded(&leftovers.run)?)
}

/// The name of a sweep in the journal.
pub(super) fn name_of(sweep: &Sweep) -> String {
    match sweep.days {
        Days::Range(range) if range.n_days() == 1 => range.first().to_string(),
        Days::Range(range) => format!("{} to {}", range.first(), range.last()),
        Days::All | Days::OutOfDate => "all".to_owned(),
    }
}

/// The inputs of a sweep, as text: the same text gives the same cells.
pub(super) fn made_of(
    inventory: &Inventory,
    shape: &CellShape,
    plan: &Plan,
    sweep: &Sweep,
    known: &Columns,
) -> String {
    let recipe = inventory.recipe();
    let columns: Vec<String> = shape
        .file_schema
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.name(), field.data_type()))
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!(
        "{version} {FORMAT_VERSION} {} {:?} {columns:?} {}",
        recipe.cells,
        recipe.lookups,
        inventory.digest(sweep)
    );
    text += &format!(" {}", known.describe());
    text += &inventory.describe_states(sweep.days);
    if !inventory.is_by_day() && !plan.retired.is_empty() {
        // A sweep over all days leaves out those of some retired months.
        text += &format!(" {:?} {:?}", plan.retired, plan.retired_months);
    }
    Digest::of(&text).to_string()
}

/// A staged day as the journal notes it, with a checksum of what is actually stored.
pub(super) async fn noted(
    staging: &Staging,
    day: jiff::civil::Date,
    file: &LakeFile,
) -> Result<StagedDay, EtlError> {
    let sum = staging.sum_of(&file.path).await?;
    Ok(StagedDay {
        day,
        path: file.path.clone(),
        size_bytes: file.size_bytes,
        n_rows: file.n_rows,
        // For a file that is already gone: no file has the checksum of no bytes.
        checksum: sum.unwrap_or_else(|| Checksum::of(&[])).to_string(),
    })
}

/// The days of a finished sweep, each verified; `None` if a file differs.
pub(super) async fn read(
    staging: &mut Staging,
    shape: &CellShape,
    sweep: &StagedSweep,
    old: &BTreeMap<Period, Vec<LakeFile>>,
) -> Result<Option<Vec<(Period, Rebuilt)>>, EtlError> {
    let broken = |error: FileError| DataFusionError::External(Box::new(error));
    let mut days = Vec::new();
    for staged in &sweep.days {
        let period = Period::Day(staged.day);
        let sum = Checksum::parse(&staged.checksum);
        let sound = match sum {
            Some(sum) => staging.sound(&staged.path, staged.size_bytes, sum).await?,
            None => None,
        };
        let Some(sound) = sound else {
            tracing::info!(day = %staged.day, "a day that a dead run has made is made again");
            return Ok(None);
        };
        let mut totals = Totals::new(shape);
        for batch in sound.rows().map_err(broken).during(STEP)? {
            let batch = batch.map_err(broken).during(STEP)?;
            invariants::hold(shape, period, &batch, &mut totals)?;
        }
        let (size_bytes, n_rows) = (staged.size_bytes, staged.n_rows);
        let path = staged.path.clone();
        let file = LakeFile { path, size_bytes, n_rows, period: Some(period), checksum: sum };
        days.push((period, file, totals));
    }
    let mut rebuilt = Vec::new();
    for (period, file, totals) in days {
        let old = old.get(&period).map(Vec::as_slice).unwrap_or_default();
        let written = staging.settle(file, old).await?;
        rebuilt.push((period, Rebuilt::of(written, totals)));
    }
    Ok(Some(rebuilt))
}
