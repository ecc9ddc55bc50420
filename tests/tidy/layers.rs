//! Dependencies run one way, as drawn in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};

use clio_tests::repository;

/// Each package with the packages of ours that it may name.
const MAY_USE: [(&str, &[&str]); 10] = [
    ("sketch", &[]),
    ("proto", &["clio-sketch"]),
    ("proto/lake", &["clio-proto", "clio-sketch"]),
    ("etl", &["clio-lake", "clio-proto", "clio-sketch"]),
    ("etl/synth", &[]),
    ("serving", &["clio-lake", "clio-proto", "clio-sketch"]),
    ("web/store", &[]),
    ("web", &["clio-proto", "clio-store"]),
    (
        "web/cli",
        &[
            "clio-lake",
            "clio-proto",
            "clio-etl",
            "clio-serving",
            "clio-store",
            "clio-synth",
            "clio-web",
        ],
    ),
    ("tests", &["clio-proto", "clio-sketch"]),
];

/// For each folder, those that it may reach, according to the drawing in ARCHITECTURE.md: `a ← b` puts `a` below `b`.
fn drawn() -> BTreeMap<String, BTreeSet<String>> {
    let architecture = std::fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let drawing = architecture.split("Dependencies run one way:").nth(1).expect("the drawing");
    let drawing = drawing.split("```").nth(1).expect("the drawing is a block");
    let mut below: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in drawing.lines().skip(1).filter(|line| line.contains('←')) {
        let groups: Vec<Vec<&str>> =
            line.split('←').map(|group| group.split(',').map(str::trim).collect()).collect();
        for pair in groups.windows(2) {
            for (lower, upper) in
                pair[0].iter().flat_map(|lower| pair[1].iter().map(move |upper| (lower, upper)))
            {
                below.entry((*upper).to_owned()).or_default().insert((*lower).to_owned());
                below.entry((*lower).to_owned()).or_default();
            }
        }
    }
    below
}

/// All that can be reached from a folder.
fn reachable(drawn: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&String> = drawn[from].iter().collect();
    while let Some(one) = next.pop() {
        if reached.insert(one.clone()) {
            next.extend(&drawn[one]);
        }
    }
    reached
}

/// The package in each folder.
fn package_of(folder: &str) -> String {
    manifest(folder)["package"]["name"].as_str().unwrap().to_owned()
}

fn manifest(folder: &str) -> toml::Table {
    let file = repository().join(folder).join("Cargo.toml");
    std::fs::read_to_string(&file).unwrap().parse().unwrap()
}

#[test]
fn the_drawing_of_the_architecture_is_what_the_manifests_say() {
    let drawn = drawn();
    let folders: BTreeSet<&str> = MAY_USE.iter().map(|(folder, _)| *folder).collect();
    let in_drawing: BTreeSet<&str> = drawn.keys().map(String::as_str).collect();
    assert_eq!(in_drawing, folders, "the drawing and the workspace differ");
    let names: BTreeMap<String, &str> =
        folders.iter().map(|folder| (package_of(folder), *folder)).collect();
    for (folder, allowed) in MAY_USE {
        let reachable = reachable(&drawn, folder);
        for package in allowed {
            let other = names[*package];
            assert!(reachable.contains(other), "{folder} may use {other}, which is not below it");
        }
        let manifest = manifest(folder);
        let used: BTreeSet<&str> = ["dependencies", "dev-dependencies", "build-dependencies"]
            .into_iter()
            .filter_map(|section| manifest.get(section)?.as_table())
            .flat_map(|table| table.keys())
            .filter_map(|name| names.get(name).copied())
            .collect();
        for lower in &drawn[folder] {
            assert!(
                used.contains(lower.as_str()),
                "{folder} is drawn above {lower}, but does not use it"
            );
        }
    }
}

#[test]
fn the_table_of_packages_is_that_of_the_workspace() {
    let architecture = std::fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let table = architecture.split("| package | what it is |").nth(1).expect("the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<&str> = rows.map(|row| row.split('`').nth(1).expect("a folder")).collect();
    assert_eq!(rows, MAY_USE.map(|(folder, _)| folder), "the table and the layers differ");
}

#[test]
fn manifests_name_only_what_their_layer_may_know() {
    for (folder, allowed) in MAY_USE {
        let manifest = manifest(folder);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for name in table.keys().filter(|name| name.starts_with("clio-")) {
                assert!(allowed.contains(&name.as_str()), "{folder} must not know {name}");
            }
        }
    }
}

#[test]
fn every_package_of_the_workspace_has_a_layer() {
    let root = std::fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let root: toml::Table = root.parse().unwrap();
    let members = root["workspace"]["members"].as_array().unwrap();
    let members: Vec<_> = members.iter().filter_map(toml::Value::as_str).collect();
    assert_eq!(members, MAY_USE.map(|(folder, _)| folder), "Cargo.toml and the layers differ");
}

#[test]
fn every_package_takes_the_workspace_lints_and_versions() {
    for (folder, _) in MAY_USE {
        let manifest = manifest(folder);
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{folder}");
        for section in ["dependencies", "dev-dependencies"] {
            let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for (name, value) in table {
                let inherited = value.get("workspace").and_then(toml::Value::as_bool);
                assert_eq!(
                    inherited,
                    Some(true),
                    "{folder}: {name} takes its version from the root"
                );
            }
        }
    }
}
