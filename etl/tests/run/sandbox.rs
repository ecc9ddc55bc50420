//! A folder with sources, a model and a lake, that is gone after the test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clio_etl::{Config, Days, EtlError, RunReport, Silent, SqlAnswer, run};
use clio_lake::{CHECKSUM_TAG, Checksum, SnapshotMetadata};
use clio_proto::{DayRange, Model, RunId};
use clio_sketch::{Family, Percentile, QuantileSketch, Scale, Sketch};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::csv::WriterBuilder;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use deltalake::DeltaTableBuilder;
use futures::TryStreamExt;
use tempfile::TempDir;
use url::Url;

/// Everything that one test reads and writes.
pub(crate) struct Sandbox {
    folder: TempDir,
    model: String,
    n_runs: usize,
    pub(crate) n_threads: usize,
    pub(crate) accept: Option<String>,
}

/// The newest version of a table of the lake.
pub(crate) struct Stored {
    pub(crate) version: u64,
    /// Every file's bytes, by partition.
    pub(crate) files: BTreeMap<String, Vec<Vec<u8>>>,
    pub(crate) metadata: Option<SnapshotMetadata>,
}

impl Sandbox {
    pub(crate) fn new(model: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, model: model.to_owned(), n_runs: 0, n_threads: 2, accept: None }
    }

    pub(crate) fn set_model(&mut self, model: &str) {
        model.clone_into(&mut self.model);
    }

    pub(crate) fn model_text(&self) -> String {
        self.model.clone()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn write_parquet(&self, path: &str, rows: &RecordBatch) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut writer =
            ArrowWriter::try_new(fs::File::create(path).unwrap(), rows.schema(), None).unwrap();
        writer.write(rows).unwrap();
        writer.close().unwrap();
    }

    pub(crate) fn config(&mut self) -> Config {
        self.n_runs += 1;
        let base = Url::from_directory_path(self.folder.path()).unwrap();
        Config {
            lake: base.join("lake/").unwrap(),
            model: Model::parse("model.toml", &self.model).unwrap(),
            base,
            run: RunId::new(format!("run-{}", self.n_runs)),
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            n_threads: self.n_threads,
            memory_bytes: None,
            accept: self.accept.clone(),
            state: None,
            retry: Default::default(),
        }
    }

    pub(crate) async fn try_run(&mut self, days: Days) -> Result<RunReport, EtlError> {
        let config = self.config();
        Box::pin(run(&config, days, &Silent)).await
    }

    pub(crate) async fn run(&mut self, days: Days) -> RunReport {
        match self.try_run(days).await {
            Ok(report) => report,
            Err(error) => panic!("{error}"),
        }
    }

    /// The message of a run that must fail, with the sandbox's folder written `DIR`; nothing may have
    /// been committed or left behind.
    pub(crate) async fn failure(&mut self, days: Days) -> String {
        let before = self.lake_files();
        let error = self.try_run(days).await.expect_err("the run should fail");
        assert_eq!(self.lake_files(), before, "a failed run leaves no file");
        error.to_string().replace(self.folder.path().to_str().unwrap(), "DIR")
    }

    /// Every file below the lake, with its size.
    pub(crate) fn lake_files(&self) -> BTreeMap<PathBuf, u64> {
        let mut files = BTreeMap::new();
        walk(&self.path("lake"), &mut files);
        files
    }

    pub(crate) async fn table(&self, table: &str) -> Option<Stored> {
        let folder = self.path(&format!("lake/{table}"));
        if !folder.join("_delta_log").try_exists().unwrap() {
            return None;
        }
        let url = Url::from_directory_path(&folder).unwrap();
        let table = DeltaTableBuilder::from_url(url).unwrap().load().await.unwrap();
        let snapshot = table.snapshot().unwrap();
        let mut files: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for view in snapshot.log_data().iter() {
            let period = view.partition_values_map().get("period").cloned().flatten();
            let bytes = fs::read(folder.join(view.path().as_ref())).unwrap();
            files.entry(period.unwrap_or_default()).or_default().push(bytes);
        }
        let commits: Vec<_> = table.history(None).try_collect().await.unwrap();
        let text = commits.iter().find_map(|commit| commit.info.get("clio")?.as_str());
        let metadata = text.map(|text| serde_json::from_str(text).unwrap());
        Some(Stored { version: snapshot.version(), files, metadata })
    }

    /// Rewrites the cells of a period and says so in the log, as a program would that computes wrongly: same file, same row
    /// count, other values.
    pub(crate) fn tamper(&self, period: &str, change: impl Fn(&Field, &ArrayRef) -> ArrayRef) {
        let log = self.path("lake/cells/_delta_log");
        let mut logs: Vec<PathBuf> =
            fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path()).collect();
        logs.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        logs.sort();
        let is_of_period =
            |add: &serde_json::Value| add["partitionValues"]["period"].as_str() == Some(period);
        let mut n_tampered = 0;
        for path in logs {
            let mut lines = Vec::new();
            for line in fs::read_to_string(&path).unwrap().lines() {
                let mut action: serde_json::Value = serde_json::from_str(line).unwrap();
                if let Some(add) = action.get_mut("add").filter(|add| is_of_period(add)) {
                    let file = self.path("lake/cells").join(add["path"].as_str().unwrap());
                    let batches = read(&fs::read(&file).unwrap());
                    let schema = batches[0].schema();
                    // Where a period has one part, both are one file under two names.
                    fs::remove_file(&file).unwrap();
                    let out = fs::File::create(&file).unwrap();
                    let mut writer = ArrowWriter::try_new(out, Arc::clone(&schema), None).unwrap();
                    for rows in batches {
                        let columns = schema.fields().iter().zip(rows.columns());
                        let columns = columns.map(|(field, values)| change(field, values));
                        let rows = RecordBatch::try_new(Arc::clone(&schema), columns.collect());
                        writer.write(&rows.unwrap()).unwrap();
                    }
                    writer.close().unwrap();
                    let bytes = fs::read(&file).unwrap();
                    add["size"] = bytes.len().into();
                    add["tags"][CHECKSUM_TAG] = Checksum::of(&bytes).to_string().into();
                    n_tampered += 1;
                }
                forget_sums(&mut action);
                lines.push(action.to_string());
            }
            fs::write(&path, lines.join("\n") + "\n").unwrap();
        }
        assert_eq!(n_tampered, 1, "{period} has one file");
    }

    pub(crate) async fn cells(&self) -> Stored {
        self.table("cells").await.expect("a run has committed")
    }
}

