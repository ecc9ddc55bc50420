//! Which impression a play is credited to, case by case. The oracle of `credit.rs` decides the rest.

mod open_days;

use std::collections::BTreeMap;

use clio_etl::{Days, RunReport};

use crate::sandbox::{Sandbox, days};

/// Plays know a title, impressions an asset, and the lookup the title of each asset.
pub(crate) const MODEL: &str = r#"
[dataset]
name = "media"
timezone = "ZONE"

[source.impressions]
url = "impressions/"
format = "ndjson"
time = "at"
where = "country is null or country <> 'XX'"

[source.plays]
url = "plays/"
format = "ndjson"
time = "at"

[source.qualified_plays]
attribute = { event = "plays", to = "impressions", by = ["id", "title"], within = "WINDOW", credit = "last" }
where = "seconds >= 10"

[lookup.assets]
url = "assets.json"
format = "ndjson"
key = "asset"

[dimension.country]
column = "country"

[dimension.asset]
column = "asset"
lookup = "assets"
attributes = ["title"]

[dimension.tags]
column = "tags"
multi = true

[measure.impressions]
source = "impressions"
kind = "count"

[measure.viewers]
source = "impressions"
kind = "distinct"
of = "id"

[measure.plays]
source = "qualified_plays"
kind = "count"

[measure.players]
source = "qualified_plays"
kind = "distinct"
of = "id"

[measure.seconds]
source = "qualified_plays"
kind = "sum"
of = "seconds"

[measure.played_assets]                 # a play knows no asset: it is its impression's
source = "qualified_plays"
kind = "distinct"
of = "asset"
"#;

/// Three assets of two titles; the last is in no lookup.
pub(crate) const ASSETS: &str = "{\"asset\":\"a1\",\"title\":\"t1\"}\n{\"asset\":\"a2\",\"title\":\"t1\"}\n\
     {\"asset\":\"b1\",\"title\":\"t2\"}\n";

pub(crate) fn model(zone: &str, window: &str) -> String {
    MODEL.replace("ZONE", zone).replace("WINDOW", window)
}

/// A row of each kind of value on a day long before, so that every column has its type. The country
/// and the seconds keep both out.
pub(crate) const TYPED_IMPRESSION: &str = "{\"at\":\"2025-01-01T00:00:00Z\",\"id\":1,\"asset\":\"\",\"country\":\"XX\",\"tags\":[\"\"]}\n";
pub(crate) const TYPED_PLAY: &str =
    "{\"at\":\"2025-01-01T00:00:00Z\",\"id\":1,\"title\":\"\",\"seconds\":0}\n";

/// `2026-01-31T10:00 1 a1 US x,y`: instant, person, asset, country, tags; a dash is null.
fn impression(line: &str) -> (String, String) {
    let [at, id, asset, country, tags] = fields(line);
    let (at, day) = instant(&at);
    let tags: Vec<&str> = tags.split(',').filter(|tag| *tag != "null").collect();
    let json = format!(
        "{{\"at\":{at:?},\"id\":{id},\"asset\":{},\"country\":{},\"tags\":{tags:?}}}\n",
        text(&asset),
        text(&country)
    );
    (day, json)
}

/// `2026-01-31T10:05 1 t1 60`: instant, person, title, seconds.
fn play(line: &str) -> (String, String) {
    let [at, id, title, seconds] = fields(line);
    let (at, day) = instant(&at);
    let json =
        format!("{{\"at\":{at:?},\"id\":{id},\"title\":{},\"seconds\":{seconds}}}\n", text(&title));
    (day, json)
}

fn fields<const N: usize>(line: &str) -> [String; N] {
    let fields = line.split_whitespace().map(|field| if field == "-" { "null" } else { field });
    fields.map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()
}

fn text(field: &str) -> String {
    if field == "null" { field.to_owned() } else { format!("{field:?}") }
}

/// The instant in full, and its day in UTC.
fn instant(at: &str) -> (String, String) {
    let at = if at.len() == 16 { format!("{at}:00Z") } else { format!("{at}Z") };
    (at.clone(), at[..10].to_owned())
}

