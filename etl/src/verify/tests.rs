//! A fault of the readers that a run has does not pass: the recount reads by others.

use std::fs::{self, File};
use std::sync::Arc;

use clio_lake::Verification;
use clio_proto::{Model, RunId};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use datafusion::parquet::arrow::ArrowWriter;
use tempfile::TempDir;
use url::Url;

use super::{Sample, verify};
use crate::config::{Config, Days, Silent};
use crate::error::EtlError;
use crate::input::source::faults::{Fault, inject};
use crate::run::run;

const MODEL: &str = r#"
[dataset]
name = "test"
[source.events]
url = "events/"
format = "FORMAT"
time = "at"
[dimension.country]
column = "country"
[dimension.plan]
lookup = "plans"
on = "id"
column = "plan"
[lookup.plans]
url = "plans/"
format = "FORMAT"
key = "id"
[measure.events]
source = "events"
kind = "count"
[measure.people]
source = "events"
kind = "distinct"
of = "id"
[measure.seconds]
source = "events"
kind = "sum"
of = "seconds"
[check.rows]
on_failure = "off"
"#;

/// Neighbours that no float tells apart.
const FIRST_ID: u64 = 18_446_744_073_709_500_000;

struct Lake {
    folder: TempDir,
    config: Config,
}

fn columns(of: &str) -> Vec<(&'static str, ArrayRef)> {
    let n_rows = 40;
    let ids = (0..n_rows).map(|row| FIRST_ID + row);
    let text = |text: &dyn Fn(u64) -> String| -> ArrayRef {
        Arc::new((0..n_rows).map(|row| Some(text(row))).collect::<StringArray>())
    };
    let id: ArrayRef = Arc::new(ids.collect::<UInt64Array>());
    if of == "plans" {
        return vec![("id", id), ("plan", text(&|row| format!("plan {}", row % 9)))];
    }
    let seconds: ArrayRef = Arc::new((0..n_rows).map(|row| row * row).collect::<UInt64Array>());
    let at = text(&|row| format!("2026-01-31T{:02}:00:00", row % 24));
    vec![
        ("at", at),
        ("id", id),
        ("country", text(&|row| format!("land {}", row % 5))),
        ("seconds", seconds),
    ]
}

fn write(folder: &std::path::Path, of: &str, format: &str) {
    let rows = RecordBatch::try_from_iter(columns(of)).unwrap();
    fs::create_dir_all(folder.join(of)).unwrap();
    let mut file = File::create(folder.join(of).join(format!("a.{format}"))).unwrap();
    match format {
        "csv" => arrow::csv::Writer::new(&mut file).write(&rows).unwrap(),
        "ndjson" => {
            let mut writer = arrow::json::LineDelimitedWriter::new(&mut file);
            writer.write(&rows).unwrap();
            writer.finish().unwrap();
        }
        _ => {
            let mut writer = ArrowWriter::try_new(file, rows.schema(), None).unwrap();
            writer.write(&rows).unwrap();
            writer.close().unwrap();
        }
    }
}

impl Lake {
    fn new(format: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "events", format);
        write(folder.path(), "plans", format);
        let base = Url::from_directory_path(folder.path()).unwrap();
        let config = Config {
            lake: base.join("lake/").unwrap(),
            model: Model::parse("model.toml", &MODEL.replace("FORMAT", format)).unwrap(),
            base,
            run: RunId::new("a".to_owned()),
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            n_threads: 2,
            memory_bytes: None,
            accept: None,
            state: None,
            retry: Default::default(),
        };
        Self { folder, config }
    }

    /// A run by readers that may have a fault, and what is found of what it made.
    async fn verified(&self, fault: Option<(&str, Fault)>) -> Result<Verification, EtlError> {
        if let Some((table, fault)) = fault {
            inject(&self.config.base.join(&format!("{table}/")).unwrap(), fault);
        }
        Box::pin(run(&self.config, Days::All, &Silent)).await?;
        verify(&self.config, Sample { days: None, n_cells: 5, seed: 1 }, &Silent).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_readers_that_a_run_has_is_found_in_every_format() {
    for format in ["csv", "ndjson", "parquet"] {
        let found = Lake::new(format).verified(None).await.unwrap();
        assert!(found.is_ok() && found.n_distinct > 0, "{format}: {found:#?}");
        for fault in Fault::ALL {
            for table in ["events", "plans"] {
                // The columns of CSV are texts, and of a table of keys a row twice is that row.
                let changes_nothing = (format == "csv" && fault == Fault::Floats)
                    || (table == "plans" && fault == Fault::RowsTwice);
                if changes_nothing {
                    continue;
                }
                let lake = Lake::new(format);
                let found = lake.verified(Some((table, fault))).await;
                let is_found = found.as_ref().map_or(true, |found| found.n_mismatches > 0);
                assert!(is_found, "{fault:?} of {table} in {format}: {found:#?}");
            }
        }
    }
}

/// As floats, forty people are one, in the run and in whatever counts what the run has read.
#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_that_a_run_takes_for_floats_are_refused_with_their_place() {
    for (format, place) in [("ndjson", "a.ndjson:1"), ("parquet", "a.parquet, row 1")] {
        let lake = Lake::new(format);
        let error = lake.verified(Some(("events", Fault::Floats))).await.unwrap_err().to_string();
        let error = error.replace(lake.folder.path().to_str().unwrap(), "DIR");
        let expected = format!(
            "source `events`: DIR/events/{place}: column `id` is {FIRST_ID} here, and a run reads it as \
             Float64, which does not hold it exactly"
        );
        assert!(error.starts_with(&expected), "{error}");
    }
}