impl Stored {
    pub(crate) fn periods(&self) -> Vec<&str> {
        self.files.keys().map(String::as_str).collect()
    }

    /// The cells of a period, a line each: values with spaces between, a sketch as its estimate, one of
    /// quantiles as the number of values and the bounds of their median.
    pub(crate) fn lines(&self, period: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for bytes in &self.files[period] {
            for rows in read(bytes) {
                lines.extend((0..rows.num_rows()).map(|row| line(&rows, row)));
            }
        }
        lines
    }
}

/// Takes the sums out of a commit's information: that of its text, and that of its snapshot's files.
pub(crate) fn forget_sums(action: &mut serde_json::Value) {
    let Some(info) = action.get_mut("commitInfo").and_then(|info| info.as_object_mut()) else {
        return;
    };
    info.remove(CHECKSUM_TAG);
    if let Some(text) = info.get("clio").and_then(|text| text.as_str()) {
        let mut clio: serde_json::Value = serde_json::from_str(text).unwrap();
        clio.as_object_mut().unwrap().remove("files");
        info.insert("clio".to_owned(), clio.to_string().into());
    }
}

pub(crate) fn read(bytes: &[u8]) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::copy_from_slice(bytes));
    reader.unwrap().build().unwrap().map(Result::unwrap).collect()
}

fn line(rows: &RecordBatch, row: usize) -> String {
    let texts: Vec<String> = rows.columns().iter().map(|column| text(column, row)).collect();
    texts.join(" ")
}

fn text(column: &Arc<dyn Array>, row: usize) -> String {
    if column.is_null(row) {
        return "null".to_owned();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Binary => {
            let bytes = column.as_binary::<i32>().value(row);
            if let Ok(scale) = Scale::of_bytes(bytes) {
                return spread(&QuantileSketch::decode(&scale, bytes).unwrap());
            }
            let sketch = Sketch::decode(Family::HllPlusPlus, bytes)
                .or_else(|_| Sketch::decode(Family::DataSketches, bytes))
                .unwrap();
            format!("{:.0}", sketch.estimate().value)
        }
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            let items = items.as_string::<i32>();
            let texts: Vec<&str> = items.iter().map(Option::unwrap).collect();
            format!("[{}]", texts.join(","))
        }
        other => panic!("no cell holds {other}"),
    }
}

/// How many values there are, and the bounds of the median: `3@29.4..30`.
fn spread(sketch: &QuantileSketch) -> String {
    let n_values = sketch.n_values();
    match sketch.quantile(Percentile::MEDIAN) {
        None => "0".to_owned(),
        Some(found) if found.exact => format!("{n_values}@{}", found.value),
        Some(found) => format!("{n_values}@{:.1}..{:.1}", found.lower, found.upper),
    }
}

fn walk(folder: &Path, files: &mut BTreeMap<PathBuf, u64>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), files);
        } else {
            files.insert(entry.path(), entry.metadata().unwrap().len());
        }
    }
}

/// The days from one to another.
pub(crate) fn days(first: &str, last: &str) -> Days {
    Days::Range(DayRange::try_new(first.parse().unwrap(), last.parse().unwrap()).unwrap())
}

/// The rows of a query, a line each under one with the names.
pub(crate) fn csv(answer: &SqlAnswer) -> String {
    let mut out = Vec::new();
    let mut writer = WriterBuilder::new().with_header(true).build(&mut out);
    answer.batches().iter().for_each(|batch| writer.write(batch).unwrap());
    drop(writer);
    String::from_utf8(out).unwrap()
}
