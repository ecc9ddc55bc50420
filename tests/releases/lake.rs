//! The contents of a lake, as other engines and other releases read it: columns of its tables, keys of its commits and
//! records, tags of its files. They are read from a lake that the binary makes from events that cause everything to be
//! written that is ever written.

use std::fs;
use std::path::{Path, PathBuf};

use clio_tests::{Sandbox, repository};
use serde_json::Value;

use super::surface::{Rules, Surface};

/// Objects whose keys are data: names, days, periods.
const MAPS: [&str; 14] = [
    "commit.rows_in",
    "commit.rows_out_of_day",
    "commit.rows_unattributed",
    "commit.rows_unattributed.*",
    "commit.rows_quarantined",
    "commit.lookups",
    "commit.cells",
    "commit.retired",
    "commit.columns",
    "commit.columns.*",
    "commit.inputs[].days",
    "commit.inputs[].lookups",
    "run.rows_in",
    "run.rows_quarantined",
];
/// The version of all of it.
const FORMAT_VERSION: &str = "commit.format_version";

const MODEL: &str = "
[dataset]
name = 'lake'
[source.impressions]
url = 'impressions.csv'
format = 'csv'
time = 'at'
on_bad_rows = 'quarantine'
max_bad_rows = '50%'
[source.plays]
url = 'plays.csv'
format = 'csv'
time = 'at'
[source.credited]
attribute = { event = 'plays', to = 'impressions', by = ['person'], within = '1h', credit = 'last' }
[lookup.assets]
url = 'assets.csv'
key = 'id'
[lookup.audiences]
url = 'audiences/'
format = 'csv'
key = 'person'
as_of = 'day'
[lookup.countries]
url = 'countries.csv'
key = 'code'
[dimension.asset]
column = 'asset'
lookup = 'assets'
attributes = ['title']
[dimension.region]
lookup = 'countries'
on = 'country'
column = 'region'
[dimension.audience]
lookup = 'audiences'
on = 'person'
column = 'audience'
multi = true
[measure.impressions]
source = 'impressions'
kind = 'count'
[measure.revenue]
source = 'impressions'
kind = 'sum'
of = 'price'
[measure.viewers]
source = 'impressions'
kind = 'distinct'
of = 'person'
[measure.plays]
source = 'credited'
kind = 'count'
[measure.seconds]
source = 'credited'
kind = 'sum'
of = 'seconds'
[measure.watch]
source = 'credited'
kind = 'quantile'
of = 'seconds'
error = '2%'
edges = [30]
[check.missing]
on_failure = 'fail'
at_most = '0%'
";

/// A bad row, an asset that no lookup has, a play without an impression.
const FILES: [(&str, &str); 5] = [
    (
        "impressions.csv",
        "at,asset,person,country,price\n2026-01-05T10:00:00,a1,p1,US,1.5\n2026-01-05T11:00:00,a2,p2,CA,2\n\
         2026-02-05T11:00:00,a2,p2,CA,x\n2026-02-05T12:00:00,a2,p2,CA,3\n",
    ),
    (
        "plays.csv",
        "at,person,seconds\n2026-01-05T10:30:00,p1,60\n2026-01-05T10:40:00,p9,60\n2026-02-05T12:30:00,p2,30\n",
    ),
    ("assets.csv", "id,title\na1,One\n"),
    ("countries.csv", "code,region\nUS,north\nCA,north\n"),
    ("audiences/dt=2026-01-01/a.csv", "person,audience\np1,young\np1,sport\n"),
];

/// Makes `lake` in a sandbox, by a run and a recount, and retires the days of an old month.
pub(crate) fn make_lake(sandbox: &Sandbox) {
    for (name, text) in FILES.iter().chain([&("model.toml", MODEL)]) {
        let path = sandbox.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let of_model = ["--model", "model.toml", "--lake", "lake"];
    sandbox.ok(["etl", "run", "--accept", "it is known"].into_iter().chain(of_model));
    sandbox.ok(["etl", "verify"].into_iter().chain(of_model));
    sandbox.ok(["lake", "retire", "--lake", "lake", "--before", "2026-02-01"]);
}

/// The contents of a lake of this build.
pub(super) fn surface() -> Surface {
    let sandbox = Sandbox::new();
    make_lake(&sandbox);
    let lake = sandbox.path("lake");
    let mut surface = Surface::default();
    for (name, table) in
        [("cells", "cells"), ("quarantine", "quarantine"), ("lookup", "lookups/assets")]
    {
        for action in actions(&lake.join(table)) {
            add_table(&mut surface, name, &action);
            for key in action["add"]["tags"].as_object().into_iter().flat_map(|tags| tags.keys()) {
                surface.add(format!("{name} tags files with {key}"), "text");
            }
            if let Some(commit) = action["commitInfo"]["clio"].as_str() {
                add_value(&mut surface, "commit", &serde_json::from_str(commit).unwrap());
            }
        }
    }
    for (name, folder) in [("run", "runs"), ("verification", "verifications")] {
        for file in files(&lake.join(folder)) {
            let text = fs::read_to_string(file).unwrap();
            add_value(&mut surface, name, &serde_json::from_str(&text).unwrap());
        }
    }
    surface
}

/// The files of a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    assert!(!files.is_empty(), "{} has no files", folder.display());
    files
}

