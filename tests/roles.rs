//! Roles as operators maintain them: checks of the file, and a replica that shows each principal their own rows.

use clio_tests::{Sandbox, until};
use serde_json::json;

const ROLES: &str = r#"
[role.all]
who = ["key:all"]
rights = ["export", "operate"]
[role.one]
who = ["key:one"]
rows = "country anyOf (US)"
hidden_measures = ["viewers"]
"#;

/// A lake of a few days, and its model.
fn lake(sandbox: &Sandbox) -> (String, String) {
    sandbox.ok([
        "synth",
        "--out",
        "events",
        "--events",
        "4000",
        "--people",
        "400",
        "--assets",
        "12",
        "--days",
        "2",
        "--no-answers",
    ]);
    let model = sandbox.path("events/media.toml").display().to_string();
    let lake = sandbox.path("lake").display().to_string();
    sandbox.ok(["etl", "run", "--model", &model, "--lake", &lake]);
    (model, lake)
}

#[test]
fn a_file_of_roles_is_checked_before_it_is_served() {
    let sandbox = Sandbox::new();
    sandbox.ok(["synth", "--out", "events", "--events", "1000", "--days", "1", "--no-answers"]);
    std::fs::write(sandbox.path("roles.toml"), ROLES).unwrap();
    let said = sandbox.ok(["roles", "check", "roles.toml", "--model", "events/media.toml"]);
    assert!(said.contains("role one") && said.contains("all but viewers"), "{said}");
    let listed = sandbox.json(&["roles", "check", "roles.toml"]);
    assert_eq!(listed[1]["rows"], r#"country anyOf ("US")"#);
    assert_eq!(listed[0]["rights"], json!(["export", "operate"]));
    let of = |who: &str| {
        sandbox.json(&["roles", "check", "roles.toml", "--model", "events/media.toml", "--as", who])
    };
    assert_eq!(of("key:one")["roles"], json!(["one"]));
    let measures = of("key:one")["measures"].to_string();
    assert!(!measures.contains("viewers") && !measures.contains("take_rate"), "{measures}");
    assert!(of("user:one").is_null());
    std::fs::write(sandbox.path("roles.toml"), ROLES.replace("country", "city")).unwrap();
    sandbox.ok(["roles", "check", "roles.toml"]);
    let wrong = sandbox.clio(["roles", "check", "roles.toml", "--model", "events/media.toml"]);
    assert_ne!(wrong.code, 0);
    assert!(wrong.stderr.contains("roles.toml:7: `role.one.rows`"), "{}", wrong.stderr);
}

#[test]
fn a_replica_with_roles_shows_each_key_its_own() {
    let sandbox = Sandbox::new();
    let (_, lake) = lake(&sandbox);
    std::fs::write(sandbox.path("roles.toml"), ROLES).unwrap();
    for name in ["all", "one"] {
        let key = sandbox.ok(["keys", "create", name, "--keys", "keys.toml"]);
        std::fs::write(sandbox.path(&format!("{name}.key")), key).unwrap();
    }
    // Roles without any authentication would lock everybody out.
    let shut =
        sandbox.clio(["serve", "--lake", &lake, "--grpc", "127.0.0.1:0", "--roles", "roles.toml"]);
    assert_eq!(shut.code, 2, "{}", shut.stderr);
    assert!(shut.stderr.contains("--keys"), "{}", shut.stderr);
    let serving = sandbox.serve(&[
        "serve",
        "--lake",
        &lake,
        "--grpc",
        "127.0.0.1:0",
        "--roles",
        "roles.toml",
        "--keys",
        "keys.toml",
    ]);
    let query = |key: Option<&str>, more: &[&str]| {
        let mut args =
            vec!["query", "--serving", &serving.url, "--group-by", "country", "--format", "json"];
        args.extend(key.into_iter().flat_map(|key| ["--key-file", key]));
        args.extend(more);
        sandbox.clio(args)
    };
    let countries = |key: &str| {
        let finished = query(Some(key), &["--measures", "impressions"]);
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        let answer: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
        answer["rows"].as_array().unwrap().len()
    };
    assert!(countries("all.key") > 1);
    assert_eq!(countries("one.key"), 1);
    let hidden = query(Some("one.key"), &["--measures", "viewers"]);
    assert!(hidden.code == 2 && hidden.stderr.contains("unknown measure"), "{}", hidden.stderr);
    let nobody = query(None, &["--measures", "impressions"]);
    assert!(nobody.code == 2 && nobody.stderr.contains("API key"), "{}", nobody.stderr);
    // Changed roles apply within a second, and an invalid file changes nothing.
    std::fs::write(sandbox.path("roles.toml"), "[role.one]\nwho = 5\n").unwrap();
    std::fs::write(sandbox.path("roles.toml"), ROLES.replace("(US)", "(US, CA)")).unwrap();
    until("the roles that were written are those that hold", || {
        (countries("one.key") == 2).then_some(())
    });
    sandbox.ok(["keys", "revoke", "one", "--keys", "keys.toml"]);
    until("a key that is revoked opens nothing", || {
        (query(Some("one.key"), &["--measures", "impressions"]).code == 2).then_some(())
    });
    assert!(countries("all.key") > 1);
}
