//! The lake: *what is on disk, and what does it mean?*
//!
//! A lake is a folder of Delta tables and of small files beside them. This crate is the only code that reads or
//! writes them: the etl stages files and commits through it, serving follows the log and fetches files through it.
//! Whoever asks what a version holds gets it from one parser, and a lake of a format that this build does not know
//! is refused there.
//!
//! ```text
//! format.rs        the tables as a contract: columns, what a commit says, format versions
//! table.rs         a Delta table: its versions, its files, one commit
//! staging.rs       files that are written beside a table, and taken away unless a commit names them
//! lake.rs          a lake as serving follows it
//! runs.rs          the records of runs
//! housekeeping.rs  its history, and what of its files may go
//! retire.rs        the days of old months go
//! ```
//!
//! It deliberately does not know DataFusion, sources, queries, or what a cell's number means.

mod error;
mod format;
mod housekeeping;
mod journal;
mod lake;
mod retire;
mod runs;
mod staging;
mod table;
mod transient;

pub use error::LakeError;
pub use format::{
    CELLS_TABLE, CheckFinding, CheckOutcome, DayInputs, Digest, FORMAT_VERSION, GRAIN_COLUMN,
    KnownColumn, KnownColumns, LOOKUPS_FOLDER, MAX_MISMATCHES, META_FAMILY, META_HASH, META_KIND,
    META_PRECISION, Mismatch, PERIOD_COLUMN, QUARANTINE_TABLE, Recipe, ReferenceErrors,
    SNAPSHOT_KEY, ShapeDifference, SnapshotMetadata, StoredMeasure, StoredType,
    VERIFICATIONS_FOLDER, Verification, cell_schema, differences, verification_prefix,
};
pub use housekeeping::{LakeSnapshot, VacuumReport, snapshots, vacuum};
pub use journal::{Journal, JournalError};
pub use lake::{CellFile, Commit, CommitFile, Lake, cell_files};
pub use retire::{CutOff, KeptMonth, RetireReport, RetiredMonth, Retirement, retire};
pub use runs::{runs, write_run};
pub use staging::{
    FilledGroup, GroupedFile, MAX_ROW_GROUP_BYTES, N_ROW_GROUP_CELLS, RowGroup, Staging, Written,
    plain,
};
pub use table::{
    Change, DeltaFolder, LakeFile, Outcome, TableState, Trace, Version, files_by_period,
};
pub use transient::is_transient;