pub(crate) fn write_rows(
    sandbox: &Sandbox,
    source: &str,
    typed: &str,
    rows: impl Iterator<Item = (String, String)>,
) {
    let mut by_day: BTreeMap<String, String> = BTreeMap::new();
    by_day.insert("2025-01-01".to_owned(), typed.to_owned());
    for (day, row) in rows {
        by_day.entry(day).or_default().push_str(&row);
    }
    for (day, rows) in by_day {
        sandbox.write(&format!("{source}/dt={day}/a.json"), &rows);
    }
}

fn sandbox(zone: &str, window: &str, impressions: &[&str], plays: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new(&model(zone, window));
    sandbox.write("assets.json", ASSETS);
    let rows = impressions.iter().map(|line| impression(line));
    write_rows(&sandbox, "impressions", TYPED_IMPRESSION, rows);
    write_rows(&sandbox, "plays", TYPED_PLAY, plays.iter().map(|line| play(line)));
    sandbox
}

/// `2026-01-31 US a1 1 1 60`: day, country, asset, plays, players, seconds of each cell with plays;
/// then `2026-02-01 2` for the plays without credit of a day.
async fn found(sandbox: &Sandbox, report: &RunReport) -> Vec<String> {
    let cells = sandbox.cells().await;
    let mut found = Vec::new();
    for day in &report.days {
        for line in cells.lines(&day.to_string()) {
            let [country, asset, _, _, _, plays, players, seconds, assets] = fields(&line);
            if plays != "0" {
                assert_eq!(assets, if asset == "null" { "0" } else { "1" }, "{line}");
                found.push(format!("{day} {country} {asset} {plays} {players} {seconds}"));
            }
        }
    }
    let unattributed = report.rows_unattributed.get("qualified_plays");
    let by_day = unattributed.into_iter().flatten().map(|(day, n)| format!("{day} {n}"));
    found.extend(by_day);
    found
}

async fn check(impressions: &[&str], plays: &[&str], expected: &[&str]) {
    check_in("UTC", "24h", impressions, plays, expected).await;
}

