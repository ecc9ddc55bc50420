//! Messages about queries, valid and invalid, in the words of the interface that asked.

use serde_json::Value;

use super::{Faces, lake};

/// Queries that would be refused again ended with exit code 1 like outages, and errors named fields of gRPC instead of
/// flags.
#[test]
fn a_wrong_question_is_told_by_its_flags_and_ends_with_code_2() {
    let faces = Faces::new();
    let by_day = ["--group-by", "day", "--measures", "people"];
    for (args, said) in [
        (
            &["--group-by", "country", "--compare", "0001-01-01..9999-12-31"][..],
            "error: --compare: the days from 0001-01-01 to 9999-12-31 are",
        ),
        (&["--after", "c1-77-1-0000000000000001"], "error: --after: snapshot `77` is not held"),
        (&["--snapshot", "77"], "error: --snapshot: there is no snapshot 77; the newest is 0"),
        (
            &["--compare", "snapshot=77"],
            "error: --compare: there is no snapshot 77; the newest is 0",
        ),
        (&["--limit", "5001"], "error: --limit: 5001 is above 5000"),
        (
            &["--group-by", "country", "--look-back", "3"],
            "error: --look-back: rows are not grouped by time; name `day` in `--group-by`",
        ),
        (&["--look-back", "-7"], "expected a number of days from 1 to 3660"),
        (&["--look-back", "abc"], "expected a number of days from 1 to 3660"),
        (&["--window", "-7"], "expected a number of days from 2 to 366, or `cumulative`"),
        (&["--limit", "-7"], "expected a whole number, 0 or more"),
        (&["--from", "2026-13-01"], "not a date; expected a day like `2026-01-31`"),
        (
            &["--group-by", "country", "--compare", "country=de"],
            "error: --compare: `country` has no value `de`; did you mean `DE`?",
        ),
        (
            &["--group-by", "country", "--compare", "nope=DE"],
            "error: --compare: unknown field `nope`; there are: `country`",
        ),
        (
            &["--measures", "limit"],
            "error: --measures: unknown measure `limit`; there are: `views`",
        ),
    ] {
        let finished = faces.clio(args);
        assert_eq!(finished.code, 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(said), "{args:?}: {}", finished.stderr);
    }
    for (args, said) in [
        (["--limit", "5001"], "error: --limit: 5001 is above 5000"),
        (["--field", "city"], "error: --field: unknown field `city`"),
        (["--from", "2026-13-01"], "not a date; expected a day like `2026-01-31`"),
    ] {
        let all = ["members", "--lake", &faces.lake].into_iter().chain(args);
        let finished = faces.sandbox.clio(all);
        assert_eq!(finished.code, 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(said), "{args:?}: {}", finished.stderr);
    }
    // As written in GraphQL.
    faces.graphql("{ cube(query: { measures: [PEOPLE] }) { elapsedMs } }");
    let query =
        "{ cube(query: { groupBy: [DAY] measures: [PEOPLE] lookBackDays: 0 }) { elapsedMs } }";
    let (_, body) = faces.gateway.graphql(query, &Value::Null);
    let said = "`query.lookBackDays`: 0 days; from 1 to 3660 are allowed";
    assert_eq!(body["errors"][0]["message"], said, "{body}");
    assert_eq!(faces.clio(&by_day).code, 0);
}

/// A table of a comparison showed neither the other side nor the window, and neither did CSV and JSON.
#[test]
fn answers_say_with_what_rows_are_compared_and_over_which_window() {
    let faces = Faces::new();
    let compare = ["--group-by", "country", "--measures", "people", "--compare", "country = DE"];
    let table = faces.clio(&compare).stdout;
    for text in ["country = DE", "compared with the row of country = DE and the same other keys"] {
        assert!(table.contains(text), "no `{text}` in:\n{table}");
    }
    let csv = faces.clio(&[&compare[..], &["--format", "csv"]].concat());
    let has = |note: &str| csv.stderr.lines().any(|line| line == note);
    assert!(has("note: compare=country=DE"), "{}", csv.stderr);
    assert!(has("note: total=people:3,people_lower:3,people_upper:3"), "{}", csv.stderr);
    let [json, _] = faces.both(&compare);
    assert_eq!(json["compare"]["member"]["value"], "DE");

    let window = ["--group-by", "day", "--measures", "people", "--window", "7"];
    let table = faces.clio(&window).stdout;
    assert!(table.contains("each day with the 6 before it, 7 in all"), "{table}");
    let csv = faces.clio(&[&window[..], &["--format", "csv"]].concat());
    assert!(csv.stderr.lines().any(|line| line == "note: window=7"), "{}", csv.stderr);
    let [json, _] = faces.both(&window);
    assert_eq!(json["window"]["trailing_days"], 7);
}

