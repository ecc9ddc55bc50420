//! Queries by time: weeks, windows, and new people.

use serde_json::{Value, json};

use super::{Faces, graphql_rows, rows};

#[test]
fn weeks_are_the_same_in_every_face() {
    let faces = Faces::new();
    let expected =
        [json!(["2025-12-21", 1.0]), json!(["2025-12-28", 2.0]), json!(["2026-01-04", 1.0])];
    for answer in faces.both(&["--group-by", "week", "--measures", "people"]) {
        assert_eq!(rows(&answer, "week", "people"), expected);
    }
    let cube = faces.graphql(
        "{ cube(query: { groupBy: [WEEK] measures: [PEOPLE] }) { rows { week { value } people { value } } } }",
    );
    assert_eq!(graphql_rows(&cube, "week", "people"), expected);
}

#[test]
fn windows_are_the_same_in_every_face() {
    let faces = Faces::new();
    let args = ["--group-by", "day", "--measures", "people", "--window"];
    let trailing = [
        json!(["2025-12-27", 1.0]),
        json!(["2025-12-28", 1.0]),
        json!(["2025-12-31", 1.0]),
        json!(["2026-01-03", 1.0]),
        json!(["2026-01-04", 2.0]),
    ];
    for answer in faces.both(&[&args[..], &["2"]].concat()) {
        assert_eq!(rows(&answer, "day", "people"), trailing);
        assert_eq!(answer["coverage"]["from"], "2025-12-26");
    }
    let cumulative: Vec<Value> = trailing
        .iter()
        .zip([1.0, 1.0, 2.0, 2.0, 3.0])
        .map(|(row, reach)| json!([row[0], reach]))
        .collect();
    for answer in faces.both(&[&args[..], &["cumulative"]].concat()) {
        assert_eq!(rows(&answer, "day", "people"), cumulative);
    }
    for (window, expected) in
        [("trailingDays: 2", &trailing[..]), ("cumulative: true", &cumulative)]
    {
        let cube = faces.graphql(&format!(
            "{{ cube(query: {{ groupBy: [DAY] measures: [PEOPLE] window: {{ {window} }} }}) {{
                rows {{ day {{ value }} people {{ value }} }} }} }}"
        ));
        assert_eq!(graphql_rows(&cube, "day", "people"), expected);
    }
    for (window, said) in
        [("x", "expected a number of days from 2"), ("1", "expected a number of days from 2")]
    {
        let refused = faces.clio(&[&args[..], &[window]].concat());
        assert!(refused.code == 2 && refused.stderr.contains(said), "{}", refused.stderr);
    }
}

#[test]
fn new_people_are_the_same_in_every_face() {
    let faces = Faces::new();
    let args = ["--group-by", "day", "--measures", "people", "--look-back", "4"];
    // By days: a; a; b; b; c. Nothing precedes the first.
    let expected = [
        json!(null),
        json!([0.0, 1.0, 3]),
        json!([1.0, 0.0, 2]),
        json!([0.0, 1.0, 3]),
        json!([1.0, 0.0, 2]),
    ];
    for answer in faces.both(&args) {
        let newcomers = answer["rows"].as_array().unwrap().iter().map(|row| &row["newcomers"]);
        let found: Vec<Value> = newcomers
            .map(|own| match own {
                Value::Null => json!(null),
                own => {
                    json!([own["fresh"]["value"], own["returning"]["value"], own["n_days_missing"]])
                }
            })
            .collect();
        assert_eq!(found, expected);
        assert_eq!(answer["look_back"]["coverage"]["from"], "2025-12-23");
    }
    let cube = faces.graphql(
        "{ cube(query: { groupBy: [DAY] measures: [PEOPLE] lookBackDays: 4 }) {
             newcomers { fresh { value } returning { value cannotTell } nDaysMissing }
             lookBack { measure days } } }",
    );
    let last = json!({
        "fresh": { "value": 1.0 }, "returning": { "value": 0.0, "cannotTell": false }, "nDaysMissing": 2,
    });
    assert_eq!(cube["newcomers"][4], last);
    assert_eq!(
        cube["newcomers"][0],
        json!({ "fresh": null, "returning": null, "nDaysMissing": null })
    );
    assert_eq!(cube["lookBack"], json!({ "measure": "PEOPLE", "days": 4 }));
    let csv = faces.clio(&[&args[..], &["--format", "csv"]].concat());
    let head = csv.stdout.lines().next().unwrap();
    assert!(
        head.ends_with(
            ",new,new_lower,new_upper,returning,returning_lower,returning_upper,days_missing_before"
        ),
        "{head}"
    );
    let is_missing =
        |line: &str| line.starts_with("note: look_back_missing_days=2025-12-23..2025-12-26,");
    assert!(csv.stderr.lines().any(is_missing), "{}", csv.stderr);
    let table = faces.clio(&args).stdout;
    for text in [
        "returning",
        "new and returning by days 2025-12-23 to 2026-01-03",
        "new: people not seen in the 4 days before those of the row",
        "missing days to look back over (",
    ] {
        assert!(table.contains(text), "no `{text}` in:\n{table}");
    }
}
