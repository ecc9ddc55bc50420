//! A data file of a table, as logs and stagings name it.

use clio_proto::Period;

use crate::checksum::Checksum;

/// A committed or staged data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeFile {
    /// The path below the table's folder.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
    /// How many rows it has; 0 where the log does not say.
    pub n_rows: u64,
    /// The period of its partition; `None` in a table without partitions.
    pub period: Option<Period>,
    /// The sum of its bytes; `None` of a file that format version 1 has added.
    pub checksum: Option<Checksum>,
}
