//! The lake's contract: the schema of cells, and the metadata of commits as people's lakes have it.

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use clio_lake::{CheckOutcome, DayInputs, FORMAT_VERSION, SnapshotMetadata, WRITER, cell_schema};
use clio_proto::{Fingerprint, Model, RetiredDays, RunId};

#[test]
fn the_schema_of_cells_follows_from_the_model() {
    let model = Model::parse("media.toml", include_str!("../../tests/models/media.toml")).unwrap();
    let schema = cell_schema(&model, &["watch_seconds".to_owned()]);
    let list = DataType::new_list(DataType::Utf8, true);
    let fields: Vec<(&str, bool)> = schema
        .fields()
        .iter()
        .map(|field| (field.name().as_str(), matches!(field.data_type(), DataType::List(_))))
        .collect();
    let expected = [
        ("grain", false),
        ("period", false),
        ("asset", false),
        ("country", false),
        ("device", false),
        ("audience", true),
        ("impressions", false),
        ("viewers", false),
        ("plays", false),
        ("players", false),
        ("watch_seconds", false),
    ];
    assert_eq!(fields, expected);
    let type_of = |name: &str| schema.field_with_name(name).unwrap().data_type().clone();
    assert_eq!(type_of("country"), DataType::Utf8);
    assert!(type_of("audience").equals_datatype(&list));
    assert_eq!(type_of("impressions"), DataType::Int64);
    assert_eq!(type_of("viewers"), DataType::Binary);
    assert_eq!(type_of("watch_seconds"), DataType::Float64);
    let whole = cell_schema(&model, &[]);
    let sum = whole.field_with_name("watch_seconds").unwrap();
    assert_eq!((sum.data_type(), &sum.metadata()["clio.kind"]), (&DataType::Int64, &"sum".into()));
    let viewers: BTreeMap<_, _> =
        schema.field_with_name("viewers").unwrap().metadata().iter().collect();
    let viewers: Vec<_> =
        viewers.into_iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let expected = [
        ("clio.family", "hll++"),
        ("clio.hash", "xxh3-64"),
        ("clio.kind", "distinct"),
        ("clio.precision", "14"),
    ];
    assert_eq!(viewers, expected);
}

#[test]
fn a_column_of_quantiles_says_where_its_buckets_begin() {
    let watch = "[measure.watch]\nsource = \"plays\"\nkind = \"quantile\"\nof = \"watch_seconds\"\nerror = \"2%\"\n";
    let edges = "edges = [30, 120.5]\n";
    for (edges, expected) in [("", ""), (edges, "30,120.5")] {
        let model = Model::parse(
            "model.toml",
            &format!("{}{watch}{edges}", include_str!("../../tests/models/media.toml")),
        )
        .unwrap();
        let schema = cell_schema(&model, &[]);
        let field = schema.field_with_name("watch").unwrap();
        assert_eq!(field.data_type(), &DataType::Binary);
        let metadata: BTreeMap<_, _> = field.metadata().iter().collect();
        let metadata: Vec<_> =
            metadata.into_iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let expected =
            [("clio.edges", expected), ("clio.error", "0.02"), ("clio.kind", "quantile")];
        assert_eq!(metadata, expected);
    }
}

/// Version 1 as it was shipped; it must stay readable.
#[test]
fn commits_of_version_1_are_read() {
    let metadata = SnapshotMetadata {
        format_version: 1,
        writer: String::new(),
        files: None,
        run: RunId::new("run-1"),
        fingerprint: Fingerprint::new("0123456789abcdef"),
        model: "[dataset]\nname = \"media\"\n".to_owned(),
        days: vec!["2026-01-30".parse().unwrap(), "2026-01-31".parse().unwrap()],
        provisional_days: vec!["2026-01-31".parse().unwrap()],
        rows_in: BTreeMap::from([("plays".to_owned(), 10)]),
        rows_out_of_day: BTreeMap::from([("plays".to_owned(), 1)]),
        rows_unattributed: BTreeMap::new(),
        rows_quarantined: Default::default(),
        lookups: BTreeMap::from([("assets".to_owned(), 3)]),
        cells: BTreeMap::from([("2026-01".to_owned(), 7), ("all".to_owned(), 7)]),
        checks: vec![CheckOutcome {
            name: "uniques at most counts".to_owned(),
            n_checked: 14,
            findings: Vec::new(),
        }],
        accepted: None,
        inputs: DayInputs::default(),
        retired: RetiredDays::default(),
        first_days: Default::default(),
        columns: Default::default(),
    };
    let shipped = include_str!("format/snapshot_metadata_v1.json");
    assert_eq!(serde_json::from_str::<SnapshotMetadata>(shipped).unwrap(), metadata);
    let written: serde_json::Value = serde_json::to_value(&metadata).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(shipped).unwrap());
}

/// Version 2: it says which program wrote it.
#[test]
fn commits_of_version_2_are_read() {
    let shipped = include_str!("format/snapshot_metadata_v2.json");
    let metadata: SnapshotMetadata = serde_json::from_str(shipped).unwrap();
    assert_eq!((metadata.format_version, metadata.writer.as_str()), (FORMAT_VERSION, "0.1.0"));
    let written: serde_json::Value = serde_json::to_value(&metadata).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(shipped).unwrap());
}

/// A program says which one reads what it does not know itself, whatever else a newer commit holds.
#[test]
fn a_commit_of_a_newer_version_names_who_can_read_it() {
    let url = "file:///lake/".parse().unwrap();
    let read = |text: &str| {
        let text = serde_json::Value::String(text.to_owned());
        SnapshotMetadata::read(&url, 7, &text).unwrap_err().to_string()
    };
    let newer = read(r#"{"format_version": 99, "writer": "7.1.0", "run": 3}"#);
    assert_eq!(
        newer,
        format!(
            "lake file:///lake/: its format version is 99, and this program, clio {WRITER}, reads versions 1 and 2; \
             use clio 7.1.0, which wrote it, or a newer one"
        )
    );
    assert!(read(r#"{"format_version": 99}"#).ends_with("; use a newer clio"));
    assert!(read(r#"{"format_version": 0}"#).contains("its format version is 0,"));
    assert!(read(r#"{"format_version": 2}"#).contains("missing field"));
}
