//! Ages in all interfaces, from events whose first days are known, before and after the days that they count from have
//! left the lake.

use std::collections::{BTreeMap, BTreeSet};

use clio_tests::{Sandbox, until};
use jiff::civil::Date;
use serde_json::Value;

use super::{MODEL, lake};

/// Each with its first day in the lake and its last; DE was there before it.
const COUNTRIES: [(&str, &str, &str); 5] = [
    ("DE", "2026-01-05", "2026-03-03"),
    ("FR", "2026-01-06", "2026-03-03"),
    ("PL", "2026-01-31", "2026-02-20"),
    ("US", "2026-02-01", "2026-03-03"),
    ("IT", "2026-02-27", "2026-03-03"),
];

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// An event: the country, the person, and the time.
type Event = (&'static str, usize, Date);

/// A few people a day, who return, and some of whom are in several countries.
fn events() -> Vec<Event> {
    let mut events = Vec::new();
    for (at, (country, first, last)) in COUNTRIES.into_iter().enumerate() {
        let days = day(first).series(jiff::Span::new().days(1));
        for (n, day) in days.take_while(|day| *day <= self::day(last)).enumerate() {
            // Every third day a country has no events, except on its first.
            if n % 3 == 1 {
                continue;
            }
            events.extend((0..=n % 4).map(|who| (country, (who * 5 + n + at) % 23, day)));
        }
    }
    events
}

fn aged_lake(events: &[Event]) -> Sandbox {
    let model = MODEL.replace("[dimension.country]", "[dimension.country]\nage = \"first_day\"");
    let mut text = "at,country,who\n".to_owned();
    for (country, who, day) in events {
        text.push_str(&format!("{day}T10:00:00Z,{country},{who}\n"));
    }
    lake(&model, &text)
}

fn age(event: &Event) -> Option<i32> {
    let (_, first, _) = COUNTRIES.into_iter().find(|(name, ..)| *name == event.0).unwrap();
    let n_days = (event.2 - day(first)).get_days();
    (first != COUNTRIES[0].1).then_some(n_days)
}

/// Views and distinct people by age, from some day on, for ages that satisfy a condition.
fn expected(
    events: &[Event],
    from: &str,
    weeks: bool,
    holds: impl Fn(Option<i32>) -> bool,
) -> BTreeMap<String, (usize, usize)> {
    let mut groups: BTreeMap<String, (usize, BTreeSet<usize>)> = BTreeMap::new();
    for event in events.iter().filter(|own| own.2 >= day(from) && holds(age(own))) {
        let own = age(event).map(|age| if weeks { age.div_euclid(7) } else { age });
        let key = own.map_or_else(|| "null".to_owned(), |age| age.to_string());
        let group = groups.entry(key).or_default();
        group.0 += 1;
        group.1.insert(event.1);
    }
    groups.into_iter().map(|(key, (views, who))| (key, (views, who.len()))).collect()
}

fn found(
    rows: &[Value],
    key: &str,
    of: impl Fn(&Value, &str) -> Value,
) -> BTreeMap<String, (usize, usize)> {
    let number = |value: Value| format!("{:.0}", value.as_f64().unwrap()).parse::<usize>().unwrap();
    let row = |row: &Value| {
        let age = of(row, key);
        let age = age.as_str().map_or_else(|| "null".to_owned(), str::to_owned);
        (age, (number(of(row, "views")), number(of(row, "people"))))
    };
    let found: BTreeMap<_, _> = rows.iter().map(row).collect();
    assert_eq!(found.len(), rows.len(), "an age has one row");
    found
}

/// The answer of `clio query`.
fn asked(
    sandbox: &Sandbox,
    key: &str,
    from: &str,
    filter: Option<&str>,
) -> BTreeMap<String, (usize, usize)> {
    let lake = sandbox.text("lake");
    let mut args = vec!["query", "--lake", &lake, "--group-by", key, "--measures", "views,people"];
    args.extend(["--from", from, "--format", "json"]);
    args.extend(filter.into_iter().flat_map(|filter| ["--where", filter]));
    let finished = sandbox.clio(args);
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    let answer: Value = serde_json::from_str(&finished.stdout).unwrap();
    found(answer["rows"].as_array().unwrap(), key, |row, name| {
        let part = if name == key { "keys" } else { "values" };
        row[part][name]["value"].clone()
    })
}

/// A test of an age: on the command line, in GraphQL, and its meaning.
type Case = (&'static str, &'static str, fn(Option<i32>) -> bool);

const CASES: [Case; 7] = [
    ("country.age_day < 28", "{ countryAgeDay: { below: 28 } }", |age| {
        age.is_some_and(|age| age < 28)
    }),
    ("country.age_day>=3", "{ countryAgeDay: { atLeast: 3 } }", |age| {
        age.is_some_and(|age| age >= 3)
    }),
    ("country.age_day between 0 and 6", "{ countryAgeDay: { atLeast: 0, atMost: 6 } }", |age| {
        age.is_some_and(|age| (0..=6).contains(&age))
    }),
    ("country.age_week > 2", "{ countryAgeWeek: { above: 2 } }", |age| {
        age.is_some_and(|age| age > 20)
    }),
    ("not country.age_week <= 2", "{ not: { countryAgeWeek: { atMost: 2 } } }", |age| {
        age.is_none_or(|age| age > 20)
    }),
    ("country.age_day isNull", "{ countryAgeDay: { isNull: true } }", |age| age.is_none()),
    ("country.age_day < -5", "{ countryAgeDay: { below: -5 } }", |_| false),
];

#[test]
fn ages_and_conditions_on_them_are_those_of_the_events_in_every_face() {
    let events = events();
    let sandbox = aged_lake(&events);
    let (all, left) = ("2026-01-05", "2026-02-01");
    for from in [all, left] {
        for weeks in [false, true] {
            let key = if weeks { "country.age_week" } else { "country.age_day" };
            assert_eq!(asked(&sandbox, key, from, None), expected(&events, from, weeks, |_| true));
        }
    }
    let lake = sandbox.text("lake");
    // The days of January are retired, and with them those that most countries count from.
    let retired = sandbox.clio(["lake", "retire", "--lake", &lake, "--before", "2026-02-01"]);
    assert_eq!(retired.code, 0, "{}", retired.stderr);
    assert!(retired.stdout.contains("first days     kept of 3 members"), "{}", retired.stdout);
    for (filter, _, holds) in CASES {
        for weeks in [false, true] {
            let key = if weeks { "country.age_week" } else { "country.age_day" };
            let found = asked(&sandbox, key, left, Some(filter));
            assert_eq!(found, expected(&events, left, weeks, holds), "{filter}");
        }
    }
    let serving = sandbox.serve(&["serve", "--lake", &lake, "--grpc", "127.0.0.1:0"]);
    let gateway = sandbox.serve(&["gateway", "--serving", &serving.url, "--http", "127.0.0.1:0"]);
    for (filter, graphql, holds) in CASES {
        let query = format!(
            "{{ cube(query: {{ from: \"{left}\", groupBy: [COUNTRY_AGE_DAY], measures: [VIEWS, PEOPLE], where: {graphql} }}) \
             {{ rows {{ countryAgeDay {{ value }} views {{ value }} people {{ value }} }} }} }}"
        );
        let answer = until("the gateway's answer", || {
            let (status, answer) = gateway.graphql(&query, &Value::Null);
            assert!(status == 200 || status == 503, "{filter}: {answer}");
            (status == 200).then_some(answer)
        });
        let rows = answer["data"]["cube"]["rows"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let found = found(rows, "countryAgeDay", |row, name| row[name]["value"].clone());
        assert_eq!(found, expected(&events, left, false, holds), "{filter}");
    }
}
