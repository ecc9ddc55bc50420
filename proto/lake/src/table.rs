//! Delta tables whose files we write and whose commits we make ourselves.
//!
//! The write operation of `deltalake` plans a scan of the table and gives files random names. Here a file is written
//! beside the table, invisible to readers, and a single commit adds the new files and removes those that they
//! replace: so the bytes are ours, and a commit holds exactly the partitions that changed.

mod soundness;
#[cfg(test)]
mod tests;
mod trace;
mod vacuum;
mod versions;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef};
use clio_proto::{Period, RunId, SnapshotId};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::{
    CommitBuilder, CommitProperties, TableReference, TransactionError,
};
use deltalake::kernel::{
    Action, Add, LogicalFileView, MetadataExt, Remove, StructType, new_metadata,
};
use deltalake::logstore::LogStoreRef;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use object_store::ObjectStore;
use url::Url;

use crate::checksum::{CHECKSUM_TAG, Checksum, sum_of_files};
use crate::error::LakeError;
use crate::file::LakeFile;
use crate::format::{GRAIN_COLUMN, PERIOD_COLUMN, SNAPSHOT_KEY, SnapshotMetadata, differences};
use crate::journal::Journal;
use crate::log::{self, Loaded};
use crate::staging::{Staging, period_of_path};
use crate::sums::Sums;

pub use soundness::absent_parents;
pub use trace::Trace;
pub use versions::Version;

/// A folder with a Delta table, or where one will be.
#[derive(Debug)]
pub struct DeltaFolder {
    /// The folder's name below the lake.
    name: String,
    url: Url,
    log_store: LogStoreRef,
    /// The files, unchecked.
    raw: Arc<dyn ObjectStore>,
    /// The expected checksums of files in versions loaded so far, and of files staged since.
    sums: Arc<Sums>,
    /// The files, as long as they match their checksums.
    store: Arc<dyn ObjectStore>,
}

/// One version of a table.
#[derive(Debug)]
pub struct TableState {
    table: DeltaTable,
    /// The version number.
    pub version: u64,
    /// The columns, including the partition columns.
    pub schema: SchemaRef,
    /// The files, in no particular order.
    pub files: Vec<LakeFile>,
    /// Damaged checkpoints of the log that were ignored, below the table's folder.
    pub passed_over: Vec<String>,
}

/// What a commit changes.
#[derive(Debug, Default)]
pub struct Change {
    /// Files to add.
    pub added: Vec<LakeFile>,
    /// Files to remove.
    pub removed: Vec<LakeFile>,
    /// What it says of the snapshot.
    pub metadata: Option<SnapshotMetadata>,
    /// What other engines show of it in their history.
    pub purpose: Purpose,
}

/// The purpose of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Purpose {
    /// It replaces files by new ones.
    #[default]
    Writes,
    /// It adds nothing, and removes what matches a condition.
    Removes(String),
    /// It restores what an earlier version held.
    Restores(SnapshotId),
}

/// The outcome of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Committed as this version.
    Committed(u64),
    /// Another writer was faster.
    Overtaken,
    /// The storage failed and does not say whether the commit is in: its files have to stay.
    Unclear,
}

impl TableState {
    /// The checksum over the log's descriptions of its files.
    pub(crate) fn sum(&self) -> Checksum {
        sum_of_files(self.files.iter().map(of_log))
    }

    /// The names of the measures whose sums are not integers.
    pub fn float_sums(&self) -> Vec<String> {
        let fields = self.schema.fields().iter();
        let floats = fields.filter(|field| *field.data_type() == DataType::Float64);
        floats.map(|field| field.name().clone()).collect()
    }
}

/// What the log says of a file, in the form that checksums are taken over.
fn of_log(file: &LakeFile) -> (&str, Option<Period>, u64, Option<Checksum>) {
    (&file.path, file.period, file.size_bytes, file.checksum)
}

/// The checksum over the files of a state after a change.
fn sum_after(state: Option<&TableState>, change: &Change) -> Checksum {
    let gone: HashSet<&str> = change.removed.iter().map(|file| file.path.as_str()).collect();
    let before = state.iter().flat_map(|state| &state.files);
    let stay = before.filter(|file| !gone.contains(file.path.as_str()));
    sum_of_files(stay.chain(&change.added).map(of_log))
}

