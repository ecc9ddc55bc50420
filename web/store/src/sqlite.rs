//! The store in one SQLite file.
//!
//! The journal of a transaction is a file beside it that disappears when the transaction ends, so that at rest the
//! single file holds everything: a copy of it is a backup. A write-ahead log would be faster, but a copy without it
//! would lack the latest writes.

mod acknowledgements;
mod annotations;
mod links;
mod migrations;
mod mutes;
mod row;
#[cfg(test)]
mod tests;
mod views;
mod visits;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::Mutex;

use crate::acknowledgement::{
    Acknowledgement, AcknowledgementDraft, AcknowledgementPage, checked_note,
};
use crate::annotation::{Annotation, AnnotationDraft, AnnotationPage, AnnotationsAsked};
use crate::error::{OpenError, StoreError};
use crate::limits::StoreLimits;
use crate::link::{Link, LinkDraft};
use crate::mute::{Mute, MuteDraft};
use crate::scope::{Revision, Scope};
use crate::store::Store;
use crate::view::{View, ViewDraft};
use crate::visit::{Visit, VisitDraft};

/// How long a call waits for another process that uses the file, such as a second gateway or a copy by SQLite itself.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How many removed things of each kind and dataset can be restored.
const MAX_REMOVED: u32 = 200;

/// The store in one file. A call takes less than a millisecond, a change as long as the disk takes to persist it.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Arc<Mutex<Connection>>,
    limits: StoreLimits,
    clock: fn() -> Timestamp,
}

/// What a call works with.
#[derive(Clone, Copy)]
struct Work<'a> {
    transaction: &'a Transaction<'a>,
    scope: &'a Scope,
    limits: &'a StoreLimits,
    now: Timestamp,
}

