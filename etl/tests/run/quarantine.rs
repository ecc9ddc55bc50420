//! Bad rows: set aside they leave the cells that the other rows give, and are all to be found again.

use std::sync::Arc;

use clio_etl::{Days, Sample, Silent, SqlConfig, sql, verify};
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use url::Url;

use crate::sandbox::{Sandbox, csv, days};

/// A source of any format, whose sum and times are read from texts.
fn model(format: &str, policy: &str) -> String {
    format!(
        r#"
[dataset]
name = "test"
[source.events]
url = "events/"
format = "{format}"
time = "at"
{policy}
[dimension.country]
column = "country"
[measure.events]
source = "events"
kind = "count"
[measure.people]
source = "events"
kind = "distinct"
of = "id"
precision = 10
[measure.seconds]
source = "events"
kind = "sum"
of = "seconds"
"#
    )
}

const QUARANTINE: &str = "on_bad_rows = \"quarantine\"\nmax_bad_rows = \"50%\"";

/// What the table of bad rows holds, a line each: where, why, and what.
async fn quarantined(sandbox: &Sandbox) -> Vec<String> {
    let config = SqlConfig {
        lake: Some(Url::from_directory_path(sandbox.path("lake")).unwrap()),
        snapshot: None,
        tables: Vec::new(),
        n_threads: 1,
        memory_bytes: None,
    };
    let query = "SELECT run, source, split_part(file, '/', -2) || '/' || split_part(file, '/', -1) AS file, \
                 coalesce(line, row) AS at, reason, content FROM quarantine ORDER BY run, source, file, at";
    let answer = csv(&sql(&config, query).await.unwrap());
    answer.lines().skip(1).map(str::to_owned).collect()
}

