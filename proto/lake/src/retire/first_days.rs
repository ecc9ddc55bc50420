//! What ages count from outlives the days: the first day of each member within the days to be removed.

use arrow::array::AsArray as _;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use clio_proto::{Age, Model};
use jiff::civil::Date;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use crate::error::LakeError;
use crate::file::LakeFile;
use crate::format::{FirstDays, SnapshotMetadata};
use crate::sound::{FileError, SoundFile};
use crate::table::DeltaFolder;

/// The dimensions whose ages count from a member's first day with events in the lake; none if the model cannot be read.
pub(super) fn aged_dimensions(known: &SnapshotMetadata) -> Vec<String> {
    let Ok(model) = Model::parse("the lake's model", &known.model) else { return Vec::new() };
    let dimensions = model.dimensions().iter();
    let aged = dimensions.filter(|dimension| dimension.age == Some(Age::FirstDay));
    aged.map(|dimension| dimension.name.clone()).collect()
}

/// Notes the members of a month's days; returns why they cannot be read, if so.
pub(super) async fn note(
    cells: &DeltaFolder,
    days: &[LakeFile],
    dimensions: &[String],
    first_days: &mut FirstDays,
) -> Result<Option<String>, LakeError> {
    if dimensions.is_empty() {
        return Ok(None);
    }
    let mut of_month = FirstDays::default();
    for file in days {
        let Some(day) = file.period.and_then(|period| period.day()) else { continue };
        let path = Path::from(file.path.as_str());
        let found = match cells.files().get(&path).await {
            Ok(found) => Some(found.bytes().await),
            Err(object_store::Error::NotFound { .. }) => None,
            Err(error) => Some(Err(error)),
        };
        let bytes = found.transpose().map_err(|error| LakeError::storage(cells.url(), &error))?;
        let sound = SoundFile::check(bytes, file.size_bytes, file.checksum);
        let problem = match sound {
            Ok(sound) => {
                note_file(sound, day, dimensions, &mut of_month).err().map(|it| it.to_string())
            }
            Err(problem) => Some(problem.to_string()),
        };
        if let Some(problem) = problem {
            let path = &file.path;
            return Ok(Some(format!(
                "the first days of members cannot be kept, which ages count from: its file {path} is gone or damaged \
                 ({problem}); `clio etl run` rebuilds it"
            )));
        }
    }
    first_days.merge(&of_month);
    Ok(None)
}

/// Notes the members in the file of a day. The null member has no age.
fn note_file(
    file: SoundFile,
    day: Date,
    dimensions: &[String],
    first_days: &mut FirstDays,
) -> Result<(), FileError> {
    for batch in file.columns(dimensions.iter().map(String::as_str), |_| false)? {
        let batch = batch?;
        for dimension in dimensions {
            let missing = || FileError::ColumnMissing { column: dimension.clone() };
            let column = batch.column_by_name(dimension).ok_or_else(missing)?;
            let texts = cast(column, &DataType::Utf8)
                .map_err(|error| FileError::Undecodable { reason: error.to_string() })?;
            let mut last = None;
            for member in texts.as_string::<i32>().iter().flatten() {
                // Cells are sorted, so a member mostly follows itself.
                if last != Some(member) {
                    first_days.note(dimension, member, day);
                    last = Some(member);
                }
            }
        }
    }
    Ok(())
}
