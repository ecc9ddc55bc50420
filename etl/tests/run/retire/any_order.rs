//! Files, runs and retirements in any order, beside a lake that is made at once of the files that were seen.

use clio_etl::Days;
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};

use super::{DAYS, before, days_of, parents, retired, retired_months, three_months, write_day};
use crate::sandbox::days;

/// What may happen to a lake, in any order.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// One of the days gets another file.
    File(usize),
    Run,
    /// The days before that of this month go.
    Retire(usize),
    /// The whole month is rebuilt.
    Rebuild(usize),
}

const MONTHS: [(&str, &str); 3] =
    [("2025-12-01", "2025-12-31"), ("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28")];

/// A lake whose days go and come, beside one that is made at once of the files that it has seen.
async fn is_as_if_made_at_once(events: &[Event]) {
    let (mut fresh, mut sandbox) = (three_months(""), three_months(""));
    sandbox.run(Days::OutOfDate).await;
    let mut waiting: Vec<(usize, String)> = Vec::new();
    let events = events.iter().copied().chain([Event::Run]);
    for (number, event) in events.enumerate() {
        match event {
            Event::File(at) => {
                let file = format!("late{number}");
                write_day(&sandbox, DAYS[at], &file, 2 + number);
                waiting.push((at, file));
                continue;
            }
            Event::Retire(month) => {
                retired(&mut sandbox, before(MONTHS[month].0)).await;
                continue;
            }
            Event::Run => drop(sandbox.run(Days::OutOfDate).await),
            Event::Rebuild(month) => {
                drop(sandbox.run(days(MONTHS[month].0, MONTHS[month].1)).await);
            }
        }
        let gone = retired_months(&sandbox).await;
        let is_seen = |at: usize| match event {
            Event::Rebuild(month) => at / 3 == month,
            _ => !gone.iter().any(|month| DAYS[at].starts_with(month.as_str())),
        };
        let (seen, rest) = waiting.into_iter().partition(|(at, _)| is_seen(*at));
        waiting = rest;
        let seen: Vec<(usize, String)> = seen;
        for (at, file) in seen {
            let name = format!("events/dt={}/{file}.csv", DAYS[at]);
            fresh.write(&name, &std::fs::read_to_string(sandbox.path(&name)).unwrap());
        }
        for month in &gone {
            assert!(days_of(&sandbox).await.iter().all(|day| !day.starts_with(month.as_str())));
        }
    }
    fresh.run(Days::All).await;
    assert_eq!(parents(&sandbox).await, parents(&fresh).await, "{waiting:?}");
    for (at, file) in waiting {
        write_day(&fresh, DAYS[at], &file, 0);
        let name = format!("events/dt={}/{file}.csv", DAYS[at]);
        fresh.write(&name, &std::fs::read_to_string(sandbox.path(&name)).unwrap());
    }
    fresh.run(Days::All).await;
    sandbox.run(Days::All).await;
    assert_eq!(sandbox.cells().await.files, fresh.cells().await.files);
}

#[test]
fn whatever_goes_and_comes_the_periods_are_those_of_the_files_that_were_seen() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let event = prop_oneof![
        (0..DAYS.len()).prop_map(Event::File),
        Just(Event::Run),
        (0..MONTHS.len()).prop_map(Event::Retire),
        (0..MONTHS.len()).prop_map(Event::Rebuild),
    ];
    let mut runner = TestRunner::new_with_rng(
        Cases { cases: 8, ..Cases::default() },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let result = runner.run(&prop::collection::vec(event, 3..9), |events| {
        runtime.block_on(is_as_if_made_at_once(&events));
        Ok(())
    });
    result.unwrap();
}
