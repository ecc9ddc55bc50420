//! Lakes in temporary folders, written according to the contract, byte by byte: so that they can also be written
//! wrongly.

mod hands;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema};
use clio_lake::{
    CHECKSUM_TAG, CellFile, Checksum, FORMAT_VERSION, FirstDays, SNAPSHOT_KEY, SnapshotMetadata,
    WRITER, cell_schema, sum_of_cell_files,
};
use clio_proto::{Grain, MeasureKind, Model, Period, RetiredDays, RunId};
use clio_sketch::{Family, Precision, Sketch};
use jiff::civil::Date;
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::events::{AUDIENCES, Event, FLOAT_SUMS, MODEL, asset_row, audience_kind};
use super::spreads;

/// A lake, and the events behind it.
#[derive(Debug)]
pub(super) struct TestLake {
    folder: TempDir,
    pub(super) events: Vec<Event>,
    /// The files of the current version: period and path.
    files: BTreeMap<Period, String>,
    /// The size and the checksum of each file, by path.
    written: BTreeMap<String, (usize, Checksum)>,
    next_version: u64,
    n_files: u64,
    lookup_versions: BTreeMap<String, u64>,
    pub(super) retired: RetiredDays,
    /// The first days in commits.
    first_days: FirstDays,
    /// Days that were retired by a commit that kept no first days, like those of older programs.
    pub(super) forgotten: BTreeSet<Date>,
    /// The model in commits, which has the columns of [`MODEL`].
    pub(super) model: String,
}

/// The dimensions of a cell.
type CellKey = (Option<String>, Option<String>, Vec<String>);

/// The measures of a cell.
#[derive(Debug, Default)]
struct Cell {
    impressions: i64,
    viewers: BTreeSet<u64>,
    clicks: i64,
    seconds: f64,
    plays: i64,
    players: BTreeSet<u64>,
    watched: Vec<f64>,
}

/// A sketch of some profiles, with the model's parameters.
pub(super) fn sketch(precision: u8, profiles: &BTreeSet<u64>) -> Sketch {
    let precision = Precision::try_new(precision).unwrap();
    let mut sketch = Sketch::new(Family::HllPlusPlus, precision);
    profiles.iter().for_each(|profile| sketch.insert_hash(Family::HllPlusPlus.hash_u64(*profile)));
    sketch
}

