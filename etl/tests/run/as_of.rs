//! Lookups with a history: a day takes the rows in force on it, and a state rebuilds its own days alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use clio_etl::{Days, Reason, Sample, Silent, plan, verify};

use crate::random::{index, next};
use crate::sandbox::{Sandbox, days};

const FOLDERS: &str = "url = \"people/\"\nformat = \"ndjson\"\nkey = \"id\"\nas_of = \"day\"\n";
const ROWS: &str = "url = \"people.json\"\nformat = \"ndjson\"\nkey = \"id\"\nas_of = \"day\"\n\
                    valid_from = \"since\"\nvalid_to = \"until\"\n";
const DAYS: [&str; 6] =
    ["2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"];

fn model(source: &str, lookup: &str) -> String {
    format!(
        "[dataset]\nname = \"test\"\ntimezone = \"UTC\"\n[source.shown]\nurl = \"{source}\"\n\
         format = \"ndjson\"\ntime = \"at\"\n[lookup.people]\n{lookup}[dimension.group]\n\
         lookup = \"people\"\non = \"id\"\ncolumn = \"name\"\nmulti = true\n[measure.shown]\n\
         source = \"shown\"\nkind = \"count\"\n"
    )
}

fn event(day: &str, id: usize) -> String {
    format!("{{\"at\":\"{day}T10:00:00Z\",\"id\":{id}}}\n")
}

/// The groups of each person by day; `None` before the first state.
type States = BTreeMap<&'static str, BTreeMap<usize, BTreeSet<&'static str>>>;

fn states(state: &mut u64) -> States {
    let mut states = States::new();
    for day in DAYS {
        // Some nights are missing.
        if next(state, 4) == 0 {
            continue;
        }
        let people = states.entry(day).or_default();
        for _ in 0..next(state, 8) {
            let name = ["news", "sports", "kids"][index(state, 3)];
            people.entry(index(state, 4)).or_default().insert(name);
        }
    }
    states
}

fn folder(people: &BTreeMap<usize, BTreeSet<&'static str>>) -> String {
    // A line of nobody that events are of, so that every state has a file with both columns.
    let mut text = "{\"id\":99,\"name\":\"none\"}\n".to_owned();
    for (id, names) in people {
        for name in names {
            writeln!(text, "{{\"id\":{id},\"name\":{name:?}}}").unwrap();
        }
    }
    text
}

/// The same states as rows from one night to the next.
fn rows(states: &States) -> String {
    let mut text =
        "{\"id\":99,\"name\":\"none\",\"since\":\"2020-01-01\",\"until\":\"2020-01-02\"}\n"
            .to_owned();
    let nights: Vec<_> = states.keys().collect();
    for (at, (day, people)) in states.iter().enumerate() {
        let until = nights.get(at + 1).map_or("null".to_owned(), |day| format!("\"{day}\""));
        for (id, names) in people {
            for name in names {
                writeln!(
                    text,
                    "{{\"id\":{id},\"name\":{name:?},\"since\":\"{day}\",\"until\":{until}}}"
                )
                .unwrap();
            }
        }
    }
    text
}

