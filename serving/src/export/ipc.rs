//! Arrow: the columns as arrays, and their IPC stream.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, RecordBatch,
    StringBuilder, UInt64Builder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use clio_proto::{Answer, Row, ServiceError};
use jiff::civil::Date;

use super::columns::{Cell, Column, Columns, Kind, rows};
use super::encoder::{Encoder, internal};

pub(super) struct IpcEncoder {
    table: Table,
    writer: StreamWriter<Vec<u8>>,
}

impl IpcEncoder {
    pub(super) fn try_new(
        columns: Columns,
        said: &[(String, String)],
    ) -> Result<Self, ServiceError> {
        let table = Table::new(columns, said);
        let writer = StreamWriter::try_new(Vec::new(), &table.schema).map_err(internal)?;
        Ok(Self { table, writer })
    }
}

impl Encoder for IpcEncoder {
    fn rows(&mut self, page: &Answer) -> Result<Vec<u8>, ServiceError> {
        self.writer.write(&self.table.batch(rows(page))?).map_err(internal)?;
        Ok(std::mem::take(self.writer.get_mut()))
    }

    fn end(&mut self) -> Result<Vec<u8>, ServiceError> {
        self.writer.finish().map_err(internal)?;
        Ok(std::mem::take(self.writer.get_mut()))
    }
}

/// The schema of the columns in Arrow.
pub(super) struct Table {
    columns: Columns,
    pub(super) schema: SchemaRef,
}

/// The key of a note in a file's metadata.
pub(super) fn key_of(word: &str) -> String {
    format!("clio.{word}")
}

impl Table {
    /// The notes go into the schema; several notes under one word become lines of one string.
    pub(super) fn new(columns: Columns, said: &[(String, String)]) -> Self {
        let fields: Vec<Field> = columns.all.iter().map(field).collect();
        let mut metadata: HashMap<String, String> = HashMap::new();
        for (word, what) in said {
            let known = metadata.entry(key_of(word)).or_default();
            *known = if known.is_empty() { what.clone() } else { format!("{known}\n{what}") };
        }
        Self { columns, schema: Arc::new(Schema::new_with_metadata(fields, metadata)) }
    }

    /// Rows as a batch.
    pub(super) fn batch(&self, rows: &[Row]) -> Result<RecordBatch, ServiceError> {
        let mut builders: Vec<Builder> =
            self.columns.all.iter().map(|column| Builder::new(column.kind)).collect();
        for row in rows {
            for (builder, cell) in builders.iter_mut().zip(self.columns.cells(row)) {
                builder.push(cell)?;
            }
        }
        let arrays = builders.iter_mut().map(Builder::finish).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(internal)
    }
}

fn field(column: &Column) -> Field {
    let data_type = match column.kind {
        Kind::Text => DataType::Utf8,
        Kind::Day => DataType::Date32,
        Kind::Number => DataType::Float64,
        Kind::Place => DataType::UInt64,
        Kind::Flag => DataType::Boolean,
    };
    Field::new(&column.name, data_type, true)
}

enum Builder {
    Text(StringBuilder),
    Day(Date32Builder),
    Number(Float64Builder),
    Place(UInt64Builder),
    Flag(BooleanBuilder),
}

impl Builder {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Day => Self::Day(Date32Builder::new()),
            Kind::Number => Self::Number(Float64Builder::new()),
            Kind::Place => Self::Place(UInt64Builder::new()),
            Kind::Flag => Self::Flag(BooleanBuilder::new()),
        }
    }

    fn push(&mut self, cell: Cell<'_>) -> Result<(), ServiceError> {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(text)) => builder.append_option(text),
            (Self::Day(builder), Cell::Text(text)) => {
                builder.append_option(text.as_deref().map(days_since_1970).transpose()?);
            }
            // For whole numbers beyond 2^53, the nearest double.
            (Self::Number(builder), Cell::Number(number, _)) => builder.append_option(number),
            (Self::Place(builder), Cell::Place(place)) => builder.append_option(place),
            (Self::Flag(builder), Cell::Flag(flag)) => builder.append_option(flag),
            (
                Self::Text(_) | Self::Day(_) | Self::Number(_) | Self::Place(_) | Self::Flag(_),
                _,
            ) => return Err(internal("a row does not have the columns of its file")),
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => ArrayBuilder::finish(builder),
            Self::Day(builder) => ArrayBuilder::finish(builder),
            Self::Number(builder) => ArrayBuilder::finish(builder),
            Self::Place(builder) => ArrayBuilder::finish(builder),
            Self::Flag(builder) => ArrayBuilder::finish(builder),
        }
    }
}

fn days_since_1970(day: &str) -> Result<i32, ServiceError> {
    let day: Date = day.parse().map_err(internal)?;
    Ok((day - jiff::civil::date(1970, 1, 1)).get_days())
}
