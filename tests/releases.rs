//! What others build on (gRPC, GraphQL, models, settings, lakes) against that of the releases: whatever breaks them
//! fails here, with what `docs/api-policy.md` requires instead.
//!
//! `tests/releases/VERSION` has a file for each surface, one entry per line. `CLIO_BLESS=1` rewrites those of the
//! workspace's version, after a comparison with the previous release.

mod graphql;
mod grpc;
mod lake;
mod model;
mod surface;

use std::fs;
use std::path::PathBuf;

use clio_tests::repository;
pub(crate) use lake::make_lake;
use surface::{Rules, Surface};

/// A version's numbers, which order releases.
type Version = (u32, u32, u32);

fn folder() -> PathBuf {
    repository().join("tests/releases")
}

fn version(text: &str) -> Option<Version> {
    let numbers: Vec<u32> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    <[u32; 3]>::try_from(numbers).ok().map(|[major, minor, patch]| (major, minor, patch))
}

/// The version of the workspace.
fn own_version() -> String {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    manifest["workspace"]["package"]["version"].as_str().unwrap().to_owned()
}

/// The releases whose surfaces are kept, in order.
fn releases() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut releases: Vec<String> = names.filter(|name| version(name).is_some()).collect();
    releases.sort_by_key(|name| version(name));
    releases
}

#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn must_bless() -> bool {
    std::env::var("CLIO_BLESS").is_ok()
}

/// Compares a surface with that of the last release; `CLIO_BLESS=1` writes that of the workspace's version.
fn hold(name: &str, now: &Surface, rules: &dyn Rules) {
    assert!(now.len() > 20, "{name} has only {} entries", now.len());
    let own = own_version();
    let file = |release: &str| folder().join(release).join(format!("{name}.txt"));
    let is_before = |release: &String| !must_bless() || version(release) < version(&own);
    let before: Vec<(String, Surface)> = releases()
        .into_iter()
        .filter(is_before)
        .filter(|release| file(release).is_file())
        .map(|release| {
            let surface = Surface::read(&fs::read_to_string(file(&release)).unwrap());
            (release, surface)
        })
        .collect();
    if must_bless() {
        fs::create_dir_all(folder().join(&own)).unwrap();
        fs::write(file(&own), now.to_text()).unwrap();
    } else {
        assert!(!before.is_empty(), "no release has {name}: run this test with CLIO_BLESS=1");
    }
    let breaks = surface::breaks(&before, now, rules);
    assert!(
        breaks.is_empty(),
        "{name} breaks what was built on release {}:\n\n{}\n\ndocs/api-policy.md says what is asked; what no release \
         has had yet is rewritten with `CLIO_BLESS=1 cargo test -p clio-tests --test system releases`",
        before.last().map_or("", |(release, _)| release),
        breaks.join("\n")
    );
}

#[test]
fn grpc_breaks_no_client_of_the_last_release() {
    hold("grpc", &grpc::surface(), &grpc::Grpc);
}

#[test]
fn graphql_breaks_no_query_of_the_last_release() {
    let text = fs::read_to_string(repository().join("web/schema.graphql")).unwrap();
    hold("graphql", &graphql::surface(&text), &graphql::GraphQl);
}

#[test]
fn models_of_the_last_release_stay_models() {
    let text = fs::read_to_string(repository().join("docs/model.md")).unwrap();
    hold("model", &model::surface(&text), &model::Keys);
}

#[test]
fn settings_of_the_last_release_stay_settings() {
    let text = fs::read_to_string(repository().join("docs/settings.md")).unwrap();
    hold("settings", &model::settings(&text), &model::Keys);
}

#[test]
fn lakes_hold_what_those_of_the_last_release_held() {
    hold("lake", &lake::surface(), &lake::Lake);
}
