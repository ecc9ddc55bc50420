//! A file of cells, as the log describes it.

use clio_proto::Period;
use deltalake::DeltaTable;
use object_store::path::Path;

use crate::checksum::{Checksum, sum_of_files};
use crate::error::LakeError;
use crate::format::{GRAIN_COLUMN, PERIOD_COLUMN};
use crate::staging::{PARTITION_FOLDER, folder_of};
use crate::table::checksum_of;

/// A file of cells that a version holds. Equal values have equal content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFile {
    /// The path below the table, for people.
    pub path: String,
    /// Its size.
    pub size_bytes: i64,
    /// When it was added, according to the log.
    pub modified_millis: i64,
    /// The path below the table, as the store takes it.
    pub location: Path,
    /// The period of its partition.
    pub period: Period,
    /// The number of rows, according to the log; another engine may not have counted.
    pub n_rows: Option<usize>,
    /// The checksum of its bytes, according to the log; `None` for a file added by format version 1.
    pub checksum: Option<Checksum>,
}

/// The files of cells in the loaded version of the table, by path.
///
/// [`LakeError::File`] for a file outside of any period's partition, or with rows that another engine
/// deleted in place.
pub(crate) fn cell_files(table: &DeltaTable) -> Result<Vec<CellFile>, LakeError> {
    let Ok(state) = table.snapshot() else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for file in state.log_data().iter() {
        let path = file.path().into_owned();
        let refuse = |problem| LakeError::File { path: path.clone(), problem };
        if file.deletion_vector_descriptor().is_some() {
            return Err(refuse(
                "it has a deletion vector, which is not read: rewrite the file".to_owned(),
            ));
        }
        let partition = file.partition_values_map();
        let value = |column: &str| partition.get(column).cloned().flatten().unwrap_or_default();
        let (grain, period) = (value(GRAIN_COLUMN), value(PERIOD_COLUMN));
        let parsed = period.parse::<Period>().ok();
        let Some(parsed) = parsed.filter(|parsed| parsed.grain().as_str() == grain) else {
            return Err(refuse(format!(
                "grain `{grain}` and period `{period}` are not a partition of cells"
            )));
        };
        if path.starts_with(PARTITION_FOLDER) && !path.starts_with(&folder_of(parsed)) {
            return Err(refuse(format!("the log says that it is of period {parsed}")));
        }
        files.push(CellFile {
            location: file.object_store_path(),
            period: parsed,
            n_rows: file.num_records(),
            size_bytes: file.size(),
            modified_millis: file.modification_time(),
            checksum: checksum_of(&file),
            path,
        });
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The checksum over the log's descriptions of some files, as the metadata of their snapshot has it.
pub fn sum_of_cell_files(files: &[CellFile]) -> Checksum {
    sum_of_files(files.iter().map(|file| {
        let size_bytes = u64::try_from(file.size_bytes).unwrap_or_default();
        (file.path.as_str(), Some(file.period), size_bytes, file.checksum)
    }))
}
