//! Intervals and verdicts, each against the events of both sides.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{
    Answer, Code, Comparison, CubeService as _, DayRange, Extra, Filter, Interval, Query,
    QueryRange, Row, SamplingBasis, Test, Verdict, VerdictWord,
};
use jiff::civil::Date;

use super::events::{Event, MODEL, Numbers, day, days};
use super::lake::TestLake;
use super::queries::{field, group_by, open, texts};
use crate::Cubes;
use crate::verdict::wilson;

/// The model with plays credited to impressions, so that players are a subset of viewers.
pub(super) fn model() -> String {
    let plays = "[source.plays]\nurl = \"plays/\"\nformat = \"parquet\"\ntime = \"event_time\"";
    let credited = "[source.all_plays]\nurl = \"plays/\"\nformat = \"parquet\"\ntime = \"event_time\"\n[source.plays]\nattribute = \
                    { event = \"all_plays\", to = \"impressions\", by = [\"profile_id\"], within = \"24h\", credit = \"last\" }";
    assert!(MODEL.contains(plays));
    let ratios = "\n[measure.plays_per_impression]\nkind = \"derived\"\nexpr = \"plays / impressions\"\n\
                  [measure.frequency]\nkind = \"derived\"\nexpr = \"frequency(viewers)\"\n";
    MODEL.replace(plays, credited).replace("precision = 8", "precision = 10") + ratios
}

/// Days on which some people see either asset, and so many per thousand play; the second asset starts on the fifth day.
fn events(rates: [usize; 2], n_days: usize) -> Vec<Event> {
    let mut numbers = Numbers(3);
    let mut events = Vec::new();
    for (at, day) in days("2026-01-01", "2026-03-01").into_iter().take(n_days).enumerate() {
        for (asset, rate) in rates.iter().enumerate() {
            if asset == 1 && at < 4 {
                continue;
            }
            for _ in 0..40 {
                let event = Event {
                    day,
                    asset: Some(format!("asset-{asset}")),
                    country: Some("DE".to_owned()),
                    audiences: BTreeSet::new(),
                    profile: numbers.below(120) as u64,
                    clicks: 0,
                    seconds: None,
                };
                let plays = numbers.below(1_000) < *rate;
                events.push(event.clone());
                events.extend(plays.then_some(Event { seconds: Some(50.0), ..event }));
            }
        }
    }
    events
}

/// Viewers and players.
pub(super) type People = [BTreeSet<u64>; 2];

/// Viewers and players of some events by day.
fn by_day<'a>(events: impl Iterator<Item = &'a Event>) -> BTreeMap<Date, People> {
    let mut days: BTreeMap<Date, People> = BTreeMap::new();
    for event in events {
        days.entry(event.day).or_default()[usize::from(event.seconds.is_some())]
            .insert(event.profile);
    }
    days
}

/// The rates of two sides over pairs of days, and the number of pairs.
pub(super) fn rates(pairs: &[(&People, &People)]) -> (f64, f64, u32) {
    // More people may play than see, if they are independent.
    let rate = |side: &People| (side[1].len() as f64 / side[0].len() as f64).min(1.0);
    let (mut own, mut other, mut all) = (0.0, 0.0, 0.0);
    for (one, another) in pairs {
        let (n, m) = (one[0].len() as f64, another[0].len() as f64);
        let weight = n * m / (n + m);
        (own, other, all) =
            (own + weight * rate(one), other + weight * rate(another), all + weight);
    }
    (own / all, other / all, u32::try_from(pairs.len()).unwrap())
}

/// The error of a rate of some ten people, since two of them may share one slot of 2^25.
const COLLISIONS: f64 = 1e-5;

fn check(found: &Verdict, expected: (f64, f64, u32)) {
    check_rates(found, expected);
    assert_eq!(found.difference.lower.is_some(), expected.2 >= 10);
}