async fn check_in(
    zone: &str,
    window: &str,
    impressions: &[&str],
    plays: &[&str],
    expected: &[&str],
) {
    let mut sandbox = sandbox(zone, window, impressions, plays);
    let report = sandbox.run(Days::All).await;
    assert_eq!(found(&sandbox, &report).await, expected, "{impressions:?} {plays:?}");
    // Every play is in a cell or counted as without credit, or is none by its own condition.
    let n_unattributed: u64 = report.rows_unattributed.values().flat_map(|by| by.values()).sum();
    let n_short = plays.iter().filter(|play| play.ends_with(" 5")).count() as u64;
    let n_plays = plays.len() as u64;
    assert_eq!(report.rows_in["qualified_plays"] + n_unattributed + n_short, n_plays);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_impression_before_the_play_gets_the_credit() {
    let seen =
        ["2026-01-31T10:00 1 a1 US x", "2026-01-31T11:00 1 a2 DE x", "2026-01-31T13:00 1 a1 FR x"];
    check(&seen, &["2026-01-31T12:00 1 t1 60"], &["2026-01-31 DE a2 1 1 60"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn impressions_of_others_and_of_other_titles_get_none() {
    let seen = ["2026-01-31T10:00 2 a1 US x", "2026-01-31T11:00 1 b1 DE x"];
    check(&seen, &["2026-01-31T12:00 1 t1 60"], &["2026-01-31 1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_impression_at_the_instant_of_the_play_counts() {
    let seen = ["2026-01-31T10:00 1 a1 US x", "2026-01-31T12:00 1 a2 DE x"];
    check(&seen, &["2026-01-31T12:00 1 t1 60"], &["2026-01-31 DE a2 1 1 60"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_tie_the_least_dimensions_win_in_any_order() {
    let mut seen = [
        "2026-01-31T10:00 1 a2 DE x",
        "2026-01-31T10:00 1 a1 US x",
        "2026-01-31T10:00 1 a1 DE x",
        "2026-01-31T10:00 1 a1 DE y",
    ];
    for _ in 0..seen.len() {
        seen.rotate_left(1);
        check(&seen, &["2026-01-31T12:00 1 t1 60"], &["2026-01-31 DE a1 1 1 60"]).await;
    }
    // Null is less than any value.
    let seen = ["2026-01-31T10:00 1 a1 DE x", "2026-01-31T10:00 1 a2 - x"];
    check(&seen, &["2026-01-31T12:00 1 t1 60"], &["2026-01-31 null a2 1 1 60"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_ends_with_its_last_instant() {
    let seen = ["2026-01-31T10:00 1 a1 US x"];
    check(&seen, &["2026-02-01T10:00 1 t1 60"], &["2026-01-31 US a1 1 1 60"]).await;
    check(&seen, &["2026-02-01T10:00:00.000001 1 t1 60"], &["2026-02-01 1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_play_before_any_impression_is_unattributed() {
    let seen = ["2026-01-31T10:00:00.000001 1 a1 US x"];
    check(&seen, &["2026-01-31T10:00 1 t1 60"], &["2026-01-31 1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_play_of_an_impression_counts() {
    let plays =
        ["2026-01-31T10:00 1 t1 60", "2026-01-31T12:00 1 t1 30", "2026-02-01T09:00 1 t1 10"];
    check(&["2026-01-31T10:00 1 a1 US x"], &plays, &["2026-01-31 US a1 3 1 100"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn midnight_months_and_years_are_crossed() {
    for (seen, played, day) in [
        ("2026-01-05T23:59", "2026-01-06T00:01", "2026-01-05"),
        ("2026-01-31T23:00", "2026-02-01T01:00", "2026-01-31"),
        ("2025-12-31T12:00", "2026-01-01T11:00", "2025-12-31"),
        ("2028-02-28T12:00", "2028-02-29T11:00", "2028-02-28"),
    ] {
        let seen = [format!("{seen} 1 a1 US x")];
        let played = [format!("{played} 1 t1 60")];
        check(&[&seen[0]], &[&played[0]], &[&format!("{day} US a1 1 1 60")]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_day_takes_the_credit_from_an_earlier_one() {
    let seen = ["2026-01-31T23:00 1 a1 US x", "2026-02-01T00:30 1 a2 US x"];
    let plays = ["2026-02-01T00:10 1 t1 60", "2026-02-01T01:00 1 t1 60"];
    check(&seen, &plays, &["2026-01-31 US a1 1 1 60", "2026-02-01 US a2 1 1 60"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_window_passes_days_without_any_event() {
    let seen = ["2026-01-28T12:00 1 a1 US x"];
    let plays =
        ["2026-02-04T12:00 1 t1 60", "2026-02-04T12:01 1 t1 60", "2026-01-29T12:00 1 t1 10"];
    let expected = ["2026-01-28 US a1 2 1 70", "2026-02-04 1"];
    check_in("UTC", "7d", &seen, &plays, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_null_key_is_credited_to_nothing() {
    let seen =
        ["2026-01-31T10:00 - a1 US x", "2026-01-31T10:00 1 - US x", "2026-01-31T10:00 1 zz US x"];
    let plays = ["2026-01-31T11:00 - t1 60", "2026-01-31T11:00 1 - 60", "2026-01-31T11:00 1 t1 60"];
    check(&seen, &plays, &["2026-01-31 3"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_condition_leaves_out_takes_no_part() {
    let seen = ["2026-01-31T10:00 1 a1 US x", "2026-01-31T11:00 1 a1 XX x"];
    let plays = ["2026-01-31T12:00 1 t1 60", "2026-01-31T12:00 1 t1 5"];
    check(&seen, &plays, &["2026-01-31 US a1 1 1 60"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_is_the_impressions_day_in_the_datasets_zone() {
    // 23:00 of the 30th and 01:00 of the 31st in New York.
    let seen = ["2026-01-31T04:00 1 a1 US x"];
    let plays = ["2026-01-31T06:00 1 t1 60"];
    check_in("America/New_York", "24h", &seen, &plays, &["2026-01-30 US a1 1 1 60"]).await;
    // 24 hours after the last instant of a day on which clocks go forward in the night.
    let seen = ["2026-03-08T04:59 1 a1 US x"];
    let plays = ["2026-03-09T04:59 1 t1 60", "2026-03-09T05:00 1 t1 60"];
    let expected = ["2026-03-07 US a1 1 1 60", "2026-03-09 1"];
    check_in("America/New_York", "24h", &seen, &plays, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_a_time_is_named() {
    for (source, row) in [
        ("impressions", "{\"at\":null,\"id\":1,\"asset\":\"a1\",\"country\":\"US\",\"tags\":[]}\n"),
        ("plays", "{\"at\":null,\"id\":1,\"title\":\"t1\",\"seconds\":60}\n"),
    ] {
        let mut sandbox =
            sandbox("UTC", "24h", &["2026-01-31T10:00 1 a1 US x"], &["2026-01-31T11:00 1 t1 60"]);
        sandbox.write(&format!("{source}/dt=2026-01-31/b.json"), row);
        let message = sandbox.failure(Days::All).await;
        let name = if source == "plays" { "qualified_plays" } else { source };
        assert_eq!(
            message,
            format!(
                "source `{name}`: DIR/{source}/dt=2026-01-31/b.json:1: an event without a time; leave \
                 such rows out with `where = \"… IS NOT NULL\"`"
            )
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nothing_gives_is_named() {
    let mut sandbox = sandbox("UTC", "24h", &["2026-01-31T10:00 1 a1 US x"], &[]);
    sandbox.set_model(&model("UTC", "24h").replace("\"id\", \"title\"", "\"id\", \"season\""));
    assert_eq!(
        sandbox.failure(Days::All).await,
        "`source.qualified_plays.attribute.by`: source `qualified_plays` has no column `season`, and no \
         lookup of a dimension gives it; it has `at`, `id`, `seconds`, `title`, `_file`, `dt`; give it \
         in the source's `columns`, or as a column of such a lookup"
    );
    sandbox.set_model(&model("UTC", "24h").replace("\"id\", \"title\"", "\"id\", \"seconds\""));
    assert_eq!(
        sandbox.failure(Days::All).await,
        "`source.qualified_plays.attribute.by`: source `impressions` has no column `seconds`, and no \
         lookup of a dimension gives it (not lookup `assets` by `asset`); it has `asset`, `at`, \
         `country`, `id`, `tags`, `_file`, `dt`; give it in the source's `columns`, or as a column of \
         such a lookup"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn plays_in_the_folder_of_another_day_are_counted_and_not_credited() {
    let seen =
        ["2026-01-29T12:00 2 a1 US x", "2026-01-30T12:00 1 a1 US x", "2026-01-31T12:00 1 a1 US x"];
    let mut sandbox = sandbox("UTC", "24h", &seen, &[]);
    let misplaced = play("2026-01-31T13:00 1 t1 60").1;
    sandbox.write("plays/dt=2026-01-30/a.json", &misplaced);
    let report = sandbox.run(Days::All).await;
    assert_eq!(report.rows_out_of_day["qualified_plays"], 1);
    assert_eq!(report.rows_in["qualified_plays"], 0);
    // A run of the day before reads the folder too, for what may be credited to that day.
    let report = sandbox.run(days("2026-01-29", "2026-01-29")).await;
    assert_eq!(report.rows_out_of_day.get("qualified_plays").copied().unwrap_or_default(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspection_credits_the_plays_of_its_day() {
    let sandbox = sandbox(
        "UTC",
        "24h",
        &["2026-01-30T12:00 1 a1 US x", "2026-01-31T12:00 2 a1 US x"],
        &["2026-01-31T13:00 2 t1 60", "2026-01-31T11:00 1 t1 60"],
    );
    let base = url::Url::from_directory_path(sandbox.path("")).unwrap();
    let model = clio_proto::Model::parse("model.toml", &model("UTC", "24h")).unwrap();
    let day = clio_etl::inspect(&model, &base, 2).await.unwrap().day.unwrap();
    assert_eq!((day.day.to_string().as_str(), day.n_rows, day.n_cells), ("2026-01-31", 2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_way_of_giving_credit_is_another_meaning() {
    let seen = ["2026-01-31T10:00 1 a1 US x"];
    let plays = ["2026-01-31T11:00 1 t1 60"];
    let mut sandbox = sandbox("UTC", "24h", &seen, &plays);
    sandbox.run(Days::All).await;
    sandbox.set_model(&model("UTC", "25h"));
    let message = sandbox.failure(Days::All).await;
    assert!(message.contains("source `qualified_plays` means other events"), "{message}");
}
