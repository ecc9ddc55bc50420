//! Every crate that we build on has a licence that `deny.toml` accepts, and comes from crates.io: the checks of `cargo
//! deny`, for those who have not installed it.

use std::process::Command;

use clio_tests::repository;
use serde_json::Value;
use spdx::{Expression, ParseMode};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Third-party crates, as name, version, licence and source.
fn crates() -> Vec<[String; 4]> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--locked"]);
    let output = command.current_dir(repository()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| !package["source"].is_null())
        .map(|package| {
            ["name", "version", "license", "source"]
                .map(|key| package[key].as_str().unwrap_or_default().to_owned())
        })
        .collect()
}

fn texts(list: &toml::Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn every_crate_has_an_accepted_licence_and_comes_from_crates_io() {
    let deny = std::fs::read_to_string(repository().join("deny.toml")).unwrap();
    let deny: toml::Table = deny.parse().unwrap();
    let licenses = &deny["licenses"];
    let exceptions = licenses["exceptions"].as_array().unwrap();
    // For a crate by name, otherwise for all.
    let accepted = |name: &str| {
        let exception =
            exceptions.iter().find(|exception| exception["crate"].as_str() == Some(name));
        texts(&exception.unwrap_or(licenses)["allow"])
    };
    let crates = crates();
    assert!(crates.len() > 100, "{} crates", crates.len());
    let mut refused = Vec::new();
    for [name, version, licence, source] in crates {
        let is_accepted =
            Expression::parse_mode(&licence, ParseMode::LAX).is_ok_and(|expression| {
                let accepted = accepted(&name);
                expression.evaluate(|licence| accepted.contains(&licence.to_string().as_str()))
            });
        if !is_accepted || source != CRATES_IO {
            refused.push(format!("{name} {version}: `{licence}` from {source}"));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