/// As [`check`], except for whether there is an interval.
pub(super) fn check_rates(found: &Verdict, (own, other, n_days): (f64, f64, u32)) {
    assert!((found.own.unwrap() - own).abs() < COLLISIONS, "{found:?} {own}");
    assert!((found.other.unwrap() - other).abs() < COLLISIONS, "{found:?} {other}");
    assert!((found.difference.value.unwrap() - (own - other)).abs() < COLLISIONS, "{found:?}");
    assert_eq!(found.n_days, n_days);
    let bounds = found.difference.lower.zip(found.difference.upper);
    if let Some((lower, upper)) = bounds {
        let is_told = matches!(found.word, VerdictWord::Higher | VerdictWord::Lower);
        assert_eq!(is_told, lower > 0.0 || upper < 0.0, "{found:?}");
        assert!(
            (found.smallest_lift.unwrap() - (upper - lower) / 2.0 / other).abs()
                < 10.0 * COLLISIONS
        );
    }
}

fn asked(compare: Option<Comparison>) -> Query {
    Query {
        group_by: group_by(&["asset"]),
        extras: vec![Extra::Verdicts],
        compare,
        ..Query::total(["viewers", "take_rate"])
    }
}

fn member(value: &str) -> Option<Comparison> {
    Some(Comparison::Member { field: field("asset"), value: Some(value.to_owned()) })
}

fn row<'a>(answer: &'a Answer, asset: &str) -> &'a Row {
    answer.rows.iter().find(|row| row.keys[0].value.as_deref() == Some(asset)).unwrap()
}

async fn ask(cubes: &Cubes, query: Query) -> Answer {
    cubes.query(query, None).await.unwrap()
}

/// The last day is provisional, and the second asset was absent on four: of thirty days 25 are common.
#[tokio::test]
async fn a_verdict_is_of_the_settled_days_that_both_sides_have() {
    let lake = TestLake::with_model(&model(), events([600, 200], 30));
    let cubes = open(&lake).await;
    let of = |asset: &str| {
        let own = lake.events.iter().filter(|event| event.asset.as_deref() == Some(asset));
        by_day(own.filter(|event| event.day < day("2026-01-30")))
    };
    let (first, second) = (of("asset-0"), of("asset-1"));
    let pairs: Vec<_> = second.iter().map(|(day, other)| (&first[day], other)).collect();
    for compare in [member("asset-1"), Some(Comparison::Rest)] {
        let answer = ask(&cubes, asked(compare.clone())).await;
        let found = &row(&answer, "asset-0").verdicts;
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], None);
        let found = found[1].clone().unwrap();
        check(&found, rates(&pairs));
        assert_eq!((found.word, found.n_days), (VerdictWord::Higher, 25));
        let beside = row(&answer, "asset-1").verdicts[1].clone();
        match compare {
            Some(Comparison::Rest) => assert_eq!(beside.unwrap().word, VerdictWord::Lower),
            _ => assert_eq!(beside, None),
        }
        assert!(answer.total.verdicts.is_empty());
    }
    // The total has intervals, and no verdict unless it is compared.
    for compare in [member("asset-1"), Some(Comparison::Rest)] {
        let extras = vec![Extra::Intervals, Extra::Verdicts];
        let both = ask(&cubes, Query { extras, ..asked(compare) }).await;
        assert_eq!((both.total.intervals.len(), both.total.verdicts.len()), (2, 0));
        assert!(both.rows.iter().all(|row| (row.intervals.len(), row.verdicts.len()) == (2, 2)));
    }
    let plain = ask(&cubes, Query { extras: Vec::new(), ..asked(member("asset-1")) }).await;
    assert!(plain.rows.iter().all(|row| row.verdicts.is_empty() && row.intervals.is_empty()));
}

