//! Dependencies run one way, as ARCHITECTURE.md draws them.

use clio_tests::repository;

/// Each package with the packages of ours that it may name.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("sketch", &[]),
    ("proto", &["clio-sketch"]),
    ("proto/lake", &["clio-proto", "clio-sketch"]),
    ("etl", &["clio-lake", "clio-proto", "clio-sketch"]),
    ("etl/synth", &[]),
    ("serving", &["clio-lake", "clio-proto", "clio-sketch"]),
    ("web", &["clio-proto"]),
    ("web/cli", &["clio-lake", "clio-proto", "clio-etl", "clio-serving", "clio-synth", "clio-web"]),
    ("tests", &["clio-proto", "clio-sketch"]),
];

#[test]
fn manifests_name_only_what_their_layer_may_know() {
    for (folder, allowed) in MAY_USE {
        let file = repository().join(folder).join("Cargo.toml");
        let manifest: toml::Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
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
        let file = repository().join(folder).join("Cargo.toml");
        let manifest: toml::Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
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
