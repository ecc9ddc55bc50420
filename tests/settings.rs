//! Settings from file, environment and flags, as the binary uses them.

use std::io::{Read, Write};
use std::net::TcpStream;

use clio_tests::Sandbox;
use serde_json::{Value, json};

/// The entry of a setting in the output of `clio config show --format json`.
fn entry(shown: &Value, name: &str) -> Value {
    let list = shown.as_array().unwrap();
    list.iter().find(|entry| entry["name"] == name).unwrap().clone()
}

#[test]
fn config_show_says_what_is_in_force_and_where_it_comes_from() {
    let sandbox = Sandbox::new();
    let text = "[serving]\nsnapshots_held = 4\nmax_groups = 10\n\n[gateway]\nmax_sockets = 5\n";
    std::fs::write(sandbox.path("clio.toml"), text).unwrap();
    let mut command =
        sandbox.command(["--config", "clio.toml", "config", "show", "--format", "json"]);
    command.args(["--max-groups", "12"]);
    let output = command.env("CLIO_GATEWAY_MAX_SOCKETS", "6").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (name, value, from) in [
        (
            "serving.snapshots_held",
            json!(4),
            json!({"source": "file", "file": "clio.toml", "line": 2}),
        ),
        ("serving.max_groups", json!(12), json!({"source": "flag", "flag": "max-groups"})),
        (
            "gateway.max_sockets",
            json!(6),
            json!({"source": "environment", "variable": "CLIO_GATEWAY_MAX_SOCKETS"}),
        ),
        ("gateway.body_timeout", json!("10s"), json!({"source": "default"})),
        ("serving.lake", Value::Null, json!({"source": "default"})),
    ] {
        let entry = entry(&shown, name);
        assert_eq!((&entry["value"], &entry["from"]), (&value, &from), "{name}");
    }
}

/// The output can be saved as a file, and then means the same.
#[test]
fn what_config_show_prints_is_a_file_of_settings() {
    let sandbox = Sandbox::new();
    let first = sandbox.ok(["config", "show", "--lake", "lake", "--memory", "512"]);
    assert!(first.contains("memory = \"512MiB\"") && first.contains("# --memory"), "{first}");
    std::fs::write(sandbox.path("kept.toml"), &first).unwrap();
    let second = sandbox.ok(["config", "show", "--config", "kept.toml"]);
    let values = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split('#').next().unwrap().trim().to_owned()).collect()
    };
    assert_eq!(values(&first), values(&second));
    assert!(second.contains("# kept.toml:"), "{second}");
}

#[test]
fn a_wrong_file_ends_every_command_before_it_begins() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("clio.toml"), "[gateway]\nmedia_origin = [\"https://a\"]\n")
        .unwrap();
    for words in ["gateway --serving http://127.0.0.1:1", "config show", "serve --lake lake"] {
        let args = ["--config", "clio.toml"].into_iter().chain(words.split(' '));
        let finished = sandbox.clio(args);
        assert_eq!(finished.code, 2, "{words}: {}", finished.stderr);
        let expected = "error: clio.toml:2: `gateway.media_origin`: unknown key; did you mean `media_origins`?\n";
        assert_eq!(finished.stderr, expected, "{words}");
    }
    let finished = sandbox.clio(["--config", "absent.toml", "config", "show"]);
    assert_eq!(finished.code, 1);
    assert!(
        finished.stderr.contains("cannot read the settings `absent.toml`"),
        "{}",
        finished.stderr
    );
}

#[test]
fn what_has_no_default_is_asked_for_by_flag_variable_and_key() {
    let sandbox = Sandbox::new();
    for (words, expected) in [
        ("serve", ["--lake", "CLIO_LAKE", "[serving]"]),
        ("gateway", ["--serving", "CLIO_SERVING", "[gateway]"]),
    ] {
        let finished = sandbox.clio([words]);
        assert_eq!(finished.code, 2, "{}", finished.stderr);
        for part in expected {
            assert!(finished.stderr.contains(part), "{}", finished.stderr);
        }
    }
}

/// Previews on another host were always blocked: nothing could set `media_origins`.
#[test]
fn media_origins_of_a_file_reach_the_policy_of_pages() {
    let sandbox = Sandbox::new();
    let text = "[gateway]\nserving = [\"http://127.0.0.1:9\"]\nhttp = \"127.0.0.1:0\"\n\
                media_origins = [\"https://cdn.example.com\"]\n";
    std::fs::write(sandbox.path("clio.toml"), text).unwrap();
    let gateway = sandbox.serve(&["gateway", "--config", "clio.toml"]);
    let address = gateway.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    let policy = answer.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
    for part in [
        "img-src 'self' data: https://cdn.example.com;",
        "media-src 'self' https://cdn.example.com;",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
}