impl TestLake {
    /// A folder without a lake.
    pub(super) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            events: Vec::new(),
            files: BTreeMap::new(),
            written: BTreeMap::new(),
            next_version: 0,
            n_files: 0,
            lookup_versions: BTreeMap::new(),
            retired: RetiredDays::default(),
            first_days: FirstDays::default(),
            forgotten: BTreeSet::new(),
            model: MODEL.to_owned(),
        }
    }

    /// A lake of one snapshot.
    pub(super) fn with(events: Vec<Event>) -> Self {
        let mut lake = Self::empty();
        lake.replace_days(events);
        lake
    }

    /// A lake of one snapshot with a model that has other derived measures, precisions or attributions.
    pub(super) fn with_model(model: &str, events: Vec<Event>) -> Self {
        let mut lake = Self { model: model.to_owned(), ..Self::empty() };
        lake.replace_days(events);
        lake
    }

    fn model(&self) -> Model {
        Model::parse("model.toml", &self.model).unwrap()
    }

    pub(super) fn url(&self) -> Url {
        Url::from_directory_path(self.folder.path()).unwrap()
    }

    pub(super) fn path(&self, below: &str) -> std::path::PathBuf {
        self.folder.path().join(below)
    }

    /// Replaces the days of some events, rebuilds their parents, and commits once.
    pub(super) fn replace_days(&mut self, events: Vec<Event>) {
        self.commit(events, |_| {}, |_, batch| batch);
    }

    /// As [`replace_days`](Self::replace_days), with changes to the metadata and to every file.
    pub(super) fn commit(
        &mut self,
        events: Vec<Event>,
        change: impl FnOnce(&mut SnapshotMetadata),
        file: impl Fn(Period, RecordBatch) -> RecordBatch,
    ) {
        if self.lookup_versions.is_empty() {
            self.write_lookups();
        }
        let days: BTreeSet<Date> = events.iter().map(|event| event.day).collect();
        self.events.retain(|event| !days.contains(&event.day));
        self.events.extend(events);
        let periods: BTreeSet<Period> =
            days.iter().flat_map(|day| Grain::ALL.map(|grain| Period::of(*day, grain))).collect();
        let model = self.model();
        let mut actions = self.head("cells", &schema(&model));
        let mut cells = BTreeMap::new();
        for period in periods {
            if let Some(old) = self.files.remove(&period) {
                actions.push(json!({"remove": {"path": old, "dataChange": true}}));
            }
            let batch = file(period, cell_batch(&model, &self.events, period));
            cells.insert(period.to_string(), batch.num_rows() as u64);
            let grain = period.grain();
            self.n_files += 1;
            let path = format!("grain={grain}/period={period}/part-{:05}.parquet", self.n_files);
            let written = self.write_file("cells", &path, &batch);
            let partition = json!({"grain": grain.as_str(), "period": period.to_string()});
            actions.push(add(&path, written, &partition, batch.num_rows()));
            self.written.insert(path.clone(), written);
            self.files.insert(period, path);
        }
        let mut metadata = self.metadata(days, cells);
        change(&mut metadata);
        let text = serde_json::to_string(&metadata).unwrap();
        self.write_commit(actions, json!({ SNAPSHOT_KEY: text }));
    }

    /// The checksum of the files of the current version.
    fn sum(&self) -> Checksum {
        let file = |(period, path): (&Period, &String)| {
            let (size, checksum) = self.written[path];
            CellFile {
                path: path.clone(),
                size_bytes: i64::try_from(size).unwrap(),
                modified_millis: 0,
                location: path.as_str().into(),
                period: *period,
                n_rows: None,
                checksum: Some(checksum),
            }
        };
        sum_of_cell_files(&self.files.iter().map(file).collect::<Vec<_>>())
    }

    /// The metadata of a commit that has rebuilt some days.
    fn metadata(&self, days: BTreeSet<Date>, cells: BTreeMap<String, u64>) -> SnapshotMetadata {
        SnapshotMetadata {
            format_version: FORMAT_VERSION,
            writer: WRITER.to_owned(),
            files: Some(self.sum()),
            run: RunId::new(format!("run-{}", self.next_version)),
            fingerprint: self.model().fingerprint().clone(),
            model: self.model.clone(),
            provisional_days: days.last().copied().into_iter().collect(),
            days: days.into_iter().collect(),
            rows_in: BTreeMap::from([("impressions".to_owned(), self.events.len() as u64)]),
            rows_out_of_day: BTreeMap::new(),
            rows_unattributed: BTreeMap::new(),
            rows_quarantined: Default::default(),
            lookups: self.lookup_versions.clone(),
            cells,
            checks: Vec::new(),
            accepted: None,
            inputs: Default::default(),
            retired: self.retired.clone(),
            first_days: self.first_days.clone(),
            columns: Default::default(),
        }
    }

    /// Removes the days of some months in one commit, which records it, and the days from which countries count.
    pub(super) fn retire(&mut self, months: &[&str]) {
        for month in months {
            let month: Period = month.parse().unwrap();
            for event in self.events.iter().filter(|event| month.contains(event.day)) {
                if let Some(country) = &event.country {
                    self.first_days.note("country", country, event.day);
                }
            }
        }
        self.remove_days(months);
    }

    /// As [`retire`](Self::retire), without first days.
    pub(super) fn retire_and_forget(&mut self, months: &[&str]) {
        for month in months {
            let month: Period = month.parse().unwrap();
            let days = self.events.iter().map(|event| event.day);
            self.forgotten.extend(days.filter(|day| month.contains(*day)));
        }
        self.remove_days(months);
    }

    fn remove_days(&mut self, months: &[&str]) {
        let months: Vec<Period> = months.iter().map(|month| month.parse().unwrap()).collect();
        let mut actions = Vec::new();
        let days: Vec<Period> = self.files.keys().copied().collect();
        for period in days {
            let Period::Day(day) = period else { continue };
            if months.iter().any(|month| month.contains(day)) {
                let old = self.files.remove(&period).unwrap();
                actions.push(json!({"remove": {"path": old, "dataChange": true}}));
                self.retired.retire([day]);
            }
        }
        let metadata = self.metadata(BTreeSet::new(), BTreeMap::new());
        let text = serde_json::to_string(&metadata).unwrap();
        self.write_commit(actions, json!({ SNAPSHOT_KEY: text }));
    }

    /// The path of a period's file.
    pub(super) fn file(&self, period: Period) -> std::path::PathBuf {
        self.path("cells").join(&self.files[&period])
    }

    fn write_commit(&mut self, mut actions: Vec<Value>, mut info: Value) {
        let version = self.next_version;
        if let Some(text) = info[SNAPSHOT_KEY].as_str() {
            info[CHECKSUM_TAG] = Checksum::of(text.as_bytes()).to_string().into();
        }
        info["timestamp"] = json!(1_767_225_600_000_i64 + i64::try_from(version).unwrap() * 60_000);
        actions.insert(0, json!({ "commitInfo": info }));
        self.write_log("cells", version, &actions);
        self.next_version += 1;
    }

    fn write_lookups(&mut self) {
        let assets: Vec<String> = (0..12).map(|n| format!("asset-{n}")).collect();
        let rows: Vec<_> =
            assets.iter().filter_map(|asset| Some((asset, asset_row(asset)?))).collect();
        let text = |values: Vec<Option<String>>| Arc::new(StringArray::from(values)) as ArrayRef;
        let columns = vec![
            ("key", text(rows.iter().map(|(asset, _)| Some((*asset).clone())).collect())),
            ("title", text(rows.iter().map(|(_, row)| Some(row.title.clone())).collect())),
            ("media_type", text(rows.iter().map(|(_, row)| row.media_type.clone()).collect())),
            ("tags", lists(rows.iter().map(|(_, row)| row.tags.clone()))),
            ("name", text(rows.iter().map(|(_, row)| row.name.clone()).collect())),
            ("preview_url", text(rows.iter().map(|(_, row)| row.preview_url.clone()).collect())),
            ("since", text(rows.iter().map(|(_, row)| row.since.clone()).collect())),
            ("unused", text(rows.iter().map(|_| None).collect())),
        ];
        self.write_lookup("assets", columns);
        let kinds = AUDIENCES.map(audience_kind).to_vec();
        let keys = AUDIENCES.map(|audience| Some(audience.to_owned())).to_vec();
        self.write_lookup("audiences", vec![("key", text(keys)), ("kind", text(kinds))]);
    }

    /// Writes a lookup of one version.
    pub(super) fn write_lookup(&mut self, name: &str, columns: Vec<(&str, ArrayRef)>) {
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        )
        .unwrap();
        let table = format!("lookups/{name}");
        let version = self.lookup_versions.get(name).map_or(0, |version| version + 1);
        let path = format!("part-{version}.parquet");
        let written = self.write_file(&table, &path, &batch);
        let mut actions =
            if version == 0 { head(&table, &batch.schema(), &[]) } else { Vec::new() };
        if version > 0 {
            let old = format!("part-{}.parquet", version - 1);
            actions.push(json!({"remove": {"path": old, "dataChange": true}}));
        }
        actions.push(add(&path, written, &json!({}), batch.num_rows()));
        self.write_log(&table, version, &actions);
        self.lookup_versions.insert(name.to_owned(), version);
    }

    fn head(&self, table: &str, schema: &Schema) -> Vec<Value> {
        if self.next_version > 0 {
            return Vec::new();
        }
        head(table, schema, &["grain", "period"])
    }

    fn write_file(&self, table: &str, path: &str, batch: &RecordBatch) -> (usize, Checksum) {
        let path = self.path(table).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut writer =
            ArrowWriter::try_new(fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        let bytes = fs::read(&path).unwrap();
        (bytes.len(), Checksum::of(&bytes))
    }

    fn write_log(&self, table: &str, version: u64, actions: &[Value]) {
        let folder = self.path(table).join("_delta_log");
        fs::create_dir_all(&folder).unwrap();
        let lines: Vec<String> = actions.iter().map(ToString::to_string).collect();
        // Written beside and renamed, like a log store does: a follower never sees half a commit.
        let temporary = folder.join("writing.tmp");
        fs::write(&temporary, lines.join("\n") + "\n").unwrap();
        fs::rename(temporary, folder.join(format!("{version:020}.json"))).unwrap();
    }
}

