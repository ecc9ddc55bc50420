//! Replicas that hold a part of a lake: what they say, refuse and follow, by every way to ask.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use clio_tests::{Sandbox, Server, until};
use serde_json::{Value, json};

use crate::retention::MODEL;

fn write(sandbox: &Sandbox, day: &str) {
    let rows = format!("at,country,visitor\n{day} 10:00:00,US,ann\n{day} 11:00:00,CA,bob\n");
    let folder = sandbox.path(&format!("visits/dt={day}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.csv"), rows).unwrap();
}

fn run(sandbox: &Sandbox) {
    sandbox.etl(&sandbox.path("shop.toml"), "lake", &[]);
}

/// A lake of these days.
fn lake(days: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    days.iter().for_each(|day| write(&sandbox, day));
    run(&sandbox);
    sandbox
}

const DAYS: [&str; 3] = ["2026-01-30", "2026-01-31", "2026-02-01"];
const ONLY: [&str; 4] = ["--only", "country=US", "--since", "2d"];

fn serve(sandbox: &Sandbox, more: &[&str]) -> Server {
    let lake = sandbox.text("lake");
    sandbox.serve(&[&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"], more].concat())
}

/// What answers say of [`ONLY`].
fn held(first_day: &str) -> Value {
    let text = format!("only `country` of `US`; days from {first_day} on (the last 2)");
    let only = json!([{ "field": "country", "values": ["US"] }]);
    json!({ "only": only, "since": "2d", "first_day": first_day, "without": [], "text": text })
}

fn visits(answer: &Value) -> &Value {
    &answer["total"]["values"]["visits"]["value"]
}

#[test]
fn a_part_is_said_and_the_rest_is_refused() {
    let sandbox = lake(&DAYS);
    let (whole, part) = (serve(&sandbox, &[]), serve(&sandbox, &ONLY));
    let answer = sandbox.json(&["query", "--serving", &part.url, "--group-by", "country"]);
    assert_eq!(visits(&answer), &json!(2.0));
    assert_eq!(answer["coverage"]["projection"], held("2026-01-31"));
    let same = ["query", "--serving", &whole.url, "--group-by", "country", "--from", "2026-01-31"];
    let same = sandbox.json(&[&same[..], &["--where", "country anyOf (US)"]].concat());
    assert_eq!((&same["rows"], &same["total"]), (&answer["rows"], &answer["total"]));
    assert_eq!(same["coverage"]["projection"], Value::Null);
    let ask = ["query", "--serving", &part.url];
    let csv = sandbox.clio([&ask[..], &["--format", "csv"]].concat());
    let said = held("2026-01-31")["text"].as_str().unwrap().to_owned();
    assert!(csv.stderr.contains(&format!("note: projection={said}\n")), "{}", csv.stderr);
    let table = sandbox.ok(ask);
    assert!(table.contains(&format!("of the lake, this service holds {said}")), "{table}");
    for (more, left_out) in [
        (["--where", "country anyOf (CA)"], "`CA` of `country` is left out of this service"),
        (["--from", "2026-01-30"], "days of 2026-01-30 are left out of this service; ask for days"),
    ] {
        let refused = sandbox.clio([&ask[..], &more].concat());
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(left_out), "{}", refused.stderr);
    }
}

#[test]
fn a_gateway_says_what_is_held_and_the_newest_days_move_on() {
    let sandbox = lake(&DAYS);
    let part = serve(&sandbox, &ONLY);
    let gateway = sandbox.serve(&["gateway", "--serving", &part.url, "--http", "127.0.0.1:0"]);
    let status = || {
        let query = "{ serving { state projection { text firstDay only { field values } } } }";
        let (_, body) = gateway.graphql(query, &Value::Null);
        let own = body["data"]["serving"].clone();
        (own["state"] == "SERVING").then_some(own["projection"].clone())
    };
    let expected = |first_day: &str| {
        let all = held(first_day);
        json!({ "text": all["text"], "firstDay": first_day, "only": all["only"] })
    };
    assert_eq!(until("the gateway", status), expected("2026-01-31"));
    let query = "{ cube(query: { measures: [VISITS] }) { total { values { value } }
        coverage { projection { since firstDay without text } } } }";
    let (code, body) = gateway.graphql(query, &Value::Null);
    let cube = &body["data"]["cube"];
    assert_eq!((code, &cube["total"]["values"][0]["value"]), (200, &json!(2.0)), "{body}");
    let own = &cube["coverage"]["projection"];
    assert_eq!((&own["since"], &own["without"]), (&json!("2d"), &json!([])));
    let query = "{ cube(query: { measures: [VISITS], where: { country: { anyOf: [\"CA\"] } } }) { groupCount } }";
    let (_, body) = gateway.graphql(query, &Value::Null);
    assert_eq!(body["errors"][0]["extensions"]["code"], "INVALID_ARGUMENT", "{body}");
    assert!(body.to_string().contains("left out of this service"), "{body}");
    write(&sandbox, "2026-02-02");
    run(&sandbox);
    until("the next snapshot", || (status() == Some(expected("2026-02-01"))).then_some(()));
}

