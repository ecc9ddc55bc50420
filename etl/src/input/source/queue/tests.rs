//! A run over rows in memory, by partition and offset, makes the cells that one over the same rows in files makes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use clio_proto::{DayRange, Model, RunId, stable_digest};
use datafusion::arrow::array::{
    AsArray, Float64Array, Int64Array, ListBuilder, StringArray, StringBuilder, UInt64Array,
};
use datafusion::parquet::arrow::ArrowWriter;
use tempfile::TempDir;

use super::*;
use crate::config::{Config, Days, Silent};
use crate::run::report::RunReport;
use crate::run::run;
use crate::verify::{Sample, verify};

/// `PLAYS` and `VIEWS` are addresses.
const MODEL: &str = r#"
[dataset]
name = "test"
timezone = "ZONE"
[source.views]
url = "VIEWS"
format = "parquet"
time = "at"
[source.plays]
url = "PLAYS"
format = "parquet"
time = "at"
on_bad_rows = "quarantine"
max_bad_rows = "5%"
[source.credited]
attribute = { event = "plays", to = "views", by = ["id"], within = "36h", credit = "last" }
[dimension.country]
column = "country"
[dimension.tags]
column = "tags"
multi = true
[measure.views]
source = "views"
kind = "count"
[measure.viewers]
source = "views"
kind = "distinct"
of = "id"
[measure.plays]
source = "credited"
kind = "count"
[measure.players]
source = "credited"
kind = "distinct"
of = "id"
family = "datasketches"
[measure.seconds]
source = "credited"
kind = "sum"
of = "seconds"
[measure.price]
source = "credited"
kind = "sum"
of = "price"
[measure.watch]
source = "credited"
kind = "quantile"
of = "price"
error = "2%"
"#;

const DAYS: [&str; 4] = ["2026-01-05", "2026-01-06", "2026-01-07", "2026-02-01"];
const N_PARTITIONS: u32 = 3;
const N_ROWS: u64 = 60;

