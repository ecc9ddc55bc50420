//! One schema over all files of a source, read before any row is.
//!
//! Parquet files tell their types. CSV files tell names alone: their columns are texts, since a guess
//! from some rows would take the zeros off an id; a comparison with a number or a sum converts. JSON
//! rows tell types, and every row is looked at, since a rare key may first appear in the last.

use std::io::Cursor;
use std::sync::Arc;

use clio_proto::{CsvOptions, FileSet, Format, OnBadRows};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::json::reader::{infer_json_schema, infer_json_schema_from_iterator};
use datafusion::common::DataFusionError;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::prelude::SessionContext;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;

use super::SourceFile;
use super::lines::{LineChunks, bytes_of, numbered_lines};
use crate::engine::root_message;
use clio_lake::is_transient;

use crate::error::{EtlError, Place, TableName, TypeInFile, type_name};

/// How many files are opened at once.
const N_CONCURRENT: usize = 16;
/// A CSV header longer than this is no header.
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
    let bad = |reason: String| EtlError::BadFile {
        table: name.clone(),
        file: file.path(),
        format: format.as_str(),
        reason,
    };
    match format {
        Format::Parquet => {
            let objects = std::slice::from_ref(&file.meta);
            let schema = ParquetFormat::default().infer_schema(&ctx.state(), store, objects).await;
            schema.map_err(|error| match is_transient(&error) {
                true => EtlError::Storage {
                    table: name.clone(),
                    url: file.path(),
                    reason: root_message(&error),
                    passes: true,
                },
                false => bad(root_message(&error)),
            })
        }
        Format::Csv(options) => csv_columns(store.as_ref(), file, options).await.map_err(bad),
        Format::Ndjson => json_columns(store.as_ref(), name, file, is_lenient).await,
    }
}

/// The columns of all files: a column that some files lack is null in them.
pub(super) async fn read(
    ctx: &SessionContext,
    store: &Arc<dyn ObjectStore>,
    name: &TableName,
    file_set: &FileSet,
    files: &[SourceFile],
) -> Result<SchemaRef, EtlError> {
    let schemas: Vec<SchemaRef> = futures::stream::iter(files)
        .map(|file| of_file(ctx, store, name, file_set, file))
        .buffered(N_CONCURRENT)
        .try_collect()
        .await?;
    let mut merged: Vec<(Arc<Field>, usize)> = Vec::new();
    for (index, schema) in schemas.iter().enumerate() {
        for field in schema.fields() {
            let Some((known, first)) = merged.iter_mut().find(|(f, _)| f.name() == field.name())
            else {
                merged.push((Arc::clone(field), index));
                continue;
            };
            let Some(common) = common_type(known.data_type(), field.data_type()) else {
                let in_file = |index: usize, field: &Field| {
                    let data_type = type_name(field.data_type());
                    Box::new(TypeInFile { file: files[index].path(), data_type })
                };
                return Err(EtlError::TypesDiffer {
                    table: name.clone(),
                    column: field.name().clone(),
                    first: in_file(*first, known),
                    second: in_file(index, field),
                });
            };
            if common != *known.data_type() {
                *known = Arc::new(Field::new(field.name(), common, true));
            }
        }
    }
    let fields: Fields = merged.into_iter().map(|(field, _)| nullable(&field)).collect();
    Ok(Arc::new(Schema::new(fields)))
}

/// Nullable, since another file may lack the column; a column of nulls alone is taken for texts.
fn nullable(field: &Field) -> Arc<Field> {
    let data_type = match field.data_type() {
        DataType::Null => DataType::Utf8View,
        other => other.clone(),
    };
    Arc::new(Field::new(field.name(), data_type, true))
}

/// The type that holds the values of both without loss; `None` where there is none.
fn common_type(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType as T;
    let is_text = |t: &T| matches!(t, T::Utf8 | T::LargeUtf8 | T::Utf8View);
    Some(match (a, b) {
        (a, b) if a == b => a.clone(),
        (T::Null, other) | (other, T::Null) => other.clone(),
        (a, b) if is_text(a) && is_text(b) => T::Utf8View,
        (T::Dictionary(_, value), other) | (other, T::Dictionary(_, value)) => {
            common_type(value, other)?
        }
        (T::UInt64, other) | (other, T::UInt64) if other.is_signed_integer() => return None,
        (a, b) if a.is_unsigned_integer() && b.is_unsigned_integer() => T::UInt64,
        (a, b) if a.is_integer() && b.is_integer() => T::Int64,
        (a, b) if a.is_floating() && b.is_floating() => T::Float64,
        // What JSON writes as 120 in one row and as 120.5 in the next.
        (T::Int64, T::Float64) | (T::Float64, T::Int64) => T::Float64,
        (T::Timestamp(a, a_zone), T::Timestamp(b, b_zone)) => {
            // The same instants under another name of the zone; naive ones are UTC.
            let zone = if a_zone == b_zone { a_zone.clone() } else { Some("UTC".into()) };
            T::Timestamp(finer(*a, *b), zone)
        }
        (T::List(a), T::List(b)) => {
            let item = common_type(a.data_type(), b.data_type())?;
            T::List(Arc::new(Field::new(a.name(), item, true)))
        }
        _ => return None,
    })
}

