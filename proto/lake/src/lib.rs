//! The lake: *what is on disk, and what does it mean?*
//!
//! A lake is a folder of Delta tables with small files beside them. This crate is the only code that reads or writes
//! them: etl stages files and commits through it, serving follows the log and fetches files through it. What a version
//! holds is read by a single parser, which also refuses lakes of an unknown format.
//!
//! ```text
//! format.rs        the tables as a contract: columns, what a commit says, format versions
//! table.rs         a Delta table: its versions, its files, one commit
//! staging.rs       files that are written beside a table, and taken away unless a commit names them
//! log.rs           a log that is read although a checkpoint is damaged; commit.rs, what one commit says
//! checksum.rs      the sums of files; sums.rs, a store that gives only files that have theirs
//! damage.rs        a file that is not what the log says
//! lake.rs          a lake by its address, as serving opens it
//! cell_table.rs    the table of cells at a version; cell_file.rs, one of its files; sound.rs, the rows of a sound one
//! records.rs       small files beside the tables; runs.rs, verifications.rs and decisions.rs, kinds of them
//! storage.rs       which stores an address may be of
//! check.rs         a look at everything, and what would mend it
//! remembered.rs    what it remembers of columns
//! housekeeping.rs  its snapshots, and what of its files may go
//! retire.rs        the days of old months go; retire/first_days.rs, what ages count from stays
//! rollback.rs      the lake holds again what it held
//! ```
//!
//! It deliberately does not know DataFusion, sources, queries, or the meaning of a cell's numbers.

mod cell_file;
mod cell_table;
mod check;
mod checksum;
mod commit;
mod damage;
mod decisions;
mod diff;
mod error;
mod file;
mod format;
mod guarded;
mod housekeeping;
mod journal;
mod lake;
mod log;
mod records;
mod remembered;
mod retire;
mod rollback;
mod runs;
mod sound;
mod staging;
mod storage;
mod sums;
mod table;
mod transient;
mod verifications;
mod version;

pub use cell_file::{CellFile, sum_of_cell_files};
pub use cell_table::{CellTable, CommitFile, FetchedFile, Said};
pub use check::{CheckReport, Fault, FaultKind, check};
pub use checksum::{CHECKSUM_TAG, Checksum};
pub use commit::Commit;
pub use damage::{Damage, DamageProblem};
pub use decisions::{Standing, decide};
pub use diff::{PeriodChange, PeriodDiff, SnapshotDiff, diff};
pub use error::{LakeError, of_newer};
pub use file::LakeFile;
pub use format::{
    CELLS_TABLE, CheckFinding, CheckOutcome, DECISION_VERSION, DECISIONS_FOLDER, DayInputs,
    Decided, Decision, Digest, FirstDays, GRAIN_COLUMN, KnownColumn, KnownColumns, LOOKUPS_FOLDER,
    LeftOutRecord, MAX_FILES_LEFT_OUT, MAX_FIRST_DAYS, MAX_MISMATCHES, META_EDGES, META_ERROR,
    META_FAMILY, META_HASH, META_KIND, META_PRECISION, Mismatch, PERIOD_COLUMN, QUARANTINE_TABLE,
    RUN_RECORD_VERSION, RUNS_FOLDER, Recipe, ReferenceErrors, RunRecord, SNAPSHOT_KEY,
    ShapeDifference, SnapshotMetadata, StepRecord, StoredType, VERIFICATION_VERSION,
    VERIFICATIONS_FOLDER, Verification, cell_schema, differences,
};
pub use housekeeping::{LakeSnapshot, MIN_KEPT, Vacuum, VacuumReport, snapshots, vacuum};
pub use journal::{Journal, JournalError};
pub use lake::Lake;
pub use records::UnreadableRecord;
pub use remembered::known_columns;
pub use retire::{CutOff, KeptMonth, RetireReport, RetiredMonth, Retirement, retire};
pub use rollback::{Rollback, RollbackReport, roll_back};
pub use runs::{RunName, runs, write_run};
pub use sound::{Batches, FileError, SoundFile};
pub use staging::{
    FilledGroup, GroupedFile, MAX_ROW_GROUP_BYTES, N_ROW_GROUP_CELLS, RowGroup, Staging, Written,
    plain,
};
pub use storage::{StoreError, Stores, open_store, register_stores};
pub use table::{
    Change, DeltaFolder, Outcome, Purpose, TableState, Trace, Version, absent_parents,
    files_by_period,
};
pub use transient::is_transient;
pub use verifications::{VerificationFile, write_verification};
pub use version::{FORMAT_VERSION, READ_VERSIONS, WRITER};
