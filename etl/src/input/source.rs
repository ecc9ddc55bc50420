//! The rows of a source or a lookup as a table: where they are, which columns they have, and how the engine reads them.
//!
//! ```text
//! origin ──list────▶ pieces, each with a name, a day if it is filed under one, and a size
//!        ──columns─▶ what each says of its columns ──settle──▶ one type a column, over all of them
//!        ──provide─▶ rows: the pieces' own columns, then those that are the same in all of a piece
//!        ──frame───▶ the model's computed columns on top
//! ```
//!
//! `origin.rs` defines what an origin is; `files.rs` and its folder are one, and alone know that pieces are files in
//! folders.

mod bad_rows;
mod common_type;
mod expression;
#[cfg(test)]
pub(crate) mod faults;
pub(crate) mod files;
mod locate;
mod origin;
mod piece;
#[cfg(test)]
mod queue;
mod settle;
mod spelling;

use std::sync::Arc;

use clio_proto::{FileSet, OnBadRows};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::prelude::{DataFrame, SessionContext};
use url::Url;

pub(crate) use bad_rows::BadRow;
pub(crate) use expression::Scope;
pub(crate) use piece::{Piece, PieceDays};

use self::bad_rows::BadRows;
use self::origin::{Listing, Origin, RowColumns};
use self::settle::Settled;
use self::spelling::Spelling;
use crate::error::{EtlError, ReadError, TableName};
use crate::functions::Exact;
use crate::functions::types::arrow_type;
use crate::input::columns::Columns;
use crate::input::left_out::LeftOut;

/// The column with a piece's own name in short form: for a file, without folder and extension.
pub(crate) const FILE_COLUMN: &str = "_file";
/// The day that a row's piece is filed under, as a date; the name is reserved and never shown in messages.
pub(crate) const PIECE_DAY_COLUMN: &str = "__piece_day";

/// What the model says of a table apart from its address.
#[derive(Debug, Clone)]
struct Declared {
    /// Computed columns: name and expression.
    columns: Vec<(String, String)>,
    /// By how many days an event's day may precede that of its piece.
    late_days: i32,
    on_bad_rows: OnBadRows,
}

/// The pieces of a source or lookup, not yet opened.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: TableName,
    pub(crate) url: Url,
    pub(crate) pieces: Vec<Piece>,
    /// The names of files that are not read.
    left_out: Vec<String>,
    declared: Declared,
    origin: Arc<dyn Origin>,
}

/// Where a table's rows come from, with its address.
fn origin_of(
    ctx: &SessionContext,
    name: &TableName,
    file_set: &FileSet,
    base: &Url,
) -> Result<(Url, Arc<dyn Origin>), ReadError> {
    let address = |reason: String| ReadError::Address {
        what: name.to_string(),
        url: file_set.url.clone(),
        reason,
    };
    let url = base.join(&file_set.url).map_err(|error| address(error.to_string()))?;
    #[cfg(test)]
    if let Some(queue) = queue::of(&url) {
        return Ok((url, queue));
    }
    let files = files::Files::new(ctx, name, file_set, &url).map_err(address)?;
    Ok((url, Arc::new(files)))
}

impl Listed {
    /// Lists the pieces of these days, in order.
    pub(crate) async fn list(
        ctx: &SessionContext,
        name: TableName,
        file_set: &FileSet,
        base: &Url,
        days: PieceDays,
    ) -> Result<Self, ReadError> {
        let (url, origin) = origin_of(ctx, &name, file_set, base)?;
        let Listing { pieces, left_out } = origin.list(days).await?;
        let declared = Declared {
            columns: file_set.columns.clone(),
            late_days: file_set.late_days.map_or(0, i32::from),
            on_bad_rows: file_set.on_bad_rows,
        };
        Ok(Self { name, url, pieces, left_out, declared, origin })
    }

    /// The files there that are not read, if any.
    pub(crate) fn left_out(&self) -> Option<LeftOut> {
        (!self.left_out.is_empty())
            .then(|| LeftOut { table: self.name.to_string(), files: self.left_out.clone() })
    }

    /// Whether every piece is filed under a day, so that one day can be read without the others.
    pub(crate) fn is_by_day(&self) -> bool {
        self.pieces.iter().all(|piece| piece.day().is_some())
    }

    /// By how many days an event's day may precede that of its piece.
    pub(crate) fn late_days(&self) -> i32 {
        self.declared.late_days
    }

    /// Describes some of the pieces as text that differs whenever their rows do.
    pub(crate) fn describe<'a>(&self, pieces: impl IntoIterator<Item = &'a Piece>) -> String {
        let mut lines: Vec<String> =
            pieces.into_iter().map(|piece| self.origin.describe(piece)).collect();
        // Independent of the order in which a storage lists them.
        lines.sort_unstable();
        lines.join("\n")
    }
}

/// Opened pieces: listed, with one schema.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: TableName,
    pub(crate) url: Url,
    pieces: Vec<Piece>,
    left_out: Vec<String>,
    declared: Declared,
    origin: Arc<dyn Origin>,
    /// The columns of rows as they are provided.
    columns: RowColumns,
    /// Columns whose names differ only in case.
    spellings: Vec<Spelling>,
    /// Columns to cast, since the model or earlier pieces give them another type.
    casts: Vec<Exact>,
    bad_rows: BadRows,
}

