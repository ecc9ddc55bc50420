//! The schedule as a process: arriving input is rolled up, one schedule per lake, a clean stop.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use clio_tests::{Sandbox, read_cells, until};

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
"#;

const ARGS: [&str; 9] =
    ["etl", "schedule", "--model", "shop.toml", "--lake", "lake", "--on-arrival", "--poll", "1"];

fn write_day(sandbox: &Sandbox, day: &str) {
    let folder = sandbox.path(&format!("visits/dt={day}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.csv"), format!("at,country\n{day} 10:00:00,US\n")).unwrap();
}

/// Stops with the test, whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn n_days(sandbox: &Sandbox) -> usize {
    let lake = sandbox.path("lake");
    if !lake.join("cells/_delta_log").try_exists().unwrap() {
        return 0;
    }
    read_cells(&lake).keys().filter(|period| period.len() == 10).count()
}

#[test]
fn input_that_arrives_is_rolled_up_and_sigterm_stops() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    write_day(&sandbox, "2026-01-05");
    let mut command = sandbox.command(ARGS);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut running = Running(child);
    let errors = BufReader::new(running.0.stderr.take().unwrap());
    let said = std::thread::spawn(move || errors.lines().map_while(Result::ok).collect::<Vec<_>>());
    until("the first day", || (n_days(&sandbox) == 1).then_some(()));

    let second = sandbox.clio(ARGS);
    assert_eq!(second.code, 1);
    assert!(
        second.stderr.contains("another schedule of this lake is running"),
        "{}",
        second.stderr
    );

    write_day(&sandbox, "2026-01-06");
    until("the second day", || (n_days(&sandbox) == 2).then_some(()));
    // A failed run does not end the schedule: the next arrival is processed.
    std::fs::write(sandbox.path("visits/dt=2026-01-06/b.csv"), "at,country\nnever,US\n").unwrap();
    let outcomes = || -> Vec<String> {
        let runs = sandbox.json(&["etl", "runs", "--lake", "lake"]);
        let runs = runs.as_array().unwrap().iter();
        runs.map(|run| run["outcome"].as_str().unwrap().to_owned()).collect()
    };
    until("the failure", || outcomes().contains(&"failed".to_owned()).then_some(()));
    std::fs::remove_file(sandbox.path("visits/dt=2026-01-06/b.csv")).unwrap();
    write_day(&sandbox, "2026-01-07");
    until("the third day", || (n_days(&sandbox) == 3).then_some(()));
    until("the record", || (outcomes().len() == 4).then_some(()));
    assert_eq!(outcomes(), ["committed", "failed", "committed", "committed"]);

    let stopped = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    let status = until("the end", || running.0.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    let said = said.join().unwrap().join("\n");
    assert!(said.contains("run: input arrived") && said.contains("never"), "{said}");
}

#[test]
fn a_schedule_says_what_it_cannot_keep() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("shop.toml"), MODEL).unwrap();
    let base = ["etl", "schedule", "--model", "shop.toml", "--lake", "lake"];
    let none = sandbox.clio(base);
    assert_eq!(none.code, 2, "{}", none.stderr);
    let bad = sandbox.clio(base.iter().chain(&["--cron", "half past four"]));
    assert_eq!(bad.code, 1);
    assert!(bad.stderr.contains("the schedule `half past four`"), "{}", bad.stderr);
    let zone = sandbox.clio(base.iter().chain(&["--cron", "30 4 * * *", "--timezone", "Berlin"]));
    assert_eq!(zone.code, 1);
    assert!(zone.stderr.contains("`Berlin` is not a time zone"), "{}", zone.stderr);
}
