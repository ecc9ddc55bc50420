//! The lake is an ordinary Delta table: Python's `deltalake` opens it and DuckDB counts in it.

use std::collections::BTreeMap;
use std::process::Command;

use clio_tests::{Bandit, Sandbox, open_bandit_folder, repository};
use serde_json::Value;

#[test]
fn another_engine_reads_the_same_counts() {
    let sandbox = Sandbox::new();
    let model = repository().join("tests/datasets/open-bandit/open-bandit.toml");
    sandbox.etl(&model, "lake", &[]);
    let python = repository().join("target/python/bin/python");
    assert!(python.is_file(), "run tests/python.sh first: it makes {}", python.display());
    let output = Command::new(python)
        .arg(repository().join("tests/compat/read_lake.py"))
        .args([&sandbox.text("lake"), "campaign", "impressions", "clicks"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();

    assert_eq!(found["partitions"], serde_json::json!(["grain", "period"]));
    let viewers = &found["metadata"]["viewers"];
    assert_eq!(viewers["clio.family"], "hll++", "{found}");
    assert_eq!(viewers["clio.precision"], "14");
    let commit: Value = serde_json::from_str(found["history"][0].as_str().unwrap()).unwrap();
    assert_eq!(commit["format_version"], clio_proto::FORMAT_VERSION);

    let rows = found["rows"].as_array().unwrap();
    let read: BTreeMap<(&str, &str), [u64; 2]> = rows
        .iter()
        .map(|row| {
            let text = |index: usize| row[index].as_str().unwrap();
            ((text(0), text(1)), [row[2].as_u64().unwrap(), row[3].as_u64().unwrap()])
        })
        .collect();
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
    assert_eq!(read, expected);
}