/// The files of each period of a state.
pub fn files_by_period(state: Option<&TableState>) -> BTreeMap<Period, Vec<LakeFile>> {
    let mut files: BTreeMap<Period, Vec<LakeFile>> = BTreeMap::new();
    for file in state.iter().flat_map(|state| &state.files) {
        if let Some(period) = file.period {
            files.entry(period).or_default().push(file.clone());
        }
    }
    files
}

impl DeltaFolder {
    /// Opens a folder below the lake, whether or not it exists; the first file written creates it.
    ///
    /// # Errors
    ///
    /// An address without a known storage, or an unusable local folder.
    pub fn open(lake: &Url, folder: &str) -> Result<Self, LakeError> {
        let fail = |url: &Url, reason: String| LakeError::refused(url, reason);
        let mut root = lake.clone();
        if !root.path().ends_with('/') {
            root.set_path(&format!("{}/", lake.path()));
        }
        let url =
            root.join(&format!("{folder}/")).map_err(|error| fail(lake, error.to_string()))?;
        if let Ok(path) = url.to_file_path()
            && let Err(error) = std::fs::metadata(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(fail(&url, format!("it cannot be written to: {error}")));
        }
        let log_store = DeltaTableBuilder::from_url(url.clone())
            .and_then(|builder| builder.build_storage())
            .map_err(|error| fail(&url, error.to_string()))?;
        let raw = log_store.object_store(None);
        let sums = Arc::new(Sums::of(folder));
        let store = sums.before(&raw);
        Ok(Self { name: folder.to_owned(), url, log_store, raw, sums, store })
    }

