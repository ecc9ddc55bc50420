//! Files whose bytes match the log, and the rows in them.

use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

use crate::checksum::Checksum;
use crate::damage::DamageProblem;

/// Rows decoded at a time: enough to amortise the calls, small enough to stay in the cache.
const BATCH_ROWS: usize = 16 * 1024;

/// A file of a table, in memory, whose bytes match the log: a damaged file that still decodes would give wrong numbers.
///
/// A file of format version 1 has no checksum, and counts as sound if its length matches. Holds the file's bytes;
/// clones share them.
#[derive(Debug, Clone)]
pub struct SoundFile(Bytes);

/// The rows of a file, decoded one batch at a time, on demand.
pub struct Batches(ParquetRecordBatchReader);

/// Why the rows of a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It lacks a requested column.
    #[error("column `{column}` is missing")]
    ColumnMissing {
        /// The column.
        column: String,
    },
    /// It cannot be decoded as Parquet.
    #[error("{reason}")]
    Undecodable {
        /// What the decoder reports.
        reason: String,
    },
}

impl SoundFile {
    /// Compares bytes with what the log says of them; `None` where there is no file. Takes as long as hashing them.
    pub(crate) fn check(
        bytes: Option<Bytes>,
        size_bytes: u64,
        checksum: Option<Checksum>,
    ) -> Result<Self, DamageProblem> {
        let bytes = bytes.ok_or(DamageProblem::Missing)?;
        let found = bytes.len() as u64;
        if found != size_bytes {
            return Err(DamageProblem::Size { expected: size_bytes, found });
        }
        if let Some(expected) = checksum {
            let found = Checksum::of(&bytes);
            if found != expected {
                return Err(DamageProblem::Checksum { expected, found });
            }
        }
        Ok(Self(bytes))
    }

    /// Its rows with some of its columns, in the file's order; optional ones may be missing.
    ///
    /// # Errors
    ///
    /// Where it is not Parquet, or lacks a required column.
    pub fn columns<'a>(
        self,
        columns: impl Iterator<Item = &'a str>,
        may_be_missing: impl Fn(&str) -> bool,
    ) -> Result<Batches, FileError> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(self.0)?;
        let mut roots = Vec::new();
        for column in columns {
            match builder.schema().column_with_name(column) {
                Some((root, _)) => roots.push(root),
                None if may_be_missing(column) => {}
                None => return Err(FileError::ColumnMissing { column: column.to_owned() }),
            }
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        Ok(Batches(builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()?))
    }

    /// Its rows with all columns.
    ///
    /// # Errors
    ///
    /// Where it is not Parquet.
    pub fn rows(self) -> Result<Batches, FileError> {
        Ok(Batches(ParquetRecordBatchReaderBuilder::try_new(self.0)?.build()?))
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.0.next()?;
        Some(batch.map_err(|error| ParquetError::from(error).into()))
    }
}

impl From<ParquetError> for FileError {
    fn from(error: ParquetError) -> Self {
        Self::Undecodable { reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};
    use parquet::arrow::ArrowWriter;

    use super::*;

    /// A file of two columns and more rows than a batch has.
    fn file() -> Bytes {
        let n_rows = i64::try_from(BATCH_ROWS).unwrap() + 5;
        let ascending: ArrayRef = Arc::new(Int64Array::from_iter_values(0..n_rows));
        let descending: ArrayRef = Arc::new(Int64Array::from_iter_values((0..n_rows).rev()));
        let rows = RecordBatch::try_from_iter([("a", ascending), ("b", descending)]).unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), None).unwrap();
        writer.write(&rows).unwrap();
        writer.close().unwrap();
        bytes.into()
    }

    fn sound(bytes: Bytes) -> SoundFile {
        let (size_bytes, checksum) = (bytes.len() as u64, Checksum::of(&bytes));
        SoundFile::check(Some(bytes), size_bytes, Some(checksum)).unwrap()
    }

    #[test]
    fn what_is_not_what_the_log_says_is_no_sound_file() {
        let bytes = file();
        let (size, sum) = (bytes.len() as u64, Checksum::of(&bytes));
        let mut other = bytes.to_vec();
        other[7] ^= 1;
        let found = Checksum::of(&other);
        let check = |bytes: Option<&[u8]>, size, sum| {
            SoundFile::check(bytes.map(Bytes::copy_from_slice), size, sum).map(|_| ())
        };
        assert_eq!(check(Some(&bytes), size, Some(sum)), Ok(()));
        assert_eq!(check(None, size, Some(sum)), Err(DamageProblem::Missing));
        assert_eq!(
            check(Some(&bytes[1..]), size, Some(sum)),
            Err(DamageProblem::Size { expected: size, found: size - 1 })
        );
        assert_eq!(
            check(Some(&other), size, Some(sum)),
            Err(DamageProblem::Checksum { expected: sum, found })
        );
        // Format version 1 says the length alone.
        assert_eq!(check(Some(&other), size, None), Ok(()));
    }

    #[test]
    fn rows_come_batch_by_batch_with_the_columns_that_were_asked_for() {
        let file = sound(file());
        let batches = file.clone().columns(["b", "c"].into_iter(), |column| column == "c").unwrap();
        let batches: Vec<RecordBatch> = batches.map(Result::unwrap).collect();
        let shape = |batch: &RecordBatch| (batch.num_rows(), batch.num_columns());
        let shapes: Vec<_> = batches.iter().map(shape).collect();
        assert_eq!(shapes, [(BATCH_ROWS, 1), (5, 1)]);
        let refused = file.clone().columns(["b", "c"].into_iter(), |_| false).err();
        assert_eq!(refused, Some(FileError::ColumnMissing { column: "c".to_owned() }));
        let n_rows: usize = file.rows().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
        assert_eq!(n_rows, BATCH_ROWS + 5);
    }

    #[test]
    fn bytes_that_are_no_parquet_are_an_error() {
        for bytes in [&b""[..], b"PAR1 and nothing else PAR1"] {
            let error = sound(Bytes::from_static(bytes)).rows().err().unwrap();
            assert!(matches!(error, FileError::Undecodable { .. }), "{error}");
        }
    }
}
