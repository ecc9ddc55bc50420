//! What operators see: metrics as the documentation has them, alerts and a dashboard of metrics that exist, health and
//! readiness.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use clio_tests::{Sandbox, repository, until};
use serde_json::Value;

const SYNTH: [&str; 11] = [
    "synth", "--out", "events", "--events", "20000", "--days", "2", "--people", "2000", "--assets",
    "20",
];

/// A metric by its name: its type, and the names of its labels, without those of a histogram's buckets.
type Found = BTreeMap<String, (String, BTreeSet<String>)>;

fn get(url: &str) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut response = agent.get(url).call().unwrap();
    let status = response.status().as_u16();
    (status, response.body_mut().read_to_string().unwrap())
}

/// What a process prints.
fn printed(operators: &str) -> Found {
    let (status, text) = get(&format!("{operators}/metrics"));
    assert_eq!(status, 200);
    let mut found = Found::new();
    for line in text.lines() {
        if let Some(line) = line.strip_prefix("# TYPE ") {
            let (name, kind) = line.split_once(' ').unwrap();
            found.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        } else if !line.starts_with('#') {
            let end = line.find(['{', ' ']).unwrap();
            let sample = &line[..end];
            let of_histogram = ["_bucket", "_count", "_sum"].iter();
            let name = of_histogram
                .filter_map(|ending| sample.strip_suffix(ending))
                .find(|name| found.contains_key(*name))
                .unwrap_or(sample);
            let labels =
                line.split_once('{').map_or("", |(_, rest)| rest.rsplit_once('}').unwrap().0);
            let names =
                labels.split("\",").filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
            let known = &mut found.get_mut(name).unwrap_or_else(|| panic!("{line}: no type")).1;
            known.extend(names.filter(|name| name != "le"));
            let value = line.rsplit(' ').next().unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
    found
}

/// The rows of the table of metrics in `docs/operating.md`: the type and the labels by name.
fn documented() -> Found {
    let page = std::fs::read_to_string(repository().join("docs/operating.md")).unwrap();
    let table = page.split("| metric | type | labels |").nth(1).expect("the table of metrics");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let code = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let name = code(cells[0]).remove(0);
        (name, (cells[1].to_owned(), code(cells[2]).into_iter().collect()))
    })
    .collect()
}

#[test]
fn processes_print_the_metrics_that_are_documented_and_say_when_they_are_ready() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    let model = sandbox.text("events/media.toml");
    let lake = sandbox.text("lake");
    let metrics = ["--metrics", "127.0.0.1:0"];

    // Before there is a lake, serving lives and is not ready.
    let args = ["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"];
    let serving = sandbox.serve(&[&args[..], &metrics].concat());
    let serving_operators = serving.operators();
    assert_eq!(get(&format!("{serving_operators}/healthz")).0, 200);
    let (status, body) = get(&format!("{serving_operators}/readyz"));
    assert_eq!(status, 503, "{body}");
    let args = ["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"];
    let gateway = sandbox.serve(&[&args[..], &metrics].concat());
    let gateway_operators = gateway.operators();
    for url in [&gateway.url, &gateway_operators] {
        assert_eq!((get(&format!("{url}/healthz")).0, get(&format!("{url}/readyz")).0), (200, 503));
    }

    // The schedule says no address of its own.
    let mut command = sandbox.command([
        "etl",
        "schedule",
        "--model",
        &model,
        "--lake",
        &lake,
        "--on-arrival",
        "--poll",
        "1",
        "--metrics",
        "127.0.0.1:0",
    ]);
    let schedule = Schedule::start(&mut command);
    assert_eq!(get(&format!("{}/readyz", schedule.operators)).0, 200);
    let n_runs = |outcome: &str| {
        let text = get(&format!("{}/metrics", schedule.operators)).1;
        let line = format!("clio_etl_runs_total{{outcome=\"{outcome}\"}} ");
        text.lines().find_map(|found| found.strip_prefix(&line)?.parse::<u64>().ok()).unwrap()
    };
    until("a run", || (n_runs("committed") == 1).then_some(()));
    assert_eq!((n_runs("failed"), n_runs("unchanged")), (0, 0));
    for url in [&serving_operators, &gateway.url, &gateway_operators] {
        until("readiness", || (get(&format!("{url}/readyz")).0 == 200).then_some(()));
    }
    let query = "{ cube(query: { measures: [VIEWERS] }) { groupCount } }";
    until("an answer", || gateway.graphql(query, &Value::Null).1["errors"].is_null().then_some(()));

    let all = [&serving_operators, &gateway_operators, &schedule.operators].map(|it| printed(it));
    assert_eq!(
        all[0].keys().filter(|name| name.starts_with("clio_serving_")).count() + 1,
        all[0].len()
    );
    let mut found = Found::new();
    all.into_iter().for_each(|of_one| found.extend(of_one));
    let documented = documented();
    let names = |of: &Found| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&found),
        names(&documented),
        "left: what is printed, right: the table of docs/operating.md"
    );
    for (name, printed) in &found {
        assert_eq!(
            Some(printed),
            documented.get(name),
            "{name}: left: what is printed, right: the table"
        );
    }

    // No value and no label says who asks or what of.
    let text = get(&format!("{gateway_operators}/metrics")).1
        + &get(&format!("{serving_operators}/metrics")).1;
    for word in ["viewers", "VIEWERS", "media", "events"] {
        let is_told = text.lines().any(|line| {
            !line.starts_with('#')
                && line.contains(word)
                && !line.contains("has_media")
                && !line.contains("route=\"media\"")
        });
        assert!(!is_told, "{word}");
    }
}