    /// The store of the table's files, below its folder. A file of a loaded version is returned only if it matches
    /// its checksum in the log; otherwise the error has a [`Damage`](crate::Damage) behind it.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Stages a run's files until a commit names them.
    pub fn staging<J: Journal + 'static>(
        &self,
        lake: &Url,
        run: &RunId,
        journal: Option<&Arc<J>>,
    ) -> Staging {
        let local = self.url.to_file_path().ok();
        let journal = journal.map(|journal| Arc::clone(journal) as Arc<dyn Journal>);
        Staging::new(Arc::clone(&self.raw), lake.to_string(), run, local)
            .noted_in(journal, &self.name)
            .summed_in(&self.sums)
    }

    /// The newest version; `None` where there is no table yet.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or its contents cannot be read.
    pub async fn state(&self) -> Result<Option<TableState>, LakeError> {
        self.state_at(None).await
    }

    /// A version, or the newest one; `None` where there is no table yet.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or its contents cannot be read.
    pub async fn state_at(&self, version: Option<u64>) -> Result<Option<TableState>, LakeError> {
        let table = DeltaTable::new(Arc::clone(&self.log_store));
        if !table.verify_deltatable_existence().await.map_err(|error| self.failed(&error))? {
            return Ok(None);
        }
        let loaded = log::load(&self.log_store, &self.url, version).await;
        let Loaded { table, mut passed_over } = loaded.map_err(|error| self.failed(&error))?;
        if passed_over.is_empty() && self.has_wrong_hint().await? {
            passed_over.push(format!("{}/{}", log::LOG_FOLDER, log::HINT));
        }
        let snapshot = table.snapshot().map_err(|error| self.failed(&error))?;
        let version = snapshot.version();
        let schema = snapshot.snapshot().arrow_schema();
        let mut files = Vec::new();
        for view in snapshot.log_data().iter() {
            let values = view.partition_values_map();
            let period = match values.get(PERIOD_COLUMN).and_then(Option::as_ref) {
                None => None,
                Some(text) => {
                    Some(text.parse::<Period>().map_err(|error| self.refused(error.to_string()))?)
                }
            };
            let path = view.path().into_owned();
            let by_path = period_of_path(&path);
            // A file whose period in the log differs from its folder's counts as absent: it is replaced.
            let is_misplaced = by_path.is_some() && by_path != period;
            let file = LakeFile {
                path,
                size_bytes: u64::try_from(view.size()).unwrap_or_default(),
                n_rows: view.num_records().unwrap_or_default() as u64,
                period: by_path.or(period),
                checksum: checksum_of(&view).filter(|_| !is_misplaced),
            };
            self.sums.note(&file);
            files.push(file);
        }
        Ok(Some(TableState { table, version, schema, files, passed_over }))
    }

    /// Commits a change on top of exactly this state, creating the table where there is none.
    ///
    /// # Errors
    ///
    /// Where the commit failed and is certainly not in.
    pub async fn commit(
        &self,
        state: Option<&TableState>,
        schema: &SchemaRef,
        change: &Change,
        now_millis: i64,
    ) -> Result<Outcome, LakeError> {
        self.refuse_odd_paths(change)?;
        let actions = self.actions(state, schema, change, now_millis)?;
        let metadata = change.metadata.clone().map(|metadata| {
            let files = Some(sum_after(state, change));
            SnapshotMetadata { files, ..metadata }
        });
        let text = metadata.as_ref().map(serde_json::to_string).transpose();
        let text = text.map_err(|error| self.refused(error.to_string()))?;
        let entries = text.map(|text| {
            let checksum = Checksum::of(text.as_bytes()).to_string();
            [(SNAPSHOT_KEY, text), (CHECKSUM_TAG, checksum)]
        });
        let entries = entries.into_iter().flatten();
        let entries = entries.map(|(key, text)| (key.to_owned(), serde_json::Value::String(text)));
        let is_partitioned = has_partitions(schema);
        let operation = match &change.purpose {
            Purpose::Removes(condition) => {
                DeltaOperation::Delete { predicate: Some(condition.clone()) }
            }
            Purpose::Restores(snapshot) => {
                DeltaOperation::Restore { version: Some(snapshot.0), datetime: None }
            }
            Purpose::Writes => DeltaOperation::Write {
                mode: SaveMode::Overwrite,
                partition_by: is_partitioned.then(partition_columns),
                predicate: None,
            },
        };
        let snapshot = match state {
            Some(state) => Some(state.table.snapshot().map_err(|error| self.failed(&error))?),
            None => None,
        };
        // No retries by the library: a parent that another commit changed has to be folded again.
        let properties = CommitProperties::default().with_metadata(entries).with_max_retries(0);
        let committed = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(
                snapshot.map(|snapshot| snapshot as &dyn TableReference),
                // A checkpoint that was ignored stays ignored.
                state.map_or_else(|| Arc::clone(&self.log_store), |state| state.table.log_store()),
                operation,
            )
            .await;
        match committed {
            Ok(commit) => Ok(Outcome::Committed(commit.version())),
            Err(error) if is_overtaken(&error) => Ok(Outcome::Overtaken),
            Err(error) => self.outcome_after(&error, change).await,
        }
    }

    /// Checks whether a commit is in after all: an answer may get lost on its way, and the library's work after a
    /// commit (a checkpoint) may fail.
    async fn outcome_after(
        &self,
        error: &DeltaTableError,
        change: &Change,
    ) -> Result<Outcome, LakeError> {
        tracing::warn!(%error, "a commit failed, the log is read again to see whether it is in");
        let Ok(state) = self.state().await else { return Ok(Outcome::Unclear) };
        let Some(state) = state else { return Err(self.failed(error)) };
        let is_in = match &change.metadata {
            Some(own) => match self.is_newest(&state, &own.run).await {
                Ok(is_newest) => is_newest,
                Err(_) => return Ok(Outcome::Unclear),
            },
            None => change.added.iter().all(|own| state.files.contains(own)),
        };
        if is_in { Ok(Outcome::Committed(state.version)) } else { Err(self.failed(error)) }
    }

    /// The error for a commit that may or may not be in.
    pub fn unclear(&self) -> LakeError {
        self.refused(
            "the storage failed during the commit, which may or may not be in; run again once it \
             answers: what is in already is found unchanged"
                .to_owned(),
        )
    }

    fn actions(
        &self,
        state: Option<&TableState>,
        schema: &SchemaRef,
        change: &Change,
        now_millis: i64,
    ) -> Result<Vec<Action>, LakeError> {
        let mut actions = Vec::new();
        let kernel_schema: StructType = schema
            .as_ref()
            .try_into_kernel()
            .map_err(|error| self.refused(format!("no Delta schema: {error}")))?;
        match state {
            None => {
                let protocol = serde_json::json!({ "minReaderVersion": 1, "minWriterVersion": 2 });
                let protocol = serde_json::from_value(protocol)
                    .map_err(|error| self.refused(error.to_string()))?;
                actions.push(Action::Protocol(protocol));
                let columns = if has_partitions(schema) { partition_columns() } else { Vec::new() };
                let configuration: [(String, String); 0] = [];
                let metadata = new_metadata(&kernel_schema, columns, configuration)
                    .map_err(|error| self.refused(error.to_string()))?;
                actions.push(Action::Metadata(metadata));
            }
            Some(state) if !differences(&state.schema, schema).is_empty() => {
                let snapshot = state.table.snapshot().map_err(|error| self.failed(&error))?;
                let metadata = snapshot
                    .metadata()
                    .clone()
                    .with_schema(&kernel_schema)
                    .map_err(|error| self.refused(error.to_string()))?;
                actions.push(Action::Metadata(metadata));
            }
            Some(_) => {}
        }
        actions.extend(change.removed.iter().map(|file| Action::Remove(remove(file, now_millis))));
        actions.extend(change.added.iter().map(|file| Action::Add(add(file, now_millis))));
        Ok(actions)
    }

    /// The log escapes some characters, and a file has to be removed under the name by which it was added: a file
    /// with such a character could never be removed. Our own programs write none.
    fn refuse_odd_paths(&self, change: &Change) -> Result<(), LakeError> {
        let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "-_.=/".contains(sign);
        let odd = change.removed.iter().find(|file| !file.path.chars().all(is_plain));
        odd.map_or(Ok(()), |file| {
            Err(self.refused(format!(
                "its log is damaged: it names a file `{}`, which cannot be taken out of it; bring the log's entry back \
                 from a copy, or make a new lake",
                file.path
            )))
        })
    }

    fn failed(&self, error: &DeltaTableError) -> LakeError {
        LakeError::delta(&self.url, error)
    }

    fn refused(&self, reason: String) -> LakeError {
        LakeError::refused(&self.url, reason)
    }
}

