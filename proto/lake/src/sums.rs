//! The expected checksums of a table's files, and a store that returns only files that match them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tokio::sync::OnceCell;

use crate::checksum::{Checksum, sum_of};
use crate::damage::{Damage, DamageProblem};
use crate::file::LakeFile;
use crate::guarded::{Guard, Guarded};

#[cfg(test)]
mod tests;

/// How many files are checked at once: enough to hide the latency of an object store.
const N_LOOKED_AT: usize = 8;

/// What is known of a table's files.
///
/// A file is read whole and compared once, when its bytes are first requested; the outcome is remembered, since no
/// file of a lake is ever rewritten. A storage that does not answer is not damage, and is asked again.
#[derive(Debug)]
pub(crate) struct Sums {
    /// The folder below the lake.
    table: String,
    known: Mutex<HashMap<Path, Arc<Known>>>,
}

#[derive(Debug)]
struct Known {
    file: LakeFile,
    checksum: Checksum,
    found: OnceCell<Option<Damage>>,
}

impl Sums {
    pub(crate) fn of(table: &str) -> Self {
        Self { table: table.to_owned(), known: Mutex::default() }
    }

    /// Wraps a store so that files noted here are readable only if their checksums match.
    pub(crate) fn before(self: &Arc<Self>, store: &Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        Arc::new(Guarded::new(Arc::clone(store), Arc::clone(self)))
    }

    /// Notes what a file should be. A file without a checksum is read unchecked.
    pub(crate) fn note(&self, file: &LakeFile) {
        let Some(checksum) = file.checksum else { return };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let path = Path::from(file.path.as_str());
        if known.get(&path).is_none_or(|known| known.checksum != checksum) {
            let file = file.clone();
            known.insert(path, Arc::new(Known { file, checksum, found: OnceCell::new() }));
        }
    }

    /// Checks all of some files, and returns what is wrong, ordered by path.
    ///
    /// Files with a checksum are read; those without are also decoded, which detects less.
    pub(crate) async fn damaged(
        &self,
        store: &Arc<dyn ObjectStore>,
        files: &[LakeFile],
    ) -> object_store::Result<Vec<Damage>> {
        let looks = futures::stream::iter(files).map(|file| self.damage_of(store, file));
        let found: Vec<_> = looks.buffer_unordered(N_LOOKED_AT).try_collect().await?;
        let mut found: Vec<Damage> = found.into_iter().flatten().collect();
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// What is wrong with a file, if anything.
    pub(crate) async fn damage_of(
        &self,
        store: &Arc<dyn ObjectStore>,
        file: &LakeFile,
    ) -> object_store::Result<Option<Damage>> {
        let path = Path::from(file.path.as_str());
        if file.checksum.is_some() {
            self.note(file);
            return self.look(store, &path).await;
        }
        let bytes = match async { store.get(&path).await?.bytes().await }.await {
            Ok(bytes) => bytes,
            Err(object_store::Error::NotFound { .. }) => {
                return Ok(Some(self.damage(file, DamageProblem::Missing)));
            }
            Err(error) => return Err(error),
        };
        let found = bytes.len() as u64;
        if found != file.size_bytes {
            let problem = DamageProblem::Size { expected: file.size_bytes, found };
            return Ok(Some(self.damage(file, problem)));
        }
        let n_rows = file.n_rows;
        let decoded = tokio::task::spawn_blocking(move || decode(bytes, n_rows)).await;
        // A decoder that panics has not read the file.
        let decoded = decoded
            .unwrap_or_else(|error| Err(DamageProblem::Unreadable { reason: error.to_string() }));
        Ok(decoded.err().map(|problem| self.damage(file, problem)))
    }

    /// Checks a noted file, once.
    async fn look(
        &self,
        store: &Arc<dyn ObjectStore>,
        path: &Path,
    ) -> object_store::Result<Option<Damage>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        let Some(known) = known else { return Ok(None) };
        let look = || async {
            let file = &known.file;
            let (found, sum) = match sum_of(store.as_ref(), path).await {
                Ok(found) => found,
                Err(object_store::Error::NotFound { .. }) => {
                    return Ok(Some(self.damage(file, DamageProblem::Missing)));
                }
                Err(error) => return Err(error),
            };
            let problem = if found != file.size_bytes {
                DamageProblem::Size { expected: file.size_bytes, found }
            } else if sum != known.checksum {
                DamageProblem::Checksum { expected: known.checksum, found: sum }
            } else {
                return Ok(None);
            };
            Ok(Some(self.damage(file, problem)))
        };
        known.found.get_or_try_init(look).await.cloned()
    }

    /// The damage that a reader ran into, if any: engines that read through a store may lose its error behind their
    /// own.
    pub(crate) fn met(&self) -> Option<Damage> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut met: Vec<Damage> =
            known.values().filter_map(|known| known.found.get()?.clone()).collect();
        met.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        met.into_iter().next()
    }

    fn damage(&self, file: &LakeFile, problem: DamageProblem) -> Damage {
        Damage { table: self.table.clone(), path: file.path.clone(), period: file.period, problem }
    }
}

#[async_trait]
impl Guard for Sums {
    async fn admit(&self, store: &Arc<dyn ObjectStore>, path: &Path) -> object_store::Result<()> {
        match self.look(store, path).await? {
            None => Ok(()),
            Some(damage) => {
                let source = Box::new(damage);
                Err(object_store::Error::Generic { store: "the lake", source })
            }
        }
    }
}

/// Reads a file to its end.
fn decode(bytes: Bytes, n_rows: u64) -> Result<(), DamageProblem> {
    let unreadable =
        |error: &dyn std::error::Error| DamageProblem::Unreadable { reason: error.to_string() };
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(|error| unreadable(&error))?;
    let mut found = 0;
    for batch in reader {
        found += batch.map_err(|error| unreadable(&error))?.num_rows() as u64;
    }
    // A log without the file's number of rows is recorded as 0.
    if n_rows > 0 && found != n_rows {
        return Err(DamageProblem::Rows { expected: n_rows, found });
    }
    Ok(())
}
