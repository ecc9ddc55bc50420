//! Sums whose columns turn out to be something else: nothing that is added up loses a digit in silence.

use std::sync::Arc;

use clio_etl::{Days, Sample, Silent, verify};
use clio_lake::{CutOff, Retirement, retire};
use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};

use crate::formats::model;
use crate::sandbox::Sandbox;

const SUM: &str = "[measure.s]\nsource = \"events\"\nkind = \"sum\"\nof = \"v\"";
const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
const PARQUET: &str = "url = \"events/\"\nformat = \"parquet\"\ntime = \"at\"";
const QUARANTINE: &str = "on_bad_rows = \"quarantine\"\nmax_bad_rows = \"50%\"";
const SAMPLE: Sample = Sample { days: None, n_cells: 5, seed: 1 };

fn csv(values: impl Iterator<Item = String>) -> String {
    let rows: String = values.map(|value| format!("2026-01-31,1,US,{value}\n")).collect();
    format!("at,id,country,v\n{rows}")
}

/// The first ten thousand rows tell what a text column adds up to; a fraction behind them was a bad row, and left out
/// where bad rows are.
#[tokio::test(flavor = "multi_thread")]
async fn a_fraction_behind_ten_thousand_whole_numbers_is_no_bad_row() {
    let whole = || (0..10_050).map(|_| "2".to_owned());
    let later = csv(whole().chain(["1.5".to_owned(), "x".to_owned()]));
    let second = csv(["1.5".to_owned()].into_iter());
    for policy in ["", QUARANTINE] {
        for text in [&later.replace("2026-01-31,1,US,x\n", ""), &later] {
            let source = format!("{CSV}\n{policy}");
            let mut sandbox = Sandbox::new(&model(&source, SUM));
            sandbox.write("events/a.csv", text);
            let message = sandbox.failure(Days::All).await;
            let expected = "source `events`: DIR/events/a.csv:10052: `measure.s.of` is \"1.5\" here, and the first \
                            values of the text column were whole numbers; say that it holds others";
            assert!(message.starts_with(expected), "{message}");
        }
        // So is one in another file; and what helps is what the message says.
        let mut sandbox = Sandbox::new(&model(&format!("{CSV}\n{policy}"), SUM));
        sandbox.write("events/a.csv", &csv(whole()));
        sandbox.write("events/b.csv", &second);
        let message = sandbox.failure(Days::All).await;
        assert!(
            message.starts_with("source `events`: DIR/events/b.csv:2: `measure.s.of`"),
            "{message}"
        );
        let types = format!("{policy}\n[source.events.types]\nv = \"float64\"");
        sandbox.set_model(&model(&format!("{CSV}\n{types}"), SUM));
        sandbox.run(Days::All).await;
        assert_eq!(sandbox.cells().await.lines("all"), ["US 10051 1 20101.5"]);
        assert!(verify(&sandbox.config(), SAMPLE, &Silent).await.unwrap().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_more_digits_than_a_sum_keeps_are_refused_with_their_place() {
    let long = "12345678901234567890";
    for (first, second, than) in [
        ("1", long, "whole numbers holds (19)"),
        (long, "1", "whole numbers holds (19)"),
        ("1.5", long, "numbers with decimals keeps (15)"),
        ("1.5", "9007199254740993", "numbers with decimals keeps (15)"),
    ] {
        let mut sandbox = Sandbox::new(&model(CSV, SUM));
        sandbox.write("events/a.csv", &csv([first, second].map(str::to_owned).into_iter()));
        let message = sandbox.failure(Days::All).await;
        let line = if first == long { 2 } else { 3 };
        let number = if first == long { first } else { second };
        let expected = format!(
            "source `events`: DIR/events/a.csv:{line}: `measure.s.of` is \"{number}\" here, with more digits than a sum \
             of {than}; correct it"
        );
        assert!(message.starts_with(&expected), "{message}");
    }
    // Of eighteen digits all are kept.
    let mut sandbox = Sandbox::new(&model(CSV, SUM));
    sandbox.write("events/a.csv", &csv(["123456789012345678", "1"].map(str::to_owned).into_iter()));
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US 2 1 123456789012345679"]);
}

fn parquet(v: ArrayRef) -> RecordBatch {
    let text = |text: &str| -> ArrayRef {
        Arc::new((0..v.len()).map(|_| Some(text)).collect::<StringArray>())
    };
    let columns = [("at", text("2026-01-31")), ("id", text("1")), ("country", text("US"))];
    RecordBatch::try_from_iter(columns.into_iter().chain([("v", v)])).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_beside_floats_of_other_files_are_the_same_or_refused() {
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![0.5, 1e17]));
    for (whole, expected) in [(7, Some("US 4 1 100000000000000000")), (9_007_199_254_740_993, None)]
    {
        let mut sandbox = Sandbox::new(&model(PARQUET, SUM));
        sandbox.write_parquet("events/a.parquet", &parquet(Arc::clone(&floats)));
        let whole: ArrayRef = Arc::new(Int64Array::from(vec![1, whole]));
        sandbox.write_parquet("events/b.parquet", &parquet(whole));
        let Some(expected) = expected else {
            let message = sandbox.failure(Days::All).await;
            let expected = "source `events`: DIR/events/b.parquet, row 2: column `v` is \"9007199254740993\" here, \
                            which is not a number that fits exactly in float64, the type that it has had since a.parquet; correct the file";
            assert!(message.starts_with(expected), "{message}");
            continue;
        };
        sandbox.run(Days::All).await;
        assert_eq!(sandbox.cells().await.lines("all"), [expected]);
        assert!(verify(&sandbox.config(), SAMPLE, &Silent).await.unwrap().is_ok());
    }
}

/// The cells of a retired month cannot be written once more as floats of days that are gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_a_lake_with_retired_months_stays_what_it_was() {
    let mut sandbox = Sandbox::new(&model(CSV, SUM));
    for day in ["2025-12-01", "2025-12-31", "2026-01-01"] {
        let text = csv(["2".to_owned()].into_iter()).replace("2026-01-31", day);
        sandbox.write(&format!("events/dt={day}/a.csv"), &text);
    }
    sandbox.run(Days::All).await;
    let config = sandbox.config();
    let cut_off = CutOff::Before("2026-01-01".parse().unwrap());
    let asked = Retirement { cut_off, run: config.run, now: config.now, dry_run: false };
    retire(&config.lake, &asked).await.unwrap();
    sandbox.write("events/dt=2026-01-31/a.csv", &csv(["2.5".to_owned()].into_iter()));
    let message = sandbox.failure(Days::OutOfDate).await;
    assert!(message.contains("`s`") && message.contains("retired"), "{message}");
}
