//! API keys as operators manage them: the file, and the secret that is shown once.

use clio_tests::Sandbox;
use serde_json::json;

#[test]
fn keys_are_made_listed_and_revoked_and_shown_once() {
    let sandbox = Sandbox::new();
    let created = sandbox.clio(["keys", "create", "etl-bot", "--keys", "keys.toml"]);
    assert_eq!(created.code, 0, "{}", created.stderr);
    let key = created.stdout.trim();
    assert!(
        key.len() == 69 && key.starts_with("clio_"),
        "only the key is on standard output: {key}"
    );
    assert!(created.stderr.contains("shown this once"), "{}", created.stderr);
    let other =
        sandbox.json(&["keys", "create", "b", "--keys", "keys.toml", "--expires", "2099-01-01"]);
    assert_ne!(other["key"].as_str().unwrap(), key);
    assert_eq!(other["expires"], "2099-01-01T00:00:00Z");

    let text = std::fs::read_to_string(sandbox.path("keys.toml")).unwrap();
    let shown = [key, other["key"].as_str().unwrap()];
    assert!(shown.iter().all(|key| !text.contains(&key["clio_".len()..])), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(sandbox.path("keys.toml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may read the file");
    }

    sandbox.ok(["keys", "revoke", "etl-bot", "--keys", "keys.toml"]);
    let listed = sandbox.json(&["keys", "list", "--keys", "keys.toml"]);
    let states: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|key| json!([key["name"], key["state"], key["revoked"].is_string()]))
        .collect();
    assert_eq!(states, [json!(["etl-bot", "revoked", true]), json!(["b", "valid", false])]);
    assert!(!listed.to_string().contains("sha256"));
}

#[test]
fn what_is_wrong_with_keys_is_told_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.ok(["keys", "create", "a", "--keys", "keys.toml"]);
    let before = std::fs::read(sandbox.path("keys.toml")).unwrap();
    for (args, expected) in [
        (&["keys", "create", "a"][..], "there is already a key `a`"),
        (&["keys", "create", "A B"], "is not a name of a key"),
        (&["keys", "create", "b", "--expires", "2001-01-01"], "would expire"),
        (&["keys", "create", "b", "--expires", "soon"], "expected a day"),
        (&["keys", "revoke", "b"], "there is no key `b`; there are: `a`"),
    ] {
        let finished = sandbox.clio(args.iter().chain(&["--keys", "keys.toml"]));
        assert_eq!(finished.code, 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(expected), "{args:?}: {}", finished.stderr);
    }
    assert_eq!(std::fs::read(sandbox.path("keys.toml")).unwrap(), before);
    std::fs::write(sandbox.path("keys.toml"), "[key.a]\nsha = 1\n").unwrap();
    let finished = sandbox.clio(["keys", "list", "--keys", "keys.toml"]);
    assert_ne!(finished.code, 0);
    assert!(
        finished.stderr.contains("keys.toml:2: `key.a.sha`: unknown key"),
        "{}",
        finished.stderr
    );
}
