//! One schema over all files of a source, read before any row is.
//!
//! Parquet files give types. CSV files give only names: their columns are text, since guessing from
//! some rows would strip leading zeros from ids; comparisons with numbers and sums convert. JSON rows
//! give types, and every row is read, since a rare key may first occur in the last one.

mod json;

use std::collections::BTreeSet;
use std::sync::Arc;

use clio_proto::{CsvOptions, FileSet, Format, OnBadRows};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use datafusion::common::{DataFusionError, Result as EngineResult};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::prelude::SessionContext;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;

pub(super) use self::json::{bad_json, types_differ};
use super::SourceFile;
use super::lines::{bytes_of, not_utf8};
use super::quotes::{Quotes, csv_records};
use super::steady::{self, SteadyFile};
use clio_lake::is_transient;

use crate::engine::{explained, root_message};
use crate::error::{EtlError, ReadError, TableName};

/// How many files are opened at once.
const N_CONCURRENT: usize = 16;
/// A CSV header longer than this is not a header.
const MAX_HEADER_BYTES: usize = 4 << 20;

/// The columns of a file, by name.
pub(super) async fn of_file(
    ctx: &SessionContext,
    store: &Arc<dyn ObjectStore>,
    name: &TableName,
    file_set: &FileSet,
    file: &SourceFile,
) -> Result<SchemaRef, EtlError> {
    let format = &file_set.format;
    let is_lenient = file_set.on_bad_rows != OnBadRows::Fail;
    let bad = |reason: String| ReadError::BadFile {
        table: name.clone(),
        file: file.path(),
        format: format.as_str(),
        reason,
    };
    let schema = match format {
        Format::Parquet => {
            let objects = std::slice::from_ref(&file.meta);
            let steady: Arc<dyn ObjectStore> =
                Arc::new(SteadyFile::new(name, file, Arc::clone(store)));
            let schema =
                ParquetFormat::default().infer_schema(&ctx.state(), &steady, objects).await;
            schema.map_err(|error| match (EtlError::behind(&error), is_transient(&error)) {
                (Some(own), _) => own,
                (None, true) => ReadError::Storage {
                    table: name.clone(),
                    url: file.path(),
                    reason: root_message(&error),
                    is_transient: true,
                }
                .into(),
                (None, false) => bad(root_message(&error)).into(),
            })?
        }
        Format::Csv(options) => csv_columns(name, store.as_ref(), file, options)
            .await
            .map_err(|error| explained("reading a header", error))?,
        Format::Ndjson => json::columns(store.as_ref(), name, file, is_lenient).await?,
    };
    let mut names = BTreeSet::new();
    match schema.fields().iter().find(|field| !names.insert(field.name())) {
        Some(twice) => Err(bad(format!(
            "it has two columns named `{}`; give each a name of its own",
            twice.name()
        ))
        .into()),
        None => Ok(schema),
    }
}

/// The columns of each file.
pub(super) async fn read(
    ctx: &SessionContext,
    store: &Arc<dyn ObjectStore>,
    name: &TableName,
    file_set: &FileSet,
    files: &[SourceFile],
) -> Result<Vec<SchemaRef>, EtlError> {
    let columns_of = async |file: &SourceFile| match of_file(ctx, store, name, file_set, file).await
    {
        Err(_) if steady::is_changed(store.as_ref(), file).await => {
            Err(ReadError::FileChanged { table: name.clone(), file: file.path() }.into())
        }
        found => found,
    };
    // Collected, since a stream that captures the closure could not be sent to another thread.
    let opened: Vec<_> = files.iter().map(columns_of).collect();
    futures::stream::iter(opened).buffered(N_CONCURRENT).try_collect().await
}

/// The names in the header line, or `column_1`, `column_2` … for as many fields as the first line has.
pub(in crate::input::source::files) async fn csv_columns(
    table: &TableName,
    store: &dyn ObjectStore,
    file: &SourceFile,
    options: &CsvOptions,
) -> EngineResult<SchemaRef> {
    let bad = |reason: String| {
        DataFusionError::External(Box::new(ReadError::BadFile {
            table: table.clone(),
            file: file.path(),
            format: "csv",
            reason,
        }))
    };
    let mut bytes = bytes_of(table, store, file).await?;
    let mut start = Vec::new();
    let fields = loop {
        let more = bytes.next().await.transpose()?;
        let is_at_end = more.is_none();
        start.extend_from_slice(&more.unwrap_or_default());
        if let Some(fields) = first_record(&start, is_at_end, options).map_err(bad)? {
            break fields;
        }
        if start.len() > MAX_HEADER_BYTES {
            return Err(bad(format!("its first line has more than {MAX_HEADER_BYTES} bytes")));
        }
    };
    let names: Vec<String> = if options.header {
        fields
    } else {
        (1..=fields.len()).map(|number| format!("column_{number}")).collect()
    };
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(bad(format!("its header has two columns named `{}`", twice.1)));
    }
    let fields: Fields =
        names.into_iter().map(|name| Field::new(name, DataType::Utf8View, true)).collect();
    Ok(Arc::new(Schema::new(fields)))
}

/// The fields of the first line; `None` if more bytes are needed.
fn first_record(
    start: &[u8],
    is_at_end: bool,
    options: &CsvOptions,
) -> Result<Option<Vec<String>>, String> {
    let mut reader = csv_records(options, start);
    let mut record = csv::ByteRecord::new();
    let found = reader.read_byte_record(&mut record).map_err(|error| error.to_string())?;
    // A record that reaches to the end of the bytes may continue after them.
    let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(start.len());
    if end == start.len() && !is_at_end {
        return Ok(None);
    }
    if !found {
        return Ok(Some(Vec::new()));
    }
    let text = &start[..end];
    if let Some(mut quotes) = Quotes::new(options)
        && let Err(open) =
            quotes.look(text).and_then(|()| if is_at_end { quotes.finish() } else { Ok(()) })
    {
        let before = &text[..usize::try_from(open.offset).unwrap_or(usize::MAX).min(text.len())];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        return Err(format!("line {line}: {}", open.reason));
    }
    if let Some(reason) = not_utf8(text) {
        return Err(format!("line 1: {reason}"));
    }
    Ok(Some(record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_may_be_quoted_or_cut() {
        let options = CsvOptions::default();
        let first = |text: &[u8], end| first_record(text, end, &options).unwrap();
        assert_eq!(first(b"a,\"b\n\"\n1", false).unwrap(), ["a", "b\n"]);
        assert_eq!(first(b"a,\"b", false), None);
        assert_eq!(first(b"a,b", false), None);
        assert_eq!(first(b"a,b", true).unwrap(), ["a", "b"]);
        assert_eq!(first(b"", true).unwrap(), Vec::<String>::new());
    }
}