fn finer(a: TimeUnit, b: TimeUnit) -> TimeUnit {
    let rank = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 1,
        TimeUnit::Microsecond => 2,
        TimeUnit::Nanosecond => 3,
    };
    std::cmp::max_by_key(a, b, rank)
}

/// The names in the header line, or `column_1`, `column_2` … for as many fields as the first line has.
pub(in crate::source) async fn csv_columns(
    store: &dyn ObjectStore,
    file: &SourceFile,
    options: &CsvOptions,
) -> Result<SchemaRef, String> {
    let mut bytes = bytes_of(store, file).await.map_err(|error| root_message(&error))?;
    let mut start = Vec::new();
    let fields = loop {
        let more = bytes.next().await.transpose().map_err(|error| root_message(&error))?;
        let is_at_end = more.is_none();
        start.extend_from_slice(&more.unwrap_or_default());
        if let Some(fields) = first_record(&start, is_at_end, options)? {
            break fields;
        }
        if start.len() > MAX_HEADER_BYTES {
            return Err(format!("its first line has more than {MAX_HEADER_BYTES} bytes"));
        }
    };
    let names: Vec<String> = if options.header {
        fields
    } else {
        (1..=fields.len()).map(|number| format!("column_{number}")).collect()
    };
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(format!("its header has two columns named `{}`", twice.1));
    }
    let fields: Fields =
        names.into_iter().map(|name| Field::new(name, DataType::Utf8View, true)).collect();
    Ok(Arc::new(Schema::new(fields)))
}

/// The fields of the first line; `None` where more bytes are needed to tell.
fn first_record(
    start: &[u8],
    is_at_end: bool,
    options: &CsvOptions,
) -> Result<Option<Vec<String>>, String> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(options.delimiter)
        .quote(options.quote)
        .from_reader(start);
    let mut record = csv::StringRecord::new();
    let found = reader.read_record(&mut record).map_err(|error| error.to_string());
    // A record that reaches to the end of the bytes may go on behind them.
    let is_whole = reader.position().byte() < start.len() as u64;
    match (found, is_whole || is_at_end) {
        (_, false) => Ok(None),
        (Ok(true), true) => Ok(Some(record.iter().map(str::to_owned).collect())),
        (Ok(false), true) => Ok(Some(Vec::new())),
        (Err(error), true) => Err(error),
    }
}

/// The keys of all rows with the type of all their values; lenient, that of most where they do not agree.
async fn json_columns(
    store: &dyn ObjectStore,
    name: &TableName,
    file: &SourceFile,
    is_lenient: bool,
) -> Result<SchemaRef, EtlError> {
    let bad = |place: Place, reason: String| EtlError::BadRow {
        table: name.clone(),
        file: file.path(),
        place,
        reason,
    };
    let unreadable = |error: DataFusionError| bad(Place::Unknown, root_message(&error));
    let mut chunks = LineChunks::open(store, file).await.map_err(unreadable)?;
    let mut fields: Vec<Arc<Field>> = Vec::new();
    let mut votes = Votes::default();
    while let Some((first_line, lines)) = chunks.next().await.map_err(unreadable)? {
        if is_lenient {
            votes.count(&lines);
            continue;
        }
        let inferred = match infer_json_schema(Cursor::new(&lines), None) {
            Ok((schema, _)) => schema,
            Err(error) => {
                let (line, reason) =
                    first_bad_json(first_line, &lines).unwrap_or((first_line, error.to_string()));
                return Err(bad(Place::Line(line), reason));
            }
        };
        for field in inferred.fields() {
            let Some(known) = fields.iter_mut().find(|known| known.name() == field.name()) else {
                fields.push(Arc::clone(field));
                continue;
            };
            let Some(common) = common_type(known.data_type(), field.data_type()) else {
                let (a, b) = (type_name(known.data_type()), type_name(field.data_type()));
                let reason =
                    format!("key `{}` is {b} from here on, and was {a} before", field.name());
                return Err(bad(Place::Line(first_line), reason));
            };
            *known = Arc::new(Field::new(field.name(), common, true));
        }
    }
    fields.extend(votes.fields());
    Ok(Arc::new(Schema::new(fields)))
}

/// The types that each key has, and in how many rows: a row that differs from most is a bad one.
#[derive(Debug, Default)]
struct Votes(Vec<(String, Vec<(DataType, u64)>)>);

impl Votes {
    /// Counts the rows that are JSON objects.
    fn count(&mut self, lines: &[u8]) {
        for (_, line) in numbered_lines(1, lines) {
            let Ok(row) = serde_json::from_slice::<serde_json::Value>(line) else { continue };
            let Ok(schema) = infer_json_schema_from_iterator(std::iter::once(Ok(row))) else {
                continue;
            };
            for field in schema.fields() {
                self.add(field);
            }
        }
    }