fn expected(events: &[(&str, usize)], states: &States, period: &str) -> Vec<String> {
    let mut cells: BTreeMap<Vec<&str>, u64> = BTreeMap::new();
    for (day, id) in events.iter().filter(|(day, _)| day.starts_with(period) || period == "all") {
        let state = states.range(..=*day).next_back();
        let names = state.and_then(|(_, people)| people.get(id)).cloned().unwrap_or_default();
        *cells.entry(names.into_iter().collect()).or_default() += 1;
    }
    cells.into_iter().map(|(names, n)| format!("[{}] {n}", names.join(","))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_are_those_of_the_states_in_force_however_they_came() {
    for seed in 1..=4 {
        let mut state = seed;
        let states = states(&mut state);
        let events: Vec<(&str, usize)> =
            (0..80).map(|_| (DAYS[index(&mut state, DAYS.len())], index(&mut state, 5))).collect();
        let mut of_days: BTreeMap<&str, String> = BTreeMap::new();
        for (day, id) in &events {
            *of_days.entry(*day).or_default() += &event(day, *id);
        }
        let mut files = BTreeMap::new();
        for (source, lookup) in
            [("shown/", FOLDERS), ("shown/", ROWS), ("all.json", FOLDERS), ("all.json", ROWS)]
        {
            for is_at_once in [true, false] {
                let mut sandbox = Sandbox::new(&model(source, lookup));
                let texts: Vec<String> = of_days.values().cloned().collect();
                for (day, text) in &of_days {
                    sandbox.write(&format!("shown/dt={day}/a.json"), text);
                }
                sandbox.write("all.json", &texts.concat());
                let mut known = States::new();
                for (day, people) in &states {
                    known.insert(day, people.clone());
                    sandbox.write(&format!("people/dt={day}/a.json"), &folder(people));
                    sandbox.write("people.json", &rows(&known));
                    if !is_at_once {
                        sandbox.run(Days::OutOfDate).await;
                    }
                }
                let report = sandbox.run(Days::OutOfDate).await;
                let about = format!("seed {seed}, {source}, {lookup}, at once: {is_at_once}");
                assert_eq!(report.unchanged, !is_at_once, "{about}");
                let cells = sandbox.cells().await;
                for period in ["all", "2025", "2026", "2025-12", "2026-01"].iter().chain(&DAYS) {
                    let found = if cells.files.contains_key(*period) {
                        cells.lines(period)
                    } else {
                        vec![]
                    };
                    assert_eq!(found, expected(&events, &states, period), "{about}, {period}");
                }
                let known = files.entry(seed).or_insert_with(|| cells.files.clone());
                assert!(*known == cells.files, "{about}: other bytes");
            }
        }
    }
}

async fn planned(sandbox: &mut Sandbox) -> Vec<String> {
    let plan = plan(&sandbox.config(), Days::OutOfDate).await.unwrap();
    plan.days
        .iter()
        .map(|planned| {
            assert_eq!(planned.reasons, [Reason::Lookup], "{}", planned.day);
            planned.day.to_string()
        })
        .collect()
}

fn twenty() -> Vec<String> {
    (1..=20).map(|day| format!("2026-01-{day:02}")).collect()
}

#[tokio::test]
async fn a_row_of_the_newest_state_rebuilds_one_day_of_twenty() {
    // Without a history, every day of the lake is rebuilt for it.
    let plain = "url = \"people.json\"\nformat = \"ndjson\"\nkey = \"id\"\n";
    for (lookup, n_days) in [(FOLDERS, 1), (ROWS, 1), (plain, 20)] {
        for source in ["shown/", "all.json"] {
            let mut sandbox = Sandbox::new(&model(source, lookup));
            let mut all = String::new();
            let row = |day: &str, until: &str, name: &str| {
                format!("{{\"id\":1,\"name\":{name:?},\"since\":\"{day}\",\"until\":{until}}}\n")
            };
            let mut rows = String::new();
            for (at, day) in twenty().iter().enumerate() {
                sandbox.write(&format!("shown/dt={day}/a.json"), &event(day, 1));
                all += &event(day, 1);
                sandbox.write(&format!("people/dt={day}/a.json"), "{\"id\":1,\"name\":\"a\"}\n");
                let until =
                    twenty().get(at + 1).map_or("null".to_owned(), |day| format!("\"{day}\""));
                rows += &row(day, &until, "a");
            }
            sandbox.write("all.json", &all);
            sandbox.write("people.json", &rows);
            sandbox.run(Days::OutOfDate).await;
            assert_eq!(planned(&mut sandbox).await.len(), 0);
            sandbox.write("people/dt=2026-01-20/a.json", "{\"id\":1,\"name\":\"bb\"}\n");
            let newer = row("2026-01-20", "null", "bb");
            sandbox.write("people.json", &rows.replace(&row("2026-01-20", "null", "a"), &newer));
            if n_days == 1 {
                assert_eq!(planned(&mut sandbox).await, ["2026-01-20"], "{source} {lookup}");
            }
            let plan = plan(&sandbox.config(), Days::OutOfDate).await.unwrap();
            let [changed] = plan.changed_lookups.as_slice() else { panic!("one lookup changed") };
            assert_eq!((changed.n_days, changed.is_costly()), (n_days, n_days > 7), "{changed}");
            let report = sandbox.run(Days::OutOfDate).await;
            assert_eq!(report.days.len(), n_days, "{source} {lookup}");
            if n_days == 1 {
                let cells = sandbox.cells().await;
                assert_eq!(cells.lines("2026-01-20"), ["[bb] 1"], "{source} {lookup}");
            }
        }
    }
}

#[tokio::test]
async fn days_before_the_first_state_have_no_value_and_are_named() {
    let mut sandbox = Sandbox::new(&model("shown/", FOLDERS));
    for day in ["2026-01-01", "2026-01-02", "2026-01-03"] {
        sandbox.write(&format!("shown/dt={day}/a.json"), &event(day, 1));
    }
    sandbox.write("people/dt=2026-01-02/a.json", "{\"id\":1,\"name\":\"a\"}\n");
    let report = sandbox.run(Days::OutOfDate).await;
    let without = &report.days_without_state["people"];
    assert_eq!(without.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-01-01"]);
    let cells = sandbox.cells().await;
    let of = |day: &str| cells.lines(day).join("; ");
    assert_eq!([of("2026-01-01"), of("2026-01-02"), of("2026-01-03")], ["[] 1", "[a] 1", "[a] 1"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_history_is_named_with_its_place() {
    let mut sandbox = Sandbox::new(&model("shown/", FOLDERS));
    sandbox.write("shown/dt=2026-01-01/a.json", &event("2026-01-01", 1));
    sandbox.write("people/a.json", "{\"id\":1,\"name\":\"a\"}\n");
    let message = sandbox.failure(Days::OutOfDate).await;
    assert!(message.contains("DIR/people/a.json is in no folder `dt=YYYY-MM-DD`"), "{message}");

    let good = "{\"id\":1,\"name\":\"a\",\"since\":\"2026-01-01\",\"until\":\"2026-01-05\"}\n";
    for (bad, expected) in [
        (good.replace("2026-01-05", "2025-12-31"), "`lookup.people.valid_to` is before"),
        (good.replace("\"2026-01-01\"", "null"), "`lookup.people.valid_from` is null"),
    ] {
        sandbox.set_model(&model("shown/", ROWS));
        sandbox.write("people.json", &(good.to_owned() + &bad));
        let message = sandbox.failure(Days::OutOfDate).await;
        assert!(message.contains("DIR/people.json:2") && message.contains(expected), "{message}");
    }
    let single = model("shown/", ROWS).replace("multi = true\n", "");
    sandbox.set_model(&single);
    sandbox.write("people.json", &(good.to_owned() + &good.replace("\"a\"", "\"b\"")));
    let message = sandbox.failure(Days::OutOfDate).await;
    let expected = "lookup `people`: key `1` has 2 rows in force on 2026-01-01";
    assert!(message.contains(expected), "{message}");
    // Rows that meet do not overlap: one ends where the other begins.
    let next = good.replace("01-05", "01-09").replace("01-01", "01-05").replace("\"a\"", "\"b\"");
    sandbox.write("people.json", &(good.to_owned() + &next));
    sandbox.write("shown/dt=2026-01-05/a.json", &event("2026-01-05", 1));
    sandbox.run(Days::OutOfDate).await;
    let cells = sandbox.cells().await;
    assert_eq!([cells.lines("2026-01-01"), cells.lines("2026-01-05")], [["a 1"], ["b 1"]]);
}

#[tokio::test]
async fn a_lookup_for_new_days_leaves_days_as_they_are() {
    let plain =
        "url = \"people.json\"\nformat = \"ndjson\"\nkey = \"id\"\non_change = \"new_days\"\n";
    let mut sandbox = Sandbox::new(&model("shown/", plain));
    sandbox.write("people.json", "{\"id\":1,\"name\":\"a\"}\n");
    for day in ["2026-01-01", "2026-01-02"] {
        sandbox.write(&format!("shown/dt={day}/a.json"), &event(day, 1));
    }
    sandbox.run(Days::OutOfDate).await;
    sandbox.write("people.json", "{\"id\":1,\"name\":\"bbb\"}\n");
    assert!(planned(&mut sandbox).await.is_empty());
    let plan = plan(&sandbox.config(), Days::OutOfDate).await.unwrap();
    assert_eq!((plan.changed_lookups[0].n_days, plan.changed_lookups[0].are_kept), (2, true));
    // A new day, and an old one that a late file rebuilds, take the newest state.
    sandbox.write("shown/dt=2026-01-03/a.json", &event("2026-01-03", 1));
    sandbox.write("shown/dt=2026-01-02/late.json", &event("2026-01-02", 1));
    sandbox.run(Days::OutOfDate).await;
    let of = |cells: &crate::sandbox::Stored| {
        ["2026-01-01", "2026-01-02", "2026-01-03"].map(|day| cells.lines(day).join("; "))
    };
    let cells = sandbox.cells().await;
    assert_eq!(of(&cells), ["[a] 1", "[bbb] 2", "[bbb] 1"]);
    // The commit says which state each day has.
    let inputs = cells.metadata.unwrap().inputs;
    let states = ["2026-01-01", "2026-01-02", "2026-01-03"]
        .map(|day| inputs.get(day.parse().unwrap()).unwrap().0.lookups["people"]);
    assert!(states[0] != states[1] && states[1] == states[2], "{states:?}");
    // A recount says which days keep a state that is gone; of the others it is right.
    let verified = async |sandbox: &mut Sandbox, day: &str| {
        let Days::Range(range) = days(day, day) else { unreachable!() };
        let sample = Sample { days: Some(range), n_cells: 5, seed: 1 };
        verify(&sandbox.config(), sample, &Silent).await
    };
    assert!(verified(&mut sandbox, "2026-01-02").await.unwrap().is_ok());
    let message = verified(&mut sandbox, "2026-01-01").await.unwrap_err().to_string();
    let expected = "2026-01-01 was made with an earlier state of `people` and keeps it";
    assert!(message.contains(expected), "{message}");
    sandbox.run(Days::All).await;
    assert!(verified(&mut sandbox, "2026-01-01").await.unwrap().is_ok());
    assert_eq!(of(&sandbox.cells().await), ["[bbb] 1", "[bbb] 2", "[bbb] 1"]);
}

#[tokio::test]
async fn an_inspection_tells_the_states_of_a_lookup() {
    for (lookup, expected) in [
        (FOLDERS, Some((2, "2026-01-01", "2026-01-03"))),
        (ROWS, Some((3, "2026-01-01", "2026-01-04"))),
        ("url = \"people.json\"\nformat = \"ndjson\"\nkey = \"id\"\n", None),
    ] {
        let mut sandbox = Sandbox::new(&model("shown/", lookup));
        sandbox.write("shown/dt=2026-01-01/a.json", &event("2026-01-01", 1));
        for day in ["2026-01-01", "2026-01-03"] {
            sandbox.write(&format!("people/dt={day}/a.json"), "{\"id\":1,\"name\":\"a\"}\n");
        }
        let row = |from: &str, until: &str| {
            format!("{{\"id\":1,\"name\":\"a\",\"since\":\"{from}\",\"until\":\"{until}\"}}\n")
        };
        // It ends on the 2nd, and begins again on the 3rd: on the day between nothing is in force.
        let rows = row("2026-01-01", "2026-01-02") + &row("2026-01-03", "2026-01-04");
        sandbox.write(
            "people.json",
            if expected.is_some() { &rows } else { "{\"id\":1,\"name\":\"a\"}\n" },
        );
        let config = sandbox.config();
        let found = clio_etl::inspect(&config.model, &config.base, 1).await.unwrap();
        let states = found.lookups[0].states.map(|states| {
            let day = |day: Option<jiff::civil::Date>| day.unwrap().to_string();
            (states.n_states, day(states.first), day(states.newest))
        });
        let expected = expected.map(|(n, first, newest)| (n, first.to_owned(), newest.to_owned()));
        if lookup == ROWS {
            // Also where rows end, a state begins.
            let (n_states, first, _) = states.unwrap();
            assert!(n_states >= 3 && first == "2026-01-01", "{n_states}");
        } else {
            assert_eq!(states, expected, "{lookup}");
        }
    }
}

#[tokio::test]
async fn a_key_of_an_attribution_is_not_taken_from_a_lookup_with_a_history() {
    for lookup in [FOLDERS, ROWS] {
        let text = model("shown/", lookup)
            + "[source.played]\nurl = \"played/\"\nformat = \"ndjson\"\ntime = \"at\"\n[source.credited]\n\
               attribute = { event = \"played\", to = \"shown\", by = [\"name\"], within = \"24h\", credit = \
               \"last\" }\n[measure.plays]\nsource = \"credited\"\nkind = \"count\"\n";
        let mut sandbox = Sandbox::new(&text);
        for source in ["shown", "played"] {
            let path = format!("{source}/dt=2026-01-01/a.json");
            sandbox.write(&path, &event("2026-01-01", 1));
        }
        sandbox.write("people/dt=2026-01-01/a.json", "{\"id\":1,\"name\":\"a\"}\n");
        let row = "{\"id\":1,\"name\":\"a\",\"since\":\"2026-01-01\",\"until\":null}\n";
        let ended = row.replace("null", "\"2026-01-09\"");
        sandbox.write("people.json", &(row.to_owned() + &ended));
        let message = sandbox.failure(Days::OutOfDate).await;
        let expected = "`name` comes from lookup `people`, which has `as_of`";
        assert!(message.contains(expected), "{message}");
    }
}

/// Of one lookup a dimension takes what is in force on the day, and describes its members by what is newest.
#[tokio::test]
async fn attributes_are_those_of_the_newest_state() {
    for lookup in [FOLDERS, ROWS] {
        let text = model("shown/", lookup)
            + "[dimension.person]\ncolumn = \"id\"\nlookup = \"people\"\nattributes = [\"name\"]\n";
        let mut sandbox = Sandbox::new(&text);
        for day in ["2026-01-01", "2026-01-02"] {
            sandbox.write(&format!("shown/dt={day}/a.json"), &event(day, 1));
        }
        let mut rows = String::new();
        for (day, until, name) in
            [("2026-01-01", "\"2026-01-02\"", "old"), ("2026-01-02", "null", "new")]
        {
            let person = format!("{{\"id\":1,\"name\":{name:?}");
            sandbox.write(&format!("people/dt={day}/a.json"), &format!("{person}}}\n"));
            rows += &format!("{person},\"since\":\"{day}\",\"until\":{until}}}\n");
        }
        sandbox.write("people.json", &rows);
        sandbox.run(Days::OutOfDate).await;
        let cells = sandbox.cells().await;
        assert_eq!(
            [cells.lines("2026-01-01"), cells.lines("2026-01-02")],
            [["[old] 1 1"], ["[new] 1 1"]]
        );
        let members = sandbox.table("lookups/people").await.unwrap();
        assert_eq!(members.lines(""), ["1 new"]);
    }
}
