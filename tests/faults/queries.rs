//! Invalid queries: each answered with what is wrong and what exists, and exit code 2.

use clio_tests::Sandbox;

fn check(sandbox: &Sandbox, args: &[&str], expected: &[&str]) {
    let mut all = vec!["query", "--lake", "lake"];
    all.extend_from_slice(args);
    let finished = sandbox.clio(all);
    assert_eq!(finished.code, 2, "{args:?}: {}", finished.stderr);
    assert_eq!(finished.stdout, "");
    for text in expected {
        assert!(finished.stderr.contains(text), "{args:?}: `{text}` not in:\n{}", finished.stderr);
    }
}

#[test]
fn a_wrong_question_says_what_exists() {
    let sandbox = Sandbox::new();
    sandbox.ok([
        "synth",
        "--out",
        "events",
        "--events",
        "2000",
        "--days",
        "2",
        "--people",
        "200",
        "--assets",
        "12",
        "--no-answers",
    ]);
    sandbox.etl(&sandbox.path("events/media.toml"), "lake", &[]);
    let check = |args: &[&str], expected: &[&str]| check(&sandbox, args, expected);
    check(
        &["--group-by", "contry"],
        &["`contry`", "`country`", "`device`", "`audience`", "`asset`"],
    );
    check(&["--group-by", "asset.titel"], &["`asset.titel`", "title"]);
    check(&["--measures", "viewrs"], &["`viewrs`", "`viewers`", "`take_rate`"]);
    check(&["--where", "planet anyOf (Mars)"], &["`planet`", "`country`"]);
    check(&["--where", "country allOf (US, CA)"], &["country", "allOf"]);
    check(
        &["--from", "2026-02-01", "--to", "2026-01-01"],
        &["ends before it starts", "2026-02-01"],
    );
    check(&["--order-by", "viewers", "--measures", "plays"], &["viewers"]);
    check(&["--group-by", "day,month"], &["day", "month"]);
    check(&["--where", "country = US"], &["expected `anyOf`"]);
}

#[test]
fn a_lake_that_is_not_there_and_a_service_that_does_not_answer_fail_with_code_1() {
    let sandbox = Sandbox::new();
    let nothing = sandbox.clio(["query", "--lake", "nowhere"]);
    assert_eq!(nothing.code, 1, "{}", nothing.stderr);
    assert!(nothing.stderr.contains("nowhere"), "{}", nothing.stderr);
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let silent = sandbox.clio(["query", "--serving", &url]);
    assert_eq!(silent.code, 1, "{}", silent.stderr);
    assert!(silent.stderr.contains("cannot be reached now"), "{}", silent.stderr);
    assert!(!silent.stderr.contains(&url), "an analyst has no use for it: {}", silent.stderr);
    let told = sandbox.clio(["--log", "info", "query", "--serving", &url]);
    assert_eq!(told.code, 1, "{}", told.stderr);
    assert!(told.stderr.contains(&url), "{}", told.stderr);
}
