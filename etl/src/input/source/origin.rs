//! Where rows come from: the seam behind which files are files.
//!
//! Three things are asked of an origin: to *list* its pieces, to *describe* them by a line that changes whenever their rows
//! do, and to *provide* their rows as a table of the engine. What else there is here serves messages, bad rows and recounts.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::catalog::TableProvider;
use datafusion::prelude::SessionContext;

use super::bad_rows::BadRow;
use super::{Piece, PieceDays};
use crate::error::{During, EtlError, Place, ReadError};

/// What is found where a source or lookup lies.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// In the order in which they are read.
    pub(super) pieces: Vec<Piece>,
    /// The names of what lies beside them and is not read.
    pub(super) left_out: Vec<String>,
}

/// The columns that rows are provided with.
#[derive(Debug, Clone)]
pub(super) struct RowColumns {
    /// Those that pieces have, of which one piece may have some.
    pub(super) own: SchemaRef,
    /// Those of which every row of a piece has the same value.
    pub(super) of_pieces: Vec<Arc<Field>>,
    /// Numbers are read as texts where texts are wanted.
    pub(super) coerces: bool,
}

impl RowColumns {
    /// All of them: own ones first.
    pub(super) fn all(&self) -> SchemaRef {
        let all = self.own.fields().iter().chain(&self.of_pieces).cloned();
        Arc::new(Schema::new(all.collect::<Vec<_>>()))
    }
}

/// Where the rows of a source or a lookup come from.
#[async_trait]
pub(super) trait Origin: fmt::Debug + Send + Sync {
    /// Lists the pieces of these days, and those of no day.
    ///
    /// # Errors
    ///
    /// Where it cannot be looked at, and where nothing is there at all.
    async fn list(&self, days: PieceDays) -> Result<Listing, ReadError>;

    /// What tells the piece from any other state of it, as one line.
    fn describe(&self, piece: &Piece) -> String;

    /// What the piece is called in the lake, which others read too: without where the origin is.
    fn short_name(&self, piece: &Piece) -> String;

    /// The columns that each piece says it has.
    async fn columns(
        &self,
        ctx: &SessionContext,
        pieces: &[Piece],
    ) -> Result<Vec<SchemaRef>, EtlError>;

    /// Whether a column may be there although a piece has none of it: its rows have any keys.
    fn has_free_keys(&self) -> bool;

    /// The names of what is known of all rows of a piece, as texts.
    fn texts_of_pieces(&self, pieces: &[Piece]) -> Vec<String>;

    /// The rows of some pieces, as a table with all of the columns.
    fn provide(
        &self,
        columns: &RowColumns,
        pieces: &[Piece],
        n_partitions: usize,
    ) -> Arc<dyn TableProvider>;

    /// The same, by code that shares nothing with [`provide`](Self::provide), without the bad rows of each piece.
    fn recount(
        &self,
        columns: &RowColumns,
        pieces: Vec<(Piece, Vec<BadRow>)>,
        n_partitions: usize,
    ) -> Arc<dyn TableProvider>;

    /// The rows of a piece, each with its place.
    async fn rows<'a>(
        &'a self,
        ctx: &SessionContext,
        columns: &'a RowColumns,
        piece: &'a Piece,
    ) -> Result<Box<dyn Rows + 'a>, EtlError>;

    /// The place of a row, counted from 0, as messages name it.
    async fn place_of(&self, piece: &Piece, row: u64) -> Place;

    /// Makes known to a session what plans over its tables need.
    fn prepare(&self, ctx: &SessionContext);
}

/// The rows of a piece, one batch after another.
#[async_trait]
pub(super) trait Rows: Send {
    /// The next rows that can be read; others are told to `note`.
    async fn next(&mut self, note: &mut Note<'_>) -> Result<Option<PlacedRows>, EtlError>;
}

/// What is told of a row that cannot be read: where it is, what is wrong, and its text.
pub(super) type Note<'a> = dyn FnMut(Place, String, String) -> Result<(), EtlError> + Send + 'a;

/// Some rows, each with its place.
pub(super) struct PlacedRows {
    pub(super) batch: RecordBatch,
    pub(super) places: Vec<Place>,
    /// The text of each row; empty where rows have no text of their own.
    pub(super) texts: Vec<String>,
}

impl PlacedRows {
    /// A row as people can read it.
    pub(super) fn content(&self, row: usize) -> Result<String, EtlError> {
        if let Some(text) = self.texts.get(row) {
            return Ok(text.clone());
        }
        let mut json = LineDelimitedWriter::new(Vec::new());
        let written = json.write(&self.batch.slice(row, 1)).and_then(|()| json.finish());
        written.during("writing a bad row")?;
        Ok(String::from_utf8_lossy(json.into_inner().trim_ascii_end()).into_owned())
    }
}
