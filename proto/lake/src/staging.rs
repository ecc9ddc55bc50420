//! Data files: written beside the table, and deleted again unless a commit names them.

mod groups;

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use clio_proto::{Period, RunId};
use futures::TryStreamExt;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::AsyncArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

pub use groups::{FilledGroup, GroupedFile, RowGroup};

use crate::checksum::{Checksum, SummedWriter, sum_of};
use crate::error::LakeError;
use crate::file::LakeFile;
use crate::journal::Journal;
use crate::sound::SoundFile;
use crate::sums::Sums;

/// How many cells a row group holds: the unit of a reader's parallelism.
pub const N_ROW_GROUP_CELLS: usize = 1 << 16;
/// A row group also ends with the cell that brings its sketches to this many bytes: a few popular assets have most of
/// the sketch bytes, and a single thread would work on those while the others wait.
pub const MAX_ROW_GROUP_BYTES: usize = 8 << 20;

/// The version of the writer in the footer of a file. It is part of the bytes of every file, and independent of the
/// version of the commits' metadata.
const FILE_VERSION: u32 = 1;

/// The files that a run has written and not yet committed.
#[derive(Debug)]
pub struct Staging {
    store: Arc<dyn ObjectStore>,
    url: String,
    run: String,
    paths: Vec<Path>,
    /// The table's folder, if it is local.
    local: Option<PathBuf>,
    /// Where every file is noted before its first byte is written, with the folder's name below the lake.
    journal: Option<(Arc<dyn Journal>, String)>,
    /// Where the checksums of new files are noted for readers.
    sums: Option<Arc<Sums>>,
}

/// A file that was written, or found to exist already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// A new file, staged.
    New(LakeFile),
    /// The existing file has the same bytes; nothing is staged.
    Same(LakeFile),
}

impl Staging {
    /// `run` becomes part of file names.
    pub fn new(
        store: Arc<dyn ObjectStore>,
        url: String,
        run: &RunId,
        local: Option<PathBuf>,
    ) -> Self {
        let run = plain(run.as_str());
        Self { store, url, run, paths: Vec::new(), local, journal: None, sums: None }
    }

    /// Notes every file in a journal before it is written.
    pub(crate) fn noted_in(mut self, journal: Option<Arc<dyn Journal>>, folder: &str) -> Self {
        self.journal = journal.map(|journal| (journal, folder.to_owned()));
        self
    }

    /// Notes the checksum of every file for the table's readers.
    pub(crate) fn summed_in(mut self, sums: &Arc<Sums>) -> Self {
        self.sums = Some(Arc::clone(sums));
        self
    }

