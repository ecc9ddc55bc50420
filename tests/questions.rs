//! Queries in all interfaces: what one of them can ask, all can, and all get the same answer.

mod ages;
mod by_comparison;
mod files;
mod taken;
mod times;
mod words;

use clio_tests::{Finished, Sandbox, Server, until};
use serde_json::{Value, json};

const MODEL: &str = r#"
[dataset]
name = "questions"
week_starts = "sunday"

[source.views]
url = "views/"
format = "csv"
time = "at"

[dimension.country]
column = "country"

[measure.views]
source = "views"
kind = "count"

[measure.people]
source = "views"
kind = "distinct"
of = "who"

[measure.views_a_person]
kind = "derived"
expr = "views / people"
"#;

/// 28 December 2025 is a Sunday.
const VIEWS: &str = "at,country,who
2025-12-27T10:00:00Z,DE,a
2025-12-28T10:00:00Z,DE,a
2025-12-31T10:00:00Z,FR,b
2025-12-31T10:00:00Z,DE,b
2026-01-03T10:00:00Z,DE,b
2026-01-04T10:00:00Z,US,c
";

fn lake(model: &str, views: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("views")).unwrap();
    std::fs::write(sandbox.path("views/views.csv"), views).unwrap();
    std::fs::write(sandbox.path("model.toml"), model).unwrap();
    sandbox.etl(&sandbox.path("model.toml"), "lake", &[]);
    sandbox
}

/// The values of the first key and of the first measure of the rows that `clio query` prints as JSON.
fn rows(answer: &Value, key: &str, measure: &str) -> Vec<Value> {
    let rows = answer["rows"].as_array().unwrap().iter();
    rows.map(|row| json!([row["keys"][key]["value"], row["values"][measure]["value"]])).collect()
}

/// One lake behind every interface.
struct Faces {
    sandbox: Sandbox,
    lake: String,
    serving: Server,
    gateway: Server,
}

impl Faces {
    fn new() -> Self {
        let sandbox = lake(MODEL, VIEWS);
        let lake = sandbox.text("lake");
        let serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
        let gateway =
            sandbox.serve(&["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"]);
        Self { sandbox, lake, serving, gateway }
    }

    /// Queries on the command line, from the lake itself.
    fn clio(&self, args: &[&str]) -> Finished {
        let place = ["query", "--lake", &self.lake];
        self.sandbox.clio(place.iter().chain(args))
    }

    /// What `clio query` prints as JSON: from the lake itself, and over gRPC.
    fn both(&self, args: &[&str]) -> [Value; 2] {
        [["--lake", &self.lake], ["--serving", &self.serving.url]].map(|[flag, place]| {
            let all: Vec<&str> = ["query", flag, place].iter().chain(args).copied().collect();
            self.sandbox.json(&all)
        })
    }

    fn graphql(&self, query: &str) -> Value {
        until("the gateway's answer", || {
            let (code, body) = self.gateway.graphql(query, &Value::Null);
            (code == 200 && body["errors"].is_null()).then(|| body["data"]["cube"].clone())
        })
    }
}

/// The same from the gateway's answer.
fn graphql_rows(cube: &Value, key: &str, measure: &str) -> Vec<Value> {
    let rows = cube["rows"].as_array().unwrap().iter();
    rows.map(|row| json!([row[key]["value"], row[measure]["value"]])).collect()
}

#[test]
fn conditions_and_orders_are_the_same_in_every_face() {
    let faces = Faces::new();
    let expected = [json!(["US", 1.0]), json!(["FR", 1.0])];
    let answers = faces.both(&[
        "--group-by",
        "country",
        "--measures",
        "people",
        "--having",
        "views >= 1 and not views_a_person > 1.5",
        "--order-by",
        "people:asc,country:desc",
        "--explain",
    ]);
    for answer in &answers {
        assert_eq!(rows(answer, "country", "people"), expected);
        assert_eq!((&answer["n_groups"], &answer["work"]["n_groups"]), (&json!(2), &json!(3)));
    }
    let cube = faces.graphql(
        "{ cube(query: {
            groupBy: [COUNTRY] measures: [PEOPLE]
            having: { views: { atLeast: 1 }, not: { viewsAPerson: { above: 1.5 } } }
            orderBy: [{ measure: PEOPLE, direction: ASC }, { key: COUNTRY, direction: DESC }]
        }) { groupCount rows { country { value } people { value } }
             work { cellCount unionCount couponBytes groupCount } } }",
    );
    assert_eq!(graphql_rows(&cube, "country", "people"), expected);
    assert_eq!(cube["groupCount"], 2);
    // The work is the same, too, except for times.
    let work = &answers[0]["work"];
    for (in_graphql, name) in [
        ("cellCount", "n_cells"),
        ("unionCount", "n_unions"),
        ("couponBytes", "coupon_bytes"),
        ("groupCount", "n_groups"),
    ] {
        assert_eq!(cube["work"][in_graphql], work[name], "{name}");
        assert_eq!(answers[1]["work"][name], work[name], "{name}");
    }
    for (args, said) in [
        (["--having", "views"], "condition `views`: expected `>=`"),
        (["--having", "likes >= 1"], "--having: unknown measure `likes`; there are: `views`"),
    ] {
        let refused = faces.clio(&[["--group-by", "country"], args].concat());
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}

