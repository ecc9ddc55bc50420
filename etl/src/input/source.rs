//! Files as a table: where they are, which columns they have, and how the engine reads them.
//!
//! ```text
//! FileSet ──listing──▶ files, with the day of their `dt=` folder
//!         ──schema───▶ one schema over all of them (footers, header lines, or all JSON rows)
//!         ──provider─▶ rows: the files' columns, then `_file` and `dt`
//!         ──frame────▶ the model's computed columns on top
//! ```

mod bad_rows;
mod compression;
mod expression;
#[cfg(test)]
pub(crate) mod faults;
mod lines;
mod listing;
mod locate;
mod parquet;
mod quotes;
mod recount;
mod schema;
mod settle;
mod steady;
mod text;

use std::sync::Arc;

use clio_lake::open_store;
use clio_proto::{FileSet, Format};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::{DataFrame, SessionContext};
use object_store::ObjectStore;
use object_store::path::Path;
use url::Url;

pub(crate) use bad_rows::BadRow;
pub(crate) use expression::Scope;
pub(crate) use listing::{FolderDays, SourceFile, format_of, is_hidden};
pub(crate) use parquet::parquet_table;

use self::bad_rows::BadRows;
use self::listing::Found;
use self::schema::Spelling;
use self::settle::Settled;
use crate::error::{EtlError, ReadError, TableName};
use crate::functions::Exact;
use crate::input::columns::Columns;
use crate::input::left_out::LeftOut;

/// The column with a file's name, without folder and ending.
pub(crate) const FILE_COLUMN: &str = "_file";
/// The column with the day of a file's folder, as a text; null outside of such folders.
pub(crate) const FOLDER_COLUMN: &str = "dt";
/// The same day as a date, under a name that is ours alone and that no message shows.
pub(crate) const FOLDER_DAY_COLUMN: &str = "__folder";

/// The files of a source or lookup, none of them opened.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: TableName,
    pub(crate) url: Url,
    pub(crate) files: Vec<SourceFile>,
    /// Paths of files that are not read, for their names alone.
    left_out: Vec<String>,
    file_set: FileSet,
    store: Arc<dyn ObjectStore>,
    store_url: ObjectStoreUrl,
}

impl Listed {
    /// Lists the files of these folders, in the order of their paths.
    pub(crate) async fn list(
        ctx: &SessionContext,
        name: TableName,
        file_set: &FileSet,
        base: &Url,
        days: FolderDays,
    ) -> Result<Self, ReadError> {
        let address = |reason: String| ReadError::Address {
            what: name.to_string(),
            url: file_set.url.clone(),
            reason,
        };
        let url = base.join(&file_set.url).map_err(|error| address(error.to_string()))?;
        let store_url = ObjectStoreUrl::parse(&url[..url::Position::BeforePath])
            .map_err(|error| address(error.to_string()))?;
        let store = store_of(ctx, &url, &store_url).map_err(address)?;
        let Found { files, left_out } =
            listing::list(store.as_ref(), &name, file_set, &url, days).await?;
        let file_set = file_set.clone();
        Ok(Self { name, url, files, left_out, file_set, store, store_url })
    }

    /// What is not read of the folder, if anything is.
    pub(crate) fn left_out(&self) -> Option<LeftOut> {
        (!self.left_out.is_empty())
            .then(|| LeftOut { table: self.name.to_string(), files: self.left_out.clone() })
    }

    /// Every file lies in a `dt=` folder, so that one day can be read without the others.
    pub(crate) fn has_folders(&self) -> bool {
        self.files.iter().all(|file| file.folder_day.is_some())
    }

    /// How many days before that of their `dt=` folder events may be of.
    pub(crate) fn late_days(&self) -> i32 {
        self.file_set.late_days.map_or(0, i32::from)
    }

    /// Some of the files as one text: their paths below the source's address, sizes, and ages or tags.
    pub(crate) fn describe<'a>(&self, files: impl IntoIterator<Item = &'a SourceFile>) -> String {
        let root = Path::from_url_path(self.url.path()).unwrap_or_default();
        let mut lines: Vec<String> =
            files.into_iter().map(|file| file.identity(&root, &self.url)).collect();
        // Whatever the order in which a storage lists them.
        lines.sort_unstable();
        lines.join("\n")
    }
}

/// An opened set of files: listed, with one schema.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: TableName,
    pub(crate) url: Url,
    files: Vec<SourceFile>,
    left_out: Vec<String>,
    file_set: FileSet,
    store: Arc<dyn ObjectStore>,
    store_url: ObjectStoreUrl,
    /// The columns that files have.
    schema: SchemaRef,
    /// Columns whose names differ in nothing but case.
    spellings: Vec<Spelling>,
    /// What is known of rows besides: file, day of the folder, and what other folders' names say.
    virtual_columns: Vec<Arc<Field>>,
    /// What is cast of them, since the model or earlier files have another type.
    casts: Vec<Exact>,
    /// Numbers of text files are read as texts where other files have texts.
    coerces: bool,
    bad_rows: BadRows,
}

impl Table {
    /// Lists the files, of these folders only, and reads their schemas.
    pub(crate) async fn open(
        ctx: &SessionContext,
        name: TableName,
        file_set: &FileSet,
        base: &Url,
        days: FolderDays,
    ) -> Result<Self, EtlError> {
        let listed = Listed::list(ctx, name, file_set, base, days).await?;
        let files = listed.files.clone();
        Self::of(ctx, listed, files).await
    }

