//! In one process or as three: the same answers; a new snapshot appears without a restart; a gateway reports that
//! serving is away and recovers by itself.

use clio_tests::{Sandbox, Server, until};
use serde_json::{Value, json};

const SYNTH: [&str; 11] = [
    "synth", "--out", "events", "--events", "20000", "--days", "3", "--people", "2000", "--assets",
    "20",
];

const BY_COUNTRY: &str = "query($query: CubeQuery!) { cube(query: $query) {
    snapshot { version nDays } rows { keys { value } values { measure value lower upper exact } } } }";

fn by_country() -> Value {
    json!({ "query": {
        "groupBy": ["COUNTRY"],
        "measures": ["IMPRESSIONS", "VIEWERS", "TAKE_RATE"],
        "where": { "audience": { "noneOf": ["parents-with-kids"] }, "device": { "anyOf": ["tv", "mobile"] } },
    } })
}

/// The rows of `clio query --format json` in the shape of the gateway's.
fn rows_of_shell(answer: &Value) -> Value {
    let row = |row: &Value| {
        let values: Vec<Value> = ["impressions", "viewers", "take_rate"]
            .iter()
            .map(|measure| {
                let mut value = row["values"][measure].clone();
                value["measure"] = json!(measure.to_uppercase());
                value
            })
            .collect();
        json!({ "keys": [{ "value": row["keys"]["country"]["value"] }], "values": values })
    };
    answer["rows"].as_array().unwrap().iter().map(row).collect()
}

fn shell_query<'a>(address: &[&'a str]) -> Vec<&'a str> {
    let filter = "audience noneOf (\"parents-with-kids\") and device anyOf (tv, mobile)";
    let mut args = vec!["query"];
    args.extend_from_slice(address);
    args.extend(["--group-by", "country", "--measures", "impressions,viewers,take_rate"]);
    args.extend(["--where", filter]);
    args
}

fn status(gateway: &Server) -> Option<(String, Value)> {
    let (code, body) =
        gateway.graphql("{ serving { state message snapshot { version } } }", &Value::Null);
    if code != 200 {
        return None;
    }
    let serving = &body["data"]["serving"];
    Some((serving["state"].as_str()?.to_owned(), serving.clone()))
}

#[test]
fn one_process_and_three_give_the_same_answers_and_follow_new_snapshots() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    let model = sandbox.path("events/media.toml");
    let first_day = sandbox.json(&["model", "check", &sandbox.text("events/media.toml")]);
    assert_eq!(first_day["name"], "media");
    let mut days: Vec<String> = std::fs::read_dir(sandbox.path("events/impressions"))
        .unwrap()
        .map(|day| day.unwrap().file_name().to_string_lossy().trim_start_matches("dt=").to_owned())
        .collect();
    days.sort();
    sandbox.etl(&model, "lake", &["--from", &days[0], "--to", &days[1]]);

    let lake = sandbox.text("lake");
    let serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
    let gateway = sandbox.serve(&["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"]);
    until("the gateway's schema", || status(&gateway));

    let (code, body) = gateway.graphql(BY_COUNTRY, &by_country());
    assert_eq!(code, 200, "{body}");
    let answer = &body["data"]["cube"];
    assert_eq!(answer["snapshot"]["nDays"], 2);
    let embedded = sandbox.json(&shell_query(&["--lake", &lake]));
    let remote = sandbox.json(&shell_query(&["--serving", &serving.url]));
    assert!(answer["rows"].as_array().unwrap().len() > 5);
    assert_eq!(rows_of_shell(&embedded), answer["rows"]);
    assert_eq!(rows_of_shell(&remote), answer["rows"]);

    // One more day: no restart, no failed query on the way.
    let before = answer["snapshot"]["version"].as_u64().unwrap();
    sandbox.etl(&model, "lake", &["--date", &days[2]]);
    let after = until("the new snapshot", || {
        let (code, body) = gateway.graphql(BY_COUNTRY, &by_country());
        assert_eq!(code, 200, "{body}");
        let snapshot = body["data"]["cube"]["snapshot"].clone();
        (snapshot["version"].as_u64().unwrap() > before).then_some(snapshot)
    });
    assert_eq!(after["nDays"], 3);
}

#[test]
fn a_gateway_says_that_serving_is_away_and_recovers() {
    let sandbox = Sandbox::new();
    sandbox.ok(SYNTH);
    sandbox.etl(&sandbox.path("events/media.toml"), "lake", &[]);
    let lake = sandbox.text("lake");
    let serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
    let address = format!("127.0.0.1:{}", serving.port());
    let url = serving.url.clone();
    drop(serving);

    // Started before serving is there: the message is general, and only the log has the address.
    let gateway = sandbox.serve(&["gateway", "--serving", &url, "--http", "127.0.0.1:0"]);
    until("the gateway to name what is away", || {
        let (code, body) = gateway.graphql("{ serving { state } }", &Value::Null);
        assert_eq!(code, 503, "{body}");
        let error = &body["errors"][0];
        assert_eq!(error["extensions"]["code"], "UNAVAILABLE");
        let message = error["message"].as_str().unwrap();
        assert!(!message.contains(&address), "{message}");
        message.contains("serving does not answer").then_some(())
    });

    let serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", &address]);
    until("the gateway to find serving", || {
        status(&gateway).filter(|(state, _)| state == "SERVING")
    });

    // Away again: the status is DOWN with the reason, a query fails with a retryable code.
    drop(serving);
    let (_, down) =
        until("the gateway to notice", || status(&gateway).filter(|(state, _)| state == "DOWN"));
    let message = down["message"].as_str().unwrap();
    assert!(message.contains("serving does not answer") && !message.contains(&address), "{down}");
    let (_, body) = gateway.graphql(BY_COUNTRY, &by_country());
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{body}");
    assert_eq!(body["errors"][0]["extensions"]["retryable"], true);

    let _serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", &address]);
    until("the gateway to recover", || status(&gateway).filter(|(state, _)| state == "SERVING"));
    let (code, body) = gateway.graphql(BY_COUNTRY, &by_country());
    assert_eq!((code, &body["errors"]), (200, &Value::Null));
}

#[test]
fn the_demo_serves_a_dashboard_from_one_process_and_starts_again_on_its_data() {
    let sandbox = Sandbox::new();
    let data = sandbox.text("demo");
    let args = ["demo", "--data", &data, "--http", "127.0.0.1:0"];
    let first = sandbox.serve(&args);
    let (state, serving) = until("the demo's schema", || status(&first));
    assert_eq!(state, "SERVING");
    let version = serving["snapshot"]["version"].clone();
    drop(first);
    let second = sandbox.serve(&args);
    let (_, serving) = until("the demo's schema", || status(&second));
    assert_eq!(serving["snapshot"]["version"], version, "the second start rebuilds nothing");
}
