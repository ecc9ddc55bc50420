//! Lookups with a history beside all that happens to a lake: credited events, files in any order, late events, columns that
//! come, go and change their type, time zones, both families of sketches, runs that are killed, months that go. Against
//! the definition: of each event, the rows that are in force on its day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};

use clio_etl::{Days, Progress, Sample, Silent, run, verify};
use clio_lake::{CutOff, Retirement, retire};
use clio_proto::DayRange;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use tokio::sync::Notify;
use url::Url;

use crate::random::{index, next};
use crate::sandbox::{Sandbox, Stored};

const FOLDERS: &str = "url = \"people/\"\nformat = \"ndjson\"\nkey = \"id\"\nas_of = \"day\"\n";
const ROWS: &str = "url = \"people.json\"\nformat = \"ndjson\"\nkey = \"id\"\nas_of = \"day\"\n\
                    valid_from = \"since\"\nvalid_to = \"until\"\n";
/// The window of an attribution, in hours.
const WINDOW: i64 = 30;
/// The first day of events, around whose end a month ends and clocks change in New York.
const FIRST: &str = "2025-10-30T00:00:00Z";
const N_HOURS: u64 = 7 * 24;

#[derive(Debug)]
struct Event {
    at: Timestamp,
    /// Of a day's files the one that it lies in.
    file: usize,
    /// So many days after its own it arrived.
    late_days: i64,
    id: Option<u64>,
    country: Option<&'static str>,
    seconds: u64,
}

/// The groups of each person from a day on.
type States = BTreeMap<Date, BTreeMap<u64, BTreeSet<&'static str>>>;

#[derive(Debug)]
struct World {
    zone: &'static str,
    family: &'static str,
    lookup: &'static str,
    /// Folders are those of the day of arrival.
    is_by_arrival: bool,
    shown: Vec<Event>,
    played: Vec<Event>,
    states: States,
}

fn model(world: &World) -> String {
    let World { zone, family, lookup, .. } = world;
    let days = if world.is_by_arrival { "days = \"arrival\"\nlate = \"3d\"\n" } else { "" };
    let distinct = |name: &str, source: &str| {
        format!(
            "[measure.{name}]\nsource = \"{source}\"\nkind = \"distinct\"\nof = \"id\"\nfamily = \"{family}\"\n\
             precision = 12\n"
        )
    };
    format!(
        "[dataset]\nname = \"test\"\ntimezone = \"{zone}\"\n\
         [source.shown]\nurl = \"shown/\"\nformat = \"ndjson\"\ntime = \"at\"\n{days}\
         [source.played]\nurl = \"played/\"\nformat = \"ndjson\"\ntime = \"at\"\n{days}\
         [source.credited]\nattribute = {{ event = \"played\", to = \"shown\", by = [\"id\"], within = \
         \"{WINDOW}h\", credit = \"last\" }}\n\
         [lookup.people]\n{lookup}\
         [dimension.country]\ncolumn = \"country\"\n\
         [dimension.group]\nlookup = \"people\"\non = \"id\"\ncolumn = \"name\"\nmulti = true\n\
         [measure.shown]\nsource = \"shown\"\nkind = \"count\"\n{}\
         [measure.plays]\nsource = \"credited\"\nkind = \"count\"\n{}\
         [measure.seconds]\nsource = \"credited\"\nkind = \"sum\"\nof = \"seconds\"\n\
         [check.rows]\non_failure = \"off\"\n",
        distinct("viewers", "shown"),
        distinct("players", "credited"),
    )
}

fn start() -> Timestamp {
    FIRST.parse().unwrap()
}

impl World {
    fn new(seed: usize, state: &mut u64) -> Self {
        // No two events are of one instant: which of a tie gets the credit is shown elsewhere.
        let mut n_events = 0;
        let mut event = |state: &mut u64| {
            n_events += 1;
            let hours = i64::try_from(next(state, N_HOURS)).unwrap();
            let at =
                start() + SignedDuration::from_hours(hours) + SignedDuration::from_secs(n_events);
            let file = index(state, 2);
            let country = ["US", "DE"][index(state, 2)];
            // Some files are from before the column was there.
            let has_country = (day_number(at) + file) % 5 != 3 && next(state, 5) > 0;
            Event {
                at,
                file,
                late_days: i64::try_from(next(state, 3)).unwrap(),
                id: (next(state, 12) > 0).then(|| next(state, 7)),
                country: has_country.then_some(country),
                seconds: next(state, 60),
            }
        };
        let shown = (0..120).map(|_| event(state)).collect();
        let played = (0..80).map(|_| event(state)).collect();
        let mut states = States::new();
        for night in 0..8 {
            if next(state, 3) == 0 {
                continue;
            }
            let day = Date::constant(2025, 10, 29).checked_add(night.days()).unwrap();
            let people = states.entry(day).or_default();
            for _ in 0..next(state, 9) {
                let name = ["news", "sports", "kids"][index(state, 3)];
                people.entry(next(state, 6)).or_default().insert(name);
            }
        }
        Self {
            zone: ["UTC", "America/New_York", "Asia/Kolkata"][seed % 3],
            family: ["hll++", "datasketches"][seed % 2],
            lookup: [FOLDERS, ROWS][seed / 2 % 2],
            is_by_arrival: seed % 4 > 1,
            shown,
            played,
            states,
        }
    }

    fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(TimeZone::get(self.zone).unwrap()).date()
    }

    /// The last event shown to the person before it and within the window.
    fn credited_to(&self, play: &Event) -> Option<&Event> {
        let window = SignedDuration::from_hours(WINDOW);
        let of_person = self.shown.iter().filter(|shown| shown.id.is_some() && shown.id == play.id);
        of_person
            .filter(|shown| shown.at <= play.at && play.at.duration_since(shown.at) <= window)
            .max_by_key(|shown| shown.at)
    }

    fn key(&self, shown: &Event) -> (Option<&'static str>, Vec<&'static str>) {
        let state = self.states.range(..=self.day(shown.at)).next_back();
        let groups = shown.id.and_then(|id| state?.1.get(&id)).cloned().unwrap_or_default();
        (shown.country, groups.into_iter().collect())
    }

    /// What the cells of a period are.
    fn expected(&self, period: &str) -> Vec<String> {
        #[derive(Default)]
        struct Cell {
            shown: u64,
            viewers: BTreeSet<u64>,
            plays: u64,
            players: BTreeSet<u64>,
            seconds: u64,
        }
        let is_of = |at: Timestamp| period == "all" || self.day(at).to_string().starts_with(period);
        let mut cells: BTreeMap<_, Cell> = BTreeMap::new();
        for shown in self.shown.iter().filter(|shown| is_of(shown.at)) {
            let cell = cells.entry(self.key(shown)).or_default();
            cell.shown += 1;
            cell.viewers.extend(shown.id);
        }
        for play in &self.played {
            let Some(shown) = self.credited_to(play).filter(|shown| is_of(shown.at)) else {
                continue;
            };
            let cell = cells.entry(self.key(shown)).or_default();
            cell.plays += 1;
            cell.players.extend(play.id);
            cell.seconds += play.seconds;
        }
        let line = |((country, groups), cell): ((Option<&str>, Vec<&str>), Cell)| {
            format!(
                "{} [{}] {} {} {} {} {}",
                country.unwrap_or("null"),
                groups.join(","),
                cell.shown,
                cell.viewers.len(),
                cell.plays,
                cell.players.len(),
                cell.seconds
            )
        };
        cells.into_iter().map(line).collect()
    }

    /// Every file of events, the first one first; each writes ids and seconds in its own way.
    fn files(&self, state: &mut u64) -> Vec<(String, String)> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (source, events) in [("shown", &self.shown), ("played", &self.played)] {
            // A row long before that tells the types, and counts nowhere: its folder is of another day.
            let typed =
                "{\"at\":\"2024-01-09T00:00:00Z\",\"id\":1,\"country\":\"\",\"seconds\":1}\n";
            files.insert(format!("{source}/dt=2024-01-01/a.json"), typed.to_owned());
            for event in events {
                let late_days = if self.is_by_arrival { event.late_days } else { 0 };
                let arrived = event.at + SignedDuration::from_hours(24 * late_days);
                let day = arrived.strftime("%Y-%m-%d");
                let path = format!("{source}/dt={day}/{}.json", event.file);
                // A file writes all its rows in one way.
                let way = day_number(arrived) + event.file;
                *files.entry(path).or_default() += &row(event, way);
            }
        }
        let mut files: Vec<(String, String)> = files.into_iter().collect();
        for at in (1..files.len()).rev() {
            files.swap(at, index(state, at + 1));
        }
        files.sort_by_key(|(path, _)| !path.contains("dt=2024"));
        files
    }

    /// The states up to a night, as the lookup has them.
    fn write_states(&self, sandbox: &Sandbox, until: Date) {
        let known: Vec<_> = self.states.range(..=until).collect();
        let mut rows =
            "{\"id\":99,\"name\":\"none\",\"since\":\"2020-01-01\",\"until\":\"2020-01-02\"}\n"
                .to_owned();
        sandbox.write("people/dt=2020-01-01/a.json", "{\"id\":99,\"name\":\"none\"}\n");
        for (at, (day, people)) in known.iter().enumerate() {
            let nobody = number(99, at);
            let mut folder = format!("{{\"id\":{nobody},\"name\":\"none\"}}\n");
            let end = known.get(at + 1).map_or("null".to_owned(), |(day, _)| format!("\"{day}\""));
            for (id, names) in *people {
                for name in names {
                    // Each state writes its keys in its own way.
                    let key = number(*id, at);
                    folder += &format!("{{\"id\":{key},\"name\":{name:?}}}\n");
                    rows += &format!(
                        "{{\"id\":{id},\"name\":{name:?},\"since\":\"{day}\",\"until\":{end}}}\n"
                    );
                }
            }
            sandbox.write(&format!("people/dt={day}/a.json"), &folder);
        }
        sandbox.write("people.json", &rows);
    }
}

fn day_number(at: Timestamp) -> usize {
    usize::try_from(at.duration_since(start()).as_hours() / 24).unwrap()
}