#[tokio::test]
async fn a_verdict_of_other_days_stands_them_beside_each_other() {
    let lake = TestLake::with_model(&model(), events([600, 200], 30));
    let cubes = open(&lake).await;
    let range = |from: &str, to: &str| DayRange::try_new(day(from), day(to)).unwrap();
    let compare = Some(Comparison::Days(range("2026-01-01", "2026-01-14")));
    let query = Query {
        range: QueryRange::Days { from: Some(day("2026-01-17")), to: Some(day("2026-01-30")) },
        ..asked(compare)
    };
    let answer = ask(&cubes, query.clone()).await;
    let pairs_of = |is_of: &dyn Fn(&Event) -> bool| {
        let own = by_day(lake.events.iter().filter(|event| is_of(event)));
        let mut pairs = Vec::new();
        for at in 0..13 {
            let date = |first: &str| days(first, "2026-02-01")[at];
            if let (Some(one), Some(other)) =
                (own.get(&date("2026-01-17")), own.get(&date("2026-01-01")))
            {
                pairs.push((one.clone(), other.clone()));
            }
        }
        pairs
    };
    for (asset, n_days) in [("asset-0", 13), ("asset-1", 9)] {
        let pairs = pairs_of(&|event: &Event| event.asset.as_deref() == Some(asset));
        let expected = rates(&pairs.iter().map(|(one, other)| (one, other)).collect::<Vec<_>>());
        assert_eq!(expected.2, n_days);
        check(row(&answer, asset).verdicts[1].as_ref().unwrap(), expected);
    }
    let pairs = pairs_of(&|_: &Event| true);
    let expected = rates(&pairs.iter().map(|(one, other)| (one, other)).collect::<Vec<_>>());
    check(answer.total.verdicts[1].as_ref().unwrap(), expected);
    // Without rows only the total.
    let answer = ask(&cubes, Query { group_by: Vec::new(), ..query }).await;
    check(answer.total.verdicts[1].as_ref().unwrap(), expected);
}

#[tokio::test]
async fn too_few_days_say_how_many_more_it_takes() {
    let lake = TestLake::with_model(&model(), events([300, 300], 8));
    let cubes = open(&lake).await;
    let answer = ask(&cubes, asked(member("asset-1"))).await;
    let found = row(&answer, "asset-0").verdicts[1].clone().unwrap();
    assert_eq!((found.word, found.n_days), (VerdictWord::TooLittleData, 3));
    assert!(found.difference.lower.is_none() && found.smallest_lift.is_none());
    let range = QueryRange::Days { from: None, to: Some(day("2026-01-04")) };
    let answer = ask(&cubes, Query { range, ..asked(member("asset-1")) }).await;
    let found = row(&answer, "asset-0").verdicts[1].clone().unwrap();
    assert_eq!((found.n_days, found.own, found.more_days), (0, None, Some(10)));
}

/// Both assets are arms, seen by equally many people; if nine in ten had been assigned they would be too few.
#[tokio::test]
async fn only_of_a_declared_test_a_verdict_says_better() {
    let test = |shares: &str| {
        let test = "[test.artwork]\ndimension = \"asset\"\narms = [\"asset-0\", \"asset-1\"]\nassigned = \"viewers\"\n\
                    first_day = \"2026-01-05\"\n";
        format!("{}{test}shares = {shares}\n", model())
    };
    let range = QueryRange::Days { from: Some(day("2026-01-05")), to: None };
    let events = events([600, 200], 30);
    let query = || Query { range, filter: Some(arms()), ..asked(member("asset-1")) };
    for (shares, is_as_assigned) in [("[0.5, 0.5]", true), ("[0.9, 0.1]", false)] {
        let lake = TestLake::with_model(&test(shares), events.clone());
        let cubes = open(&lake).await;
        let (better, worse) = match is_as_assigned {
            true => (VerdictWord::Better, VerdictWord::Worse),
            false => (VerdictWord::Higher, VerdictWord::Lower),
        };
        for compare in [member("asset-1"), Some(Comparison::Rest)] {
            let answer = ask(&cubes, Query { compare: compare.clone(), ..query() }).await;
            let found = answer.test.clone().unwrap();
            assert_eq!((found.name.as_str(), found.is_as_assigned), ("artwork", is_as_assigned));
            for (arm, asset) in found.arms.iter().zip(["asset-0", "asset-1"]) {
                assert_eq!(
                    (arm.value.as_str(), arm.people),
                    (asset, row(&answer, asset).values[0])
                );
            }
            let word = |asset: &str| row(&answer, asset).verdicts[1].as_ref().map(|own| own.word);
            assert_eq!(word("asset-0"), Some(better));
            let is_beside_itself = compare == member("asset-1");
            assert_eq!(word("asset-1"), (!is_beside_itself).then_some(worse));
        }
    }
    // With other days, other members than arms, or filters that may depend on the arm, it is not a test.
    let lake = TestLake::with_model(&test("[0.5, 0.5]"), events);
    let cubes = open(&lake).await;
    let country = super::queries::test("country", Test::AnyOf(texts(&["DE"])));
    for query in [
        Query { filter: Some(arms()), ..asked(member("asset-1")) },
        Query { filter: None, compare: Some(Comparison::Rest), ..query() },
        Query { filter: Some(Filter::And(vec![arms(), country])), ..query() },
        Query { group_by: group_by(&["asset", "country"]), ..query() },
    ] {
        let answer = ask(&cubes, query).await;
        assert_eq!(answer.test, None);
        let first = answer.rows.iter().find(|row| row.keys[0].value.as_deref() == Some("asset-0"));
        assert_eq!(first.unwrap().verdicts[1].as_ref().unwrap().word, VerdictWord::Higher);
    }
}

