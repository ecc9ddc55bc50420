//! Checks of a model and recounts, on the command line: exit codes, messages, and what the lake keeps.

use clio_tests::Sandbox;
use serde_json::json;

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

[measure.visitors]
source = "visits"
kind = "distinct"
of = "visitor"

[check.known_country]
kind = "missing"
dimension = "country"
at_most = "20%"
on_failure = "fail"
"#;

#[test]
fn a_failed_check_is_accepted_with_a_reason_and_a_recount_is_kept() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    std::fs::create_dir(sandbox.path("visits")).unwrap();
    let visits = "at,country,visitor\n2026-01-05 10:00:00,US,ann\n2026-01-05 11:00:00,,bob\n";
    std::fs::write(sandbox.path("visits/a.csv"), visits).unwrap();

    let listed = sandbox.ok(["model", "check", "shop.toml", "--no-sources"]);
    for text in
        ["known_country        fail: at most 20 % of", "rows                 warn, as in every"]
    {
        assert!(listed.contains(text), "`{text}` not in:\n{listed}");
    }

    let run = ["etl", "run", "--model", "shop.toml", "--lake", "lake"];
    let with = |more: &[&str]| sandbox.clio(run.iter().chain(more));
    let failed = with(&[]);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    let expected = "check `known_country` failed for 2026-01-05: 1 of 2 events of `visits` lack a known \
                    `country` (1 have none), expected at most 0; nothing was committed";
    assert!(failed.stderr.contains(expected), "{}", failed.stderr);
    assert!(!sandbox.path("lake/cells/_delta_log").try_exists().unwrap());
    assert_eq!(with(&["--accept", " "]).code, 2);

    let accepted = with(&["--accept", "a new shop has no country yet", "--format", "json"]);
    assert_eq!(accepted.code, 0, "{}", accepted.stderr);
    let report: serde_json::Value = serde_json::from_str(&accepted.stdout).unwrap();
    assert_eq!(report["accepted"], "a new shop has no country yet");
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "known_country").unwrap();
    assert_eq!(check["findings"][0]["day"], "2026-01-05");

    let verify = ["etl", "verify", "--model", "shop.toml", "--lake", "lake"];
    let verified = sandbox.json(&verify);
    // A total, two members and two cells; of a count and a distinct count.
    assert_eq!(verified["n_compared"], 10);
    assert_eq!((&verified["ok"], &verified["mismatches"]), (&json!(true), &json!([])));
    let said = sandbox.ok(verify);
    assert!(said.starts_with("snapshot 0: all is well\n"), "{said}");
    let n_kept = std::fs::read_dir(sandbox.path("lake/verifications")).unwrap().count();
    assert_eq!(n_kept, 2);
    let no_day = sandbox.clio(verify.iter().chain(&["--date", "2026-01-06"]));
    assert_eq!(no_day.code, 1);
    let expected = "it holds no day from 2026-01-06 to 2026-01-06; it has 2026-01-05 to 2026-01-05";
    assert!(no_day.stderr.contains(expected), "{}", no_day.stderr);
}