/// A page after the last row was empty, and claimed that five groups more followed.
#[test]
fn a_page_behind_the_last_row_says_so() {
    let faces = Faces::new();
    let args = ["--group-by", "country", "--measures", "people"];
    let [json, _] = faces.both(&args);
    let end = json["end_cursor"].as_str().unwrap();
    let behind = [&args[..], &["--after", end]].concat();
    let table = faces.clio(&behind).stdout;
    assert!(
        table.contains("no row is left: the page begins after the last of 3 groups"),
        "{table}"
    );
    assert!(!table.contains("groups more"), "{table}");
    let csv = faces.clio(&[&behind[..], &["--format", "csv"]].concat());
    assert!(csv.stderr.lines().any(|line| line == "note: no_rows_left=of 3"), "{}", csv.stderr);
    let first = faces.clio(&[&args[..], &["--limit", "2"]].concat()).stdout;
    assert!(first.contains("… 1 groups more"), "{first}");
}

/// Tables were wider than any terminal, with empty columns for fractions of the total that do not exist.
#[test]
fn a_table_that_is_too_wide_falls_into_one_for_each_measure() {
    let faces = Faces::new();
    let args = [
        "--group-by",
        "country",
        "--measures",
        "views,people,views_a_person",
        "--compare",
        "2025-12-27..2025-12-31",
        "--with",
        "shares,ranks",
    ];
    let table = faces.clio(&args).stdout;
    let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 200, "{widest}:\n{table}");
    let heads: Vec<&str> = table.lines().filter(|line| line.contains("country")).collect();
    assert_eq!(heads.len(), 3, "{table}");
    for (head, has_share) in heads.iter().zip([true, true, false]) {
        assert!(head.contains("rank") && head.contains("difference"), "{head}");
        assert_eq!(head.contains("share"), has_share, "{head}");
    }
    let csv = faces.clio(&[&args[..], &["--format", "csv"]].concat()).stdout;
    let head = csv.lines().next().unwrap();
    assert!(head.contains("people_share,") && !head.contains("views_a_person_share"), "{head}");
}

/// The source of a column's type was the path of a file without its first `/`, and missing from JSON.
#[test]
fn a_lake_tells_where_it_has_its_types_from() {
    let model = super::MODEL.replace("url = \"views/\"", "url = \"views/views.csv\"");
    let sandbox = lake(&model, super::VIEWS);
    let lake = sandbox.text("lake");
    let text = sandbox.ok(["lake", "snapshots", "--lake", &lake]);
    assert!(text.contains(", since views.csv\n"), "{text}");
    let json = sandbox.json(&["lake", "snapshots", "--lake", &lake]);
    let country = &json[0]["remembered"]["source.views"]["country"];
    assert_eq!(
        (&country["type"], &country["file"]),
        (&"text".into(), &"views.csv".into()),
        "{json}"
    );
}

/// The message for an unreadable log listed the calls inside a library that met it, several times.
#[test]
fn a_log_that_cannot_be_read_is_told_in_a_line() {
    let sandbox = lake(super::MODEL, super::VIEWS);
    let log = sandbox.path("lake/cells/_delta_log/00000000000000000000.json");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, &text[..text.len() / 2]).unwrap();
    for command in ["query", "members"] {
        let mut asked = sandbox.command([command, "--lake", "lake"]);
        let output = asked.env("RUST_BACKTRACE", "1").output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains("`clio lake check`") && !stderr.contains("ernel"), "{stderr}");
    }
}
