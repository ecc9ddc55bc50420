//! Against the definition: cells of every period, counted with maps and sets over generated events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use clio_etl::Days;
use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, proptest};
use proptest::{collection, option};

use crate::sandbox::Sandbox;

const MODEL: &str = r#"
[dataset]
name = "test"
timezone = "UTC"
[source.shown]
url = "shown/"
format = "ndjson"
time = "at"
[source.played]
url = "played.json"
format = "ndjson"
time = "at"
where = "seconds is null or seconds > 0"
[lookup.audiences]
url = "audiences.json"
format = "ndjson"
key = "id"
[dimension.country]
column = "country"
[dimension.kind]
column = "kind"
[dimension.audience]
lookup = "audiences"
on = "id"
column = "audience"
multi = true
[measure.shown]
source = "shown"
kind = "count"
[measure.viewers]
source = "shown"
kind = "distinct"
of = "id"
precision = 14
[measure.played]
source = "played"
kind = "count"
[measure.players]
source = "played"
kind = "distinct"
of = ["id", "kind"]
precision = 14
[measure.seconds]
source = "played"
kind = "sum"
of = "seconds"
"#;

const DAYS: [&str; 5] = ["2025-12-31", "2026-01-01", "2026-01-30", "2026-01-31", "2026-02-01"];

#[derive(Debug, Clone)]
struct Event {
    is_play: bool,
    day: usize,
    id: Option<i64>,
    country: Option<&'static str>,
    kind: i64,
    seconds: Option<i64>,
}

fn event() -> impl Strategy<Value = Event> {
    let id = option::weighted(0.9, 0_i64..12);
    let country = option::of(proptest::sample::select(vec!["US", "DE", ""]));
    let seconds = option::weighted(0.8, -5_i64..100);
    (proptest::bool::ANY, 0..DAYS.len(), id, country, 0_i64..3, seconds).prop_map(
        |(is_play, day, id, country, kind, seconds)| Event {
            is_play,
            day,
            id,
            country,
            kind,
            seconds,
        },
    )
}

/// country (null first), kind, audiences.
type Key = (Option<String>, String, Vec<String>);

#[derive(Default)]
struct Naive {
    shown: u64,
    viewers: BTreeSet<i64>,
    played: u64,
    players: BTreeSet<(i64, i64)>,
    seconds: i64,
}

fn json(event: &Event) -> String {
    let text = |value: Option<i64>| value.map_or("null".to_owned(), |value| value.to_string());
    let mut fields = format!("\"at\":\"{}T10:00:00Z\",\"kind\":{}", DAYS[event.day], event.kind);
    let country = event.country.map_or("null".to_owned(), |country| format!("\"{country}\""));
    let (id, seconds) = (text(event.id), text(event.seconds));
    write!(fields, ",\"country\":{country},\"id\":{id},\"seconds\":{seconds}").unwrap();
    format!("{{{fields}}}\n")
}

fn naive_lines(
    events: &[Event],
    audiences: &BTreeMap<i64, Vec<String>>,
    period: &str,
) -> Vec<String> {
    let mut cells: BTreeMap<Key, Naive> = BTreeMap::new();
    let of_period = |event: &&Event| period == "all" || DAYS[event.day].starts_with(period);
    for event in events.iter().filter(of_period) {
        if event.is_play && event.seconds.is_some_and(|seconds| seconds <= 0) {
            continue;
        }
        let mut set = event.id.and_then(|id| audiences.get(&id).cloned()).unwrap_or_default();
        set.sort();
        set.dedup();
        let key = (event.country.map(str::to_owned), event.kind.to_string(), set);
        let cell = cells.entry(key).or_default();
        if event.is_play {
            cell.played += 1;
            cell.players.extend(event.id.map(|id| (id, event.kind)));
            cell.seconds += event.seconds.unwrap_or_default();
        } else {
            cell.shown += 1;
            cell.viewers.extend(event.id);
        }
    }
    let line = |((country, kind, set), cell): (Key, Naive)| {
        let country = country.unwrap_or_else(|| "null".to_owned());
        let (viewers, players) = (cell.viewers.len(), cell.players.len());
        let (shown, played, seconds) = (cell.shown, cell.played, cell.seconds);
        format!(
            "{country} {kind} [{}] {shown} {viewers} {played} {players} {seconds}",
            set.join(",")
        )
    };
    cells.into_iter().map(line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn cells_are_what_maps_and_sets_count(
        events in collection::vec(event(), 1..120),
        audiences in collection::btree_map(
            0_i64..12,
            collection::vec(proptest::sample::select(vec!["news", "sports", "kids", "art"]), 0..4),
            1..12,
        ),
    ) {
        let audiences: BTreeMap<i64, Vec<String>> = audiences
            .into_iter()
            .map(|(id, values)| (id, values.into_iter().map(str::to_owned).collect()))
            .collect();
        let mut sandbox = Sandbox::new(MODEL);
        for (index, day) in DAYS.iter().enumerate() {
            let shown = events.iter().filter(|event| !event.is_play && event.day == index);
            sandbox.write(&format!("shown/dt={day}/a.json"), &shown.map(json).collect::<String>());
        }
        // A row of each kind of value first, so that every column has its type whatever was drawn.
        let typed = "{\"at\":\"2025-12-31\",\"country\":\"\",\"id\":1,\"kind\":1,\"seconds\":0}\n";
        let played = events.iter().filter(|event| event.is_play).map(json).collect::<String>();
        sandbox.write("played.json", &(typed.to_owned() + &played));
        sandbox.write("shown/dt=2025-12-30/a.json", &typed.replace("12-31", "12-29"));
        let rows = audiences.iter().map(|(id, values)| format!("{{\"id\":{id},\"audience\":{values:?}}}\n"));
        sandbox.write("audiences.json", &rows.collect::<String>());

        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let cells = runtime.block_on(async {
            let report = sandbox.run(Days::All).await;
            assert_eq!(report.rows_out_of_day["shown"], 1);
            if report.days.is_empty() { None } else { Some(sandbox.cells().await) }
        });
        for period in ["all", "2025", "2026", "2025-12", "2026-01", "2026-02"].iter().chain(&DAYS) {
            let expected = naive_lines(&events, &audiences, period);
            let found = cells.as_ref().filter(|cells| cells.periods().contains(period));
            let found = found.map(|cells| cells.lines(period)).unwrap_or_default();
            prop_assert_eq!(found, expected, "{}", period);
        }
    }
}