/// What a table's log says, in order.
fn actions(table: &Path) -> Vec<Value> {
    let texts =
        files(&table.join("_delta_log")).into_iter().map(|file| fs::read_to_string(file).unwrap());
    let lines = |text: String| {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    texts.flat_map(lines).collect()
}

/// The columns of a table, with their metadata.
fn add_table(surface: &mut Surface, name: &str, action: &Value) {
    let Some(schema) = action["metaData"]["schemaString"].as_str() else { return };
    let schema: Value = serde_json::from_str(schema).unwrap();
    for field in schema["fields"].as_array().unwrap() {
        let kind = match &field["type"] {
            Value::String(kind) => kind.clone(),
            list => format!("list of {}", list["elementType"].as_str().unwrap()),
        };
        let column = format!("{name}.{}", field["name"].as_str().unwrap());
        let null = if field["nullable"] == true { "" } else { ", never null" };
        surface.add(&column, format!("{kind}{null}"));
        for (key, value) in field["metadata"].as_object().unwrap() {
            surface.add(format!("{column} {key}"), value.as_str().unwrap());
        }
    }
    surface.add(
        format!("{name} is partitioned by"),
        action["metaData"]["partitionColumns"].to_string(),
    );
}

/// The keys of a JSON value, with their types.
fn add_value(surface: &mut Surface, path: &str, value: &Value) {
    let kind = match value {
        Value::Object(object) => {
            let is_map = MAPS.contains(&path) || path.starts_with("commit.inputs[].states");
            for (key, value) in object {
                let key = if is_map { "*" } else { key };
                add_value(surface, &format!("{path}.{key}"), value);
            }
            "object"
        }
        Value::Array(items) => {
            for item in items {
                add_value(surface, &format!("{path}[]"), item);
            }
            "list"
        }
        Value::Null => return,
        Value::Bool(_) => "boolean",
        Value::Number(number) if path.ends_with("format_version") => {
            return surface.add(path, number.to_string());
        }
        Value::Number(_) => "number",
        Value::String(_) => "text",
    };
    surface.add(path, kind);
}

/// Changes that readers of lakes survive: nothing is removed or changed within a version of the format.
pub(super) struct Lake;

impl Rules for Lake {
    /// The next version of the format may contain anything, as long as this build can read the previous one.
    fn is_another(&self, before: &Surface, now: &Surface) -> bool {
        let version = |surface: &Surface| {
            surface.get(FORMAT_VERSION).and_then(|entry| entry.what.parse::<u32>().ok())
        };
        let (Some(before), Some(now)) = (version(before), version(now)) else { return false };
        if before == now {
            return false;
        }
        assert_eq!(now, before + 1, "a release has one new version of the format at most");
        let shipped = format!("proto/lake/tests/format/snapshot_metadata_v{before}.json");
        assert!(
            repository().join(&shipped).is_file(),
            "version {now} of the lake's format is read beside version {before}: keep {shipped}, and a test that reads it"
        );
        true
    }
}

#[test]
fn a_lake_may_change_with_its_version_alone() {
    let releases = |text: &str| [("0.1.0".to_owned(), Surface::read(text))];
    let before = "commit.format_version: 1\ncommit.a: text\n";
    let said = |now: &str| super::surface::breaks(&releases(before), &Surface::read(now), &Lake);
    assert_eq!(said("commit.format_version: 1\n").len(), 1);
    assert_eq!(said("commit.format_version: 1\ncommit.a: text\ncommit.b: text\n"), [""; 0]);
    assert_eq!(said("commit.format_version: 2\n"), [""; 0]);
}
