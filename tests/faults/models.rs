//! A model that changes: reported before the run works, and a lake with cells of both models is served.

use clio_tests::Sandbox;
use serde_json::Value;

const MODEL: &str = r#"
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
"#;

const MORE: &str = r#"
[measure.visitors]
source = "visits"
kind = "distinct"
of = "visitor"
[measure.seconds]
source = "visits"
kind = "sum"
of = "seconds"
"#;

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    for day in ["2026-01-05", "2026-01-06"] {
        let rows = format!(
            "at,country,visitor,seconds\n{day} 10:00:00,US,ann,3\n{day} 11:00:00,CA,bob,4\n"
        );
        let folder = sandbox.path(&format!("visits/dt={day}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.csv"), rows).unwrap();
    }
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    sandbox
}

const ARGS: [&str; 4] = ["--model", "shop.toml", "--lake", "lake"];

fn totals(sandbox: &Sandbox) -> Vec<f64> {
    let answer = sandbox.json(&["query", "--lake", "lake"]);
    let value = |measure: &str| answer["total"]["values"][measure]["value"].as_f64().unwrap();
    ["visits", "visitors", "seconds"].map(value).to_vec()
}

#[test]
fn a_new_measure_is_served_beside_days_that_lack_it() {
    let sandbox = shop();
    sandbox.etl(&sandbox.path("shop.toml"), "lake", &[]);
    std::fs::write(sandbox.path("shop.toml"), format!("{MODEL}{MORE}")).unwrap();
    let plan = sandbox.ok(["etl", "plan"].iter().chain(&ARGS));
    assert!(
        plan.contains("compatible: measure `visitors` is new; measure `seconds` is new"),
        "{plan}"
    );
    assert!(plan.contains("2026-01-05   the model changed"), "{plan}");

    let run = ["etl", "run", "--date", "2026-01-06"];
    let finished = sandbox.clio(run.iter().chain(&ARGS));
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert!(
        finished.stderr.starts_with("model: compatible: measure `visitors`"),
        "{}",
        finished.stderr
    );
    assert_eq!(totals(&sandbox), [4.0, 2.0, 7.0]);

    // Without dates, exactly the days that lack it are made.
    let report = sandbox.etl(&sandbox.path("shop.toml"), "lake", &[]);
    assert_eq!(report["days"], Value::from(vec!["2026-01-05"]));
    assert_eq!(totals(&sandbox), [4.0, 2.0, 14.0]);
    let plan = sandbox.json(&[&["etl", "plan"], &ARGS[..]].concat());
    assert_eq!((&plan["model"]["effect"], &plan["n_up_to_date"]), (&"same".into(), &2.into()));
}

/// The old snapshot remains what it was, under the model that it was made with.
#[test]
fn a_model_that_rebuilds_leaves_old_snapshots_readable() {
    let sandbox = shop();
    let finer = format!("{MODEL}{MORE}");
    std::fs::write(sandbox.path("shop.toml"), &finer).unwrap();
    sandbox.etl(&sandbox.path("shop.toml"), "lake", &[]);
    let server =
        sandbox.serve(&["serve", "--lake", &sandbox.text("lake"), "--grpc", "127.0.0.1:0"]);
    let coarser = finer.replace("of = \"visitor\"", "of = \"visitor\"\nprecision = 10");
    std::fs::write(sandbox.path("shop.toml"), coarser).unwrap();
    let plan = sandbox.json(&[&["etl", "plan"], &ARGS[..]].concat());
    assert_eq!(plan["model"]["effect"], "rebuild");
    assert_eq!(plan["days"].as_array().unwrap().len(), 2);
    let part = sandbox.clio(["etl", "run", "--date", "2026-01-06"].iter().chain(&ARGS));
    assert_eq!(part.code, 1);
    assert!(part.stderr.contains("rebuild all 2 days"), "{}", part.stderr);
    let report = sandbox.etl(&sandbox.path("shop.toml"), "lake", &[]);
    assert_eq!(report["days"].as_array().unwrap().len(), 2);

    let ask = |snapshot: &[&str]| {
        let args = ["query", "--serving", &server.url, "--measures", "visitors"];
        sandbox.clio(args.iter().chain(snapshot).chain(&["--format", "json"]))
    };
    clio_tests::until("the new snapshot", || (ask(&["--snapshot", "1"]).code == 0).then_some(()));
    let old = ask(&["--snapshot", "0"]);
    assert_eq!(old.code, 0, "{}", old.stderr);
    let old: Value = serde_json::from_str(&old.stdout).unwrap();
    assert_eq!(old["total"]["values"]["visitors"]["value"], 2.0);
}