    /// Writes the only file of a table without partitions, and keeps it unless `old` has the same bytes.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn write<E: From<LakeError>>(
        &mut self,
        schema: &SchemaRef,
        batches: impl Iterator<Item = Result<RecordBatch, E>>,
        old: &[LakeFile],
    ) -> Result<Written, E> {
        let path = self.take_path(None).await?;
        let writer = SummedWriter::new(BufWriter::new(Arc::clone(&self.store), path.clone()));
        let mut writer =
            AsyncArrowWriter::try_new(writer, Arc::clone(schema), Some(properties(schema)))
                .map_err(|error| self.unwritten(&error))?;
        let mut n_rows = 0;
        for batch in batches {
            let batch = batch?;
            n_rows += batch.num_rows() as u64;
            writer.write(&batch).await.map_err(|error| self.unwritten(&error))?;
        }
        writer.finish().await.map_err(|error| self.unwritten(&error))?;
        let checksum = Some(writer.into_inner().checksum());
        let meta = self.store.head(&path).await.map_err(|error| self.failed(&error))?;
        let path = path.to_string();
        let file = LakeFile { path, size_bytes: meta.size, n_rows, period: None, checksum };
        Ok(self.settle(file, old).await?)
    }

    /// Begins a period's file, whose row groups are encoded in parallel.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn begin(
        &mut self,
        period: Period,
        schema: &SchemaRef,
    ) -> Result<GroupedFile, LakeError> {
        let path = self.take_path(Some(period)).await?;
        GroupedFile::new(Arc::clone(&self.store), &self.url, path, schema)
    }

    /// Ends a period's file, and keeps it unless `old` has the same bytes.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn end(
        &mut self,
        period: Period,
        file: GroupedFile,
        old: &[LakeFile],
    ) -> Result<Written, LakeError> {
        let (path, n_rows, checksum) = file.close().await?;
        let checksum = Some(checksum);
        let meta = self.store.head(&path).await.map_err(|error| self.failed(&error))?;
        let (path, size_bytes) = (path.to_string(), meta.size);
        let file = LakeFile { path, size_bytes, n_rows, period: Some(period), checksum };
        self.settle(file, old).await
    }

    /// Keeps a written file unless `old` has the same bytes, or is this very file. An old file whose checksum is not in
    /// the log is replaced, so that the log gets one.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn settle(&mut self, file: LakeFile, old: &[LakeFile]) -> Result<Written, LakeError> {
        if let [old] = old
            && old.size_bytes == file.size_bytes
            && (old.path == file.path || self.is_as_good(old, &file).await?)
        {
            if old.path != file.path {
                self.drop_file(&Path::from(file.path.as_str())).await?;
            }
            return Ok(Written::Same(LakeFile { n_rows: file.n_rows, ..old.clone() }));
        }
        self.note(&file);
        Ok(Written::New(file))
    }

    /// Whether an old file has the bytes of a new one, and its checksum in the log.
    async fn is_as_good(&self, old: &LakeFile, new: &LakeFile) -> Result<bool, LakeError> {
        let is_known = old.checksum.is_some() && old.checksum == new.checksum;
        Ok(is_known && self.same_bytes(&old.path, &new.path).await?)
    }

    fn note(&self, file: &LakeFile) {
        if let Some(sums) = &self.sums {
            sums.note(file);
        }
    }

    /// Takes over a file that another run staged: from here on it belongs to this run.
    pub fn adopt(&mut self, path: &str) {
        self.paths.push(Path::from(path));
    }

    /// The checksum of a file's bytes; `None` where it does not exist.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn sum_of(&self, path: &str) -> Result<Option<Checksum>, LakeError> {
        match sum_of(self.store.as_ref(), &Path::from(path)).await {
            Ok((_, sum)) => Ok(Some(sum)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Reads a file that a staging left behind, if its bytes have the given checksum; `None` where it is gone or
    /// differs.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn sound(
        &self,
        path: &str,
        size_bytes: u64,
        checksum: Checksum,
    ) -> Result<Option<SoundFile>, LakeError> {
        let read = async { self.store.get(&Path::from(path)).await?.bytes().await };
        let bytes = match read.await {
            Ok(bytes) => Some(bytes),
            Err(object_store::Error::NotFound { .. }) => None,
            Err(error) => return Err(self.failed(&error)),
        };
        Ok(SoundFile::check(bytes, size_bytes, Some(checksum)).ok())
    }

    /// Copies the bytes of another staged file to a period's file, unless `old` has the same.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn copy(
        &mut self,
        period: Period,
        part: &LakeFile,
        old: &[LakeFile],
    ) -> Result<Written, LakeError> {
        if let [old] = old
            && old.size_bytes == part.size_bytes
            && self.is_as_good(old, part).await?
        {
            return Ok(Written::Same(LakeFile { n_rows: part.n_rows, ..old.clone() }));
        }
        let path = self.take_path(Some(period)).await?;
        let from = Path::from(part.path.as_str());
        self.store.copy(&from, &path).await.map_err(|error| self.failed(&error))?;
        let file = LakeFile { path: path.to_string(), period: Some(period), ..part.clone() };
        self.note(&file);
        Ok(Written::New(file))
    }

    /// Forgets files that a commit now names.
    pub fn committed(&mut self, files: &[LakeFile]) {
        for file in files {
            self.forget(&file.path);
        }
        self.paths.retain(|path| files.iter().all(|file| file.path != path.as_ref()));
    }

    /// Takes a file out of the journal. A failure only costs the next run a lookup.
    fn forget(&self, path: &str) {
        if let Some((journal, folder)) = &self.journal
            && let Err(error) = journal.forget(folder, path)
        {
            tracing::warn!(file = path, %error, "the journal still names a file");
        }
    }

    /// Deletes files that no commit names. A file that cannot be deleted is left to a vacuum.
    pub async fn discard(&mut self) {
        for path in std::mem::take(&mut self.paths) {
            match self.store.delete(&path).await {
                // A file may not have been begun when the run failed.
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {
                    self.forget(path.as_ref());
                    self.remove_unfinished(&path);
                    self.remove_empty_folders(&path);
                }
                Err(error) => {
                    tracing::warn!(file = %path, %error, "an uncommitted file is left behind");
                }
            }
        }
    }

    /// Removes the folders that a deleted file leaves empty, up to the table's own. Another run about to write into one
    /// creates it again.
    fn remove_empty_folders(&self, path: &Path) {
        let Some(root) = &self.local else { return };
        let file = root.join(path.as_ref());
        let folders = file.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
        for folder in folders {
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }

    /// Deletes one file that was staged.
    ///
    /// # Errors
    ///
    /// Where the storage fails.
    pub async fn drop_file(&mut self, path: &Path) -> Result<(), LakeError> {
        self.paths.retain(|staged| staged != path);
        self.store.delete(path).await.map_err(|error| self.failed(&error))?;
        self.forget(path.as_ref());
        Ok(())
    }

    /// An unused path, noted as this run's.
    async fn take_path(&mut self, period: Option<Period>) -> Result<Path, LakeError> {
        let path = self.free_path(period).await?;
        self.paths.push(path.clone());
        if let Some((journal, folder)) = &self.journal {
            journal.intend(folder, path.as_ref()).map_err(LakeError::Journal)?;
        }
        Ok(path)
    }

    /// Removes the partial files that a local store leaves when it is killed: `NAME#1` and so on.
    fn remove_unfinished(&self, path: &Path) {
        let (Some(root), Some(name)) = (&self.local, path.filename()) else { return };
        let file = root.join(path.as_ref());
        for part in 1_u32.. {
            if std::fs::remove_file(file.with_file_name(format!("{name}#{part}"))).is_err() {
                break;
            }
        }
    }

    /// An unused path, so that no file that some version names is ever overwritten.
    async fn free_path(&self, period: Option<Period>) -> Result<Path, LakeError> {
        let folder = period.map(folder_of).unwrap_or_default();
        for attempt in 0_u32.. {
            let suffix = if attempt == 0 { String::new() } else { format!("-{attempt}") };
            let path = Path::from(format!("{folder}{}{suffix}.parquet", self.run));
            match self.store.head(&path).await {
                Err(object_store::Error::NotFound { .. }) => return Ok(path),
                Ok(_) => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        unreachable!("2^32 attempts of one run")
    }

    async fn same_bytes(&self, old: &str, new: &str) -> Result<bool, LakeError> {
        let mut pieces = Vec::new();
        for path in [old, new] {
            let object = match self.store.get(&Path::from(path)).await {
                Ok(object) => object,
                // A named file that is gone differs from any file.
                Err(object_store::Error::NotFound { .. }) => return Ok(false),
                Err(error) => return Err(self.failed(&error)),
            };
            pieces.push(Pieces { stream: object.into_stream(), rest: bytes::Bytes::new() });
        }
        let [old, new] = &mut pieces[..] else { return Ok(false) };
        loop {
            old.fill().await.map_err(|error| self.failed(&error))?;
            new.fill().await.map_err(|error| self.failed(&error))?;
            let n = old.rest.len().min(new.rest.len());
            if n == 0 {
                return Ok(old.rest.is_empty() && new.rest.is_empty());
            }
            if old.rest.split_to(n) != new.rest.split_to(n) {
                return Ok(false);
            }
        }
    }

    fn failed(&self, error: &object_store::Error) -> LakeError {
        LakeError::storage(&self.url, error)
    }

    fn unwritten(&self, error: &ParquetError) -> LakeError {
        LakeError::unwritten(&self.url, error)
    }
}

/// The prefix of the folders of partitions.
pub(crate) const PARTITION_FOLDER: &str = "grain=";

/// The folder of a period's files.
pub(crate) fn folder_of(period: Period) -> String {
    format!("{PARTITION_FOLDER}{}/period={period}/", period.grain())
}

/// The period in whose folder a file is; `None` where the folders are not ours.
pub(crate) fn period_of_path(path: &str) -> Option<Period> {
    let (_, below) = path.strip_prefix(PARTITION_FOLDER)?.split_once("/period=")?;
    let period: Period = below.split_once('/')?.0.parse().ok()?;
    path.starts_with(&folder_of(period)).then_some(period)
}

/// A run's name as a part of file names.
pub fn plain(run: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    run.chars().map(|letter| if is_plain(letter) { letter } else { '-' }).collect()
}

/// A file's bytes as they arrive.
struct Pieces {
    stream: futures::stream::BoxStream<'static, object_store::Result<bytes::Bytes>>,
    rest: bytes::Bytes,
}

impl Pieces {
    /// Waits for bytes if there are none; at the end there are still none.
    async fn fill(&mut self) -> object_store::Result<()> {
        while self.rest.is_empty() {
            match self.stream.try_next().await? {
                Some(piece) => self.rest = piece,
                None => break,
            }
        }
        Ok(())
    }
}

/// The same cells give the same bytes: nothing here depends on time, threads or the machine.
fn properties(schema: &SchemaRef) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(N_ROW_GROUP_CELLS))
        .set_max_row_group_bytes(Some(MAX_ROW_GROUP_BYTES))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // In the form that other engines parse: a name, a version, a build.
        .set_created_by(format!("clio version {FILE_VERSION}.0.0 (build 0)"));
    for field in schema.fields() {
        if *field.data_type() == DataType::Binary {
            // Sketches are all different, and their minimum is meaningless.
            let column = ColumnPath::from(field.name().as_str());
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_statistics_enabled(column, EnabledStatistics::None);
        }
    }
    properties.build()
}