/// The schema of cells according to the test model.
fn schema(model: &Model) -> Schema {
    cell_schema(model, &FLOAT_SUMS.map(ToOwned::to_owned))
}

/// The actions that make a table.
fn head(table: &str, schema: &Schema, partition: &[&str]) -> Vec<Value> {
    let fields: Vec<Value> = schema
        .fields()
        .iter()
        .map(|field| {
            let data_type = match field.data_type() {
                DataType::Utf8 => json!("string"),
                DataType::Int64 => json!("long"),
                DataType::Float64 => json!("double"),
                DataType::Binary => json!("binary"),
                DataType::List(_) => {
                    json!({"type": "array", "elementType": "string", "containsNull": true})
                }
                other => panic!("no Delta type for {other}"),
            };
            let metadata: BTreeMap<_, _> = field.metadata().iter().collect();
            json!({"name": field.name(), "type": data_type, "nullable": true, "metadata": metadata})
        })
        .collect();
    let schema = json!({"type": "struct", "fields": fields}).to_string();
    vec![
        json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}),
        json!({"metaData": {
            "id": table,
            "format": {"provider": "parquet", "options": {}},
            "schemaString": schema,
            "partitionColumns": partition,
            "configuration": {},
            "createdTime": 0,
        }}),
    ]
}

