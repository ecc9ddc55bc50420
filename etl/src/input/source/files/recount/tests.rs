//! Both ways to read a file agree on what is in it.

use std::io::Write as _;
use std::sync::Arc;

use clio_proto::{CsvOptions, FileSet, Format};
use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray, UInt64Array,
};
use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::prelude::SessionContext;
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestRng, TestRunner};
use proptest::{collection, option};
use url::Url;

use super::values::{Misfit, Value, array_of};
use crate::engine;
use crate::error::{EtlError, TableName};
use crate::input::source::Table;

const ENDINGS: [&str; 5] = ["", ".gz", ".bz2", ".xz", ".zst"];

#[derive(Debug, Clone)]
struct Row {
    id: Option<u64>,
    signed: Option<i64>,
    price: Option<f64>,
    text: Option<String>,
    is_new: Option<bool>,
    tags: Option<Vec<Option<String>>>,
}

fn row() -> impl Strategy<Value = Row> {
    let text = prop_oneof![
        "[a-c,;\"' \\n\\\\\u{e4}\u{1f600}]{0,6}",
        Just("007".to_owned()),
        Just("1e3".to_owned()),
        Just("18446744073709551616".to_owned()),
        Just("null".to_owned()),
    ];
    let id = prop_oneof![any::<u64>(), 0_u64..5, Just(u64::MAX), Just((1 << 53) + 1)];
    // As they are written they are read: a fraction has few digits.
    let price = (-1_000_000_i32..1_000_000).prop_map(|cents| f64::from(cents) / 100.0 + 0.005);
    (
        option::of(id),
        option::of(any::<i64>()),
        option::of(price),
        option::of(text.clone()),
        option::of(any::<bool>()),
        option::of(collection::vec(option::of(text), 0..4)),
    )
        .prop_map(|(id, signed, price, text, is_new, tags)| Row {
            id,
            signed,
            price,
            text,
            is_new,
            tags,
        })
}

/// A file's bytes in so many members as there are parts.
fn compressed(ending: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut all = Vec::new();
    for part in parts {
        let member = match ending {
            ".gz" => {
                let mut writer =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                writer.write_all(part).unwrap();
                writer.finish().unwrap()
            }
            ".bz2" => {
                let mut writer =
                    bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                writer.write_all(part).unwrap();
                writer.finish().unwrap()
            }
            ".xz" => {
                let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 0);
                writer.write_all(part).unwrap();
                writer.finish().unwrap()
            }
            ".zst" => zstd::stream::encode_all(&part[..], 1).unwrap(),
            _ => part.clone(),
        };
        all.extend(member);
    }
    all
}

/// A CSV file in parts, of which the first has the header.
fn csv_parts(rows: &[Row], options: &CsvOptions) -> Vec<Vec<u8>> {
    let null = || options.nulls[0].clone();
    let record = |row: &Row| {
        [
            row.id.map_or_else(null, |id| id.to_string()),
            row.signed.map_or_else(null, |it| it.to_string()),
            row.price.map_or_else(null, |it| it.to_string()),
            row.text.clone().unwrap_or_else(null),
            row.is_new.map_or_else(null, |it| it.to_string()),
        ]
    };
    let part = |rows: &[Row], header: bool| {
        let mut writer =
            csv::WriterBuilder::new().delimiter(options.delimiter).from_writer(Vec::new());
        if header {
            writer.write_record(["id", "signed", "price", "text", "is_new"]).unwrap();
        }
        rows.iter().for_each(|row| writer.write_record(record(row)).unwrap());
        writer.into_inner().unwrap()
    };
    let (first, second) = rows.split_at(rows.len() / 2);
    vec![part(first, options.header), part(second, false)]
}

fn json_parts(rows: &[Row]) -> Vec<Vec<u8>> {
    let line = |row: &Row| {
        let mut object = serde_json::Map::new();
        // A key that a row does not have, and one that is null, are the same.
        if let Some(id) = row.id {
            object.insert("id".to_owned(), id.into());
        }
        object.insert("signed".to_owned(), row.signed.into());
        object.insert("price".to_owned(), row.price.into());
        if row.text.is_some() {
            object.insert("text".to_owned(), row.text.clone().into());
        }
        object.insert("is_new".to_owned(), row.is_new.into());
        object.insert("tags".to_owned(), serde_json::to_value(&row.tags).unwrap());
        object.insert("of".to_owned(), serde_json::json!({"id": row.id, "texts": row.tags}));
        let mut line = serde_json::to_vec(&object).unwrap();
        line.push(b'\n');
        line
    };
    let (first, second) = rows.split_at(rows.len() / 2);
    [first, second].map(|rows| rows.iter().flat_map(line).collect()).to_vec()
}

