//! An operator undoes a bad night: pins the good snapshot, marks the bad one, rolls back, and the next run continues
//! from there.

use clio_tests::{Sandbox, until};
use serde_json::{Value, json};

use crate::retention::MODEL;

fn write(sandbox: &Sandbox, day: &str, visitors: &[&str]) {
    let row = |visitor: &&str| format!("{day} 10:00:00,US,{visitor}\n");
    let rows: String = visitors.iter().map(row).collect();
    let folder = sandbox.path(&format!("visits/dt={day}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("part.csv"), format!("at,country,visitor\n{rows}")).unwrap();
}

#[test]
fn a_bad_night_is_taken_back() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    let model = sandbox.path("shop.toml");
    write(&sandbox, "2025-03-01", &["ann", "bob", "cyd"]);
    write(&sandbox, "2025-03-02", &["ann", "dan"]);
    sandbox.etl(&model, "lake", &[]);
    // The night: a day's events are cut off, another day arrives.
    write(&sandbox, "2025-03-01", &["ann"]);
    write(&sandbox, "2025-03-03", &["eve"]);
    sandbox.etl(&model, "lake", &[]);

    let lake = sandbox.text("lake");
    let server = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
    let ask = || -> (Value, Value) {
        let answer = sandbox.json(&["query", "--serving", &server.url]);
        (
            answer["snapshot"]["version"].clone(),
            answer["total"]["values"]["visits"]["value"].clone(),
        )
    };
    let awaited = |version: u64, visits: f64| {
        until("the snapshot", || (ask() == (json!(version), json!(visits))).then_some(()));
    };
    assert_eq!(ask(), (json!(1), json!(4.0)));

    let differs = sandbox.json(&["lake", "diff", "0", "1", "--lake", "lake", "--group-by", "day"]);
    let change = |at: usize| (&differs["periods"][at]["period"], &differs["periods"][at]["change"]);
    assert_eq!(change(0), (&json!("2025-03-01"), &json!("changed")), "{differs}");
    assert_eq!(change(1), (&json!("2025-03-03"), &json!("appeared")));
    let row = |at: usize| &differs["groups"]["rows"][at];
    assert_eq!(row(0)["keys"]["day"]["value"], "2025-03-01", "{differs}");
    let visits = &row(0)["values"]["visits"]["compared"];
    assert_eq!(visits["difference"]["value"], -2.0, "{visits}");
    let back = ["lake", "diff", "1", "0", "--lake", "lake", "--group-by", "day"];
    let vanished = sandbox.ok(back);
    assert!(vanished.contains("groups that snapshot 1 alone has: 1\n"), "{vanished}");
    let same = sandbox.ok(["lake", "diff", "1", "1", "--lake", "lake", "--exit-code"]);
    assert!(same.starts_with("snapshots 1 and 1 hold the same: "), "{same}");
    let told = sandbox.clio(["lake", "diff", "0", "1", "--lake", "lake", "--exit-code"]);
    assert_eq!(told.code, 1, "{}", told.stdout);
    assert!(told.stderr.contains("snapshots 0 and 1 differ"), "{}", told.stderr);
    // Any query may be asked this way, about any snapshot of the lake.
    let beside = ["query", "--lake", "lake", "--snapshot", "0", "--compare", "snapshot=1"];
    let beside = sandbox.json(&beside);
    assert_eq!(beside["snapshot"]["version"], 0, "{beside}");
    assert_eq!(beside["total"]["values"]["visits"]["compared"]["other"]["value"], 4.0, "{beside}");

    let decide = |args: &[&str]| {
        let who = ["--lake", "lake", "--by", "ada", "--reason", "a day is cut off"];
        sandbox.ok(["lake"].iter().chain(args).chain(&who))
    };
    let said = decide(&["pin", "0"]);
    assert_eq!(said, "snapshot 0 is pinned\nservices serve snapshot 0 from their next poll on\n");
    awaited(0, 5.0);
    let listed = sandbox.ok(["lake", "snapshots", "--lake", "lake"]);
    assert!(listed.contains("; pinned by ada (a day is cut off)"), "{listed}");
    let listed = sandbox.json(&["lake", "snapshots", "--lake", "lake"]);
    assert_eq!(listed[1]["pinned"]["by"], "ada");
    // A command that opens the lake by itself sees what services serve.
    let own = sandbox.json(&["query", "--lake", "lake"]);
    assert_eq!(own["snapshot"]["version"], 0);

    decide(&["mark-bad", "1"]);
    decide(&["unpin"]);
    // The service has heard of both when it refuses the bad one, which it held.
    let asked = || sandbox.clio(["query", "--serving", &server.url, "--snapshot", "1"]);
    until("the bad snapshot is refused", || (asked().code == 2).then_some(()));
    // Still the good one, since the newest is bad.
    awaited(0, 5.0);

    let would = sandbox.ok(["lake", "rollback", "0", "--lake", "lake", "--dry-run"]);
    assert!(would.starts_with("nothing is committed: a dry run\n"), "{would}");
    assert!(would.contains("days           2, 2025-03-01 to 2025-03-03"), "{would}");
    let done = sandbox.json(&["lake", "rollback", "0", "--lake", "lake"]);
    assert_eq!(
        (&done["snapshot"], &done["days"]),
        (&json!(2), &json!(["2025-03-01", "2025-03-03"]))
    );
    awaited(2, 5.0);
    let sound = sandbox.json(&["lake", "check", "--lake", "lake"]);
    assert_eq!((&sound["ok"], &sound["n_records"]), (&json!(true), &json!(5)), "{sound}");
    let again = sandbox.ok(["lake", "rollback", "0", "--lake", "lake"]);
    assert!(again.starts_with("nothing is committed: snapshot 2 holds what 0 held\n"), "{again}");

    // The next run finds what differs from the sources, and nothing else.
    write(&sandbox, "2025-03-01", &["ann", "bob", "cyd"]);
    let run = sandbox.etl(&model, "lake", &[]);
    assert_eq!(run["days"], json!(["2025-03-01", "2025-03-03"]), "{run}");
    awaited(3, 6.0);
}

/// A service that starts later must find the files of the pinned snapshot.
#[test]
fn a_vacuum_spares_the_pinned_snapshot() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    let model = sandbox.path("shop.toml");
    for visitors in [["ann", "bob"], ["ann", "cyd"], ["ann", "dan"]] {
        write(&sandbox, "2025-03-01", &visitors);
        sandbox.etl(&model, "lake", &[]);
    }
    sandbox.ok(["lake", "pin", "0", "--lake", "lake"]);
    crate::retention::make_old(&sandbox);
    sandbox.ok(["lake", "vacuum", "--lake", "lake", "--older-than", "24h"]);
    let own = sandbox.json(&["query", "--lake", "lake"]);
    assert_eq!(own["snapshot"]["version"], 0);
    // The files of another old snapshot are gone, so that nobody can roll back to it.
    for command in ["pin", "rollback"] {
        let refused = sandbox.clio(["lake", command, "1", "--lake", "lake"]);
        assert_eq!(refused.code, 1);
        assert!(
            refused.stderr.contains("snapshot 1 cannot be read: its file cells/grain="),
            "{}",
            refused.stderr
        );
        assert!(
            refused.stderr.contains("a vacuum deletes the files of old ones"),
            "{}",
            refused.stderr
        );
    }
}