fn add(path: &str, (size, checksum): (usize, Checksum), partition: &Value, n_rows: usize) -> Value {
    let stats = json!({ "numRecords": n_rows }).to_string();
    json!({"add": {
        "path": path,
        "partitionValues": partition,
        "size": size,
        "modificationTime": 0,
        "dataChange": true,
        "stats": stats,
        "tags": { CHECKSUM_TAG: checksum.to_string() },
    }})
}

/// The cells of a period as a file holds them.
fn cell_batch(model: &Model, events: &[Event], period: Period) -> RecordBatch {
    let mut cells: BTreeMap<CellKey, Cell> = BTreeMap::new();
    for event in events.iter().filter(|event| period.contains(event.day)) {
        let audiences = event.audiences.iter().cloned().collect();
        let cell =
            cells.entry((event.asset.clone(), event.country.clone(), audiences)).or_default();
        if let Some(seconds) = event.seconds {
            cell.plays += 1;
            cell.seconds += seconds;
            cell.players.insert(event.profile);
            cell.watched.push(seconds);
        } else {
            cell.impressions += 1;
            cell.clicks += event.clicks;
            cell.viewers.insert(event.profile);
        }
    }
    let schema = schema(model);
    let text = |of: fn(&CellKey) -> Option<String>| -> ArrayRef {
        Arc::new(cells.keys().map(of).collect::<StringArray>())
    };
    let int = |of: fn(&Cell) -> i64| -> ArrayRef {
        Arc::new(cells.values().map(of).collect::<Int64Array>())
    };
    let sketches = |measure: &str, of: fn(&Cell) -> &BTreeSet<u64>| -> ArrayRef {
        let precision = match model.measure(measure).unwrap().kind {
            MeasureKind::Distinct { precision, .. } => precision.get(),
            _ => panic!("`{measure}` has no sketch"),
        };
        let bytes: Vec<Vec<u8>> =
            cells.values().map(|cell| sketch(precision, of(cell)).encode()).collect();
        Arc::new(bytes.iter().map(|bytes| Some(bytes.as_slice())).collect::<BinaryArray>())
    };
    let seconds = cells.values().map(|cell| cell.seconds).collect::<Float64Array>();
    let columns = vec![
        text(|key| key.0.clone()),
        text(|key| key.1.clone()),
        lists(cells.keys().map(|key| key.2.clone())),
        int(|cell| cell.impressions),
        sketches("viewers", |cell| &cell.viewers),
        int(|cell| cell.clicks),
        Arc::new(seconds),
        int(|cell| cell.plays),
        sketches("players", |cell| &cell.players),
        Arc::new(BinaryArray::from_iter_values(
            cells.values().map(|cell| spreads::sketch(&cell.watched).encode()),
        )),
    ];
    // The partition columns are only in the log.
    let fields: Vec<Field> =
        schema.fields().iter().skip(2).map(|field| (**field).clone()).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// A column of lists of strings.
pub(super) fn lists(values: impl Iterator<Item = Vec<String>>) -> ArrayRef {
    let field = Field::new("element", DataType::Utf8, true);
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(field);
    for list in values {
        list.iter().for_each(|text| builder.values().append_value(text));
        builder.append(true);
    }
    Arc::new(builder.finish())
}
