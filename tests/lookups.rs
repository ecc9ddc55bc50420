//! A lookup that changes while existing days keep their earlier values: every interface says so.

use clio_tests::Sandbox;
use serde_json::json;

const MODEL: &str = r#"
[dataset]
name = "shop"
[source.visits]
url = "visits/"
format = "csv"
time = "at"
[lookup.groups]
url = "groups.csv"
key = "visitor"
on_change = "new_days"
[dimension.country]
column = "country"
[dimension.group]
lookup = "groups"
on = "visitor"
column = "name"
[measure.visits]
source = "visits"
kind = "count"
"#;

const ARGS: [&str; 4] = ["--model", "shop.toml", "--lake", "lake"];

fn write(sandbox: &Sandbox, day: &str) {
    let folder = sandbox.path(&format!("visits/dt={day}"));
    std::fs::create_dir_all(&folder).unwrap();
    let rows = format!("at,country,visitor\n{day} 10:00:00,US,ann\n");
    std::fs::write(folder.join("a.csv"), rows).unwrap();
}

#[test]
fn mixed_states_of_a_lookup_are_said_by_every_way_to_ask() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    std::fs::write(sandbox.path("groups.csv"), "visitor,name\nann,new\n").unwrap();
    let model = sandbox.path("shop.toml");
    write(&sandbox, "2026-01-01");
    write(&sandbox, "2026-01-02");
    sandbox.etl(&model, "lake", &[]);
    std::fs::write(sandbox.path("groups.csv"), "visitor,name\nann,regular\n").unwrap();
    write(&sandbox, "2026-01-03");
    sandbox.etl(&model, "lake", &[]);

    let by_group = ["query", "--lake", "lake", "--group-by", "group"];
    let answer = sandbox.json(&by_group);
    let expected = json!([{ "lookup": "groups", "n_states": 2,
        "other_ranges": [{ "from": "2026-01-01", "to": "2026-01-02" }] }]);
    assert_eq!(answer["coverage"]["mixed_lookups"], expected);
    let table = sandbox.ok(by_group);
    let said = "2 states of the lookup `groups` are mixed here: 2026-01-01..2026-01-02 took another one than the \
                last day; `clio etl run --all` makes all days with the newest one";
    assert!(table.contains(said), "{table}");
    let csv = sandbox.clio([&by_group[..], &["--format", "csv"]].concat());
    assert!(
        csv.stderr.contains("note: mixed_lookup=groups:2026-01-01..2026-01-02\n"),
        "{}",
        csv.stderr
    );
    // Answers that do not depend on the lookup are unchanged.
    let by_country = sandbox.json(&["query", "--lake", "lake", "--group-by", "country"]);
    assert_eq!(by_country["coverage"]["mixed_lookups"], json!([]));

    // Over gRPC and GraphQL.
    let server =
        sandbox.serve(&["serve", "--lake", &sandbox.text("lake"), "--grpc", "127.0.0.1:0"]);
    let remote = sandbox.json(&["query", "--serving", &server.url, "--group-by", "group"]);
    assert_eq!(remote["coverage"]["mixed_lookups"], expected);

    // Two commands show what the lake remembers about columns.
    let remembered = "  source.visits.visitor          text, since dt=2026-01-01/a.csv";
    let snapshots = sandbox.ok(["lake", "snapshots", "--lake", "lake"]);
    let check = sandbox.ok(["model", "check", "shop.toml", "--lake", "lake", "--no-sources"]);
    for told in [snapshots, check] {
        assert!(told.lines().any(|line| line == remembered), "{told}");
    }

    let verify = sandbox.clio(["etl", "verify"].iter().chain(&ARGS).chain(&[
        "--from",
        "2026-01-01",
        "--to",
        "2026-01-03",
    ]));
    assert_eq!(verify.code, 1);
    assert!(
        verify.stderr.contains("2026-01-01 was made with an earlier state of `groups`"),
        "{}",
        verify.stderr
    );

    sandbox.etl(&model, "lake", &["--all"]);
    assert_eq!(sandbox.json(&by_group)["coverage"]["mixed_lookups"], json!([]));
}