/// Better in each country, but shown mostly where less is played: worse overall. Everybody comes once.
#[tokio::test]
async fn a_mix_that_turns_a_difference_round_is_named() {
    let mut numbers = Numbers(5);
    let (mut events, mut profile) = (Vec::new(), 0);
    for day in days("2026-01-01", "2026-01-31") {
        for (asset, country, n_people, of_a_thousand) in
            [(0, "US", 60, 300), (0, "DE", 20, 700), (1, "US", 20, 200), (1, "DE", 60, 600)]
        {
            for _ in 0..n_people {
                profile += 1;
                let event = Event {
                    day,
                    asset: Some(format!("asset-{asset}")),
                    country: Some(country.to_owned()),
                    audiences: BTreeSet::new(),
                    profile,
                    clicks: 0,
                    seconds: None,
                };
                let plays = numbers.below(1_000) < of_a_thousand;
                events.push(event.clone());
                events.extend(plays.then_some(Event { seconds: Some(50.0), ..event }));
            }
        }
    }
    let lake = TestLake::with_model(&model().replace("precision = 10", "precision = 14"), events);
    let cubes = open(&lake).await;
    let answer = ask(&cubes, asked(member("asset-1"))).await;
    let found = row(&answer, "asset-0").verdicts[1].clone().unwrap();
    assert_eq!(found.word, VerdictWord::Lower);
    let mix = found.mix.unwrap();
    assert_eq!(
        (mix.field.to_string().as_str(), mix.explains, mix.is_reversed),
        ("country", true, true)
    );
    assert!(mix.without_counterpart.abs() < 1e-9);
    // Over the settled days, by hand: both sides have equally many people in either country.
    let rate = |asset: &str, country: &str| {
        let is_of = |event: &&Event| {
            event.asset.as_deref() == Some(asset)
                && event.country.as_deref() == Some(country)
                && event.day < day("2026-01-31")
        };
        let [viewers, players] = [false, true].map(|plays| {
            let own = lake.events.iter().filter(is_of);
            own.filter(|event| event.seconds.is_some() == plays).count() as f64
        });
        players / viewers
    };
    let expected = ["US", "DE"].map(|country| rate("asset-0", country) - rate("asset-1", country));
    let expected = (expected[0] + expected[1]) / 2.0;
    let difference = mix.difference.value.unwrap();
    assert!((difference - expected).abs() < 1e-3, "{difference} {expected}");
    // Within countries there is nothing to reverse.
    let by_country =
        Query { group_by: group_by(&["asset", "country"]), ..asked(member("asset-1")) };
    let answer = ask(&cubes, by_country).await;
    assert!(
        answer.rows.iter().flat_map(|row| &row.verdicts).flatten().all(|own| own.mix.is_none())
    );
}

fn arms() -> Filter {
    super::queries::test("asset", Test::AnyOf(texts(&["asset-0", "asset-1"])))
}

#[tokio::test]
async fn verdicts_are_refused_where_there_is_nothing_to_judge() {
    let lake = TestLake::with_model(&model(), events([300, 300], 8));
    let cubes = open(&lake).await;
    let by_time = Query { group_by: group_by(&["day", "asset"]), ..asked(Some(Comparison::Rest)) };
    let no_rate =
        Query { measures: texts(&["viewers", "frequency"]), ..asked(Some(Comparison::Rest)) };
    for (query, said) in [
        (asked(None), "rows are not compared"),
        (asked(Some(Comparison::Whole)), "a row is part of the whole"),
        (by_time, "rows are grouped by time"),
        (no_rate, "verdicts are about rates of people, but none is requested"),
    ] {
        let error = cubes.query(query, None).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(error.message.starts_with("`extras`: "), "{}", error.message);
        assert!(error.message.contains(said), "{}", error.message);
    }
}

