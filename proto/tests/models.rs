//! Model files: valid ones as they are understood, invalid ones with the exact text of their problems.
//!
//! The invalid ones are in `models/bad.txt`. A case is a title, a change of the base file at the top (or a whole file),
//! and the expected text; `CLIO_BLESS=1` rewrites the expected texts, and a person reads the difference.

use std::fs;
use std::path::{Path, PathBuf};

use clio_proto::{
    AskedMeasure, Attribution, Check, Credit, CsvOptions, Dimension, DimensionColumn, FileSet,
    Format, MeasureFormat, MeasureKind, Model, OnBadRows, SqlColumn,
};

const MEDIA: &str = include_str!("models/media.toml");
const OPEN_BANDIT: &str = include_str!("models/open_bandit.toml");

fn parse(text: &str) -> Model {
    Model::parse("model.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_part_of_credited_events_is_credited_too() {
    let long = "[source.long]\nfrom = \"qualified_plays\"\nwhere = \"watch_seconds >= 3600\"\n";
    let model = parse(&format!("{MEDIA}{long}"));
    let (long, qualified) =
        (model.source("long").unwrap(), model.source("qualified_plays").unwrap());
    assert_eq!(long.attribution, qualified.attribution);
    let predicate = "(watch_seconds >= 120) AND (watch_seconds >= 3600)";
    assert_eq!(long.predicate.as_deref(), Some(predicate));
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &str) -> Vec<&str> {
    items.iter().map(name).collect()
}

#[test]
fn the_example_of_the_design_is_understood() {
    let model = parse(MEDIA);
    assert_eq!((model.name(), model.timezone_name()), ("media", "UTC"));
    assert_eq!(model.text(), MEDIA);
    let sources = names(model.sources(), |source| &source.name);
    assert_eq!(sources, ["impressions", "plays", "qualified_plays"]);
    let qualified = model.source("qualified_plays").unwrap();
    assert_eq!(qualified.files, model.source("plays").unwrap().files);
    assert_eq!(qualified.time, SqlColumn("event_time".to_owned()));
    assert_eq!(qualified.predicate.as_deref(), Some("watch_seconds >= 120"));
    let attribution = Attribution {
        event: "plays".to_owned(),
        to: "impressions".to_owned(),
        by: ["profile_id", "title_id"].map(|key| SqlColumn(key.to_owned())).to_vec(),
        within: "24h".parse().unwrap(),
        credit: Credit::Last,
    };
    assert_eq!(qualified.attribution, Some(attribution));
    assert_eq!(model.source("plays").unwrap().attribution, None);
    assert_eq!(model.lookup("assets").unwrap().files.format, Format::Parquet);
    let dimensions = names(model.dimensions(), |dimension| &dimension.name);
    assert_eq!(dimensions, ["asset", "country", "device", "audience"]);
    let asset = Dimension {
        name: "asset".to_owned(),
        display: "Asset".to_owned(),
        column: DimensionColumn::Event(SqlColumn("asset_id".to_owned())),
        multi: false,
        members: Some("assets".to_owned()),
        attributes: ["title", "media_type", "language", "tags"].map(str::to_owned).to_vec(),
        label: Some("name".to_owned()),
        media: Some("preview_url".to_owned()),
        age: None,
    };
    assert_eq!(model.dimension("asset"), Some(&asset));
    let audience = model.dimension("audience").unwrap();
    assert!(audience.multi);
    assert_eq!(audience.members, None);
    let looked_up = DimensionColumn::Lookup {
        lookup: "audiences".to_owned(),
        on: SqlColumn("profile_id".to_owned()),
        column: SqlColumn("audience".to_owned()),
    };
    assert_eq!(audience.column, looked_up);
    let stored: Vec<_> = model.stored_measures().map(|measure| measure.name.as_str()).collect();
    assert_eq!(stored, ["impressions", "viewers", "plays", "players", "watch_seconds"]);
    let rate = model.measure("take_rate").unwrap();
    assert_eq!((rate.display.as_str(), rate.format), ("Take rate", MeasureFormat::Percent));
    let fields: Vec<_> = model.fields().map(|field| field.to_string()).collect();
    assert_eq!(fields[..3], ["asset", "asset.title", "asset.media_type"]);
}

#[test]
fn a_model_over_csv_files_is_understood() {
    let model = parse(OPEN_BANDIT);
    let impressions = FileSet {
        url: "obd/".to_owned(),
        patterns: vec!["bts-*.csv".to_owned(), "random-*.csv".to_owned()],
        format: Format::Csv(CsvOptions {
            delimiter: b';',
            nulls: vec!["NA".to_owned()],
            ..CsvOptions::default()
        }),
        columns: vec![
            ("policy".to_owned(), "split_part(_file, '-', 1)".to_owned()),
            ("campaign".to_owned(), "split_part(_file, '-', 2)".to_owned()),
        ],
        types: Vec::new(),
        late_days: None,
        on_bad_rows: OnBadRows::Fail,
    };
    assert_eq!(model.source("impressions").unwrap().files, impressions);
    let first_click = model.source("first_clicks").unwrap();
    assert_eq!(first_click.files, impressions);
    let predicate = "(item_id IS NOT NULL) AND (click = 1) AND (position = 1)";
    assert_eq!(first_click.predicate.as_deref(), Some(predicate));
    assert_eq!(model.lookup("items").unwrap().files.format, Format::Csv(CsvOptions::default()));
    let users = &model.measure("users").unwrap().kind;
    let MeasureKind::Distinct { of, precision, .. } = users else {
        panic!("{users:?}");
    };
    assert_eq!((of.len(), precision.get()), (4, 14));
    let precise = &model.measure("precise_users").unwrap().kind;
    assert!(matches!(precise, MeasureKind::Distinct { precision, .. } if precision.get() == 16));
    assert_eq!(model.timezone_name(), "Asia/Tokyo");
}

#[test]
fn a_quantile_measure_is_asked_for_by_a_quantile() {
    let watch = "
[measure.watch]
source = \"qualified_plays\"
kind = \"quantile\"
of = \"watch_seconds\"
error = \"2%\"
edges = [30, 120.5]
display = \"Watched\"
[measure.short]
kind = \"derived\"
expr = \"share_below(watch, 30)\"
";
    let model = parse(&format!("{MEDIA}{watch}"));
    let kind = &model.measure("watch").unwrap().kind;
    let buckets = kind.buckets().unwrap();
    assert_eq!(buckets.to_string(), "error 2 %, edges 30, 120.5");
    assert_eq!(kind.source(), Some("qualified_plays"));
    assert_eq!(kind.columns(), [SqlColumn("watch_seconds".to_owned())]);
    assert!(kind.is_stored() && !kind.is_ready_made());
    let names = model.asked_names();
    assert_eq!(names[names.len() - 4..], ["take_rate", "watch.p50", "watch.p90", "short"]);
    let asked = |name: &str| match model.asked(name) {
        Ok(AskedMeasure::Number(measure)) => measure.name.clone(),
        Ok(AskedMeasure::Quantile(measure, percentile)) => {
            format!("{percentile} of {}", measure.name)
        }
        Err(error) => error.message,
    };
    for (name, expected) in [
        ("short", "short"),
        ("watch.p50", "p50 of watch"),
        ("watch.p99.95", "p99.95 of watch"),
        ("plays.p50", "`plays` is not a quantile measure, and has no `p50`; ask for `plays`"),
        (
            "watch",
            "`watch` is a quantile measure, which is not a single number; ask for a quantile of it, such as `watch.p50` or \
             `watch.p99.9`",
        ),
        (
            "watch.median",
            "`watch.median`: `median` is not a quantile: expected `p0` to `p100`, with up to two decimals, such \
             as `p50` or `p99.9`",
        ),
    ] {
        assert_eq!(asked(name), expected);
    }
    assert!(asked("wach.p50").starts_with("unknown measure `wach.p50`; there are: `impressions`"));

    let same = |from: &str, to: &str| {
        let changed = format!("{MEDIA}{}", watch.replace(from, to));
        parse(&changed).fingerprint() == model.fingerprint()
    };
    assert!(same("\"2%\"", "0.02"));
    assert!(same("30, 120.5", "30.0, 120.50"));
    assert!(same("share_below(watch, 30)", "share_below( watch,30.0 )"));
    assert!(!same("\"2%\"", "\"2.5%\""));
    assert!(!same("30, 120.5", "30"));
    assert!(!same("share_below(watch, 30)", "share_above(watch, 30)"));
}

#[test]
fn every_model_has_checks_unless_it_says_otherwise() {
    let said = |text: &str| {
        let model = parse(text);
        let line = |check: &Check| {
            format!(
                "{} {} {}: {}",
                check.name,
                check.on_failure.as_str(),
                check.is_default,
                check.kind
            )
        };
        model.checks().iter().map(line).collect::<Vec<_>>()
    };
    let rows = "rows warn true: a day has 50 to 200 % of the median events of the 28 days before, each \
                of impressions, qualified_plays; once 7 of them are known";
    let missing = "missing warn true: at most 50 % of a day's events, each of impressions, \
                   qualified_plays, lack a known member, each of asset, country, device";
    let out_of_day = "out_of_day warn true: at most 0 % of the events that are read for a day, each of \
                      impressions, qualified_plays, lie in the folder of another day";
    let unattributed = "unattributed warn true: at most 50 % of a day's events, each of \
                        qualified_plays, have no target";
    let within = "within warn true: players is never above viewers in a day";
    assert_eq!(said(MEDIA), [rows, missing, out_of_day, unattributed, within]);
    let stricter = "[check.within]\non_failure = \"fail\"\nper = \"cell\"\n";
    let within = "within fail false: players is never above viewers in a cell";
    assert_eq!(
        said(&format!("{MEDIA}{stricter}")),
        [rows, missing, out_of_day, unattributed, within]
    );
    // What is counted is not a key of the attribution: two people of one household may share an impression.
    let other_key = MEDIA.replace("[\"profile_id\", \"title_id\"]", "[\"title_id\"]");
    assert_eq!(said(&other_key), [rows, missing, out_of_day, unattributed]);
    let declared = "
[check.missing]
on_failure = \"off\"
[check.players_within_viewers]
kind = \"within\"
measure = \"players\"
within = \"viewers\"
per = \"cell\"
on_failure = \"fail\"
[check.plays_come]
kind = \"rows\"
source = \"qualified_plays\"
trailing_days = 3
at_least = \"99.5%\"
at_most = 4
[check.known_country]
kind = \"missing\"
dimension = \"country\"
source = \"impressions\"
at_most = 0.025
";
    assert_eq!(
        said(&format!("{MEDIA}{declared}")),
        [
            rows,
            out_of_day,
            unattributed,
            &missing.replace("warn true", "off false"),
            "players_within_viewers fail false: players is never above viewers in a cell",
            "plays_come warn false: a day has 99.5 to 400 % of the median events of the 3 days before, \
             each of qualified_plays; once 3 of them are known",
            "known_country warn false: at most 2.5 % of a day's events, each of impressions, lack a \
             known member, each of country",
        ]
    );
}

#[test]
fn a_fingerprint_is_of_what_a_model_means() {
    let media = parse(MEDIA);
    let same = |from: &str, to: &str| {
        let changed = MEDIA.replace(from, to);
        assert_ne!(changed, MEDIA, "`{from}` is in the file");
        parse(&changed).fingerprint() == media.fingerprint()
    };
    assert!(same("[dataset]", "# a comment\n[dataset]"));
    assert!(same("format = \"percent\"", "format = \"number\"\ndisplay = \"Rate\""));
    assert!(same("players / viewers", "(players)/viewers"));
    assert!(same("precision = 14", "error = \"1%\""));
    assert!(same("timezone = \"UTC\"", ""));
    // Checks of numbers do not affect what they mean.
    assert!(same(
        "[measure.impressions]",
        "[check.rows]\non_failure = \"off\"\n[measure.impressions]"
    ));
    assert!(!same("timezone = \"UTC\"", "timezone = \"Europe/Berlin\""));
    assert!(same("timezone = \"UTC\"", "week_starts = \"monday\""));
    assert!(!same("timezone = \"UTC\"", "week_starts = \"sunday\""));
    assert!(same("timezone = \"UTC\"", "worthwhile = \"5%\""));
    assert!(!same("timezone = \"UTC\"", "worthwhile = 0.1"));
    assert!(!same("players / viewers", "viewers / players"));
    let of = |expression: &str| parse(&MEDIA.replace("players / viewers", expression));
    let (frequency, written_out) = (of("frequency(viewers)"), of("impressions / viewers"));
    assert_eq!(frequency.fingerprint(), written_out.fingerprint());
    assert!(!same("watch_seconds >= 120", "watch_seconds >= 121"));
    assert!(!same("precision = 14", "precision = 15"));
    assert!(same("within = \"24h\"", "within = \"1d\""));
    assert!(!same("within = \"24h\"", "within = \"25h\""));
    assert!(!same("by = [\"profile_id\", \"title_id\"]", "by = [\"profile_id\"]"));

    // Tables in another order: that of measures and sources has no effect, that of dimensions has.
    let moved = |header: &str, before: &str| {
        let start = MEDIA.find(header).unwrap();
        let end = MEDIA[start + 1..].find("\n[").map_or(MEDIA.len(), |at| start + 2 + at);
        let rest = format!("{}{}", &MEDIA[..start], &MEDIA[end..]);
        let moved = rest.replace(before, &format!("{}\n{before}", &MEDIA[start..end]));
        parse(&moved)
    };
    let measures_turned = moved("[measure.plays]", "[measure.impressions]");
    assert_eq!(measures_turned.measures()[0].name, "plays");
    assert_eq!(measures_turned.fingerprint(), media.fingerprint());
    let dimensions_turned = moved("[dimension.device]", "[dimension.country]");
    assert_ne!(dimensions_turned.fingerprint(), media.fingerprint());
}

#[test]
fn players_are_a_part_of_viewers() {
    let media = parse(MEDIA);
    assert!(media.is_part_of("players", "viewers"));
    for (part, whole) in
        [("viewers", "players"), ("players", "plays"), ("players", "players"), ("x", "y")]
    {
        assert!(!media.is_part_of(part, whole), "{part} {whole}");
    }
    let by_title =
        parse(&MEDIA.replace("by = [\"profile_id\", \"title_id\"]", "by = [\"title_id\"]"));
    assert!(!by_title.is_part_of("players", "viewers"), "a person may play what another one saw");
    let finer = parse(&MEDIA.replacen("precision = 14", "precision = 12", 1));
    assert!(!finer.is_part_of("players", "viewers"), "sketches of two precisions err on their own");
    let some = "[source.some]\nfrom = \"impressions\"\nwhere = \"country = 'US'\"\n\
                [measure.some_viewers]\nsource = \"some\"\nkind = \"distinct\"\nof = \"profile_id\"\nprecision = 14\n";
    let some = parse(&format!("{MEDIA}{some}"));
    assert!(some.is_part_of("some_viewers", "viewers"));
    assert!(
        !some.is_part_of("viewers", "some_viewers"),
        "those of other countries are none of them"
    );
}

/// A changed fingerprint makes every lake in the world look like one of another model: if this fails, fix the code, not
/// the expectation.
#[test]
fn shipped_fingerprints_stay() {
    assert_eq!(parse(MEDIA).fingerprint().as_str(), "ec1c4cabc67d8743");
    let start = MEDIA.find("attribute = ").unwrap();
    let end = start + MEDIA[start..].find('\n').unwrap();
    let without = format!("{}from = \"plays\"{}", &MEDIA[..start], &MEDIA[end..]);
    assert_eq!(parse(&without).fingerprint().as_str(), "ec5b1a5cfdaa0277");
    assert_eq!(parse(OPEN_BANDIT).fingerprint().as_str(), "5b36f10c74e60dc9");
}

#[test]
fn bad_models_say_all_that_is_wrong() {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/bad.txt");
    let written = fs::read_to_string(&path).unwrap();
    let (base, cases) = written.split_once("\n=== ").unwrap();
    let base = base.split_once("--- base\n").unwrap().1;
    parse(base);
    let mut blessed = written[..written.find("\n=== ").unwrap()].to_owned();
    for case in cases.split("\n=== ") {
        let (title, body) = case.split_once('\n').unwrap();
        let (input, expected) = body.split_once("--- says\n").unwrap();
        let text = apply(title, base, input);
        let said = match Model::parse("bad.toml", &text) {
            Ok(_) => "nothing\n".to_owned(),
            Err(error) => format!("{error}\n"),
        };
        blessed.push_str(&format!("\n=== {title}\n{input}--- says\n{said}"));
        if !must_bless() {
            assert_eq!(said, expected, "{title}:\n{text}");
        }
    }
    if must_bless() {
        fs::write(&path, blessed).unwrap();
    }
}

/// The file of a case: whole (`--- file`), the base with some lines changed (`old` then `=>` then
/// `new`), or the base with lines added.
fn apply(title: &str, base: &str, input: &str) -> String {
    if let Some(file) = input.strip_prefix("--- file\n") {
        return file.to_owned();
    }
    let Some((from, to)) = input.split_once("=>\n") else {
        return format!("{base}{input}");
    };
    assert!(base.contains(from), "{title}: the base has no such lines");
    base.replacen(from, to, 1)
}

#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn must_bless() -> bool {
    std::env::var("CLIO_BLESS").is_ok()
}
