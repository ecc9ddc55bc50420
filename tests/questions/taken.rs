//! What the dashboard hands out as *the question behind a panel*: its commands and its SQL, run here exactly as
//! written.

use std::collections::BTreeMap;

use clio_tests::{Sandbox, repository};
use serde_json::Value;

/// The rows of an answer in CSV, by their keys: numbers by the names of columns.
fn rows(csv: &str, n_keys: usize) -> BTreeMap<Vec<String>, BTreeMap<String, Option<f64>>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let heads = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let keys = row.iter().take(n_keys).map(str::to_owned).collect();
        let numbers = heads.iter().zip(&row).skip(n_keys);
        let number = |(name, text): (&str, &str)| (name.to_owned(), text.parse().ok());
        (keys, numbers.map(number).collect())
    });
    rows.collect()
}

/// `argv` as a shell parses it from a command in several lines with texts in single quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => match letters.next() {
                Some('\n') | None => {}
                Some(next) => words.last_mut().unwrap().push(next),
            },
            ' ' if !is_quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A distinct count is a whole number in SQL: its error is at most a half. Measures derived from two of them have the
/// combined error.
fn tolerance(measure: &str, row: &BTreeMap<String, Option<f64>>) -> f64 {
    let number = |name: &str| row.get(name).copied().flatten();
    match measure {
        "viewers" | "players" => 0.5,
        "take_rate" => {
            let halves = ["viewers", "players"].map(|name| 0.5 / number(name).unwrap().max(1.0));
            2.0 * number("take_rate").unwrap() * halves.iter().sum::<f64>()
        }
        _ => 1e-9 * number(measure).unwrap_or_default().abs(),
    }
}

#[test]
fn questions_that_the_dashboard_gives_away_have_the_numbers_of_serving() {
    let sandbox = Sandbox::new();
    sandbox.ok(["synth", "--out", "events", "--events", "20000", "--no-answers"]);
    let days = ["--from", "2026-01-01", "--to", "2026-01-03"];
    sandbox.etl(&sandbox.path("events/media.toml"), "lake", &days);
    let lake = sandbox.text("lake");
    let cases = repository().join("web/dashboard/src/take/questions.cases.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(cases).unwrap()).unwrap();
    let mut n_compared = 0;
    for case in cases.as_array().unwrap() {
        let (name, query) = (case["name"].as_str().unwrap(), &case["query"]);
        let n_keys = query["groupBy"].as_array().map_or(0, Vec::len);
        let mut command = words(case["command"].as_str().unwrap());
        assert_eq!(command[..2], ["clio", "query"], "{name}");
        let at = command.iter().position(|word| word == "lake").unwrap();
        command[at].clone_from(&lake);
        command.extend(["--format", "csv"].map(str::to_owned));
        let asked = rows(&sandbox.ok(&command[1..]), n_keys);
        let sql = case["sql"].as_str().unwrap();
        let found = rows(&sandbox.ok(["sql", "--lake", &lake, "--format", "csv", sql]), n_keys);
        assert!(!asked.is_empty(), "{name}");
        assert_eq!(found.keys().collect::<Vec<_>>(), asked.keys().collect::<Vec<_>>(), "{name}");
        for (keys, row) in &found {
            for (measure, value) in row {
                let expected = asked[keys][measure];
                let is_near = match (value, expected) {
                    (Some(value), Some(expected)) => {
                        (value - expected).abs() <= tolerance(measure, &asked[keys])
                    }
                    (value, expected) => value.is_none() && expected.is_none(),
                };
                assert!(is_near, "{name}: {measure} of {keys:?} is {value:?}, not {expected:?}");
                n_compared += 1;
            }
        }
    }
    assert!(n_compared > 40, "{n_compared}");
}
