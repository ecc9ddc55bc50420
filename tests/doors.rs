//! What outsiders can reach: previews, and the API for those who address this gateway by name; nothing else.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use clio_tests::{Sandbox, Server, until};

/// Sends a raw request, and returns the status and the body.
fn raw(server: &Server, request: &str) -> (u16, Vec<u8>) {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(answer.len(), |at| at);
    let text = String::from_utf8_lossy(&answer[..head]).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer.get(head + 4..).unwrap_or_default().to_vec())
}

fn get(server: &Server, path: &str, host: &str) -> (u16, Vec<u8>) {
    raw(server, &format!("GET {path} HTTP/1.1\r\n{host}connection: close\r\n\r\n"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap();
    for entry in entries.map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { files(&entry, found) } else { found.push(entry) }
    }
}

/// The demo serves the folder with the events: of its files, only previews can be fetched.
#[test]
fn raw_events_cannot_be_downloaded_from_the_demo() {
    let sandbox = Sandbox::new();
    let demo = sandbox.serve(&["demo", "--data", "data", "--http", "127.0.0.1:0"]);
    let events = sandbox.path("data/events");
    #[cfg(unix)]
    std::os::unix::fs::symlink("../lake", events.join("previews/lake")).unwrap();
    let mut found = Vec::new();
    files(&events, &mut found);
    let first = found.iter().find(|file| file.extension().is_some_and(|it| it == "svg")).unwrap();
    let address =
        |file: &Path| format!("/media/{}", file.strip_prefix(&events).unwrap().to_string_lossy());
    until("the first preview", || {
        (get(&demo, &address(first), "host: localhost\r\n").0 == 200).then_some(())
    });
    let (mut n_served, mut n_refused) = (0, 0);
    for file in &found {
        let (status, body) = get(&demo, &address(file), "host: localhost\r\n");
        if file.extension().is_some_and(|ending| ending == "svg") {
            assert_eq!((status, &body), (200, &std::fs::read(file).unwrap()), "{}", file.display());
            n_served += 1;
        } else {
            assert_eq!(status, 404, "{}", file.display());
            n_refused += 1;
        }
    }
    assert!(n_served > 10 && n_refused > 10, "{n_served} served, {n_refused} refused");
}

#[test]
fn another_host_reads_nothing() {
    let sandbox = Sandbox::new();
    let demo = sandbox.serve(&["demo", "--data", "data", "--http", "127.0.0.1:0"]);
    until("the schema", || {
        (demo.graphql("{ dataset { name } }", &serde_json::Value::Null).0 == 200).then_some(())
    });
    let body = r#"{"query":"{ dataset { name } }"}"#;
    for (hosts, expected) in [
        ("host: localhost\r\n", 200),
        ("host: evil.example.com\r\norigin: http://evil.example.com\r\n", 421),
        ("", 421),
        ("host: localhost\r\nhost: evil.example.com\r\n", 421),
    ] {
        let (status, answer) = raw(
            &demo,
            &format!(
                "POST /graphql HTTP/1.1\r\n{hosts}content-type: application/json\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            ),
        );
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(status, expected, "{hosts}: {answer}");
        assert_eq!(answer.contains("media"), expected == 200, "{hosts}: {answer}");
    }
}

/// A megabyte of declared variables caused an answer of 43 MB, and twenty at once took 1.8 GB.
#[test]
fn many_large_refusals_take_little_memory() {
    let sandbox = Sandbox::new();
    let demo = sandbox.serve(&["demo", "--data", "data", "--http", "127.0.0.1:0"]);
    until("the schema", || {
        (demo.graphql("{ dataset { name } }", &serde_json::Value::Null).0 == 200).then_some(())
    });
    let before = demo.peak_memory_bytes();
    let queries = [
        format!("query({}) {{ insecure }}", "$v:Int ".repeat(140_000)),
        format!("{{ insecure {} }}", "@x ".repeat(300_000)),
        format!("{{ {} }}", "...X ".repeat(190_000)),
        format!("{{ {} }}", "x".repeat(1_000_000)),
        format!("{{ insecure }} {}", "fragment F on Query{insecure} ".repeat(30_000)),
        format!("{{ runs(limit: [{}]) {{ id }} }}", "1 ".repeat(9_000)),
    ];
    for query in &queries {
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let (_, body) = demo.graphql(query, &serde_json::Value::Null);
                    assert!(body["errors"].is_array() && body.to_string().len() <= 16 << 10);
                });
            }
        });
    }
    // Twenty bodies of a megabyte are held at once, each as received and as text.
    if let (Some(before), Some(after)) = (before, demo.peak_memory_bytes()) {
        let grown = after.saturating_sub(before);
        assert!(grown < 256 << 20, "{} MiB", grown >> 20);
    }
}

#[test]
fn no_door_is_opened_to_others_without_a_word() {
    let sandbox = Sandbox::new();
    for args in [
        &["demo", "--http", "0.0.0.0:0"][..],
        &["gateway", "--serving", "http://127.0.0.1:1", "--http", "0.0.0.0:0"],
        &["gateway", "--serving", "http://127.0.0.1:1", "--http", "[::]:0"],
        &["serve", "--lake", "lake", "--grpc", "0.0.0.0:0"],
    ] {
        let finished = sandbox.clio(args);
        assert_eq!(finished.code, 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains("--insecure"), "{args:?}: {}", finished.stderr);
    }
}