/// It said that it served.
#[test]
fn a_part_that_is_misspelt_is_told_at_the_start_with_the_fields_that_there_are() {
    let sandbox = lake(&DAYS);
    let mut command = sandbox.command([
        "serve",
        "--lake",
        "lake",
        "--grpc",
        "127.0.0.1:0",
        "--only",
        "contry=US",
    ]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).find(|line| line.contains("http://127.0.0.1:"));
    child.kill().unwrap();
    child.wait().unwrap();
    let said = said.unwrap();
    assert!(said.starts_with("nothing of lake can be served yet on"), "{said}");
    assert!(said.contains("no field `contry`") && said.contains("mend `--only`"), "{said}");
}

#[test]
fn replicas_of_different_parts_are_not_mixed() {
    let sandbox = lake(&DAYS);
    let (whole, part) = (serve(&sandbox, &[]), serve(&sandbox, &ONLY));
    let serving = format!("{},{}", whole.url, part.url);
    let both = sandbox.serve(&["gateway", "--serving", &serving, "--http", "127.0.0.1:0"]);
    let of_gateway = || {
        let query = "{ cube(query: { measures: [VISITS] }) { total { values { value } } } }";
        let (_, body) = both.graphql(query, &Value::Null);
        let value = body["data"]["cube"]["total"]["values"][0]["value"].clone();
        (!value.is_null()).then_some(value)
    };
    assert_eq!(until("the gateway", of_gateway), json!(6.0));
    drop(whole);
    assert_eq!(of_gateway(), None);
}

#[test]
fn a_part_is_set_in_a_file_and_mistakes_are_told_before_anything_listens() {
    let sandbox = lake(&DAYS[..1]);
    let settings = "[serving]\nlake = \"lake\"\nonly = \"country=US\"\nsince = \"2026-01-01\"\nwithout = [\"country\"]\n";
    std::fs::write(sandbox.path("clio.toml"), settings).unwrap();
    let shown = sandbox.ok(["--config", "clio.toml", "config", "show"]);
    assert!(
        shown.contains("country anyOf (\\\"US\\\")") || shown.contains("country anyOf (\"US\")"),
        "{shown}"
    );
    let answer = sandbox.json(&["--config", "clio.toml", "query", "--lake", "lake"]);
    assert_eq!(visits(&answer), &json!(1.0));
    assert_eq!(answer["coverage"]["projection"]["without"], json!(["country"]));
    let grouped = ["--config", "clio.toml", "query", "--lake", "lake", "--group-by", "country"];
    let refused = sandbox.clio(grouped);
    assert!(refused.stderr.contains("`country` is left out of this service"), "{}", refused.stderr);
    for (flag, value, mend) in [
        ("--only", "country", "write values by field"),
        ("--since", "yesterday", "how many of the newest days"),
    ] {
        let refused =
            sandbox.clio(["serve", "--lake", "lake", "--grpc", "127.0.0.1:0", flag, value]);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(mend), "{}", refused.stderr);
    }
}
