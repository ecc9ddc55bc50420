//! Where rows come from: the interface that hides whether they are in files.
//!
//! An origin has three tasks: to *list* its pieces, to *describe* each by a line that changes whenever its rows do, and
//! to *provide* their rows as a table of the engine. The rest serves messages, bad rows and recounts.

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

/// What is found at the address of a source or lookup.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// In the order in which they are read.
    pub(super) pieces: Vec<Piece>,
    /// The names of files there that are not read.
    pub(super) left_out: Vec<String>,
}

/// The columns that rows are provided with.
#[derive(Debug, Clone)]
pub(super) struct RowColumns {
    /// The columns that pieces have; a piece may lack some.
    pub(super) own: SchemaRef,
    /// The columns that are constant within a piece.
    pub(super) of_pieces: Vec<Arc<Field>>,
    /// Whether numbers are read as text where text is requested.
    pub(super) coerces: bool,
}

impl RowColumns {
    /// All columns, the pieces' own first.
    pub(super) fn all(&self) -> SchemaRef {
        let all = self.own.fields().iter().chain(&self.of_pieces).cloned();
        Arc::new(Schema::new(all.collect::<Vec<_>>()))
    }
}

/// Where the rows of a source or a lookup come from.
#[async_trait]
pub(super) trait Origin: fmt::Debug + Send + Sync {
    /// Lists the pieces of these days, and those without a day.
    ///
    /// # Errors
    ///
    /// Where the address is inaccessible, and where nothing is there at all.
    async fn list(&self, days: PieceDays) -> Result<Listing, ReadError>;

    /// Identifies a piece in its current state, as one line.
    fn describe(&self, piece: &Piece) -> String;

    /// The piece's name in the lake, which others read too: without the origin's address.
    fn short_name(&self, piece: &Piece) -> String;

    /// The columns of each piece.
    async fn columns(
        &self,
        ctx: &SessionContext,
        pieces: &[Piece],
    ) -> Result<Vec<SchemaRef>, EtlError>;

    /// Whether a column may exist although a piece lacks it: its rows may have any keys.
    fn has_free_keys(&self) -> bool;

    /// The names of the text columns that are constant within a piece.
    fn texts_of_pieces(&self, pieces: &[Piece]) -> Vec<String>;

    /// The rows of some pieces, as a table with all columns.
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

    /// The rows of a piece, with their places.
    async fn rows<'a>(
        &'a self,
        ctx: &SessionContext,
        columns: &'a RowColumns,
        piece: &'a Piece,
    ) -> Result<Box<dyn Rows + 'a>, EtlError>;

    /// The place of a row, given its number from 0, as messages name it.
    async fn place_of(&self, piece: &Piece, row: u64) -> Place;

    /// Registers with a session what plans over its tables need.
    fn prepare(&self, ctx: &SessionContext);
}

/// The rows of a piece, batch by batch.
#[async_trait]
pub(super) trait Rows: Send {
    /// The next readable rows; unreadable ones are passed to `note`.
    async fn next(&mut self, note: &mut Note<'_>) -> Result<Option<PlacedRows>, EtlError>;
}

/// Receives an unreadable row: where it is, what is wrong, and its text.
pub(super) type Note<'a> = dyn FnMut(Place, String, String) -> Result<(), EtlError> + Send + 'a;

/// Some rows, with their places.
pub(super) struct PlacedRows {
    pub(super) batch: RecordBatch,
    pub(super) places: Vec<Place>,
    /// The text of each row; empty where rows have no text of their own.
    pub(super) texts: Vec<String>,
}

impl PlacedRows {
    /// A row in readable form.
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
