//! The files of a table: those of the newest version, and those that only older versions have.

use std::collections::BTreeSet;

use clio_proto::{DayRange, Period, RetiredDays};
use futures::TryStreamExt as _;
use object_store::ObjectStore as _;

use super::log::Look;
use super::{CheckReport, Fault, FaultKind};
use crate::damage::Damage;
use crate::error::LakeError;
use crate::file::LakeFile;
use crate::format::{CELLS_TABLE, QUARANTINE_TABLE, SnapshotMetadata};
use crate::table::DeltaFolder;

/// Reads every file that some version of a table names.
pub(super) async fn look(
    folder: &DeltaFolder,
    look: &Look,
    metadata: Option<&SnapshotMetadata>,
    report: &mut CheckReport,
) -> Result<(), LakeError> {
    let none = RetiredDays::default();
    let retired = metadata.map_or(&none, |metadata| &metadata.retired);
    let newest: &[LakeFile] = look.state.as_ref().map(|state| &*state.files).unwrap_or_default();
    count(newest, report);
    for damage in folder.damaged(newest).await? {
        let mend = mend(&damage, retired);
        report.faults.push(fault(FaultKind::File, &damage, mend));
    }

    let failed = |error: object_store::Error| LakeError::storage(folder.url(), &error);
    let listed = folder.files().list(None).map_ok(|meta| meta.location.to_string());
    let there: BTreeSet<String> = listed.try_collect().await.map_err(failed)?;
    let names: BTreeSet<&String> = newest.iter().map(|file| &file.path).collect();
    // Files that a vacuum has deleted are expected to be gone.
    let is_old = |file: &&LakeFile| !names.contains(&file.path) && there.contains(&file.path);
    let old: Vec<LakeFile> = look.added.values().filter(is_old).cloned().collect();
    count(&old, report);
    for damage in folder.damaged(&old).await? {
        let mend =
            "none is needed: only older snapshots have it, and a vacuum deletes it with them";
        report.faults.push(fault(FaultKind::OldFile, &damage, mend.to_owned()));
    }
    Ok(())
}

fn count(files: &[LakeFile], report: &mut CheckReport) {
    report.n_files += files.len();
    report.n_bytes += files.iter().map(|file| file.size_bytes).sum::<u64>();
    report.n_without_checksum += files.iter().filter(|file| file.checksum.is_none()).count();
}

fn fault(kind: FaultKind, damage: &Damage, mend: String) -> Fault {
    Fault {
        kind,
        place: damage.file(),
        period: damage.period.map(|period| period.to_string()),
        what: damage.problem.to_string(),
        mend,
    }
}

/// What would mend a file of the newest version.
fn mend(damage: &Damage, retired: &RetiredDays) -> String {
    match damage.period {
        Some(month) if retired.is_retired(month) => mend_of_retired(month),
        Some(Period::Day(day)) => format!(
            "`clio etl run` rebuilds the day from its events; where those are gone, bring the file back from a copy, \
             or let the day go: `clio etl run --date {day}`"
        ),
        Some(_) => "`clio etl run` rebuilds it from the periods below it".to_owned(),
        None if damage.table == CELLS_TABLE => {
            "`clio etl run --all` rebuilds all periods".to_owned()
        }
        None if damage.table == QUARANTINE_TABLE => {
            "`clio etl run --all` leaves it out, and finds the bad rows of the files that are there again".to_owned()
        }
        None => "`clio etl run` writes it again from its source".to_owned(),
    }
}

/// What would mend a retired month.
pub(super) fn mend_of_retired(month: Period) -> String {
    let days =
        DayRange::of(month).map(|range| format!("--from {} --to {}", range.first(), range.last()));
    format!(
        "its days have left the lake: bring the file back from a copy, or rebuild the whole month from its events: \
         `clio etl run {}`",
        days.unwrap_or_else(|| "--all".to_owned())
    )
}
