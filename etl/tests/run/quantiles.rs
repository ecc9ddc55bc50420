//! Quantile measures from their sources to the cells of all periods, and back by a recount.

use std::fmt::Write as _;
use std::sync::Arc;

use clio_etl::{Days, Sample, Silent, plan, verify};
use clio_sketch::{Buckets, QuantileSketch, Scale};
use datafusion::arrow::array::{ArrayRef, AsArray, BinaryArray};

use crate::formats::model;
use crate::random::{index, next};
use crate::sandbox::Sandbox;

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
const SPREAD: &str = "[measure.v]\nsource = \"events\"\nkind = \"quantile\"\nof = \"v\"\nerror = \"2%\"\nedges = [30]";
const SAMPLE: Sample = Sample { days: None, n_cells: 5, seed: 1 };

fn csv(rows: &[(&str, &str, &str)]) -> String {
    let rows = rows.iter().map(|(day, country, value)| format!("{day},1,{country},{value}\n"));
    format!("at,id,country,v\n{}", rows.collect::<String>())
}

/// Nulls do not count; zero, numbers below it and fractions do; a month is of all values of its days.
#[tokio::test(flavor = "multi_thread")]
async fn values_are_spread_over_the_buckets_of_every_period() {
    let mut sandbox = Sandbox::new(&model(CSV, SPREAD));
    let rows = [
        ("2026-01-30", "US", "30"),
        ("2026-01-30", "US", "0"),
        ("2026-01-30", "US", ""),
        ("2026-01-30", "DE", ""),
        ("2026-01-31", "US", "-5.5"),
        ("2026-01-31", "US", "0.0"),
        ("2026-01-31", "US", "29.999"),
    ];
    sandbox.write("events/a.csv", &csv(&rows));
    sandbox.run(Days::All).await;
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("2026-01-30"), ["DE 1 1 0", "US 3 1 2@0"]);
    assert_eq!(cells.lines("2026-01-31"), ["US 3 1 3@0"]);
    assert_eq!(cells.lines("2026-01"), ["DE 1 1 0", "US 6 1 5@0"]);
    let report = verify(&sandbox.config(), SAMPLE, &Silent).await.unwrap();
    assert!(report.is_ok(), "{report:#?}");
}

/// The column holds numbers of any type; what is none is a bad row, and what no bucket holds is one, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_bucket_holds_is_a_bad_row_with_its_place() {
    let rows = |value| csv(&[("2026-01-31", "US", "3"), ("2026-01-31", "US", value)]);
    let types = "[source.events.types]\nv = \"text\"";
    for (value, expected) in [
        (
            "1e19",
            "`measure.v.of` is 10000000000000000000 here, and quantiles take numbers between -1e19 and 1e19",
        ),
        ("-inf", "`measure.v.of` is -inf here"),
        ("NaN", "`measure.v.of` is NaN here"),
        ("many", "many"),
    ] {
        let mut sandbox = Sandbox::new(&model(&format!("{CSV}\n{types}"), SPREAD));
        sandbox.write("events/a.csv", &rows(value));
        let message = sandbox.failure(Days::All).await;
        assert!(message.contains("DIR/events/a.csv:3"), "{message}");
        assert!(message.contains(expected), "{message}");
        let policy = "on_bad_rows = \"quarantine\"\nmax_bad_rows = \"50%\"";
        let mut sandbox = Sandbox::new(&model(&format!("{CSV}\n{policy}\n{types}"), SPREAD));
        sandbox.write("events/a.csv", &rows(value));
        sandbox.run(Days::All).await;
        assert_eq!(sandbox.cells().await.lines("all"), ["US 1 1 1@2.9..3.1"]);
    }
    let mut sandbox = Sandbox::new(&model(CSV, &SPREAD.replace("\"v\"", "\"to_date(at)\"")));
    sandbox.write("events/a.csv", &rows("3"));
    let message = sandbox.failure(Days::All).await;
    assert!(message.contains("a quantile measure takes numbers"), "{message}");
}

/// A recount sorts the values themselves: a cell that lacks one, or has it in another bucket, is found.
#[tokio::test(flavor = "multi_thread")]
async fn a_recount_finds_what_was_computed_wrongly() {
    let mut sandbox = Sandbox::new(&model(CSV, SPREAD));
    let mut state = 11;
    let mut text = "at,id,country,v\n".to_owned();
    for _ in 0..400 {
        let country = ["US", "DE", ""][index(&mut state, 3)];
        let value = next(&mut state, 9_000) as f64 / 16.0;
        writeln!(text, "2026-01-31,{},{country},{value}", next(&mut state, 50)).unwrap();
    }
    sandbox.write("events/a.csv", &text);
    sandbox.run(Days::All).await;
    let report = verify(&sandbox.config(), SAMPLE, &Silent).await.unwrap();
    assert!(report.is_ok() && report.not_compared.is_empty(), "{report:#?}");
    let scale = Scale::new(Buckets::try_new(0.02, &[30.0]).unwrap());
    let mut extra = QuantileSketch::new(&scale);
    extra.insert(5.0).unwrap();
    sandbox.tamper("2026-01-31", |field, values| {
        if field.name() != "v" {
            return Arc::clone(values);
        }
        let sketches = values.as_binary::<i32>();
        let with_one_more = sketches.iter().flatten().map(|bytes| {
            let mut sketch = QuantileSketch::decode(&scale, bytes).unwrap();
            sketch.union(&extra).unwrap();
            sketch.encode()
        });
        Arc::new(BinaryArray::from_iter_values(with_one_more)) as ArrayRef
    });
    let report = verify(&sandbox.config(), SAMPLE, &Silent).await.unwrap();
    let wrong: Vec<&str> =
        report.mismatches.iter().map(|mismatch| mismatch.measure.as_str()).collect();
    assert!(wrong.contains(&"v") && wrong.contains(&"values of v below 30"), "{wrong:?}");
    assert!(report.mismatches.iter().any(|mismatch| mismatch.place == "total"));
}

/// A new measure leaves the lake as it is until days are rebuilt; other buckets rebuild all days, another column is refused.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_of_the_model_does() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    sandbox.write("events/a.csv", &csv(&[("2026-01-31", "US", "3")]));
    sandbox.run(Days::All).await;
    let change = async |sandbox: &mut Sandbox, measure: &str| {
        sandbox.set_model(&model(CSV, measure));
        let found = plan(&sandbox.config(), Days::OutOfDate).await;
        found.map_or_else(|error| error.to_string(), |plan| plan.model.to_string())
    };
    assert_eq!(change(&mut sandbox, SPREAD).await, "compatible: measure `v` is new");
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.lines("all"), ["US 1 1 1@2.9..3.1"]);
    for (from, to, expected) in [
        ("2%", "5%", "error 5 %, edges 30"),
        ("edges = [30]", "edges = [20, 30]", "error 2 %, edges 20, 30"),
    ] {
        let said = change(&mut sandbox, &SPREAD.replace(from, to)).await;
        let expected =
            format!("`v` had buckets with error 2 %, edges 30 and has some with {expected}");
        assert!(said.contains(&expected), "{said}");
    }
    let said = change(&mut sandbox, &SPREAD.replace("of = \"v\"", "of = \"id\"")).await;
    assert!(said.contains("measure `v` means something else"), "{said}");
    // Events were not counted beside their values.
    let counted = "[measure.n]\nsource = \"events\"\nkind = \"count\"\n";
    let said = change(&mut sandbox, &format!("{SPREAD}\n{counted}")).await;
    assert!(said.contains("measure `n` is new, and at least"), "{said}");
}