#[test]
fn shares_ranks_and_others_are_the_same_in_every_face() {
    let faces = Faces::new();
    let args = [
        "--group-by",
        "country",
        "--measures",
        "views,people",
        "--limit",
        "1",
        "--with",
        "shares,others,ranks",
    ];
    for answer in faces.both(&args) {
        let first = &answer["rows"][0];
        assert_eq!(first["keys"]["country"]["value"], "DE");
        assert_eq!(first["rank"], json!({ "best": 1, "worst": 1 }));
        assert_eq!(first["values"]["views"]["share"]["value"], 4.0 / 6.0);
        // A union: `b` is in one of the other countries as well as in the first, and a difference would miss it.
        assert_eq!(answer["others"]["values"]["people"]["value"], 2.0);
        assert_eq!(answer["others"]["values"]["views"]["share"]["value"], 2.0 / 6.0);
    }
    let cube = faces.graphql(
        "{ cube(query: { groupBy: [COUNTRY] measures: [VIEWS, PEOPLE] limit: 1 extras: [SHARES, OTHERS, RANKS] }) {
             rows { people { share { value } } } ranks { best worst } others { people { value } } } }",
    );
    assert_eq!(cube["ranks"], json!([{ "best": 1, "worst": 1 }]));
    assert_eq!(cube["others"]["people"]["value"], 2.0);
    assert_eq!(cube["rows"][0]["people"]["share"]["value"], 2.0 / 3.0);
    let csv = faces.clio(&[&args[..], &["--format", "csv"]].concat());
    let head =
        "rank_best,rank_worst,country,views,views_lower,views_upper,views_share,views_share_lower,";
    assert!(csv.stdout.starts_with(head), "{}", csv.stdout);
    let is_others = |line: &str| line == "note: others=views:2,people:2";
    assert!(csv.stderr.lines().any(is_others), "{}", csv.stderr);
    let table = faces.clio(&args).stdout;
    for text in ["rank", "share", "66.67 %", "(others below)"] {
        assert!(table.contains(text), "no `{text}` in:\n{table}");
    }
}

#[test]
fn reach_is_the_same_in_every_face() {
    let faces = Faces::new();
    let args = ["--group-by", "country", "--measures", "views,people", "--with", "reach"];
    for answer in faces.both(&args) {
        // DE has a and b, FR b, US c.
        let reach = &answer["reach"];
        assert_eq!(
            (&reach["measure"], &reach["deduplicated"]["value"]),
            (&json!("people"), &json!(3.0))
        );
        let numbers = |part: &str, name: &str| -> Vec<Value> {
            let steps = reach[part].as_array().unwrap().iter();
            steps.map(|step| step[name]["value"].clone()).collect()
        };
        assert_eq!(numbers("steps", "incremental"), [2.0, 1.0, 0.0]);
        assert_eq!(numbers("steps", "alone"), [1.0, 1.0, 0.0]);
        assert_eq!(numbers("steps", "cumulative"), [2.0, 3.0, 3.0]);
        assert_eq!(numbers("overlaps", "both"), [1.0, 0.0, 0.0]);
        assert_eq!(numbers("overlaps", "jaccard"), [0.5, 0.0, 0.0]);
    }
    let cube = faces.graphql(
        "{ cube(query: { groupBy: [COUNTRY] measures: [PEOPLE] extras: [REACH] }) {
             reach { deduplicated { value exact } overlaps { both { value cannotTell } } } } }",
    );
    assert_eq!(cube["reach"]["deduplicated"], json!({ "value": 3.0, "exact": true }));
    let first = json!({ "both": { "value": 1.0, "cannotTell": false } });
    assert_eq!(cube["reach"]["overlaps"][0], first);
    let table = faces.clio(&args).stdout;
    for text in ["people of the 3 rows together: 3", "most first", "50.00 %"] {
        assert!(table.contains(text), "no `{text}` in:\n{table}");
    }
    let csv = faces.clio(&[&args[..], &["--format", "csv"]].concat());
    assert!(csv.code == 2 && csv.stderr.contains("has no form in csv"), "{}", csv.stderr);
}