/// By hand: Wilson's interval for people, one from the seven settled days for events, and for others none, with the
/// reason.
#[tokio::test]
async fn intervals_are_of_what_is_sampled() {
    let lake = TestLake::with_model(&model(), events([600, 200], 12));
    let cubes = open(&lake).await;
    let query = |group_by: Vec<clio_proto::GroupKey>| Query {
        group_by,
        extras: vec![Extra::Intervals],
        ..Query::total(["viewers", "take_rate", "plays_per_impression", "frequency"])
    };
    let answer = ask(&cubes, query(group_by(&["asset"]))).await;
    let basis = |row: &Row| row.intervals.iter().map(|own| own.basis).collect::<Vec<_>>();
    use SamplingBasis::{Days, FewDays, NoRate, People};
    for row in answer.rows.iter().chain([&answer.total]) {
        assert_eq!(basis(row), [NoRate, People, Days, NoRate]);
        let (people, rate) = (row.values[0].value.unwrap(), row.values[1].value.unwrap());
        let (lower, upper) = wilson(rate, people);
        let [_, of_people, of_days, _] = row.intervals[..] else { panic!("{row:?}") };
        assert_eq!(of_people.sampling, Some(Interval { lower, upper }));
        let (sampling, combined) = (of_people.sampling.unwrap(), of_people.combined.unwrap());
        // Counting errors are negligible here.
        assert!((0.0..1e-3).contains(&(sampling.lower - combined.lower + COLLISIONS)));
        assert!((0.0..1e-3).contains(&(combined.upper - sampling.upper + COLLISIONS)));
        let asset = row.keys.first().and_then(|key| key.value.clone());
        let half = half_between_days(&lake.events, asset.as_deref());
        let ratio = row.values[2].value.unwrap();
        let Interval { lower, upper } = of_days.sampling.unwrap();
        assert!((upper - ratio - half).abs() < 1e-4 * half, "{upper} {ratio} {half}");
        assert!((ratio - lower - half).abs() < 1e-4 * half, "{lower} {ratio} {half}");
        assert_eq!(of_days.combined, of_days.sampling);
    }
    // In one week the second asset has three days.
    let range = QueryRange::Days { from: Some(day("2026-01-01")), to: Some(day("2026-01-07")) };
    let answer = ask(&cubes, Query { range, ..query(group_by(&["asset"])) }).await;
    assert_eq!(basis(row(&answer, "asset-0")), [NoRate, People, Days, NoRate]);
    assert_eq!(basis(row(&answer, "asset-1")), [NoRate, People, FewDays, NoRate]);
    // By day each row has one.
    let answer = ask(&cubes, query(group_by(&["day", "asset"]))).await;
    assert!(answer.rows.iter().all(|row| basis(row) == [NoRate, People, FewDays, NoRate]));
    assert_eq!(basis(&answer.total), [NoRate, People, Days, NoRate]);
}

/// Half the interval from the settled days of an asset, or of all: `scipy.stats.t.ppf(0.975, n - 1)` for seven and
/// eleven days.
fn half_between_days(events: &[Event], asset: Option<&str>) -> f64 {
    let mut of_day: BTreeMap<Date, [f64; 2]> = BTreeMap::new();
    for event in events.iter().filter(|event| event.day < day("2026-01-12")) {
        if asset.is_none_or(|asset| event.asset.as_deref() == Some(asset)) {
            of_day.entry(event.day).or_default()[usize::from(event.seconds.is_some())] += 1.0;
        }
    }
    let n = of_day.len() as f64;
    let [impressions, plays] =
        [0, 1].map(|at| of_day.values().map(|counts| counts[at]).sum::<f64>());
    let squares: f64 =
        of_day.values().map(|[below, above]| (above - plays / impressions * below).powi(2)).sum();
    let quantile = match of_day.len() {
        7 => 2.446_911_851_144_97,
        11 => 2.228_138_851_964_939,
        n => panic!("{n} days"),
    };
    // Our 1.96 is a quantile of 1.959 964, rounded.
    quantile * (squares * n / (n - 1.0)).sqrt() / impressions
}
