//! What two snapshots of a lake differ in, as far as their logs tell: no file of cells is read for it.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{Period, SnapshotId};
use serde::{Serialize, Serializer};
use url::Url;

use crate::decisions::of_log;
use crate::error::LakeError;
use crate::file::LakeFile;
use crate::format::{LOOKUPS_FOLDER, SnapshotMetadata};
use crate::housekeeping::{open, refuse_newer};
use crate::table::{DeltaFolder, TableState, files_by_period};

/// What two snapshots differ in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotDiff {
    /// The snapshot that is gone out from.
    pub from: SnapshotId,
    /// The snapshot that it is compared with.
    pub to: SnapshotId,
    /// Their models mean something else.
    pub is_other_model: bool,
    /// The lookups whose rows differ, or that one of them alone has, in order.
    pub lookups: Vec<String>,
    /// The periods that differ: days, then months, years and all time, each in order.
    pub periods: Vec<PeriodDiff>,
    /// How many periods are the same in both.
    pub n_same: usize,
}

/// A period that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PeriodDiff {
    /// The period.
    #[serde(serialize_with = "as_text")]
    pub period: Period,
    /// How it differs.
    pub change: PeriodChange,
    /// Its cells in the snapshot that is gone out from; `None` where it has none, or its log does not say.
    pub n_cells_from: Option<u64>,
    /// Its cells in the other one.
    pub n_cells_to: Option<u64>,
}

/// How a period differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodChange {
    /// The second snapshot alone has it.
    Appeared,
    /// The first snapshot alone has it.
    Vanished,
    /// Its files have other bytes.
    Changed,
    /// Its files are others, and one without a checksum is among them: they may have the same bytes.
    Unknown,
}

impl SnapshotDiff {
    /// Whether both say the same of everything.
    pub fn is_same(&self) -> bool {
        !self.is_other_model && self.lookups.is_empty() && self.periods.is_empty()
    }
}

/// Compares what the logs say of two snapshots: periods by the checksums of their files, so that one that was rebuilt to the same
/// bytes is the same.
///
/// Costs a read of both logs, whatever the cells take. Snapshots of which a vacuum has deleted files are compared, too.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] when there is no lake, others when it cannot be read, or the log does not hold one of them.
pub async fn diff(lake: &Url, from: SnapshotId, to: SnapshotId) -> Result<SnapshotDiff, LakeError> {
    let (cells, newest) = open(lake).await?;
    refuse_newer(&cells, &newest).await?;
    let (before, after) =
        (of_log(lake, &cells, &newest, from).await?, of_log(lake, &cells, &newest, to).await?);
    let (said_before, said_after) =
        (said(lake, &cells, &before).await?, said(lake, &cells, &after).await?);
    let (files_before, files_after) =
        (files_by_period(Some(&before)), files_by_period(Some(&after)));
    let all: BTreeSet<Period> = files_before.keys().chain(files_after.keys()).copied().collect();
    let of_period = |period: &Period| {
        let (one, other) = (files_before.get(period), files_after.get(period));
        let change = change(one.map(Vec::as_slice), other.map(Vec::as_slice))?;
        Some(PeriodDiff {
            period: *period,
            change,
            n_cells_from: one.and_then(|files| n_cells(files)),
            n_cells_to: other.and_then(|files| n_cells(files)),
        })
    };
    let mut periods: Vec<PeriodDiff> = all.iter().filter_map(of_period).collect();
    periods.sort_by_key(|differing| differing.period.grain());
    Ok(SnapshotDiff {
        from,
        to,
        is_other_model: said_before.fingerprint != said_after.fingerprint,
        lookups: lookups(lake, &said_before.lookups, &said_after.lookups).await?,
        n_same: all.len() - periods.len(),
        periods,
    })
}

/// What the commits say of a snapshot.
async fn said(
    lake: &Url,
    cells: &DeltaFolder,
    state: &TableState,
) -> Result<SnapshotMetadata, LakeError> {
    let known = cells.known(state).await?.map(|known| known.metadata);
    known.ok_or_else(|| LakeError::NoMetadata { url: lake.to_string(), version: state.version })
}

/// How a period's files differ; `None` where they do not.
fn change(before: Option<&[LakeFile]>, after: Option<&[LakeFile]>) -> Option<PeriodChange> {
    let (Some(before), Some(after)) = (before, after) else {
        return match (before, after) {
            (None, Some(_)) => Some(PeriodChange::Appeared),
            (Some(_), None) => Some(PeriodChange::Vanished),
            (None, None) | (Some(_), Some(_)) => None,
        };
    };
    let paths = |files: &[LakeFile]| -> BTreeSet<String> {
        files.iter().map(|file| file.path.clone()).collect()
    };
    if paths(before) == paths(after) {
        return None;
    }
    let sums = |files: &[LakeFile]| -> Option<Vec<(u64, String)>> {
        let of_file = |file: &LakeFile| Some((file.size_bytes, file.checksum?.to_string()));
        let mut sums: Vec<_> = files.iter().map(of_file).collect::<Option<_>>()?;
        sums.sort_unstable();
        Some(sums)
    };
    match (sums(before), sums(after)) {
        (Some(before), Some(after)) => (before != after).then_some(PeriodChange::Changed),
        (None, _) | (_, None) => Some(PeriodChange::Unknown),
    }
}

/// The cells of a period; `None` where the log does not say.
fn n_cells(files: &[LakeFile]) -> Option<u64> {
    let says = |file: &LakeFile| file.n_rows > 0 || file.size_bytes == 0;
    files.iter().all(says).then(|| files.iter().map(|file| file.n_rows).sum())
}

/// The lookups that differ.
async fn lookups(
    lake: &Url,
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
) -> Result<Vec<String>, LakeError> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut differ = Vec::new();
    for name in all {
        let is_same = match (before.get(name), after.get(name)) {
            (Some(one), Some(other)) if one == other => true,
            (Some(one), Some(other)) => {
                let table = DeltaFolder::open(lake, &format!("{LOOKUPS_FOLDER}/{name}"))?;
                let one = table.state_at(Some(*one)).await?.map(|state| state.files);
                let other = table.state_at(Some(*other)).await?.map(|state| state.files);
                change(one.as_deref(), other.as_deref()).is_none()
            }
            (None, _) | (_, None) => false,
        };
        if !is_same {
            differ.push(name.clone());
        }
    }
    Ok(differ)
}

fn as_text<S: Serializer>(period: &Period, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::Checksum;

    fn file(path: &str, bytes: Option<&str>) -> LakeFile {
        LakeFile {
            path: path.to_owned(),
            size_bytes: 4,
            n_rows: 7,
            period: None,
            checksum: bytes.map(|bytes| Checksum::of(bytes.as_bytes())),
        }
    }

    #[test]
    fn periods_differ_by_what_their_files_hold() {
        let (one, same, other) =
            ([file("a", Some("1234"))], [file("b", Some("1234"))], [file("c", Some("1235"))]);
        for (before, after, expected) in [
            (Some(&one[..]), Some(&one[..]), None),
            // Rebuilt to the same bytes.
            (Some(&one), Some(&same), None),
            (Some(&one), Some(&other), Some(PeriodChange::Changed)),
            (None, Some(&one), Some(PeriodChange::Appeared)),
            (Some(&one), None, Some(PeriodChange::Vanished)),
            (None, None, None),
            (Some(&[file("d", None)]), Some(&one), Some(PeriodChange::Unknown)),
            (Some(&[file("d", None)]), Some(&[file("d", None)]), None),
        ] {
            assert_eq!(change(before, after), expected, "{before:?} {after:?}");
        }
    }
}
