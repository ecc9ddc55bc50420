//! Files as an origin: found through the object store, in folders some of which stand for a day, and read by
//! format.

mod compression;
mod lines;
mod listing;
mod parquet;
mod place;
mod quotes;
mod recount;
mod rows;
mod schema;
mod steady;
mod text;

use std::sync::Arc;

use async_trait::async_trait;
use clio_lake::open_store;
use clio_proto::{FileSet, Format};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use object_store::ObjectStore;
use object_store::path::Path;
use url::{Position, Url};

use self::listing::{Found, SourceFile};
pub(crate) use self::listing::{format_of, is_hidden};
use super::bad_rows::BadRow;
use super::origin::{Listing, Origin, RowColumns, Rows};
use super::{FILE_COLUMN, Piece, PieceDays};
use crate::error::{EtlError, Place, ReadError, TableName};

/// The column with the day of a file's `dt=` folder, as text; null outside of such folders.
pub(crate) const FOLDER_COLUMN: &str = "dt";

/// The files of a source or lookup.
#[derive(Debug)]
pub(super) struct Files {
    name: TableName,
    url: Url,
    set: FileSet,
    store: Arc<dyn ObjectStore>,
    store_url: ObjectStoreUrl,
}

impl Files {
    /// The files at an address; otherwise why it cannot be used.
    pub(super) fn new(
        ctx: &SessionContext,
        name: &TableName,
        set: &FileSet,
        url: &Url,
    ) -> Result<Self, String> {
        let store_url = ObjectStoreUrl::parse(&url[..Position::BeforePath]);
        let store_url = store_url.map_err(|error| error.to_string())?;
        let store = store_of(ctx, url, &store_url)?;
        Ok(Self { name: name.clone(), url: url.clone(), set: set.clone(), store, store_url })
    }

    fn root(&self) -> Path {
        Path::from_url_path(self.url.path()).unwrap_or_default()
    }
}

/// The file behind a piece.
fn file_of(piece: &Piece) -> &SourceFile {
    piece.own()
}

/// A file's name without folder and extension.
pub(crate) fn stem_of(piece: &Piece) -> &str {
    file_of(piece).stem()
}

fn files_of(pieces: &[Piece]) -> Vec<SourceFile> {
    pieces.iter().map(|piece| file_of(piece).clone()).collect()
}

#[async_trait]
impl Origin for Files {
    async fn list(&self, days: PieceDays) -> Result<Listing, ReadError> {
        let found = listing::list(self.store.as_ref(), &self.name, &self.set, &self.url, days);
        let Found { files, left_out } = found.await?;
        let piece =
            |file: SourceFile| Piece::new(file.path(), file.meta.size, file.folder_day, file);
        Ok(Listing { pieces: files.into_iter().map(piece).collect(), left_out })
    }

    fn describe(&self, piece: &Piece) -> String {
        file_of(piece).identity(&self.root(), &self.url)
    }

    fn short_name(&self, piece: &Piece) -> String {
        let file = file_of(piece);
        // Its name, where the address is that of the file itself.
        let below = file.below(&self.root()).filter(|below| !below.is_empty());
        below.unwrap_or_else(|| file.meta.location.filename().unwrap_or_default().to_owned())
    }

    async fn columns(
        &self,
        ctx: &SessionContext,
        pieces: &[Piece],
    ) -> Result<Vec<SchemaRef>, EtlError> {
        schema::read(ctx, &self.store, &self.name, &self.set, &files_of(pieces)).await
    }

    fn has_free_keys(&self) -> bool {
        match self.set.format {
            Format::Ndjson => true,
            Format::Parquet | Format::Csv(_) => false,
        }
    }

    /// `_file`, `dt` and the keys of `key=value` folders.
    fn texts_of_pieces(&self, pieces: &[Piece]) -> Vec<String> {
        let mut names = vec![FILE_COLUMN.to_owned(), FOLDER_COLUMN.to_owned()];
        for (key, _) in pieces.iter().flat_map(|piece| file_of(piece).partitions.iter()) {
            if !names.contains(key) {
                names.push(key.clone());
            }
        }
        names
    }

    fn provide(
        &self,
        columns: &RowColumns,
        pieces: &[Piece],
        n_partitions: usize,
    ) -> Arc<dyn TableProvider> {
        let files = files_of(pieces);
        match &self.set.format {
            Format::Parquet => parquet::provider(
                &self.name,
                &self.store,
                columns,
                self.store_url.clone(),
                &files,
                n_partitions,
            ),
            Format::Csv(_) | Format::Ndjson => text::provider(
                self.name.clone(),
                self.set.format.clone(),
                columns,
                Arc::clone(&self.store),
                files,
                n_partitions,
            ),
        }
    }

    fn recount(
        &self,
        columns: &RowColumns,
        pieces: Vec<(Piece, Vec<BadRow>)>,
        n_partitions: usize,
    ) -> Arc<dyn TableProvider> {
        let files = pieces.iter().map(|(piece, bad_rows)| (file_of(piece).clone(), &bad_rows[..]));
        let table = (&self.name, &self.set.format, &self.store);
        recount::provider(table, columns, files, n_partitions)
    }

    async fn rows<'a>(
        &'a self,
        ctx: &SessionContext,
        columns: &'a RowColumns,
        piece: &'a Piece,
    ) -> Result<Box<dyn Rows + 'a>, EtlError> {
        rows::open(self, ctx, columns, piece).await
    }

    async fn place_of(&self, piece: &Piece, row: u64) -> Place {
        place::place_of(self, file_of(piece), row).await
    }

    fn prepare(&self, ctx: &SessionContext) {
        ctx.register_object_store(self.store_url.as_ref(), Arc::clone(&self.store));
    }
}

/// The store that an address belongs to.
pub(crate) fn store_of(
    ctx: &SessionContext,
    url: &Url,
    store_url: &ObjectStoreUrl,
) -> Result<Arc<dyn ObjectStore>, String> {
    if let Ok(store) = ctx.runtime_env().object_store(store_url) {
        return Ok(store);
    }
    // The stores that lakes use, too: the binary decides which, and with whose credentials.
    let store = open_store(url).map_err(|error| error.to_string())?;
    ctx.register_object_store(store_url.as_ref(), Arc::clone(&store));
    Ok(store)
}