/// The rows of a partition on a day: other ones of every partition, day and seed, the same ones every time.
fn rows(seed: u64, partition: u32, day: &str) -> RecordBatch {
    let seed = seed * 1_000 + u64::from(partition) * 100 + day.bytes().map(u64::from).sum::<u64>();
    let draw = |n: u64, of: u64| stable_digest(format!("{seed} {n}").as_bytes()) % of;
    let ns = || 0..N_ROWS;
    let ats = ns().map(|n| {
        let minute = draw(n, 1_440);
        format!("{day}T{:02}:{:02}:00Z", minute / 60, minute % 60)
    });
    let mut tags = ListBuilder::new(StringBuilder::new());
    for n in ns() {
        let n_tags = usize::try_from(draw(n + 500, 4)).unwrap();
        ["a", "b", "c"][..n_tags].iter().for_each(|tag| tags.values().append_value(tag));
        tags.append(true);
    }
    let country = |n| ["US", "DE", "FR"].get(usize::try_from(draw(n, 4)).unwrap()).copied();
    let seconds = |n| i64::try_from(draw(n, 300)).unwrap();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("at", Arc::new(ats.map(Some).collect::<StringArray>())),
        ("id", Arc::new(ns().map(|n| draw(n + 1_000, 90)).collect::<UInt64Array>())),
        ("country", Arc::new(ns().map(country).collect::<StringArray>())),
        ("tags", Arc::new(tags.finish())),
        ("seconds", Arc::new(ns().map(seconds).collect::<Int64Array>())),
        (
            "price",
            Arc::new(ns().map(|n| draw(n, 900) as f64 / 8.0 + 0.125).collect::<Float64Array>()),
        ),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// The plays of a partition on a day; one of all has a time that is none.
fn plays(partition: u32, day: &str) -> RecordBatch {
    let good = rows(2, partition, day);
    if (partition, day) != (1, DAYS[1]) {
        return good;
    }
    let mut columns = good.columns().to_vec();
    let ats = columns[0].as_string::<i32>();
    let ats: StringArray =
        ats.iter().enumerate().map(|(row, at)| if row == 7 { Some("never") } else { at }).collect();
    columns[0] = Arc::new(ats);
    RecordBatch::try_new(good.schema(), columns).unwrap()
}

fn segments(of: impl Fn(u32, &str) -> RecordBatch, days: &[&str], by_day: bool) -> Vec<Segment> {
    let mut segments = Vec::new();
    for partition in 0..N_PARTITIONS {
        let mut first = 0;
        for day in days {
            let rows = of(partition, day);
            let n_rows = rows.num_rows() as u64;
            let day = by_day.then(|| day.parse().unwrap());
            segments.push(Segment { partition, first, day, rows });
            first += n_rows;
        }
    }
    segments
}

fn write(folder: &Path, of: impl Fn(u32, &str) -> RecordBatch) {
    for day in DAYS {
        let folder = folder.join(format!("dt={day}"));
        fs::create_dir_all(&folder).unwrap();
        for partition in 0..N_PARTITIONS {
            let rows = of(partition, day);
            let file = File::create(folder.join(format!("{partition}.parquet"))).unwrap();
            let mut writer = ArrowWriter::try_new(file, rows.schema(), None).unwrap();
            writer.write(&rows).unwrap();
            writer.close().unwrap();
        }
    }
}

struct Lake {
    folder: TempDir,
    config: Config,
}

impl Lake {
    fn new(zone: &str, views: &str, plays: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = Url::from_directory_path(folder.path()).unwrap();
        let model = MODEL.replace("ZONE", zone).replace("VIEWS", views).replace("PLAYS", plays);
        let config = Config {
            lake: base.join("lake/").unwrap(),
            model: Model::parse("model.toml", &model).unwrap(),
            base,
            run: RunId::new("run"),
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            n_threads: 2,
            memory_bytes: None,
            accept: None,
            state: None,
            retry: Default::default(),
        };
        Self { folder, config }
    }

    async fn run(&mut self, name: &str, days: Days) -> RunReport {
        self.config.run = RunId::new(name);
        Box::pin(run(&self.config, days, &Silent)).await.unwrap()
    }

    /// The bytes of every file of cells that the newest snapshot has, by period.
    async fn cells(&self) -> BTreeMap<String, Vec<u8>> {
        let cells =
            clio_lake::DeltaFolder::open(&self.config.lake, clio_lake::CELLS_TABLE).unwrap();
        let state = cells.state().await.unwrap().unwrap();
        let folder = self.folder.path().join("lake").join(clio_lake::CELLS_TABLE);
        let read = |file: &clio_lake::LakeFile| {
            (file.period.unwrap().to_string(), fs::read(folder.join(&file.path)).unwrap())
        };
        state.files.iter().map(read).collect()
    }
}

async fn of_files(zone: &str) -> (Lake, RunReport) {
    let mut lake = Lake::new(zone, "views/", "plays/");
    write(&lake.folder.path().join("views"), |partition, day| rows(1, partition, day));
    write(&lake.folder.path().join("plays"), plays);
    let report = lake.run("files", Days::All).await;
    (lake, report)
}

fn offered(name: &str, days: &[&str], by_day: bool) -> [String; 2] {
    let urls = ["views", "plays"].map(|of| format!("queue://{name}/{of}/"));
    offer(&urls[0], segments(|partition, day| rows(1, partition, day), days, by_day));
    offer(&urls[1], segments(plays, days, by_day));
    urls
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_queue_make_the_cells_that_the_same_rows_in_files_make() {
    for zone in ["UTC", "America/New_York"] {
        let (files, of_files) = of_files(zone).await;
        let expected = files.cells().await;
        // Days, two months, the year and all time.
        assert!(expected.len() >= DAYS.len() + 4, "{:?}", expected.keys());
        for by_day in [true, false] {
            let name = format!("{}-{by_day}", zone.to_lowercase().replace(['/', '_'], "-"));
            let [views, plays] = offered(&name, &DAYS, by_day);
            let mut queue = Lake::new(zone, &views, &plays);
            let report = queue.run("queue", Days::All).await;
            assert_eq!(report.rows_quarantined, of_files.rows_quarantined, "{name}");
            assert_eq!(report.rows_quarantined["credited"], 1, "{name}");
            let found = queue.cells().await;
            assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            for (period, bytes) in &expected {
                assert!(found[period] == *bytes, "{name}: {period} has other bytes");
            }
            let unchanged = queue.run("again", Days::OutOfDate).await;
            assert!(unchanged.unchanged, "{name}");
        }
    }
}

/// What is appended to a day makes that day again, and those whose events it may have; the rest stays.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_appended_make_their_days_again() {
    let (files, _) = of_files("UTC").await;
    let expected = files.cells().await;
    let [views, plays_url] = offered("appended", &DAYS[..3], true);
    let mut queue = Lake::new("UTC", &views, &plays_url);
    queue.run("first", Days::All).await;
    assert!(!queue.cells().await.contains_key("2026-02-01"));
    offered("appended", &DAYS, true);
    let report = queue.run("second", Days::OutOfDate).await;
    assert!(!report.unchanged);
    assert!(queue.cells().await == expected, "the cells are those of all rows at once");
    // Days before the window of the new ones were not read again.
    assert_eq!(report.days.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-02-01"]);
}

/// Recounted by the origin's second reader.
#[tokio::test(flavor = "multi_thread")]
async fn a_lake_of_a_queue_is_verified_by_its_second_reader() {
    let [views, plays] = offered("verified", &DAYS, true);
    let mut queue = Lake::new("UTC", &views, &plays);
    queue.run("queue", Days::All).await;
    let days = DayRange::try_new(DAYS[0].parse().unwrap(), DAYS[3].parse().unwrap()).unwrap();
    let sample = Sample { days: Some(days), n_cells: 20, seed: 1 };
    let found = Box::pin(verify(&queue.config, sample, &Silent)).await.unwrap();
    assert!(found.n_additive > 50 && found.n_distinct > 20, "{found:?}");
    assert_eq!(found.mismatches, []);
}

/// A row that fails a run is named by where it is in the queue.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_row_is_named_by_its_partition_and_offset() {
    let [views, plays] = offered("bad", &DAYS, true);
    let mut queue = Lake::new("UTC", &views, &plays);
    let model = queue.config.model.text().replace("on_bad_rows = \"quarantine\"\n", "");
    let model = model.replace("max_bad_rows = \"5%\"\n", "");
    queue.config.model = Model::parse("model.toml", &model).unwrap();
    let error = Box::pin(run(&queue.config, Days::All, &Silent)).await.unwrap_err();
    let row = N_ROWS + 7 + 1;
    let place = format!("queue://bad/plays/1/{N_ROWS:012}, row {row}");
    assert!(error.to_string().contains(&place), "{error}");
}