/// A schedule, which ends when the value is dropped.
struct Schedule {
    child: std::process::Child,
    operators: String,
}

impl Schedule {
    fn start(command: &mut Command) -> Self {
        use std::io::{BufRead, BufReader};
        use std::process::Stdio;
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = errors.by_ref().map_while(Result::ok).find_map(|line| {
            line.strip_prefix(clio_tests::OPERATORS).map(|address| format!("http://{address}"))
        });
        // Reads on, so that it never waits for a full pipe.
        std::thread::spawn(move || errors.map_while(Result::ok).for_each(drop));
        Self { child, operators: address.unwrap() }
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The names of metrics in a text: words that begin with `clio_`, without the endings of a histogram's samples.
fn named(text: &str) -> BTreeSet<String> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_word(letter)).filter(|word| word.starts_with("clio_"));
    words.map(|word| word.strip_suffix("_bucket").unwrap_or(word).to_owned()).collect()
}

#[test]
fn alerts_and_dashboard_are_of_metrics_that_exist() {
    let existing: BTreeSet<String> = documented().into_keys().collect();
    let of = |name: &str| {
        let text = std::fs::read_to_string(repository().join("docs").join(name)).unwrap();
        let named = named(&text);
        assert!(named.len() > 10, "{name}: {named:?}");
        let unknown: Vec<_> = named.difference(&existing).collect();
        assert!(unknown.is_empty(), "{name} names metrics that there are not: {unknown:?}");
        text
    };
    let alerts = of("prometheus-alerts.yml");
    let tests = of("prometheus-alerts-test.yml");
    let dashboard: Value = serde_json::from_str(&of("grafana-dashboard.json")).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()), "{panel}");
    }
    // Every alert is seen to fire.
    for name in alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        let fires = format!("alertname: {name}\n        exp_alerts:");
        assert!(tests.contains(&fires), "no test has {name} fire");
    }
}

#[test]
fn alerts_fire_on_what_they_are_for() {
    let script = repository().join("tests/promtool.sh");
    let found = Command::new(script).output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    let promtool = String::from_utf8(found.stdout).unwrap();
    for args in [
        ["check", "rules", "prometheus-alerts.yml"],
        ["test", "rules", "prometheus-alerts-test.yml"],
    ] {
        let mut command = Command::new(Path::new(promtool.trim()));
        let output = command.args(args).current_dir(repository().join("docs")).output().unwrap();
        assert!(
            output.status.success(),
            "{args:?}:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
