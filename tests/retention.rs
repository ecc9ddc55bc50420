//! Old days are retired beside a running service: whole months are answered as before, parts of them are reported as
//! missing, and a run does not remake a month from a part.

use clio_tests::{Sandbox, until};
use serde_json::{Value, json};

pub(crate) const MODEL: &str = r#"
[dataset]
name = "shop"
[source.visits]
url = "visits/"
format = "csv"
time = "at"
[dimension.country]
column = "country"
[measure.visits]
source = "visits"
kind = "count"
[measure.visitors]
source = "visits"
kind = "distinct"
of = "visitor"
"#;

const ARGS: [&str; 4] = ["--model", "shop.toml", "--lake", "lake"];

fn write(sandbox: &Sandbox, day: &str, file: &str) {
    let rows = format!("at,country,visitor\n{day} 10:00:00,US,{file}\n{day} 11:00:00,CA,bob\n");
    let folder = sandbox.path(&format!("visits/dt={day}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{file}.csv")), rows).unwrap();
}

/// Simulates that two days have passed since files left the lake, according to its log.
pub(crate) fn make_old(sandbox: &Sandbox) {
    for entry in std::fs::read_dir(sandbox.path("lake/cells/_delta_log")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(|line| {
            let mut action: Value = serde_json::from_str(line).unwrap();
            if let Some(at) = action["remove"]["deletionTimestamp"].as_i64() {
                action["remove"]["deletionTimestamp"] = json!(at - 2 * 86_400_000);
            }
            // Indexing for a missing key has created it.
            action.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            action.to_string() + "\n"
        });
        std::fs::write(&path, lines.collect::<String>()).unwrap();
    }
}

#[test]
fn old_days_go_and_what_is_asked_of_them_is_not_made_up() {
    let sandbox = Sandbox::new();
    for day in ["2025-01-30", "2025-01-31", "2025-02-01"] {
        write(&sandbox, day, "ann");
    }
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    let model = sandbox.path("shop.toml");
    sandbox.etl(&model, "lake", &[]);
    let lake = sandbox.text("lake");
    let server = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
    let ask = |from: &str, to: &str, more: &[&str]| -> Value {
        let args = ["query", "--serving", &server.url, "--from", from, "--to", to];
        sandbox.json(&[&args, more].concat())
    };
    let visits = |answer: &Value| answer["total"]["values"]["visits"]["value"].clone();
    let whole = ask("2025-01-01", "2025-02-28", &[]);
    assert_eq!(visits(&whole), json!(6.0));

    let would =
        sandbox.ok(["lake", "retire", "--lake", "lake", "--older-than", "2mo", "--dry-run"]);
    assert!(
        would.starts_with("nothing is committed: a dry run\n  2025-01        2 days, "),
        "{would}"
    );
    let wrong = sandbox.clio(["lake", "retire", "--lake", "lake"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    let done = sandbox.json(&["lake", "retire", "--lake", "lake", "--before", "2025-02-01"]);
    assert_eq!((&done["snapshot"], &done["months"][0]["n_days"]), (&json!(1), &json!(2)));
    until("the snapshot without the days", || {
        (ask("2025-01-01", "2025-02-28", &[])["snapshot"]["version"] == 1).then_some(())
    });
    assert_eq!(visits(&ask("2025-01-01", "2025-02-28", &[])), json!(6.0));
    let cut = ask("2025-01-31", "2025-02-28", &[]);
    assert_eq!((visits(&cut), &cut["coverage"]["retired"]), (json!(2.0), &json!(["2025-01-31"])));
    let by_day = ask("2025-01-30", "2025-02-01", &["--group-by", "day"]);
    assert_eq!(by_day["rows"].as_array().unwrap().len(), 1);
    assert_eq!(by_day["coverage"]["missing"], json!(["2025-01-30", "2025-01-31"]));
    let table = ["query", "--lake", "lake", "--from", "2025-01-31"];
    assert!(sandbox.ok(table).contains(
        "of them in retired months (1): 2025-01-31; ask for the whole month, and neither by day nor by week"
    ));
    let snapshots = sandbox.ok(["lake", "snapshots", "--lake", "lake"]);
    assert!(
        snapshots.lines().next().unwrap().ends_with("days of old months retired"),
        "{snapshots}"
    );

    write(&sandbox, "2025-01-31", "late");
    let plan = sandbox.ok(["etl", "plan"].iter().chain(&ARGS));
    let kept = "2025-01 stays as it is, since its days have left the lake; one of them would be rebuilt \
                (its files changed); \
                to rebuild it whole: `--from 2025-01-01 --to 2025-01-31`";
    assert!(plan.contains(&format!("retired        {kept}")), "{plan}");
    let run = sandbox.ok(["etl", "run"].iter().chain(&ARGS));
    assert!(run.contains(&format!("warning        {kept}")), "{run}");
    let part = sandbox.clio(["etl", "run", "--date", "2025-01-31"].iter().chain(&ARGS));
    assert_eq!(part.code, 1);
    assert!(part.stderr.contains("`--from 2025-01-01 --to 2025-01-31`"), "{}", part.stderr);

    let early = sandbox.clio(["lake", "vacuum", "--lake", "lake", "--older-than", "23h"]);
    assert_eq!(early.code, 1);
    assert!(early.stderr.contains("give --older-than 24h or more"), "{}", early.stderr);
    let vacuum = ["lake", "vacuum", "--lake", "lake", "--older-than", "24h"];
    assert_eq!(sandbox.ok(vacuum), "0 files deleted\n");
    make_old(&sandbox);
    assert!(sandbox.ok(vacuum).ends_with("\n2 files deleted\n"));
    sandbox.etl(&model, "lake", &["--from", "2025-01-01", "--to", "2025-01-31"]);
    let answer = sandbox.json(&["query", "--lake", "lake", "--from", "2025-01-31"]);
    assert_eq!((visits(&answer), &answer["coverage"]["missing"]), (json!(6.0), &json!([])));
}