/// The cells of a lake over these files, every byte.
async fn cells_of(model: &str, files: &[(&str, &str)]) -> Sandbox {
    let mut sandbox = Sandbox::new(model);
    for (path, text) in files {
        sandbox.write(path, text);
    }
    sandbox.run(Days::All).await;
    sandbox
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_csv_file_are_set_aside_one_by_one() {
    let header = "at,id,country,seconds\n";
    let good = [
        "2026-01-30T10:00:00Z,1,US,5\n",
        "2026-01-30T11:00:00Z,2,\"U\nS\",7\n",
        "2026-01-31T00:00:00Z,3,DE,\n",
    ];
    let text = format!(
        "{header}{}yesterday,9,US,1\n{}2026-01-30T12:00:00Z,9,US,x5\n2026-01-30T12:00:00Z,9\n{}\"2026-01-30,9,US,1\n",
        good[0], good[1], good[2]
    );
    let model = model("csv", QUARANTINE);
    let mut sandbox = Sandbox::new(&model);
    sandbox.write("events/a.csv", &text);
    sandbox.write("events/b.csv", &format!("{header}{}", good[0]));
    let report = sandbox.run(Days::All).await;
    assert_eq!(report.rows_in["events"], 4);
    assert_eq!(report.rows_quarantined["events"], 4);
    let metadata = sandbox.cells().await.metadata.unwrap();
    assert_eq!(metadata.rows_quarantined, report.rows_quarantined);

    let clean = [
        ("events/a.csv", &*format!("{header}{}", good.concat())),
        ("events/b.csv", &*format!("{header}{}", good[0])),
    ];
    let clean = cells_of(&model, &clean).await;
    assert_eq!(sandbox.cells().await.files, clean.cells().await.files);
    assert!(clean.table("quarantine").await.is_none());

    let found = quarantined(&sandbox).await;
    let expected = [
        "run-1,events,events/a.csv,3,",
        "run-1,events,events/a.csv,6,",
        "run-1,events,events/a.csv,7,",
        "run-1,events,events/a.csv,9,",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
    assert!(
        found[0].contains("yesterday") && found[0].ends_with("\"yesterday,9,US,1\""),
        "{}",
        found[0]
    );
    assert!(found[1].contains("x5"), "{}", found[1]);
    assert!(found[2].contains("expected 4 fields, found 2"), "{}", found[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_ndjson_file_are_set_aside_by_what_most_rows_are() {
    let row = |id: u32, seconds: &str| {
        format!(
            "{{\"at\":\"2026-01-30T10:00:00Z\",\"id\":{id},\"country\":\"US\",\"seconds\":{seconds}}}\n"
        )
    };
    let good: Vec<String> = (0..20_000).map(|id| row(id, "2")).collect();
    let mut text = good[..15_000].concat();
    text += "{\"at\": \"2026-01-30T10:00:00Z\", \"id\": \n";
    text += "\n[1]\n";
    text += &row(7, "\"two\"");
    text += &good[15_000..].concat();
    let model = model("ndjson", QUARANTINE);
    let sandbox = cells_of(&model, &[("events/a.json", &text)]).await;
    let clean = cells_of(&model, &[("events/a.json", &good.concat())]).await;
    assert_eq!(sandbox.cells().await.files, clean.cells().await.files);
    let places: Vec<String> = quarantined(&sandbox)
        .await
        .iter()
        .map(|line| line.split(',').nth(3).unwrap().to_owned())
        .collect();
    assert_eq!(places, ["15001", "15003", "15004"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_parquet_file_are_set_aside_and_a_recount_agrees() {
    let rows = |good_only: bool| {
        let rows: Vec<(i64, String)> = (0..9_000)
            .map(|id| (id, if id % 3_000 == 17 { format!("{id}?") } else { id.to_string() }))
            .filter(|(_, seconds)| !good_only || !seconds.ends_with('?'))
            .collect();
        let text = |of: &dyn Fn(&(i64, String)) -> String| -> ArrayRef {
            Arc::new(rows.iter().map(|row| Some(of(row))).collect::<StringArray>())
        };
        let columns: [(&str, ArrayRef); 4] = [
            ("at", text(&|_| "2026-01-30T10:00:00Z".to_owned())),
            ("id", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int64Array>())),
            ("country", text(&|row| format!("C{}", row.0 % 7))),
            ("seconds", text(&|row| row.1.clone())),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let model = model("parquet", QUARANTINE);
    let mut sandbox = Sandbox::new(&model);
    sandbox.write_parquet("events/dt=2026-01-30/a.parquet", &rows(false));
    let report = sandbox.run(Days::All).await;
    assert_eq!((report.rows_in["events"], report.rows_quarantined["events"]), (8_997, 3));
    let mut clean = Sandbox::new(&model);
    clean.write_parquet("events/dt=2026-01-30/a.parquet", &rows(true));
    clean.run(Days::All).await;
    assert_eq!(sandbox.cells().await.files, clean.cells().await.files);
    let found = quarantined(&sandbox).await;
    assert!(found[0].starts_with("run-1,events,dt=2026-01-30/a.parquet,18,"), "{}", found[0]);
    assert!(found[0].contains("\"\"seconds\"\":\"\"17?\"\""), "{}", found[0]);

    let sample = Sample { days: None, n_cells: 5, seed: 1 };
    let verification = verify(&sandbox.config(), sample, &Silent).await.unwrap();
    assert_eq!(verification.n_mismatches, 0);

    // The next run finds the same ones, and says so under its own name.
    sandbox.run(days("2026-01-30", "2026-01-30")).await;
    assert_eq!(quarantined(&sandbox).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_of_both_sides_of_attribution_are_set_aside() {
    let model = r#"
[dataset]
name = "test"
[source.shown]
url = "shown/"
format = "csv"
time = "at"
on_bad_rows = "quarantine"
max_bad_rows = 0.9
[source.played]
url = "played/"
format = "csv"
time = "at"
on_bad_rows = "quarantine"
max_bad_rows = 0.9
[source.plays]
attribute = { event = "played", to = "shown", by = ["id"], within = "24h", credit = "last" }
[dimension.country]
column = "country"
[measure.shown]
source = "shown"
kind = "count"
[measure.plays]
source = "plays"
kind = "count"
[measure.seconds]
source = "plays"
kind = "sum"
of = "seconds"
"#;
    let shown = "at,id,country\n2026-01-30T10:00:00Z,1,US\n2026-01-30T11:00:00Z,2,DE\n";
    let played = "at,id,seconds\n2026-01-30T12:00:00Z,1,5\n2026-01-31T01:00:00Z,2,6\n";
    let files = |shown: &str, played: &str| {
        [
            ("shown/dt=2026-01-30/a.csv", shown.to_owned()),
            ("played/dt=2026-01-30/a.csv", played.to_owned()),
            ("played/dt=2026-01-31/a.csv", played.to_owned()),
        ]
    };
    let run = async |shown: &str, played: &str| {
        let mut sandbox = Sandbox::new(model);
        for (path, text) in files(shown, played) {
            sandbox.write(path, &text);
        }
        let report = sandbox.run(Days::All).await;
        (sandbox, report)
    };
    let bad_shown = format!("{shown}noon,1,US\n");
    let bad_played = format!("{played}2026-01-30T13:00:00Z,1,?\n");
    let (sandbox, report) = run(&bad_shown, &bad_played).await;
    let (clean, clean_report) = run(shown, played).await;
    assert_eq!(sandbox.cells().await.files, clean.cells().await.files);
    assert_eq!(report.rows_in, clean_report.rows_in);
    // The impressions' file is read by both sources, its bad row is one all the same.
    assert_eq!(report.rows_quarantined["shown"], 1);
    assert_eq!(report.rows_quarantined["plays"], 2);

    // A source is judged though nothing but credit is taken of it.
    let only_credit = model.replace("[measure.shown]\nsource = \"shown\"\nkind = \"count\"\n", "");
    let mut sandbox =
        Sandbox::new(&only_credit.replacen("max_bad_rows = 0.9", "max_bad_rows = 0.3", 1));
    for (path, text) in files(&bad_shown, played) {
        sandbox.write(path, &text);
    }
    let error = sandbox.try_run(Days::All).await.unwrap_err().to_string();
    assert!(error.starts_with("source `shown`: 1 of 3 rows cannot"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_bad_rows_fail_and_say_which_is_the_first() {
    let policy = "on_bad_rows = \"quarantine\"\nmax_bad_rows = \"20%\"";
    let mut sandbox = Sandbox::new(&model("csv", policy));
    let mut text = "at,id,country,seconds\n".to_owned();
    text += &"2026-01-30T10:00:00Z,1,US,5\n".repeat(3);
    text += "2026-01-30T10:00:00Z,1,US,a\n";
    sandbox.write("events/a.csv", &text);
    let error = sandbox.try_run(Days::All).await.unwrap_err().to_string();
    let dir = sandbox.path("").display().to_string();
    let error = error.replace(dir.trim_end_matches('/'), "DIR");
    assert!(
        error.starts_with(
            "source `events`: 1 of 4 rows cannot be read or computed with, more than `max_bad_rows` allows; \
             the first is DIR/events/a.csv:5: "
        ),
        "{error}"
    );
    assert!(sandbox.table("cells").await.is_none());
    assert!(error.ends_with("are in the lake's table `quarantine`"), "{error}");
    // They are there to be looked at, though there is no snapshot.
    assert_eq!(quarantined(&sandbox).await.len(), 1);

    // The default fails at the first one, and leaves nothing behind.
    let mut strict = Sandbox::new(&model("csv", ""));
    strict.write("events/a.csv", &text);
    let error = strict.failure(Days::All).await;
    assert!(error.starts_with("source `events`: DIR/events/a.csv:5: "), "{error}");
}