/// A whole number as one, as a float or as a text.
fn number(value: u64, way: usize) -> String {
    [value.to_string(), format!("{value}.0"), format!("\"{value}\"")][way % 3].clone()
}

fn row(event: &Event, way: usize) -> String {
    let mut text = format!("{{\"at\":\"{}\",\"seconds\":{}", event.at, event.seconds);
    if let Some(id) = event.id {
        text += &format!(",\"id\":{}", number(id, way));
    }
    if let Some(country) = event.country {
        text += &format!(",\"country\":{country:?}");
    }
    text + "}\n"
}

/// Ends a run at one of the moments at which it tells of its progress.
struct Killer {
    n_left: AtomicU32,
    now: Notify,
}

impl Killer {
    fn tick(&self) {
        if self.n_left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.now.notify_one();
        }
    }
}

impl Progress for Killer {
    fn step(&self, _: &str, _: u64) {
        self.tick();
    }
    fn advance(&self, _: u64) {
        self.tick();
    }
    fn done(&self, _: &str) {
        self.tick();
    }
}

/// A run that may be killed.
async fn run_or_die(sandbox: &mut Sandbox, n_left: u32) {
    let mut config = sandbox.config();
    config.state = Some(sandbox.path("state"));
    let killer = Killer { n_left: AtomicU32::new(n_left), now: Notify::new() };
    tokio::select! {
        biased;
        () = killer.now.notified() => {}
        ended = Box::pin(run(&config, Days::OutOfDate, &killer)) => drop(ended.unwrap()),
    }
}

fn check(world: &World, cells: &Stored, about: &str) {
    for period in cells.files.keys() {
        let expected = world.expected(period);
        assert_eq!(cells.lines(period), expected, "{about}, {period}");
    }
    let days: BTreeSet<Date> = world.shown.iter().map(|shown| world.day(shown.at)).collect();
    for day in days {
        assert!(cells.files.contains_key(&day.to_string()), "{about}: {day} is there");
    }
}

async fn one_world(seed: u64) {
    let mut state = seed;
    let world = World::new(usize::try_from(seed).unwrap(), &mut state);
    let World { zone, family, lookup, .. } = &world;
    let about = format!("seed {seed}, {zone}, {family}, {lookup}, {}", world.is_by_arrival);
    let text = model(&world);
    let (mut at_once, mut by_and_by) = (Sandbox::new(&text), Sandbox::new(&text));
    let mut nights: Vec<Date> = world.states.keys().copied().collect();
    nights.reverse();
    world.write_states(&by_and_by, Date::constant(2025, 1, 1));
    for (path, text) in world.files(&mut state) {
        at_once.write(&path, &text);
        by_and_by.write(&path, &text);
        if path.contains("dt=2024") {
            continue;
        }
        match next(&mut state, 10) {
            0 => drop(by_and_by.run(Days::OutOfDate).await),
            1 => {
                let n_left = 1 + u32::try_from(next(&mut state, 40)).unwrap();
                run_or_die(&mut by_and_by, n_left).await;
            }
            2 | 3 => {
                if let Some(night) = nights.pop() {
                    world.write_states(&by_and_by, night);
                }
            }
            _ => {}
        }
    }
    for sandbox in [&at_once, &by_and_by] {
        world.write_states(sandbox, Date::constant(2026, 12, 31));
    }
    at_once.run(Days::All).await;
    run_or_die(&mut by_and_by, u32::MAX).await;
    assert!(by_and_by.run(Days::OutOfDate).await.unchanged, "{about}");
    let (expected, found) = (at_once.cells().await, by_and_by.cells().await);
    check(&world, &expected, &format!("{about}, at once"));
    check(&world, &found, &about);
    assert!(expected.files == found.files, "{about}: other bytes");

    let first = Date::constant(2025, 10, 1);
    let range = DayRange::try_new(first, Date::constant(2025, 12, 1)).unwrap();
    let sample = Sample { days: Some(range), n_cells: 20, seed };
    let recount = Box::pin(verify(&by_and_by.config(), sample, &Silent)).await.unwrap();
    assert!(recount.is_ok() && recount.n_mismatches == 0, "{about}: {:#?}", recount.mismatches);

    // The days of October go, and its month and all time stay.
    let (config, cut_off) = (by_and_by.config(), CutOff::Before(Date::constant(2025, 11, 1)));
    let lake = Url::from_directory_path(by_and_by.path("lake")).unwrap();
    let asked = Retirement { cut_off, run: config.run, now: config.now, dry_run: false };
    retire(&lake, &asked).await.unwrap();
    assert!(by_and_by.run(Days::OutOfDate).await.unchanged, "{about}");
    let retired = by_and_by.cells().await;
    for period in ["2025-10", "2025-11", "2025", "all"] {
        assert_eq!(retired.lines(period), world.expected(period), "{about}, retired, {period}");
    }
    assert!(retired.files.keys().all(|period| !period.starts_with("2025-10-")), "{about}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_a_lake_each_day_has_the_rows_in_force_on_it() {
    for seed in 1..=4 {
        Box::pin(one_world(seed)).await;
    }
}
