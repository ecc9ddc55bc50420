//! Everything on `docs/quickstart.md`, in order: files, commands, and the page at its end.

use clio_tests::{Sandbox, Server, repository, until};
use serde_json::Value;

/// The page's blocks of code with the text before each.
fn blocks() -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(repository().join("docs/quickstart.md")).unwrap();
    let parts: Vec<&str> = text.split("```").collect();
    let block = |pair: &[&str]| {
        let [before, code] = pair else { return None };
        let (kind, code) = code.split_once('\n')?;
        Some(((*before).to_owned(), kind.to_owned(), code.to_owned()))
    };
    parts.chunks(2).filter_map(block).collect()
}

/// The words of a line, as a shell splits them; the page uses only quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words
}

#[test]
fn the_quick_start_runs_as_it_stands() {
    let sandbox = Sandbox::new();
    let mut servers: Vec<Server> = Vec::new();
    let (mut n_files, mut n_commands) = (0, 0);
    for (before, kind, code) in blocks() {
        match kind.as_str() {
            "csv" => {
                let name = before.trim_end().rsplit('`').nth(1).unwrap();
                std::fs::write(sandbox.path(name), &code).unwrap();
                n_files += 1;
            }
            "console" => {
                for line in code.lines() {
                    run(&sandbox, line, &mut servers);
                    n_commands += 1;
                }
            }
            other => panic!("nothing is known of blocks of {other}"),
        }
    }
    assert_eq!((n_files, n_commands), (2, 8), "the page has what this test knows");
    let gateway = servers.last().unwrap();
    let answer = until("an answer", || {
        let query = "{ cube(query: { measures: [PLAYS], groupBy: [EPISODE] }) { rows { episode { label } } } }";
        let (_, answer) = gateway.graphql(query, &Value::Null);
        answer["data"]["cube"]["rows"].as_array().map(Vec::len)
    });
    assert_eq!(answer, 3);
    let answer = sandbox.json(&["query", "--lake", "lake", "--measures", "plays,players,seconds"]);
    for (measure, expected) in [("plays", 8.0), ("players", 4.0), ("seconds", 8_515.0)] {
        let found = answer["total"]["values"][measure]["value"].as_f64().unwrap();
        assert!((found - expected).abs() < 0.5, "{measure}: {found}");
    }
}

fn run(sandbox: &Sandbox, line: &str, servers: &mut Vec<Server>) {
    let mut args = words(line);
    assert_eq!(args.remove(0), "clio", "{line}");
    if let "serve" | "gateway" = args[0].as_str() {
        // Free ports, and the one that serving took.
        for arg in &mut args {
            *arg = match (arg.as_str(), servers.last()) {
                ("http://127.0.0.1:50051", Some(serving)) => serving.url.clone(),
                ("127.0.0.1:50051" | "127.0.0.1:8080", _) => "127.0.0.1:0".to_owned(),
                (other, _) => other.to_owned(),
            };
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        servers.push(sandbox.serve(&args));
    } else if line == "clio model init plays.csv episodes.csv" {
        // Interactive use is tested elsewhere; without a terminal it says what to add.
        assert_eq!(sandbox.clio(&args).code, 2);
    } else {
        sandbox.ok(&args);
    }
}
