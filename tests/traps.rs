//! Misleading rates: `clio query` and `clio outliers` see through each trap that `clio synth --traps` plants, as
//! recorded in the ground truth next to the events.

use clio_tests::Sandbox;
use serde_json::Value;

/// A lake of 29 days, and its planted properties.
fn lake() -> (Sandbox, Vec<Value>) {
    let sandbox = Sandbox::new();
    let size = ["--events", "240000", "--people", "30000", "--days", "29", "--countries", "3"];
    let command = ["synth", "--out", "data", "--traps", "--no-answers"].into_iter().chain(size);
    sandbox.ok(command);
    sandbox.etl(&sandbox.path("data/media.toml"), "lake", &[]);
    let truth = std::fs::read_to_string(sandbox.path("data/truth/summary.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let planted = truth["planted"].as_array().unwrap();
    let traps = planted.iter().filter(|own| !own["beside"].is_null()).cloned().collect();
    (sandbox, traps)
}

/// The trap of a kind: the asset, and the one to compare it with.
fn trap<'a>(traps: &'a [Value], kind: &str) -> (&'a str, &'a str) {
    let found = traps.iter().find(|own| own["kind"] == kind).unwrap();
    (found["asset_id"].as_str().unwrap(), found["beside"].as_str().unwrap())
}

/// The verdict on an asset's take rate compared with another one's.
fn verdict(sandbox: &Sandbox, (asset, other): (&str, &str)) -> Value {
    let (filter, beside) = (format!("asset anyOf ({asset}, {other})"), format!("asset={other}"));
    let lake = sandbox.text("lake");
    let place = ["query", "--lake", &lake, "--where", &filter, "--compare", &beside];
    let question = ["--group-by", "asset", "--measures", "take_rate", "--with", "verdicts"];
    let answer = sandbox.json(&[&place[..], &question].concat());
    let rows = answer["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["keys"]["asset"]["value"] == asset);
    row.unwrap_or_else(|| panic!("{answer:#}"))["values"]["take_rate"]["verdict"].clone()
}

#[test]
fn every_trap_is_found() {
    let (sandbox, traps) = lake();

    // Whoever is shown an asset three times plays it more often; the rate per impression is no higher.
    let told = verdict(&sandbox, trap(&traps, "exposure"));
    assert_eq!(told["word"], "higher", "{told:#}");
    let exposure = &told["exposure"];
    assert_eq!(exposure["explains"], true, "{told:#}");
    assert!(exposure["own"].as_f64().unwrap() > 2.0 * exposure["other"].as_f64().unwrap());
    let by_event = |side: &str| exposure[side].as_f64().unwrap();
    assert!(by_event("own_by_event") < by_event("other_by_event"), "{exposure:#}");

    // Better in each country, and worse overall.
    let told = verdict(&sandbox, trap(&traps, "reversal"));
    assert_eq!(told["word"], "lower", "{told:#}");
    assert_eq!(told["mix"]["field"], "country", "{told:#}");
    let lower = told["mix"]["difference"]["lower"].as_f64().unwrap();
    assert!(told["mix"]["is_reversed"] == true && lower > 0.0, "{told:#}");

    // Launched three days late, and equally good: compared over the common days.
    let told = verdict(&sandbox, trap(&traps, "launch"));
    assert_eq!(told["days"], 26, "{told:#}");
    let word = told["word"].as_str().unwrap();
    assert!(!["higher", "lower"].contains(&word), "{told:#}");

    let list = sandbox.json(&["outliers", "--lake", &sandbox.text("lake")]);
    let is_listed = |kind: &str, asset: &str| {
        let listed = list["outliers"].as_array().unwrap();
        listed.iter().find(|own| own["kind"] == kind && own["value"] == asset).cloned()
    };
    assert_eq!(list["n_days"], 28, "{list:#}");
    // Started by many, and watched on by few.
    let (asset, other) = trap(&traps, "clickbait");
    let found = is_listed("misleading", asset).unwrap_or_else(|| panic!("{list:#}"));
    let watching = &found["watching"];
    assert!(watching["own"].as_f64().unwrap() < 0.5 * watching["peers"].as_f64().unwrap());
    let median = &found["median"];
    assert!(median["own"].as_f64().unwrap() < 0.2 * median["peers"].as_f64().unwrap(), "{found:#}");
    assert_eq!(is_listed("misleading", other), None);
    // Shown more and more often, and played less.
    let (asset, other) = trap(&traps, "fatigue");
    let found = is_listed("fatigue", asset).unwrap_or_else(|| panic!("{list:#}"));
    let often = &found["frequency"];
    assert!(often["own"].as_f64().unwrap() > 1.05 * often["peers"].as_f64().unwrap(), "{found:#}");
    assert!(found["rate"]["ratio"]["value"].as_f64().unwrap() < 0.9, "{found:#}");
    assert_eq!(is_listed("fatigue", other), None);
    // Shown three times per visit; per impression it wins as many plays as others.
    assert_eq!(is_listed("star", trap(&traps, "exposure").0), None);
}