#[test]
fn comparisons_are_the_same_in_every_face() {
    let faces = Faces::new();
    // DE has a and b, on 27, 28 and 31 December and on 3 January; of these, b alone on the last two days.
    let args = ["--group-by", "country", "--measures", "people,views", "--from", "2025-12-31"];
    let previous = [&args[..], &["--compare", "previous"]].concat();
    for answer in faces.both(&previous) {
        // FR and US were absent before: 0 on days that were present.
        let rows = answer["rows"].as_array().unwrap().iter();
        let found: Vec<Value> = rows
            .map(|row| {
                let compared = |measure: &str, part: &str| {
                    row["values"][measure]["compared"][part]["value"].clone()
                };
                json!([
                    row["keys"]["country"]["value"],
                    compared("people", "other"),
                    compared("views", "difference"),
                    compared("people", "ratio"),
                ])
            })
            .collect();
        let expected = [
            json!(["DE", 1.0, 0.0, 1.0]),
            json!(["FR", 0.0, 1.0, null]),
            json!(["US", 0.0, 1.0, null]),
        ];
        assert_eq!(found, expected);
        let coverage = &answer["compared_coverage"];
        assert_eq!(
            (&coverage["from"], &coverage["to"]),
            (&json!("2025-12-26"), &json!("2025-12-30"))
        );
        assert_eq!(coverage["n_missing"], 3);
        assert_eq!(answer["total"]["values"]["people"]["compared"]["difference"]["value"], 1.0);
    }
    let cube = faces.graphql(
        "{ cube(query: { groupBy: [COUNTRY] measures: [PEOPLE] from: \"2025-12-31\" compare: { previousPeriod: true } }) {
             rows { country { value } people { compared { other { value } difference { value exact } } } }
             comparedCoverage { from nMissing } } }",
    );
    let first = json!({ "country": { "value": "DE" }, "people": { "compared": {
        "other": { "value": 1.0 }, "difference": { "value": 0.0, "exact": true } } } });
    assert_eq!(cube["rows"][0], first);
    assert_eq!(cube["comparedCoverage"], json!({ "from": "2025-12-26", "nMissing": 3 }));
    let csv = faces.clio(&[&previous[..], &["--format", "csv"]].concat());
    let head = "country,people,people_lower,people_upper,people_other,people_other_lower,people_other_upper,\
        people_difference,people_difference_lower,people_difference_upper,people_ratio,";
    assert!(csv.stdout.starts_with(head), "{}", csv.stdout);
    for note in [
        "note: compared_days=2025-12-26..2025-12-30",
        "note: compared_missing_days=2025-12-26,2025-12-29..2025-12-30",
    ] {
        assert!(csv.stderr.lines().any(|line| line == note), "{}", csv.stderr);
    }
    let table = faces.clio(&previous).stdout;
    for text in ["difference", "ratio", "compared with days 2025-12-26 to 2025-12-30"] {
        assert!(table.contains(text), "no `{text}` in:\n{table}");
    }
    // With a member, and with all but the row: b is in DE and in FR.
    let other = |compare: &str| -> Vec<Vec<Value>> {
        let args = ["--group-by", "country", "--measures", "people", "--compare", compare];
        let of = |answer: Value| -> Vec<Value> {
            let rows = answer["rows"].as_array().unwrap().iter();
            rows.map(|row| row["values"]["people"]["compared"]["other"]["value"].clone()).collect()
        };
        faces.both(&args).map(of).to_vec()
    };
    assert_eq!(other("country=FR"), [[1.0, 1.0, 1.0]; 2]);
    assert_eq!(other("rest"), [[2.0, 3.0, 2.0]; 2]);
    assert_eq!(other("whole"), [[3.0, 3.0, 3.0]; 2]);
    for (compare, code, said) in [
        ("country", 2, "--compare `country`: expected `previous`, `rest`, `whole`"),
        ("country=UX", 2, "--compare: `country` has no value `UX`; did you mean `US`?"),
    ] {
        let refused = faces.clio(&["--group-by", "country", "--compare", compare]);
        assert_eq!(refused.code, code, "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}

#[test]
fn pages_follow_each_other_in_every_face() {
    let faces = Faces::new();
    let args = ["--group-by", "country", "--measures", "people", "--limit", "2"];
    let [own, remote] = faces.both(&args);
    let cursor = own["end_cursor"].as_str().unwrap();
    assert_eq!((&remote["end_cursor"], &own["has_next_page"]), (&json!(cursor), &json!(true)));
    let next = [&args[..], &["--after", cursor]].concat();
    for answer in faces.both(&next) {
        assert_eq!(rows(&answer, "country", "people"), [json!(["US", 1.0])]);
        assert_eq!(answer["has_next_page"], false);
    }
    let page = |after: &str| {
        faces.graphql(&format!(
            "{{ cube(query: {{ groupBy: [COUNTRY] measures: [PEOPLE] first: 2 {after} }}) {{
                edges {{ cursor node {{ country {{ value }} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        ))
    };
    let first = page("");
    assert_eq!(first["pageInfo"], json!({ "hasNextPage": true, "endCursor": cursor }));
    assert_eq!(first["edges"][1]["cursor"], cursor);
    // After the first of its rows, which is not the end of a page.
    let cursor = first["edges"][0]["cursor"].as_str().unwrap();
    let second = page(&format!("after: \"{cursor}\""));
    let names: Vec<_> =
        second["edges"].as_array().unwrap().iter().map(|edge| &edge["node"]).collect();
    assert_eq!(
        names,
        [&json!({ "country": { "value": "FR" } }), &json!({ "country": { "value": "US" } })]
    );
    let csv = faces.clio(&[&args[..], &["--format", "csv"]].concat());
    assert!(csv.stderr.lines().any(|line| line.starts_with("note: next=c1-")), "{}", csv.stderr);
    let table = faces.clio(&args).stdout;
    assert!(table.contains("2 of 3 groups; the next ones: --after c1-"), "{table}");
    for (args, said) in [
        (["--after", "7", "--measures", "people"], "--after: `7` is not a cursor"),
        (["--after", cursor, "--measures", "views"], "the cursor belongs to another query"),
    ] {
        let refused = faces.clio(&[&["--group-by", "country"], &args[..]].concat());
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}

#[test]
fn what_an_answer_took_is_printed_for_people_and_programs() {
    let faces = Faces::new();
    let table = faces.clio(&["--group-by", "week", "--explain"]).stdout;
    for line in
        ["periods    5: ", "cells      6, 6 of them selected", "groups     3, 3 of them kept"]
    {
        assert!(table.contains(line), "no `{line}` in:\n{table}");
    }
    let csv = faces.clio(&["--group-by", "week", "--format", "csv", "--explain"]);
    let is_work = |line: &str| line.starts_with("note: work=n_files:");
    assert!(csv.stderr.lines().any(is_work), "{}", csv.stderr);
}

/// Models may have a dimension `week`, since weeks are younger than models.
#[test]
fn a_dimension_called_week_stays_what_it_is() {
    let model = MODEL.replace(
        "[dimension.country]\ncolumn = \"country\"",
        "[dimension.week]\ncolumn = \"country\"",
    );
    let sandbox = lake(&model, VIEWS);
    let path = sandbox.text("lake");
    let answer = sandbox.json(&[
        "query",
        "--lake",
        &path,
        "--group-by",
        "week",
        "--measures",
        "views",
        "--order-by",
        "week:asc",
        "--where",
        "week anyOf (DE, FR)",
    ]);
    assert_eq!(rows(&answer, "week", "views"), [json!(["DE", 4.0]), json!(["FR", 1.0])]);
    let by_day = sandbox.json(&["query", "--lake", &path, "--group-by", "day,week"]);
    assert_eq!(by_day["n_groups"], 6);
    let serving = sandbox.serve(&["serve", "--lake", &path, "--grpc", "127.0.0.1:0"]);
    let gateway = sandbox.serve(&["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"]);
    let query = "{ dataset { timeKeys { enumName } } cube(query: {
        groupBy: [WEEK] measures: [VIEWS] where: { week: { anyOf: [\"FR\"] } }
    }) { rows { week { value } } } }";
    let data = until("the gateway's answer", || {
        let (code, body) = gateway.graphql(query, &Value::Null);
        (code == 200 && body["errors"].is_null()).then(|| body["data"].clone())
    });
    assert_eq!(data["cube"]["rows"], json!([{ "week": { "value": "FR" } }]));
    let times: Vec<_> = data["dataset"]["timeKeys"].as_array().unwrap().iter().collect();
    assert_eq!(times.len(), 3, "{times:?}");
}
