//! Every answer, recounted from the files in the plainest way: one set of people per group. Shares nothing with the
//! generator but the file formats.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::tables::{Row, read_assets, read_audiences, read_rows};
use super::{SynthConfig, new_folder, tiny};
use crate::generate;

/// An event with the values of each of its fields.
struct Event {
    row: Row,
    fields: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Default)]
struct Group {
    impressions: u64,
    viewers: BTreeSet<i64>,
    plays: u64,
    players: BTreeSet<i64>,
    watch_seconds: i64,
    starts: u64,
    abandoned: u64,
}

impl Group {
    fn add(&mut self, row: &Row) {
        if row.watch_seconds == 0 {
            self.impressions += 1;
            self.viewers.insert(row.profile_id);
        } else {
            self.starts += 1;
            self.abandoned += u64::from(row.watch_seconds < 30);
            if row.watch_seconds >= 120 {
                self.plays += 1;
                self.players.insert(row.profile_id);
                self.watch_seconds += row.watch_seconds;
            }
        }
    }

    fn json(&self) -> Value {
        serde_json::json!({
            "impressions": self.impressions,
            "viewers": self.viewers.len(),
            "plays": self.plays,
            "players": self.players.len(),
            "watch_seconds": self.watch_seconds,
            "abandonment": [self.abandoned, self.starts],
        })
    }
}

fn read_events(folder: &Path) -> Vec<Event> {
    let assets = read_assets(&folder.join("assets.parquet"));
    let audiences = read_audiences(&folder.join("profile_audiences/part-00000.parquet"));
    let read = |source: &str| {
        let mut rows = Vec::new();
        for day in fs::read_dir(folder.join(source)).unwrap() {
            for part in fs::read_dir(day.unwrap().path()).unwrap() {
                rows.extend(read_rows(&part.unwrap().path()));
            }
        }
        rows
    };
    let mut rows = read("impressions");
    let plays: Vec<Row> = read("plays").into_iter().map(|play| credited(&play, &rows)).collect();
    rows.extend(plays);
    let event = |row: Row| {
        let mut fields = assets[&row.asset_id].clone();
        fields.insert("country".to_owned(), row.country.clone().into_iter().collect());
        fields.insert("device".to_owned(), BTreeSet::from([row.device.clone()]));
        fields.insert("day".to_owned(), BTreeSet::from([row.day()]));
        let audiences = audiences.get(&row.profile_id).cloned().unwrap_or_default();
        fields.insert("audience".to_owned(), audiences);
        Event { row, fields }
    };
    rows.into_iter().map(event).collect()
}