    /// Opens some of the files that were listed, and reads their schemas.
    pub(crate) async fn of(
        ctx: &SessionContext,
        listed: Listed,
        files: Vec<SourceFile>,
    ) -> Result<Self, EtlError> {
        let Listed { name, url, files: all, left_out, file_set, store, store_url } = listed;
        let columns = Columns::of(ctx);
        let mut looked_at = files.clone();
        let mut n_before = 0;
        if files.is_empty() {
            // No file of these days: one of another day tells the columns, so that the model is checked.
            let others = match all.is_empty() {
                true => listing::list(store.as_ref(), &name, &file_set, &url, None).await?.files,
                false => all,
            };
            looked_at.extend(others.last().cloned());
            n_before = looked_at.len();
        } else if columns.of_table(&name).known.is_empty()
            && let Some(first) =
                all.first().filter(|first| first.meta.location != files[0].meta.location)
        {
            // What columns are is decided by the first file, whichever days are made first.
            looked_at.insert(0, first.clone());
            n_before = 1;
        }
        let schemas = schema::read(ctx, &store, &name, &file_set, &looked_at).await?;
        let spellings = schema::spellings(&schemas, &file_set, &looked_at);
        let settled = settle::Files {
            name: &name,
            url: &url,
            files: &looked_at,
            schemas: &schemas,
            n_before,
            has_free_keys: file_set.format == Format::Ndjson,
        };
        let Settled { schema, casts, coerces } = settle::settle(&settled, &columns)?;
        #[cfg(test)]
        let schema = faults::schema(&url, schema);
        let virtual_columns = virtual_columns(&schema, &looked_at);
        Ok(Self {
            name,
            url,
            files,
            left_out,
            file_set,
            store,
            store_url,
            schema,
            spellings,
            virtual_columns,
            casts,
            coerces,
            bad_rows: BadRows::default(),
        })
    }

    /// Paths of files that are not read, for their names alone.
    pub(crate) fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The files, in the order of their paths.
    pub(crate) fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// How many days before that of their `dt=` folder events may be of.
    pub(crate) fn late_days(&self) -> i32 {
        self.file_set.late_days.map_or(0, i32::from)
    }

    /// The columns of rows: the files' and the virtual ones.
    fn rows_schema(&self) -> SchemaRef {
        let all = self.schema.fields().iter().chain(&self.virtual_columns).cloned();
        Arc::new(Schema::new(all.collect::<Vec<_>>()))
    }

    /// The rows of some of the files, but for those that were [set aside](Self::set_aside).
    pub(crate) fn provider(
        &self,
        files: Vec<SourceFile>,
        n_partitions: usize,
    ) -> Arc<dyn TableProvider> {
        self.patched(files, n_partitions)
    }

    /// All rows of some of the files.
    fn whole(&self, files: Vec<SourceFile>, n_partitions: usize) -> Arc<dyn TableProvider> {
        let rows = match &self.file_set.format {
            Format::Parquet => parquet::provider(
                &self.name,
                &self.store,
                &self.schema,
                &self.virtual_columns,
                self.store_url.clone(),
                &files,
                n_partitions,
            ),
            Format::Csv(_) | Format::Ndjson => text::provider(
                self.name.clone(),
                (self.file_set.format.clone(), self.coerces),
                &self.schema,
                &self.virtual_columns,
                Arc::clone(&self.store),
                files,
                n_partitions,
            ),
        };
        #[cfg(test)]
        let rows = faults::applied(&self.url, rows);
        rows
    }

    /// Rows with the model's computed columns, each usable by all others.
    pub(crate) fn frame(
        &self,
        ctx: &SessionContext,
        provider: Arc<dyn TableProvider>,
    ) -> Result<DataFrame, EtlError> {
        expression::with_computed_columns(ctx, self, provider, &self.file_set.columns)
    }

    /// Finds the file and the row in which a plan fails that failed over all of them; `error` itself
    /// where no single file fails. `key_of` knows the key in the model behind a column of the plan.
    pub(crate) async fn locate<F>(
        &self,
        ctx: &SessionContext,
        files: Vec<SourceFile>,
        error: EtlError,
        plan: F,
        key_of: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> EtlError
    where
        F: Fn(Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
    {
        locate::locate(self, ctx, files, error, plan, key_of).await
    }
}

/// The store that an address is of.
pub(crate) fn store_of(
    ctx: &SessionContext,
    url: &Url,
    store_url: &ObjectStoreUrl,
) -> Result<Arc<dyn ObjectStore>, String> {
    if let Ok(store) = ctx.runtime_env().object_store(store_url) {
        return Ok(store);
    }
    // The stores that the lake may be on too: the binary says which, and with whose credentials.
    let store = open_store(url).map_err(|error| error.to_string())?;
    ctx.register_object_store(store_url.as_ref(), Arc::clone(&store));
    Ok(store)
}

/// Whether a column is one that the model may name.
pub(crate) fn is_public(column: &str) -> bool {
    column != FOLDER_DAY_COLUMN
}

/// `_file`, `dt` and the keys of `key=value` folders, unless the files have a column of that name, and the
/// folder's day.
fn virtual_columns(schema: &Schema, files: &[SourceFile]) -> Vec<Arc<Field>> {
    let folders = files.iter().flat_map(|file| file.partitions.iter().map(|(key, _)| key.as_str()));
    let mut names = vec![FILE_COLUMN, FOLDER_COLUMN];
    for key in folders {
        if !names.contains(&key) && is_public(key) {
            names.push(key);
        }
    }
    names
        .into_iter()
        .filter(|name| schema.column_with_name(name).is_none())
        .map(|name| Field::new(name, DataType::Utf8, true))
        .chain([Field::new(FOLDER_DAY_COLUMN, DataType::Date32, true)])
        .map(Arc::new)
        .collect()
}