fn parquet(rows: &[Row], compression: Compression) -> Vec<u8> {
    let texts: StringArray = rows.iter().map(|row| row.text.clone()).collect();
    let lists = rows.iter().map(|row| {
        let signed =
            |tag: &Option<String>| tag.as_ref().map(|tag| i32::try_from(tag.len()).unwrap());
        row.tags.as_ref().map(|tags| tags.iter().map(signed).collect::<Vec<_>>())
    });
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(rows.iter().map(|row| row.id).collect::<UInt64Array>())),
        ("signed", Arc::new(rows.iter().map(|row| row.signed).collect::<Int64Array>())),
        ("price", Arc::new(rows.iter().map(|row| row.price).collect::<Float64Array>())),
        ("text", Arc::new(texts.clone())),
        ("is_new", Arc::new(rows.iter().map(|row| row.is_new).collect::<BooleanArray>())),
        ("tags", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))),
        ("kind", cast(&texts, &dictionary).unwrap()),
        (
            "small",
            Arc::new(
                rows.iter()
                    .map(|row| row.signed.map(|it| (it % 99) as i32))
                    .collect::<Int32Array>(),
            ),
        ),
        ("at", Arc::new(rows.iter().map(|row| row.signed).collect::<TimestampMicrosecondArray>())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

/// What both ways read of a folder's files.
async fn both(
    ctx: &SessionContext,
    folder: &std::path::Path,
    format: Format,
) -> Result<[RecordBatch; 2], EtlError> {
    let file_set = FileSet {
        url: String::new(),
        patterns: Vec::new(),
        format,
        columns: Vec::new(),
        types: Vec::new(),
        late_days: None,
        on_bad_rows: Default::default(),
    };
    let base = Url::from_directory_path(folder).unwrap();
    let name = TableName::Source("events".to_owned());
    let table = Table::open(ctx, name, &file_set, &base, None).await?;
    let files = table.pieces().to_vec();
    let mut read = Vec::new();
    for provider in [table.provider(files.clone(), 1), table.recounted(files, 1)] {
        let schema = provider.schema();
        let rows = ctx.read_table(provider).unwrap().collect().await;
        let rows = rows.map_err(|error| engine::explained("reading", error))?;
        read.push(concat_batches(&schema, &rows).unwrap());
    }
    let second = read.remove(1);
    Ok([read.remove(0), second])
}

async fn agree(ctx: &SessionContext, name: &str, bytes: &[u8], format: Format, n_rows: usize) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    let [first, second] = both(ctx, folder.path(), format).await.unwrap();
    assert_eq!(first, second, "{name}");
    assert_eq!(first.num_rows(), n_rows, "{name}");
}

#[test]
fn both_ways_read_the_same_rows_of_every_format_and_compression() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ctx = engine::session(2, None).unwrap();
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Cases { cases: 8, ..Cases::default() }, random);
    let result = runner.run(&collection::vec(row(), 1..30), |rows| {
        runtime.block_on(async {
            for ending in ENDINGS {
                for (delimiter, header, null) in [(b',', true, ""), (b'\t', false, "\\N")] {
                    let nulls = vec![null.to_owned(), "null".to_owned()];
                    let options = CsvOptions { delimiter, header, nulls, ..CsvOptions::default() };
                    let file = compressed(ending, &csv_parts(&rows, &options));
                    let name = format!("a.csv{ending}");
                    agree(&ctx, &name, &file, Format::Csv(options), rows.len()).await;
                }
                let file = compressed(ending, &json_parts(&rows));
                agree(&ctx, &format!("a.ndjson{ending}"), &file, Format::Ndjson, rows.len()).await;
            }
            let zstd = Compression::ZSTD(Default::default());
            for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, zstd] {
                let file = parquet(&rows, compression);
                agree(&ctx, "a.parquet", &file, Format::Parquet, rows.len()).await;
            }
        });
        Ok(())
    });
    result.unwrap();
}

#[tokio::test]
async fn a_mark_at_the_beginning_and_lines_of_other_systems_are_read_alike() {
    let ctx = engine::session(1, None).unwrap();
    let csv = "\u{feff}id,text\r\n1,\"a\r\nb\"\r\n\r\n2,c";
    let json = "\u{feff}{\"id\":1}\r\n\r\n  {\"id\":-2.50}\r\n{}";
    for ending in ENDINGS {
        let file = compressed(ending, &[csv.as_bytes().to_vec()]);
        agree(&ctx, &format!("a.csv{ending}"), &file, Format::Csv(CsvOptions::default()), 2).await;
        let file = compressed(ending, &[json.as_bytes().to_vec()]);
        agree(&ctx, &format!("a.json{ending}"), &file, Format::Ndjson, 3).await;
    }
}

#[test]
fn a_value_that_a_type_does_not_hold_is_none_of_it() {
    let fits = |value: &Value, target: &DataType| -> Result<String, Misfit> {
        let array = array_of(target, &[value])?;
        assert_eq!(array.data_type(), target);
        Ok(array_value_to_string(&array, 0).unwrap())
    };
    let number = |text: &str| Value::Number(text.to_owned());
    let decimal = DataType::Decimal128(38, 0);
    for (text, target, expected) in [
        ("18446744073709551615", DataType::UInt64, Some("18446744073709551615")),
        ("18446744073709551615", DataType::Int64, None),
        ("18446744073709551615", DataType::Float64, None),
        ("18446744073709551616", DataType::Float64, Some("1.8446744073709552e19")),
        ("18446744073709551616", decimal.clone(), Some("18446744073709551616")),
        ("9007199254740993", DataType::Float64, None),
        ("9007199254740992", DataType::Float64, Some("9007199254740992.0")),
        ("1e3", DataType::Int64, Some("1000")),
        ("1.0", DataType::Int64, Some("1")),
        ("1.5", DataType::Int64, None),
        ("0.1", DataType::Float64, Some("0.1")),
        ("1.0", DataType::Utf8, Some("1")),
        ("1.50", DataType::Utf8, Some("1.50")),
        ("-7", DataType::UInt64, None),
        ("1e400", DataType::Float64, None),
    ] {
        let found = fits(&number(text), &target);
        assert_eq!(found.ok().as_deref(), expected, "{text} as {target}");
    }
    let padded = Value::Text("007".to_owned());
    assert!(fits(&padded, &DataType::Int64).is_err());
    assert_eq!(fits(&padded, &DataType::Utf8).unwrap(), "007");
    let lists = [Value::List(vec![number("1")]), Value::List(vec![number("2"), number("1.5")])];
    let target = DataType::new_list(DataType::Int64, true);
    let misfit = array_of(&target, &lists.iter().collect::<Vec<_>>()).unwrap_err();
    assert_eq!((misfit.row, misfit.value.as_str()), (1, "1.5"));
}
