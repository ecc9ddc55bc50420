//! What a query costs: one lake of a day, whose period `all` holds 300 000 cells of 5 000 assets.
//!
//! Sketches are as skewed as in life: most cells saw some ten people, a few hundred so many that they
//! are dense.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema};
use clio_lake::{FORMAT_VERSION, SNAPSHOT_KEY, SnapshotMetadata, WRITER, cell_schema};
use clio_proto::{CubeService as _, FieldRef, Filter, Model, Order, OrderBy, Query, RunId, Test};
use clio_serving::{Cubes, ServingConfig};
use clio_sketch::{Family, Precision, Sketch};
use criterion::{Criterion, criterion_group, criterion_main};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use url::Url;

const MODEL: &str = r#"
[dataset]
name = "media"
timezone = "UTC"
[source.impressions]
url = "impressions/"
format = "parquet"
time = "event_time"
[lookup.assets]
url = "assets.parquet"
format = "parquet"
key = "asset_id"
[dimension.asset]
column = "asset_id"
lookup = "assets"
attributes = ["media_type"]
[dimension.country]
column = "country"
[dimension.device]
column = "device"
[dimension.audience]
column = "audiences"
multi = true
[measure.impressions]
source = "impressions"
kind = "count"
[measure.viewers]
source = "impressions"
kind = "distinct"
of = "profile_id"
precision = 14
"#;

const N_ASSETS: usize = 5_000;
const N_COUNTRIES: usize = 12;
const N_DEVICES: usize = 5;
const N_PEOPLE: u64 = 5_000_000;

/// SplitMix64, by Sebastiano Vigna: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn cells(model: &Model) -> RecordBatch {
    let precision = Precision::try_new(14).expect("14 is one");
    let mut numbers = Numbers(1);
    let (mut assets, mut countries, mut devices) = (Vec::new(), Vec::new(), Vec::new());
    let field = Field::new("element", DataType::Utf8, true);
    let mut audiences = ListBuilder::new(StringBuilder::new()).with_field(field);
    let (mut impressions, mut viewers) = (Vec::new(), Vec::new());
    for asset in 0..N_ASSETS {
        for country in 0..N_COUNTRIES {
            for device in 0..N_DEVICES {
                // Pareto: 8 people at least, 20 000 at most.
                let n_people = 20_000 / (1 + numbers.next() % 2_500);
                let mut sketch = Sketch::new(Family::HllPlusPlus, precision);
                for _ in 0..n_people {
                    sketch.insert_hash(Family::HllPlusPlus.hash_u64(numbers.next() % N_PEOPLE));
                }
                assets.push(format!("asset-{asset:05}"));
                countries.push(format!("country-{country:02}"));
                devices.push(format!("device-{device}"));
                let bits = numbers.next();
                for audience in 0..8 {
                    if bits >> (audience * 2) & 3 == 0 {
                        audiences.values().append_value(format!("audience-{audience}"));
                    }
                }
                audiences.append(true);
                impressions.push(i64::try_from(n_people * 2).unwrap_or_default());
                viewers.push(sketch.encode());
            }
        }
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(assets)),
        Arc::new(StringArray::from(countries)),
        Arc::new(StringArray::from(devices)),
        Arc::new(audiences.finish()),
        Arc::new(Int64Array::from(impressions)),
        Arc::new(viewers.iter().map(|bytes| Some(bytes.as_slice())).collect::<BinaryArray>()),
    ];
    let schema = cell_schema(model, &[]);
    let fields: Vec<Field> =
        schema.fields().iter().skip(2).map(|field| (**field).clone()).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .expect("the columns are the model's")
}

fn write(folder: &Path, path: &str, batch: &RecordBatch) -> u64 {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
    let file = fs::File::create(&path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(batch).expect("written");
    writer.close().expect("closed");
    fs::metadata(&path).expect("it is there").len()
}

fn add(path: &str, size: u64, partition: &Value, n_rows: usize) -> Value {
    json!({"add": {
        "path": path, "partitionValues": partition, "size": size, "modificationTime": 0,
        "dataChange": true, "stats": json!({ "numRecords": n_rows }).to_string(),
    }})
}

fn head(schema: &Schema, partition: &[&str]) -> Vec<Value> {
    let fields: Vec<Value> = schema
        .fields()
        .iter()
        .map(|field| {
            let data_type = match field.data_type() {
                DataType::Int64 => json!("long"),
                DataType::Binary => json!("binary"),
                DataType::List(_) => {
                    json!({"type": "array", "elementType": "string", "containsNull": true})
                }
                _ => json!("string"),
            };
            let metadata = field.metadata();
            json!({"name": field.name(), "type": data_type, "nullable": true, "metadata": metadata})
        })
        .collect();
    vec![
        json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}),
        json!({"metaData": {
            "id": "bench", "format": {"provider": "parquet", "options": {}},
            "schemaString": json!({"type": "struct", "fields": fields}).to_string(),
            "partitionColumns": partition, "configuration": {}, "createdTime": 0,
        }}),
    ]
}

