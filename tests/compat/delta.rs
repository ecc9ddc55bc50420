//! The lake is an ordinary Delta table: Python's `deltalake` opens it and DuckDB counts in it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use clio_tests::{Bandit, Sandbox, open_bandit_folder, repository};
use serde_json::Value;

#[test]
fn another_engine_reads_the_same_counts() {
    let sandbox = Sandbox::new();
    let model = repository().join("tests/datasets/open-bandit/open-bandit.toml");
    sandbox.etl(&model, "lake", &[]);
    let found = read(&sandbox);
    assert_eq!(found["partitions"], serde_json::json!(["grain", "period"]));
    let viewers = &found["metadata"]["viewers"];
    assert_eq!(viewers["clio.family"], "hll++", "{found}");
    assert_eq!(viewers["clio.precision"], "14");
    let commit: Value = serde_json::from_str(found["history"][0].as_str().unwrap()).unwrap();
    assert_eq!(commit["format_version"], 2);

    let exact = Bandit::read(&open_bandit_folder());
    let mut expected = BTreeMap::new();
    let (all, days) = (exact.count(&["campaign"]), exact.count(&["day", "campaign"]));
    for period in ["2019-11", "2019", "all"] {
        for (key, counts) in &all {
            expected.insert((period, key[0].as_str()), [counts[0], counts[2]]);
        }
    }
    for (key, counts) in &days {
        expected.insert((key[0].as_str(), key[1].as_str()), [counts[0], counts[2]]);
    }
    assert_eq!(counts(&found), expected);
    let before = expected.clone();

    // Days that have left the lake are gone for every engine, and the month remains.
    sandbox.ok(["lake", "retire", "--lake", "lake", "--before", "2019-12-01"]);
    expected.retain(|(period, _), _| period.len() < "2019-11-24".len());
    assert_eq!(counts(&read(&sandbox)), expected);

    // After a rollback every engine reads the earlier content, as a new version of the same table.
    sandbox.ok(["lake", "rollback", "0", "--lake", "lake"]);
    let back = read(&sandbox);
    assert_eq!((&back["version"], counts(&back)), (&serde_json::json!(2), before));
    let commit: Value = serde_json::from_str(back["history"][0].as_str().unwrap()).unwrap();
    assert_eq!(commit["days"].as_array().unwrap().len(), days_of(&back), "{commit}");
}

/// How many days an engine finds.
fn days_of(found: &Value) -> usize {
    let all = counts(found);
    let days: BTreeSet<&str> = all.keys().map(|(period, _)| *period).collect();
    days.into_iter().filter(|period| period.len() == "2019-11-24".len()).count()
}

/// What Python reads from the lake.
fn read(sandbox: &Sandbox) -> Value {
    let python = repository().join("target/python/bin/python");
    assert!(python.is_file(), "run tests/python.sh first: it makes {}", python.display());
    let output = Command::new(python)
        .arg(repository().join("tests/compat/read_lake.py"))
        .args([&sandbox.text("lake"), "campaign", "impressions", "clicks"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Impressions and clicks by period and campaign.
fn counts(found: &Value) -> BTreeMap<(&str, &str), [u64; 2]> {
    let of_row = |row: &'_ Value| {
        let number = |index: usize| row[index].as_u64().unwrap();
        [number(2), number(3)]
    };
    let rows = found["rows"].as_array().unwrap().iter();
    rows.map(|row| ((row[0].as_str().unwrap(), row[1].as_str().unwrap()), of_row(row))).collect()
}