fn is_overtaken(error: &DeltaTableError) -> bool {
    match error {
        DeltaTableError::VersionAlreadyExists(_) => true,
        DeltaTableError::Transaction { source } => matches!(
            source,
            TransactionError::MaxCommitAttempts(_)
                | TransactionError::VersionAlreadyExists(_)
                | TransactionError::CommitConflict(_)
        ),
        _ => false,
    }
}

fn has_partitions(schema: &Schema) -> bool {
    schema.field_with_name(PERIOD_COLUMN).is_ok() && schema.field_with_name(GRAIN_COLUMN).is_ok()
}

fn partition_columns() -> Vec<String> {
    vec![GRAIN_COLUMN.to_owned(), PERIOD_COLUMN.to_owned()]
}

fn partition_values(file: &LakeFile) -> HashMap<String, Option<String>> {
    file.period
        .map(|period| {
            HashMap::from([
                (GRAIN_COLUMN.to_owned(), Some(period.grain().to_string())),
                (PERIOD_COLUMN.to_owned(), Some(period.to_string())),
            ])
        })
        .unwrap_or_default()
}

fn add(file: &LakeFile, now_millis: i64) -> Add {
    Add {
        path: file.path.clone(),
        partition_values: partition_values(file),
        size: i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
        modification_time: now_millis,
        data_change: true,
        stats: Some(format!("{{\"numRecords\":{}}}", file.n_rows)),
        tags: file
            .checksum
            .map(|checksum| HashMap::from([(CHECKSUM_TAG.to_owned(), Some(checksum.to_string()))])),
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}

/// A file's checksum in the log.
pub(crate) fn checksum_of(file: &LogicalFileView) -> Option<Checksum> {
    #[expect(deprecated, reason = "nothing else of the library gives the tags of an action")]
    let tags = file.add_action().tags?;
    Checksum::parse(tags.get(CHECKSUM_TAG)?.as_deref()?)
}

fn remove(file: &LakeFile, now_millis: i64) -> Remove {
    Remove {
        path: file.path.clone(),
        data_change: true,
        deletion_timestamp: Some(now_millis),
        extended_file_metadata: Some(true),
        partition_values: Some(partition_values(file)),
        size: Some(i64::try_from(file.size_bytes).unwrap_or(i64::MAX)),
        ..Remove::default()
    }
}
