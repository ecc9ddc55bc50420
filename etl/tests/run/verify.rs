//! Recounts: of good lakes all is well, and one wrong cell is found.

use std::fmt::Write as _;
use std::sync::Arc;

use clio_etl::{Days, EtlError, Sample, Silent, verify};
use clio_lake::Verification;
use clio_proto::Model;
use clio_sketch::{Family, Precision, Sketch};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Int64Array, RecordBatch, StringArray,
};
use datafusion::arrow::datatypes::Int64Type;

use crate::real_files::source;
use crate::sandbox::{Sandbox, days};

/// Every way to a dimension's value and to a number.
const MODEL: &str = r#"
[dataset]
name = "test"
timezone = "America/New_York"
[source.shown]
url = "shown/"
format = "ndjson"
time = "at"
[source.played]
url = "played/"
format = "ndjson"
time = "at"
where = "seconds > 1"
[lookup.audiences]
url = "audiences.json"
format = "ndjson"
key = "id"
[lookup.homes]
url = "homes.csv"
key = "id"
[dimension.country]
column = "country"
[dimension.home]
lookup = "homes"
on = "id"
column = "city"
[dimension.tags]
column = "tags"
multi = true
[dimension.audience]
lookup = "audiences"
on = "id"
column = "audience"
multi = true
[measure.shown]
source = "shown"
kind = "count"
[measure.viewers]
source = "shown"
kind = "distinct"
of = "id"
precision = 10
[measure.viewers_too]
source = "shown"
kind = "distinct"
of = "id"
precision = 10
family = "datasketches"
[measure.pairs]
source = "played"
kind = "distinct"
of = ["id", "tags[1]"]
[measure.played]
source = "played"
kind = "count"
[measure.seconds]
source = "played"
kind = "sum"
of = "seconds"
[measure.price]
source = "played"
kind = "sum"
of = "seconds / 7.0"
[check.rows]
on_failure = "off"
"#;

/// A generator without state elsewhere.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

fn events(day: &str, n_events: usize, n_people: u64, seed: u64) -> String {
    let tags =
        ["[]", "[\"new\"]", "[\"b\",\"new\"]", "[\"new\",\"b\",\"b\",null]", "null", "[\"\"]"];
    let countries = ["\"US\"", "\"it's\"", "null", "\"\"", "\"DE\""];
    let mut state = seed;
    let mut text = String::new();
    for _ in 0..n_events {
        let (hour, id) = (next(&mut state) % 24, next(&mut state) % n_people);
        let country = countries[usize::try_from(next(&mut state) % 5).unwrap()];
        let tags = tags[usize::try_from(next(&mut state) % 6).unwrap()];
        let id = if id == 0 { "null".to_owned() } else { id.to_string() };
        let seconds = next(&mut state) % 50;
        writeln!(
            text,
            "{{\"at\":\"{day}T{hour:02}:30:00\",\"id\":{id},\"country\":{country},\"tags\":{tags},\
             \"seconds\":{seconds}}}"
        )
        .unwrap();
    }
    text
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(MODEL);
    for (seed, day) in ["2026-01-01", "2026-01-02", "2026-01-03"].iter().enumerate() {
        let seed = seed as u64;
        sandbox.write(&format!("shown/dt={day}/a.json"), &events(day, 6_000, 3_000, seed));
        sandbox.write(&format!("played/dt={day}/a.json"), &events(day, 1_000, 3_000, seed + 9));
    }
    let (mut audiences, mut homes) = (String::new(), "id,city\n".to_owned());
    for id in 0..2_500 {
        let audience = if id % 3 == 0 { "[\"x\",\"y\"]" } else { "[\"y\",\"y\"]" };
        writeln!(audiences, "{{\"id\":{id},\"audience\":{audience}}}").unwrap();
        if id % 5 == 0 {
            writeln!(audiences, "{{\"id\":{id},\"audience\":[\"z\"]}}").unwrap();
        }
        writeln!(homes, "{id},city {}", id % 7).unwrap();
    }
    sandbox.write("audiences.json", &audiences);
    sandbox.write("homes.csv", &homes);
    sandbox
}