impl Table {
    /// Lists the pieces, of these days only, and reads their schemas.
    pub(crate) async fn open(
        ctx: &SessionContext,
        name: TableName,
        file_set: &FileSet,
        base: &Url,
        days: PieceDays,
    ) -> Result<Self, EtlError> {
        let listed = Listed::list(ctx, name, file_set, base, days).await?;
        let pieces = listed.pieces.clone();
        Self::of(ctx, listed, pieces).await
    }

    /// Opens some of the listed pieces, and reads their schemas.
    pub(crate) async fn of(
        ctx: &SessionContext,
        listed: Listed,
        pieces: Vec<Piece>,
    ) -> Result<Self, EtlError> {
        let Listed { name, url, pieces: all, left_out, declared, origin } = listed;
        let known = Columns::of(ctx);
        let mut looked_at = pieces.clone();
        let mut n_before = 0;
        if pieces.is_empty() {
            // Without a piece of these days, one of another day gives the columns, so that the model is checked.
            let others = match all.is_empty() {
                true => origin.list(None).await?.pieces,
                false => all,
            };
            looked_at.extend(others.last().cloned());
            n_before = looked_at.len();
        } else if known.of_table(&name).known.is_empty()
            && let Some(first) = all.first().filter(|first| first.name() != pieces[0].name())
        {
            // The first piece decides the columns' types, whichever days are read first.
            looked_at.insert(0, first.clone());
            n_before = 1;
        }
        let schemas = origin.columns(ctx, &looked_at).await?;
        let has_free_keys = origin.has_free_keys();
        let spellings = spelling::spellings(&schemas, has_free_keys, &looked_at);
        let settled = settle::Pieces {
            name: &name,
            origin: origin.as_ref(),
            pieces: &looked_at,
            schemas: &schemas,
            n_before,
            has_free_keys,
        };
        let Settled { schema: own, casts, coerces } = settle::settle(&settled, &known)?;
        #[cfg(test)]
        let own = faults::schema(&url, own);
        let texts = origin.texts_of_pieces(&looked_at).into_iter();
        let texts = texts.filter(|text| own.column_with_name(text).is_none() && is_public(text));
        let texts = texts.map(|text| Field::new(text, DataType::Utf8, true));
        let of_pieces = texts.chain([Field::new(PIECE_DAY_COLUMN, DataType::Date32, true)]);
        let columns = RowColumns { of_pieces: of_pieces.map(Arc::new).collect(), own, coerces };
        Ok(Self {
            name,
            url,
            pieces,
            left_out,
            declared,
            origin,
            columns,
            spellings,
            casts,
            bad_rows: BadRows::default(),
        })
    }

    /// The names of files that are not read.
    pub(crate) fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The pieces, in their order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// By how many days an event's day may precede that of its piece.
    pub(crate) fn late_days(&self) -> i32 {
        self.declared.late_days
    }

    /// The rows of some of the pieces, without those that were [set aside](Self::set_aside).
    pub(crate) fn provider(
        &self,
        pieces: Vec<Piece>,
        n_partitions: usize,
    ) -> Arc<dyn TableProvider> {
        self.patched(pieces, n_partitions)
    }

    /// All rows of some of the pieces.
    fn whole(&self, pieces: &[Piece], n_partitions: usize) -> Arc<dyn TableProvider> {
        let rows = self.origin.provide(&self.columns, pieces, n_partitions);
        #[cfg(test)]
        let rows = faults::applied(&self.url, rows);
        rows
    }

    /// The rows of some of the pieces, read by the second way, without those set aside. Columns that the first way
    /// casts after reading have their final type right away.
    pub(crate) fn recounted(
        &self,
        pieces: Vec<Piece>,
        n_partitions: usize,
    ) -> Arc<dyn TableProvider> {
        let last_type = |field: &Arc<Field>| {
            let cast = self.casts.iter().find(|cast| cast.column == *field.name());
            let data_type =
                cast.map_or_else(|| field.data_type().clone(), |cast| arrow_type(&cast.to));
            let last = Field::new(field.name(), data_type, true);
            Arc::new(last.with_metadata(field.metadata().clone()))
        };
        let own: Vec<Arc<Field>> = self.columns.own.fields().iter().map(last_type).collect();
        let columns = RowColumns { own: Arc::new(Schema::new(own)), ..self.columns.clone() };
        let pieces = pieces.into_iter().map(|piece| {
            let bad_rows = self.bad_rows.known(&piece);
            (piece, bad_rows)
        });
        self.origin.recount(&columns, pieces.collect(), n_partitions)
    }

    /// Rows with the model's computed columns, each of which may use all others.
    pub(crate) fn frame(
        &self,
        ctx: &SessionContext,
        provider: Arc<dyn TableProvider>,
    ) -> Result<DataFrame, EtlError> {
        expression::with_computed_columns(ctx, self, provider, &self.declared.columns)
    }

    /// Finds the piece and the row that make a plan fail; returns `error` itself if no single piece
    /// fails. `key_of` gives the model's key behind a column of the plan.
    pub(crate) async fn locate<F>(
        &self,
        ctx: &SessionContext,
        pieces: Vec<Piece>,
        error: EtlError,
        plan: F,
        key_of: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> EtlError
    where
        F: Fn(Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
    {
        locate::locate(self, ctx, pieces, error, plan, key_of).await
    }
}

/// Whether the model may refer to a column.
pub(crate) fn is_public(column: &str) -> bool {
    column != PIECE_DAY_COLUMN
}
