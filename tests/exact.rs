//! From the file to every form of an answer: sums beyond what a double holds, and missing days.

use clio_tests::{Sandbox, until};
use serde_json::{Value, json};

const MODEL: &str = r#"
[dataset]
name = "exact"
timezone = "UTC"

[source.views]
url = "views/"
format = "csv"
time = "at"

[dimension.country]
column = "country"

[measure.views]
source = "views"
kind = "count"

[measure.milliseconds]
source = "views"
kind = "sum"
of = "ms"

[measure.mean]
kind = "derived"
expr = "milliseconds / views"
"#;

/// The sum of these is 180,143,985,094,819,860: between two doubles.
const VIEWS: &str = "at,country,ms
2026-03-02T10:00:00Z,DE,90071992547409931
2026-03-02T11:00:00Z,DE,90071992547409929
2026-03-05T10:00:00Z,FR,7
";
const DE: &str = "180143985094819860";
const ALL: &str = "180143985094819867";

#[test]
fn a_sum_beyond_doubles_keeps_its_digits_and_a_gap_is_said_everywhere() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("views")).unwrap();
    std::fs::write(sandbox.path("views/views.csv"), VIEWS).unwrap();
    std::fs::write(sandbox.path("model.toml"), MODEL).unwrap();
    sandbox.etl(&sandbox.path("model.toml"), "lake", &[]);
    let lake = sandbox.text("lake");
    let ask = |format: &[&str]| {
        let mut args = vec!["query", "--lake", &lake, "--group-by", "country"];
        args.extend(["--measures", "milliseconds"]);
        args.extend_from_slice(format);
        let finished = sandbox.clio(args);
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        finished
    };

    let table = ask(&["--format", "table"]).stdout;
    for text in ["180,143,985,094,819,860", "180,143,985,094,819,867", "2026-03-03..2026-03-04"] {
        assert!(table.contains(text), "no `{text}` in:\n{table}");
    }

    let csv = ask(&["--format", "csv"]);
    assert_eq!(
        csv.stdout,
        format!(
            "country,milliseconds,milliseconds_lower,milliseconds_upper\nDE,{DE},{DE},{DE}\nFR,7,7,7\n"
        )
    );
    assert!(
        csv.stderr.lines().any(|line| line == "note: missing_days=2026-03-03..2026-03-04"),
        "{}",
        csv.stderr
    );
    let no_data = ask(&["--format", "csv", "--from", "2026-03-03", "--to", "2026-03-03"]);
    assert!(no_data.stderr.lines().any(|line| line == "note: no_data"), "{}", no_data.stderr);

    let embedded = ask(&["--format", "json"]);
    assert!(embedded.stderr.contains("note: missing_days="), "{}", embedded.stderr);
    let answer: Value = serde_json::from_str(&embedded.stdout).unwrap();
    assert_eq!(answer["total"]["values"]["milliseconds"]["exact_text"], ALL);
    assert_eq!(answer["rows"][0]["values"]["milliseconds"]["exact_text"], DE);
    // Numbers that a double holds have no second form.
    assert_eq!(answer["rows"][1]["values"]["milliseconds"]["value"], 7.0);
    assert_eq!(answer["rows"][1]["values"]["milliseconds"]["exact_text"], Value::Null);

    let serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
    let gateway = sandbox.serve(&["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"]);
    let remote = sandbox.json(&[
        "query",
        "--serving",
        &serving.url,
        "--group-by",
        "country",
        "--measures",
        "milliseconds",
    ]);
    assert_eq!(remote["rows"], answer["rows"]);
    assert_eq!(remote["total"], answer["total"]);

    let query = "{ cube(query: { measures: [MILLISECONDS, VIEWS, MEAN] groupBy: [COUNTRY] }) {
        rows { values { value lower upper exact exactText } milliseconds { exactText } }
        total { values { exactText exact } }
        coverage { nMissing nDaysPresent missingRanges { from to nDays } missing } } }";
    let cube = until("the gateway's answer", || {
        let (code, body) = gateway.graphql(query, &Value::Null);
        (code == 200).then(|| body["data"]["cube"].clone())
    });
    let values = &cube["rows"][0]["values"];
    let double: f64 = DE.parse().unwrap();
    assert_eq!(
        values[0],
        json!({ "value": double, "lower": double, "upper": double, "exact": true, "exactText": DE })
    );
    assert_eq!(cube["rows"][0]["milliseconds"]["exactText"], DE);
    assert_eq!((&values[1]["exact"], &values[1]["exactText"]), (&json!(true), &Value::Null));
    // A quotient of two exact numbers is rounded to a double, and therefore not marked exact.
    assert_eq!((&values[2]["exact"], &values[2]["exactText"]), (&json!(false), &Value::Null));
    assert_eq!(cube["total"]["values"][0], json!({ "exactText": ALL, "exact": true }));
    assert_eq!(
        cube["coverage"],
        json!({
            "nMissing": 2,
            "nDaysPresent": 2,
            "missingRanges": [{ "from": "2026-03-03", "to": "2026-03-04", "nDays": 2 }],
            "missing": ["2026-03-03", "2026-03-04"],
        })
    );
}