const SAMPLE: Sample = Sample { days: None, n_cells: 50, seed: 7 };

async fn verified(sandbox: &mut Sandbox, sample: Sample) -> Result<Verification, EtlError> {
    let mut config = sandbox.config();
    config.model = Model::parse("model.toml", MODEL).unwrap();
    verify(&config, sample, &Silent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_lake_is_found_to_be_good() {
    let mut sandbox = sandbox();
    sandbox.run(Days::All).await;
    let Days::Range(range) = days("2026-01-01", "2026-01-02") else { unreachable!() };
    let found = verified(&mut sandbox, Sample { days: Some(range), ..SAMPLE }).await.unwrap();
    assert!(found.is_ok() && found.mismatches.is_empty(), "{:#?}", found.mismatches);
    assert_eq!((found.days.len(), found.n_cells), (2, 100));
    assert!(found.not_compared.is_empty());
    // A total, members (5 countries, 8 homes, 3 tags, 3 audiences) and cells, of 4 and 3 measures.
    let n_places = 2 * (1 + 5 + 8 + 3 + 3 + 50);
    assert_eq!((found.n_additive, found.n_distinct), (4 * n_places, 3 * n_places));
    // What the families state holds: a root mean square of about 1, few beyond the 95 % bounds.
    assert!(found.max_error > 0.0 && found.max_error < 5.0, "{}", found.max_error);
    assert!(found.rms_error < 1.5 && found.share_within_bounds > 0.9, "{found:#?}");
    let reference = found.reference.unwrap();
    // Two measures are of the family with a reference; where nobody was, there is nothing to count.
    assert!((n_places..=2 * n_places).contains(&reference.n_compared), "{reference:?}");
    assert!(reference.max_error < 5.0, "{reference:?}");

    // The file in the lake says the same, and names the snapshot.
    let file = sandbox.path("lake/verifications").join(found.file_name());
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text, serde_json::to_string_pretty(&found).unwrap());
    assert_eq!(serde_json::from_str::<Verification>(&text).unwrap().days, found.days);
    assert!(found.file_name().starts_with("00000000000000000000-run-"));
    assert_eq!(found.snapshot.0, sandbox.cells().await.version);

    // Without days it is the last one, and the same seed chooses the same cells.
    let last = verified(&mut sandbox, SAMPLE).await.unwrap();
    assert_eq!(last.days, ["2026-01-03".parse().unwrap()]);
    let again = verified(&mut sandbox, SAMPLE).await.unwrap();
    assert_eq!(Verification { run: last.run.clone(), ..again }, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_cell_is_found() {
    let mut sandbox = sandbox();
    sandbox.run(Days::All).await;
    let mut wrong = Sketch::new(Family::HllPlusPlus, Precision::try_new(10).unwrap());
    (0..5_000).for_each(|value| wrong.insert_hash(Family::HllPlusPlus.hash_i64(-value)));
    sandbox.tamper("2026-01-03", |field, values| match field.name().as_str() {
        "seconds" => {
            let mut seconds = values.as_primitive::<Int64Type>().values().to_vec();
            seconds[3] += 1;
            Arc::new(Int64Array::from(seconds))
        }
        "viewers" => {
            let sketches = values.as_binary::<i32>();
            let mut bytes: Vec<Vec<u8>> =
                (0..sketches.len()).map(|row| sketches.value(row).to_vec()).collect();
            bytes[5] = wrong.encode();
            Arc::new(BinaryArray::from_iter_values(bytes))
        }
        _ => Arc::clone(values),
    });
    let found = verified(&mut sandbox, Sample { n_cells: 0, ..SAMPLE }).await.unwrap();
    assert!(!found.is_ok() && found.max_error > 5.0);
    let of = |measure: &str| {
        let mismatches = found.mismatches.iter().filter(|mismatch| mismatch.measure == measure);
        mismatches.map(|mismatch| mismatch.place.as_str()).collect::<Vec<_>>()
    };
    // The total and a member of each dimension that the cell has a member of.
    assert!(of("seconds").starts_with(&["total", "country=null"]), "{:?}", of("seconds"));
    assert!(of("viewers").starts_with(&["total", "country=null"]), "{:?}", of("viewers"));
    assert!(of("viewers_too").is_empty() && of("shown").is_empty());
    let total = &found.mismatches.iter().find(|one| one.measure == "seconds").unwrap();
    assert_eq!((total.stored - total.exact).to_string(), "1");
    assert_eq!(total.standard_errors, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recounted_is_said() {
    let mut sandbox = sandbox();
    let error = verified(&mut sandbox, SAMPLE).await.unwrap_err();
    assert!(error.to_string().ends_with("there is no snapshot yet; run `clio etl run` first"));
    sandbox.run(Days::All).await;
    let Days::Range(range) = days("2026-02-01", "2026-02-02") else { unreachable!() };
    let error = verified(&mut sandbox, Sample { days: Some(range), ..SAMPLE }).await.unwrap_err();
    let expected = "it holds no day from 2026-02-01 to 2026-02-02; it has 2025-12-31 to 2026-01-03";
    assert!(error.to_string().ends_with(expected), "{error}");
    // Late events: the lake is not wrong, but behind.
    let day = "2026-01-03";
    sandbox.write(&format!("shown/dt={day}/late.json"), &events(day, 10, 10, 99));
    let error = verified(&mut sandbox, SAMPLE).await.unwrap_err();
    let expected =
        "2026-01-03 is out of date: its files changed; run `clio etl run` first, then verify";
    assert!(error.to_string().ends_with(expected), "{error}");
    assert!(!sandbox.path("lake/verifications").try_exists().unwrap());
}

/// What a run left out, a recount leaves out as well, whatever the row was: of several lines, with a quote that stays
/// open behind such a field, or in a file of columns.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_run_set_aside_are_no_part_of_the_recount() {
    let csv = "at,id,country\n2026-01-31,1,\"U\nS\"\nnever,2,\"two\nlines\"\n2026-01-31,3,US\n\
               2026-01-31,\"of two\nlines\",\"US\n2026-01-31,5,US\n";
    let json = "{\"at\":\"2026-01-31\",\"id\":1,\"country\":\"US\"}\n{\"at\":\"never\",\"id\":2}\nno row\n\n\
                {\"at\":\"2026-01-31\",\"id\":3,\"country\":\"DE\"}\n";
    let policy = "on_bad_rows = \"quarantine\"\nmax_bad_rows = \"90%\"";
    let text = |values: [&str; 4]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    let parquet = RecordBatch::try_from_iter([
        ("at", text(["2026-01-31", "never", "2026-01-31", "2026-01-31"])),
        ("id", text(["1", "2", "3", "4"])),
        ("country", text(["US", "US", "DE", "US"])),
    ]);
    for (format, expected) in [
        ("csv", ["U\nS 1 1", "US 2 2"]),
        ("csv'", ["U\nS 1 1", "US 2 2"]),
        ("ndjson", ["DE 1 1", "US 1 1"]),
        ("parquet", ["DE 1 1", "US 2 2"]),
    ] {
        let other_quote = format!("{policy}\ncsv = {{ quote = \"'\" }}");
        let policy = if format == "csv'" { &other_quote } else { policy };
        let mut sandbox = Sandbox::new(&source(format.trim_end_matches('\''), policy));
        match format {
            "csv" => sandbox.write("events/a.csv", csv),
            "csv'" => sandbox.write("events/a.csv", &csv.replace('"', "'")),
            "ndjson" => sandbox.write("events/a.ndjson", json),
            _ => sandbox.write_parquet("events/a.parquet", parquet.as_ref().unwrap()),
        }
        sandbox.run(Days::All).await;
        assert_eq!(sandbox.cells().await.lines("all"), expected, "{format}");
        let found = verify(&sandbox.config(), SAMPLE, &Silent).await.unwrap();
        assert!(found.is_ok() && found.n_mismatches == 0, "{format}: {:#?}", found.mismatches);
    }
}