fn log(folder: &Path, actions: &[Value]) {
    let lines: Vec<String> = actions.iter().map(ToString::to_string).collect();
    fs::create_dir_all(folder.join("_delta_log")).expect("a folder");
    fs::write(folder.join("_delta_log/00000000000000000000.json"), lines.join("\n"))
        .expect("a commit");
}

fn write_lake(lake: &Path) {
    let model = Model::parse("model.toml", MODEL).expect("it holds");
    let names: Vec<String> = (0..N_ASSETS).map(|asset| format!("asset-{asset:05}")).collect();
    let types: Vec<&str> = (0..N_ASSETS).map(|n| ["video", "image", "text"][n % 3]).collect();
    let columns: [(&str, ArrayRef); 2] = [
        ("key", Arc::new(StringArray::from(names))),
        ("media_type", Arc::new(StringArray::from(types))),
    ];
    let lookup = RecordBatch::try_from_iter(columns).expect("two columns");
    let folder = lake.join("lookups/assets");
    let size = write(&folder, "part.parquet", &lookup);
    let mut actions = head(&lookup.schema(), &[]);
    actions.push(add("part.parquet", size, &json!({}), N_ASSETS));
    log(&folder, &actions);

    let batch = cells(&model);
    let folder = lake.join("cells");
    let metadata = SnapshotMetadata {
        format_version: FORMAT_VERSION,
        writer: WRITER.to_owned(),
        files: None,
        run: RunId::new("bench"),
        fingerprint: model.fingerprint().clone(),
        model: MODEL.to_owned(),
        days: Vec::new(),
        provisional_days: Vec::new(),
        rows_in: std::collections::BTreeMap::new(),
        rows_out_of_day: std::collections::BTreeMap::new(),
        rows_unattributed: std::collections::BTreeMap::new(),
        rows_quarantined: Default::default(),
        lookups: [("assets".to_owned(), 0)].into(),
        cells: std::collections::BTreeMap::new(),
        checks: Vec::new(),
        accepted: None,
        inputs: Default::default(),
        first_days: Default::default(),
        retired: Default::default(),
        columns: Default::default(),
    };
    let text = serde_json::to_string(&metadata).expect("it is JSON");
    let mut actions = vec![json!({"commitInfo": {"timestamp": 0, SNAPSHOT_KEY: text}})];
    actions.extend(head(&cell_schema(&model, &[]), &["grain", "period"]));
    for (grain, period) in
        [("day", "2026-01-01"), ("month", "2026-01"), ("year", "2026"), ("all", "all")]
    {
        let path = format!("grain={grain}/period={period}/part.parquet");
        let size = write(&folder, &path, &batch);
        let partition = json!({"grain": grain, "period": period});
        actions.push(add(&path, size, &partition, batch.num_rows()));
    }
    log(&folder, &actions);
}

fn queries() -> Vec<(&'static str, Query)> {
    let total = || Query::total(["impressions", "viewers"]);
    let by = |keys: &[&str]| -> Vec<clio_proto::GroupKey> {
        keys.iter().map(|key| key.parse().unwrap_or_else(|never| match never {})).collect()
    };
    let any = |field: &str, values: &[&str]| {
        let values = values.iter().map(ToString::to_string).collect();
        Some(Filter::Field { field: FieldRef::parse(field), test: Test::AnyOf(values) })
    };
    let top = |measure: &str| {
        let direction = clio_proto::Direction::Descending;
        vec![OrderBy { by: Order::Measure(measure.to_owned()), direction }]
    };
    vec![
        ("total", total()),
        ("total of a country", Query { filter: any("country", &["country-03"]), ..total() }),
        ("total of a media type", Query { filter: any("asset.media_type", &["video"]), ..total() }),
        ("by country", Query { group_by: by(&["country"]), ..total() }),
        ("by audience", Query { group_by: by(&["audience"]), ..total() }),
        (
            "top 100 assets by viewers",
            Query { group_by: by(&["asset"]), order_by: top("viewers"), ..total() },
        ),
        (
            "top 100 assets by impressions",
            Query { group_by: by(&["asset"]), order_by: top("impressions"), ..total() },
        ),
        (
            "top 100 assets by viewers, a country",
            Query {
                group_by: by(&["asset"]),
                order_by: top("viewers"),
                filter: any("country", &["country-03"]),
                ..total()
            },
        ),
        (
            "top 100 of asset and country by impressions",
            Query { group_by: by(&["asset", "country"]), ..total() },
        ),
    ]
}

fn bench(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    write_lake(folder.path());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let lake = Url::from_directory_path(folder.path()).expect("an absolute path");
    let cubes = runtime.block_on(Cubes::load_once(ServingConfig::new(lake))).expect("it loads");
    let mut group = criterion.benchmark_group(format!("{} MB", cubes.size_bytes() / 1_000_000));
    group.sample_size(20);
    for (name, query) in queries() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let answer = runtime.block_on(cubes.query(query.clone(), None));
                black_box(answer.expect("it is answered"))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
