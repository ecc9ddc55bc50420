//! Verdicts of a model that withholds groups of fewer than ten people, compared with those of the same events without
//! that.

use std::collections::BTreeSet;

use clio_proto::{Comparison, CubeService as _, Extra, Query, Value, Verdict, VerdictWord};

use super::events::{Event, Numbers, days};
use super::lake::TestLake;
use super::queries::{field, group_by, open};
use super::verdicts::model;

/// Two assets of 120 people, the second one from the fifth day on; and a third with 120 people before that, and six
/// from then on.
fn events() -> Vec<Event> {
    let mut numbers = Numbers(3);
    let mut events = Vec::new();
    for (at, day) in days("2026-01-01", "2026-01-30").into_iter().enumerate() {
        for (asset, rate) in [600, 200, 500].into_iter().enumerate() {
            let (first, n_people, n_events) = match (asset, at < 4) {
                (1, true) => continue,
                (2, true) => (1_000, 120, 60),
                (2, false) => (2_000, 6, 8),
                _ => (0, 120, 40),
            };
            for _ in 0..n_events {
                let profile = first + numbers.below(n_people) as u64;
                let event = Event {
                    day,
                    asset: Some(format!("asset-{asset}")),
                    country: Some(if profile.is_multiple_of(2) { "DE" } else { "US" }.to_owned()),
                    audiences: BTreeSet::new(),
                    profile,
                    clicks: 0,
                    seconds: None,
                };
                let plays = numbers.below(1_000) < rate;
                events.push(event.clone());
                events.extend(plays.then_some(Event { seconds: Some(50.0), ..event }));
            }
        }
    }
    events
}

/// The verdict on an asset's take rate compared with the second one.
async fn verdict(model: &str, asset: &str) -> Verdict {
    let lake = TestLake::with_model(model, events());
    let other = Some("asset-1".to_owned());
    let query = Query {
        group_by: group_by(&["asset"]),
        extras: vec![Extra::Verdicts],
        compare: Some(Comparison::Member { field: field("asset"), value: other }),
        ..Query::total(["viewers", "take_rate"])
    };
    let answer = open(&lake).await.query(query, None).await.unwrap();
    let is_it = |row: &&clio_proto::Row| row.keys[0].value.as_deref() == Some(asset);
    let row = answer.rows.iter().find(is_it).unwrap();
    // Over all of the days it is shown.
    assert!(row.values.iter().all(|value| value.value.is_some()), "{row:?}");
    row.verdicts[1].clone().unwrap()
}

fn with_min_people() -> String {
    model().replace("timezone = \"UTC\"", "timezone = \"UTC\"\nmin_people = 10")
}

#[tokio::test]
async fn nothing_is_said_of_few_people_on_the_common_days() {
    let whole = verdict(&model(), "asset-2").await;
    assert!(whole.own.is_some() && whole.difference.value.is_some(), "{whole:?}");
    assert_eq!(whole.n_days, 25);
    let found = verdict(&with_min_people(), "asset-2").await;
    let expected = Verdict {
        word: VerdictWord::TooLittleData,
        own: None,
        other: None,
        difference: Value::withheld(),
        n_days: 25,
        smallest_lift: None,
        more_days: None,
        exposure: None,
        mix: None,
    };
    assert_eq!(found, expected);
}

/// One of 120 people more or less moves a rate by less than its last digit, so that digits do not reveal the number of
/// people.
#[tokio::test]
async fn of_enough_people_the_word_is_the_same_and_digits_are_few() {
    let whole = verdict(&model(), "asset-0").await;
    let found = verdict(&with_min_people(), "asset-0").await;
    assert_eq!((whole.word, found.word), (VerdictWord::Higher, VerdictWord::Higher));
    assert_eq!(whole.n_days, found.n_days);
    for (own, exact) in [(found.own, whole.own), (found.other, whole.other)] {
        let (own, exact) = (own.unwrap(), exact.unwrap());
        // Ten of 120 people are a twelfth, which is more than a hundredth of a rate of 0.2 or 0.6.
        let step = 10.0_f64.powf((exact * 10.0 / 120.0).log10().ceil());
        assert!(((own / step).round() - own / step).abs() < 1e-9, "{own} {step}");
        assert!((own - exact).abs() <= step / 2.0 + 1e-9, "{own} {exact}");
    }
    let (told, exact) = (found.difference, whole.difference);
    assert!(told.lower.unwrap() <= exact.lower.unwrap(), "{told:?} {exact:?}");
    assert!(told.upper.unwrap() >= exact.upper.unwrap(), "{told:?} {exact:?}");
    assert!(whole.mix.is_some() && found.mix.is_none(), "{whole:?}");
}
