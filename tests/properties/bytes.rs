//! Equal input gives equal bytes, and the union of daily sketches is the sketch of everything.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use clio_sketch::{Family, Precision, Sketch};
use clio_tests::{CellRow, Sandbox, read_cells};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const SYNTH: [&str; 11] = [
    "synth", "--out", "events", "--events", "40000", "--days", "4", "--people", "3000", "--assets",
    "30",
];

/// The measure `viewers` of the model: the family and precision that `media.toml` states.
fn empty_sketch() -> Sketch {
    Sketch::new(Family::HllPlusPlus, Precision::try_new(14).unwrap())
}

/// One sketch of the profiles of every impression, directly from the event files.
fn sketch_of_all_viewers(events: &Path) -> Sketch {
    let mut sketch = empty_sketch();
    for day in std::fs::read_dir(events.join("impressions")).unwrap() {
        for file in std::fs::read_dir(day.unwrap().path()).unwrap() {
            let opened = std::fs::File::open(file.unwrap().path()).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(opened).unwrap().build().unwrap();
            for batch in reader {
                let batch = batch.unwrap();
                let profiles = batch.column_by_name("profile_id").unwrap();
                for profile in profiles.as_primitive::<Int64Type>().values() {
                    sketch.insert_hash(Family::HllPlusPlus.hash_i64(*profile));
                }
            }
        }
    }
    sketch
}

fn decode(hex: &str) -> Sketch {
    let digits: Vec<_> = hex.as_bytes().chunks(2).collect();
    let byte = |pair: &&[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    Sketch::decode(Family::HllPlusPlus, &digits.iter().map(byte).collect::<Vec<_>>()).unwrap()
}

fn union<'a>(cells: impl IntoIterator<Item = &'a CellRow>) -> Sketch {
    let mut all = empty_sketch();
    for cell in cells {
        all.union(&decode(&cell["viewers"])).unwrap();
    }
    all
}

/// The union of sketches by their cell's dimensions.
fn by_cell<'a>(cells: impl IntoIterator<Item = &'a CellRow>) -> BTreeMap<Vec<String>, Sketch> {
    let mut unions = BTreeMap::new();
    for cell in cells {
        let key = ["asset", "country", "device", "audience"].map(|name| cell[name].clone());
        let into = unions.entry(key.to_vec()).or_insert_with(empty_sketch);
        into.union(&decode(&cell["viewers"])).unwrap();
    }
    unions
}

#[test]
fn daily_sketches_unioned_are_one_sketch_of_everything() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    sandbox.etl(&sandbox.path("events/media.toml"), "lake", &[]);
    let cells = read_cells(&sandbox.path("lake"));
    let days = || cells.iter().filter(|(period, _)| period.len() == 10).flat_map(|(_, rows)| rows);

    let direct = sketch_of_all_viewers(&sandbox.path("events")).encode();
    assert_eq!(union(days()).encode(), direct);
    assert_eq!(union(&cells["all"]).encode(), direct);

    let (of_days, of_all) = (by_cell(days()), by_cell(&cells["all"]));
    assert!(of_all.len() > 1_000);
    assert_eq!(of_days.len(), of_all.len());
    for (key, sketch) in of_days {
        assert_eq!(sketch.encode(), of_all[&key].encode(), "{key:?}");
    }
}

#[test]
fn two_runs_of_the_same_input_give_the_same_cells_whatever_the_threads() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    let model = sandbox.path("events/media.toml");
    sandbox.etl(&model, "one", &["--threads", "1"]);
    sandbox.etl(&model, "three", &["--threads", "3"]);
    assert!(read_cells(&sandbox.path("one")) == read_cells(&sandbox.path("three")));

    let again = sandbox.etl(&model, "one", &[]);
    assert!(again["snapshot"].is_null() || again["unchanged"] == true, "{again}");
}

/// One day at a time, out of order, or all at once: the same cells. And a day whose input was wrong is corrected by one
/// run of that day, up to all time.
#[test]
fn any_split_into_runs_and_any_correction_gives_the_same_cells() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    let model = sandbox.path("events/media.toml");
    let mut days: Vec<String> = std::fs::read_dir(sandbox.path("events/impressions"))
        .unwrap()
        .map(|day| day.unwrap().file_name().to_string_lossy().trim_start_matches("dt=").to_owned())
        .collect();
    days.sort();
    sandbox.etl(&model, "whole", &[]);

    // The second day first arrives without its plays.
    let plays = sandbox.path("events/plays").join(format!("dt={}", days[1]));
    let aside = sandbox.path("late");
    std::fs::rename(&plays, &aside).unwrap();
    for index in [2, 0, 1, 3] {
        sandbox.etl(&model, "split", &["--date", &days[index]]);
    }
    let whole = read_cells(&sandbox.path("whole"));
    assert!(read_cells(&sandbox.path("split")) != whole);
    std::fs::rename(&aside, &plays).unwrap();
    // They change the previous day too, to whose impressions some of them are credited.
    let report = sandbox.etl(&model, "split", &[]);
    assert_eq!(report["days"], serde_json::json!([days[0], days[1]]));
    assert!(read_cells(&sandbox.path("split")) == whole);
}
