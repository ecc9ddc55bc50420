//! A data file of a table, as logs and stagings describe it.

use clio_proto::Period;

use crate::checksum::Checksum;

/// A committed or staged data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeFile {
    /// The path below the table's folder.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
    /// The number of rows; 0 where the log does not say.
    pub n_rows: u64,
    /// The period of its partition; `None` in a table without partitions.
    pub period: Option<Period>,
    /// The checksum of its bytes; `None` for a file added by format version 1.
    pub checksum: Option<Checksum>,
}