    fn add(&mut self, field: &Field) {
        let at = match self.0.iter().position(|(name, _)| name == field.name()) {
            Some(at) => at,
            None => {
                self.0.push((field.name().clone(), Vec::new()));
                self.0.len() - 1
            }
        };
        let types = &mut self.0[at].1;
        match types.iter_mut().find(|(known, _)| known == field.data_type()) {
            Some((_, n)) => *n += 1,
            None => types.push((field.data_type().clone(), 1)),
        }
    }

    /// The types of most rows, widened by those that go with them.
    fn fields(self) -> impl Iterator<Item = Arc<Field>> {
        self.0.into_iter().map(|(name, mut types)| {
            // The first one seen where as many rows have one as the other; nulls are of any type.
            types.sort_by_key(|(found, n)| (*found == DataType::Null, std::cmp::Reverse(*n)));
            let mut types = types.into_iter().map(|(found, _)| found);
            let first = types.next().unwrap_or(DataType::Null);
            let all = types.fold(first, |all, found| widened(&all, &found).unwrap_or(all));
            Arc::new(Field::new(name, all, true))
        })
    }
}

/// The type that holds the values of both, where objects may have different keys.
fn widened(a: &DataType, b: &DataType) -> Option<DataType> {
    match (a, b) {
        (DataType::Struct(a), DataType::Struct(b)) => {
            let mut fields: Vec<Arc<Field>> = a.iter().cloned().collect();
            for other in b {
                match fields.iter_mut().find(|field| field.name() == other.name()) {
                    None => fields.push(Arc::clone(other)),
                    Some(field) => {
                        let both = widened(field.data_type(), other.data_type())?;
                        *field = Arc::new(Field::new(field.name(), both, true));
                    }
                }
            }
            Some(DataType::Struct(fields.into()))
        }
        (DataType::List(a), DataType::List(b)) => {
            let item = widened(a.data_type(), b.data_type())?;
            Some(DataType::List(Arc::new(Field::new(a.name(), item, true))))
        }
        (a, b) => common_type(a, b),
    }
}

/// The first line that is no JSON object.
pub(super) fn first_bad_json(first_line: u64, lines: &[u8]) -> Option<(u64, String)> {
    numbered_lines(first_line, lines).find_map(|(number, line)| {
        match serde_json::from_slice::<serde_json::Value>(line) {
            Ok(value) if value.is_object() => None,
            Ok(_) => Some((number, "a JSON object was expected".to_owned())),
            Err(error) => Some((number, format!("no JSON: {error}"))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_may_be_quoted_cut_or_marked() {
        let options = CsvOptions::default();
        let first = |text: &[u8], end| first_record(text, end, &options).unwrap();
        assert_eq!(first(b"\xef\xbb\xbfa,\"b\n\"\n1", false).unwrap(), ["a", "b\n"]);
        assert_eq!(first(b"a,\"b", false), None);
        assert_eq!(first(b"a,b", false), None);
        assert_eq!(first(b"a,b", true).unwrap(), ["a", "b"]);
        assert_eq!(first(b"", true).unwrap(), Vec::<String>::new());
    }

    /// Rows that all can be read have the same types whether bad ones would be set aside or not.
    #[test]
    fn types_of_most_rows_are_those_of_all_where_all_agree() {
        let good = b"{\"a\":1,\"b\":{\"x\":1},\"l\":[]}\n{\"b\":{\"y\":\"t\",\"x\":null},\"l\":[{\"p\":1}]}\n\
                     {\"a\":1.5,\"c\":null,\"l\":[{\"q\":true}]}\n";
        let types = |lines: &[u8]| {
            let mut votes = Votes::default();
            votes.count(lines);
            votes.fields().map(|field| field.as_ref().clone()).collect::<Vec<_>>()
        };
        let sorted = |mut fields: Vec<Field>| {
            fields.sort_by(|a, b| a.name().cmp(b.name()));
            fields
                .iter()
                .map(|field| format!("{} {}", field.name(), field.data_type()))
                .collect::<Vec<_>>()
        };
        let (all, _) = infer_json_schema(Cursor::new(good), None).unwrap();
        let all = all.fields().iter().map(|field| field.as_ref().clone()).collect();
        assert_eq!(sorted(types(good)), sorted(all));
        let bad = [good.as_slice(), b"{\"a\":\"x\",\"b\":7}\nnone\n"].concat();
        assert_eq!(sorted(types(&bad)), sorted(types(good)));
    }

    #[test]
    fn types_widen_without_loss_or_differ() {
        use DataType as T;
        assert_eq!(common_type(&T::Int32, &T::Int64), Some(T::Int64));
        assert_eq!(common_type(&T::Int64, &T::Float64), Some(T::Float64));
        assert_eq!(common_type(&T::Utf8, &T::Utf8View), Some(T::Utf8View));
        assert_eq!(common_type(&T::Int64, &T::Utf8), None);
        assert_eq!(common_type(&T::UInt64, &T::Int64), None);
        let utc = T::Timestamp(TimeUnit::Second, Some("UTC".into()));
        let naive = T::Timestamp(TimeUnit::Nanosecond, None);
        let both = T::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        assert_eq!(common_type(&utc, &naive), Some(both));
    }
}