impl SqliteStore {
    /// Opens the file, creating it if it does not exist, and migrates an older one. The whole file is checked first,
    /// which takes a second per 200 MiB or so.
    ///
    /// # Errors
    ///
    /// When the file is not a store, is damaged, was written by a newer program, or cannot be written.
    pub fn open(
        path: &Path,
        limits: StoreLimits,
        clock: fn() -> Timestamp,
    ) -> Result<Self, OpenError> {
        let failed = |error: &rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                OpenError::Damaged { path: path.to_owned(), reason: error.to_string() }
            }
            _ => OpenError::Database { path: path.to_owned(), reason: error.to_string() },
        };
        let mut connection = Connection::open(path).map_err(|error| failed(&error))?;
        prepare(&connection).map_err(|error| failed(&error))?;
        migrations::check(&connection, path, failed)?;
        migrations::migrate(&mut connection, migrations::NEWEST).map_err(|error| failed(&error))?;
        limit_file(&connection, limits.file_bytes).map_err(|error| failed(&error))?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), limits, clock })
    }

    /// Does all the work of a call in one transaction, off the serving threads.
    async fn call<T: Send + 'static>(
        &self,
        scope: &Scope,
        behavior: TransactionBehavior,
        work: impl FnOnce(Work<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (scope, limits, now) = (scope.clone(), self.limits.clone(), (self.clock)());
        let limit = limits.file_bytes;
        let mut connection = Arc::clone(&self.connection).lock_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let transaction = connection.transaction_with_behavior(behavior)?;
            let worked =
                work(Work { transaction: &transaction, scope: &scope, limits: &limits, now })?;
            transaction.commit()?;
            Ok(worked)
        });
        let done = done.await.unwrap_or_else(|error| Err(Failure::failed(&error)));
        done.map_err(|failure| match failure {
            Failure::Refused(error) => error,
            Failure::Database(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                StoreError::Full { limit }
            }
            Failure::Database(error) => StoreError::Failed { reason: error.to_string() },
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        scope: &Scope,
        work: impl FnOnce(Work<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.call(scope, TransactionBehavior::Deferred, work).await
    }

    async fn write<T: Send + 'static>(
        &self,
        scope: &Scope,
        work: impl FnOnce(Work<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.call(scope, TransactionBehavior::Immediate, work).await
    }
}

/// Why a transaction is rolled back.
#[derive(Debug)]
enum Failure {
    Refused(StoreError),
    Database(rusqlite::Error),
}

impl Failure {
    fn failed(error: &dyn std::fmt::Display) -> Self {
        Self::Refused(StoreError::Failed { reason: error.to_string() })
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    // What was reported as stored is on the disk.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

fn limit_file(connection: &Connection, file_bytes: u64) -> rusqlite::Result<()> {
    let page: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // SQLite does not support more pages.
    let pages = u32::try_from(file_bytes / u64::from(page.max(1))).unwrap_or(u32::MAX - 1);
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
}

#[async_trait]
impl Store for SqliteStore {
    async fn views(&self, scope: &Scope) -> Result<Vec<View>, StoreError> {
        self.read(scope, views::all).await
    }

    async fn add_view(&self, scope: &Scope, draft: ViewDraft) -> Result<View, StoreError> {
        let draft = draft.checked()?;
        self.write(scope, move |work| views::add(work, &draft)).await
    }

    async fn change_view(
        &self,
        scope: &Scope,
        at: Revision,
        draft: ViewDraft,
    ) -> Result<View, StoreError> {
        let draft = draft.checked()?;
        self.write(scope, move |work| views::change(work, at, &draft)).await
    }

    async fn remove_view(&self, scope: &Scope, at: Revision) -> Result<View, StoreError> {
        self.write(scope, move |work| views::remove(work, at)).await
    }

    async fn restore_view(&self, scope: &Scope, at: Revision) -> Result<View, StoreError> {
        self.write(scope, move |work| views::restore(work, at)).await
    }

    async fn open_view(&self, scope: &Scope, id: i64) -> Result<View, StoreError> {
        self.write(scope, move |work| views::open(work, id)).await
    }

    async fn set_default_view(
        &self,
        scope: &Scope,
        id: Option<i64>,
    ) -> Result<Option<View>, StoreError> {
        self.write(scope, move |work| views::set_default(work, id)).await
    }

    async fn annotations(
        &self,
        scope: &Scope,
        asked: AnnotationsAsked,
    ) -> Result<AnnotationPage, StoreError> {
        self.read(scope, move |work| annotations::page(work, &asked)).await
    }

    async fn add_annotation(
        &self,
        scope: &Scope,
        draft: AnnotationDraft,
    ) -> Result<Annotation, StoreError> {
        let draft = draft.checked()?;
        self.write(scope, move |work| annotations::add(work, &draft)).await
    }

    async fn change_annotation(
        &self,
        scope: &Scope,
        at: Revision,
        draft: AnnotationDraft,
    ) -> Result<Annotation, StoreError> {
        let draft = draft.checked()?;
        self.write(scope, move |work| annotations::change(work, at, &draft)).await
    }

    async fn remove_annotation(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Annotation, StoreError> {
        self.write(scope, move |work| annotations::remove(work, at)).await
    }

    async fn restore_annotation(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Annotation, StoreError> {
        self.write(scope, move |work| annotations::restore(work, at)).await
    }

    async fn add_link(&self, scope: &Scope, draft: LinkDraft) -> Result<Link, StoreError> {
        let draft = draft.checked()?;
        self.write(scope, move |work| links::add(work, draft)).await
    }

    async fn link(&self, scope: &Scope, id: &str) -> Result<Link, StoreError> {
        let id = id.to_owned();
        self.write(scope, move |work| links::find(work, &id)).await
    }

    async fn acknowledgements(
        &self,
        scope: &Scope,
        limit: usize,
    ) -> Result<AcknowledgementPage, StoreError> {
        self.read(scope, move |work| acknowledgements::page(work, limit)).await
    }

    async fn add_acknowledgement(
        &self,
        scope: &Scope,
        draft: AcknowledgementDraft,
    ) -> Result<Acknowledgement, StoreError> {
        let draft = draft.checked()?;
        self.write(scope, move |work| acknowledgements::add(work, &draft)).await
    }

    async fn change_acknowledgement(
        &self,
        scope: &Scope,
        at: Revision,
        note: Option<String>,
    ) -> Result<Acknowledgement, StoreError> {
        let note = checked_note(note)?;
        self.write(scope, move |work| acknowledgements::change(work, at, note.as_deref())).await
    }

    async fn remove_acknowledgement(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Acknowledgement, StoreError> {
        self.write(scope, move |work| acknowledgements::remove(work, at)).await
    }

    async fn restore_acknowledgement(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Acknowledgement, StoreError> {
        self.write(scope, move |work| acknowledgements::restore(work, at)).await
    }

    async fn mutes(&self, scope: &Scope) -> Result<Vec<Mute>, StoreError> {
        self.read(scope, mutes::all).await
    }

    async fn add_mute(&self, scope: &Scope, draft: MuteDraft) -> Result<Mute, StoreError> {
        let draft = draft.checked()?;
        self.write(scope, move |work| mutes::add(work, &draft)).await
    }

    async fn remove_mute(&self, scope: &Scope, at: Revision) -> Result<Mute, StoreError> {
        self.write(scope, move |work| mutes::remove(work, at)).await
    }

    async fn restore_mute(&self, scope: &Scope, at: Revision) -> Result<Mute, StoreError> {
        self.write(scope, move |work| mutes::restore(work, at)).await
    }

    async fn last_visit(&self, scope: &Scope) -> Result<Option<Visit>, StoreError> {
        self.read(scope, visits::last).await
    }

    async fn add_visit(&self, scope: &Scope, draft: VisitDraft) -> Result<Visit, StoreError> {
        let draft = draft.checked()?;
        self.write(scope, move |work| visits::keep(work, draft)).await
    }
}