/// A play as a row of the last impression of its title within a day, out of all impressions.
fn credited(play: &Row, impressions: &[Row]) -> Row {
    const DAY_US: i64 = 24 * 3_600_000_000;
    let of_title = impressions.iter().filter(|seen| {
        (seen.profile_id, &seen.title_id) == (play.profile_id, &play.title_id)
            && (0..=DAY_US).contains(&(play.time_us - seen.time_us))
    });
    let least = |seen: &&Row| {
        let decides = (seen.asset_id.clone(), seen.country.clone(), seen.device.clone());
        (-seen.time_us, decides)
    };
    let seen = of_title.min_by_key(least).expect("every play follows an impression");
    Row { watch_seconds: play.watch_seconds, ..seen.clone() }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn holds(filter: &Value, event: &Event) -> bool {
    if filter.is_null() {
        return true;
    }
    let parts = |key: &str| filter[key].as_array();
    if let Some(parts) = parts("and") {
        return parts.iter().all(|part| holds(part, event));
    }
    if let Some(parts) = parts("or") {
        return parts.iter().any(|part| holds(part, event));
    }
    if let Some(part) = filter.get("not") {
        return !holds(part, event);
    }
    let values = &event.fields[filter["field"].as_str().unwrap()];
    let wanted = |key: &str| filter.get(key).map(texts);
    if let Some(wanted) = wanted("any_of") {
        return wanted.iter().any(|value| values.contains(value));
    }
    if let Some(wanted) = wanted("all_of") {
        return wanted.iter().all(|value| values.contains(value));
    }
    let wanted = wanted("none_of").unwrap();
    !wanted.iter().any(|value| values.contains(value))
}

/// The values that the filter requires.
fn named(filter: &Value, field: &str) -> Option<Vec<String>> {
    if let Some(parts) = filter["and"].as_array() {
        return parts.iter().find_map(|part| named(part, field));
    }
    let values = filter.get("any_of").or_else(|| filter.get("all_of"))?;
    (filter["field"] == field).then(|| texts(values))
}

/// The groups that an event belongs to: every combination of its values.
fn groups_of(event: &Event, query: &Value) -> Vec<Vec<Option<String>>> {
    let fields = texts(&query["group_by"]);
    let mut groups = vec![Vec::new()];
    for field in &fields {
        let is_multi = matches!(field.as_str(), "audience" | "asset.tags");
        let mut values: Vec<Option<String>> =
            event.fields[field].iter().cloned().map(Some).collect();
        if values.is_empty() && !is_multi {
            values.push(None);
        }
        if let Some(named) = named(&query["where"], field).filter(|_| is_multi) {
            values.retain(|value| named.contains(value.as_ref().unwrap()));
        }
        let extend = |group: &Vec<Option<String>>| {
            let group = group.clone();
            values.clone().into_iter().map(move |value| [&group[..], &[value]].concat())
        };
        groups = groups.iter().flat_map(extend).collect();
    }
    groups
}

fn check(answer: &Value, events: &[Event]) {
    let query = &answer["query"];
    let (mut total, mut groups) = (Group::default(), BTreeMap::<_, Group>::new());
    for event in events {
        let day = event.fields["day"].first().unwrap();
        let is_within = query["from"].as_str().is_none_or(|from| from <= day.as_str())
            && query["to"].as_str().is_none_or(|to| day.as_str() <= to);
        if !is_within || !holds(&query["where"], event) {
            continue;
        }
        total.add(&event.row);
        if query["group_by"] != serde_json::json!([]) {
            for group in groups_of(event, query) {
                groups.entry(group).or_default().add(&event.row);
            }
        }
    }
    let rows: Vec<Value> = groups
        .iter()
        .map(|(keys, group)| serde_json::json!({"keys": keys, "values": group.json()}))
        .collect();
    assert_eq!(answer["total"], total.json(), "{}", answer["id"]);
    assert_eq!(answer["rows"], Value::Array(rows), "{}", answer["id"]);
}

fn recount(config: &SynthConfig) -> (usize, usize) {
    let (_guard, folder) = new_folder();
    let totals = generate(config, &folder, &()).unwrap().totals.unwrap();
    let events = read_events(&folder);
    let answers = fs::read_to_string(folder.join("truth/answers.ndjson")).unwrap();
    let (mut ids, mut n_rows) = (BTreeSet::new(), 0);
    for line in answers.lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        check(&answer, &events);
        n_rows += answer["rows"].as_array().unwrap().len();
        assert!(ids.insert(answer["id"].as_str().unwrap().to_owned()), "{}", answer["id"]);
    }
    assert_eq!((totals.n_answers, totals.n_answer_rows), (ids.len() as u64, n_rows as u64));
    let cells: BTreeSet<_> = events
        .iter()
        .map(|event| ["asset", "country", "device", "audience"].map(|field| &event.fields[field]))
        .collect();
    assert_eq!(totals.all_time_cells, cells.len() as u64);
    (ids.len(), n_rows)
}

#[test]
fn answers_equal_a_naive_recount() {
    let (n_answers, n_rows) = recount(&tiny());
    assert!(n_answers > 150 && n_rows > 1_000, "{n_answers} answers, {n_rows} rows");
}

#[test]
fn answers_of_a_single_day_and_country_equal_a_recount() {
    recount(&SynthConfig { seed: 5, n_days: 1, n_countries: 1, n_events: 1_000, ..tiny() });
}

#[test]
fn a_play_counts_for_the_asset_that_it_came_from_wherever_only_one_was_seen() {
    let (_guard, folder) = new_folder();
    generate(&SynthConfig { n_events: 20_000, answers: false, ..tiny() }, &folder, &()).unwrap();
    let read = |source: &str| -> Vec<Row> {
        let days = fs::read_dir(folder.join(source)).unwrap();
        days.flat_map(|day| read_rows(&day.unwrap().path().join("part-00000.parquet"))).collect()
    };
    let (impressions, plays) = (read("impressions"), read("plays"));
    let (mut n_true, mut n_alone) = (0, 0);
    for play in &plays {
        let is_true = credited(play, &impressions).asset_id == play.asset_id;
        let of_title = impressions.iter().filter(|seen| {
            (seen.profile_id, &seen.title_id) == (play.profile_id, &play.title_id)
                && seen.time_us <= play.time_us
        });
        let assets: BTreeSet<&str> = of_title.map(|seen| seen.asset_id.as_str()).collect();
        assert!(is_true || assets.len() > 1, "{play:?}");
        n_alone += usize::from(assets.len() == 1);
        n_true += usize::from(is_true);
    }
    // People of this small world see a title many times a day; with more people each would see it less.
    assert!(
        n_alone > 100 && n_true * 10 > plays.len() * 7,
        "{n_true} {n_alone} of {}",
        plays.len()
    );
}
