//! Comparisons against sets of people: the bounds keep their promise, and are no wider than necessary.

use clio_proto::Expression;
use clio_sketch::{Family, Precision};

use super::*;

const FAMILY: Family = Family::HllPlusPlus;

/// Hashes of people, the same in every run (SplitMix64, by Sebastiano Vigna).
struct Hashes(u64);

impl Hashes {
    fn some(&mut self, n: usize) -> Vec<u64> {
        let next = || {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        std::iter::repeat_with(next).take(n).collect()
    }
}

fn distinct(side: &mut Side, people: &[u64]) {
    let mut sketch = Sketch::new(FAMILY, Precision::try_new(12).unwrap());
    sketch.insert_hashes(people);
    side.push(super::super::estimates::value_of(sketch.estimate()), Some(sketch));
}

/// Viewers at 0, players, who are a subset, at 1, impressions at 2.
fn side(viewers: &[u64], players: &[u64], impressions: i128) -> Side {
    let mut side = Side::default();
    distinct(&mut side, viewers);
    distinct(&mut side, players);
    side.push(Value::whole(impressions), None);
    side
}

fn outputs() -> [Output; 4] {
    let derived = |text: &str, of: &[(&str, usize)]| Output::Derived {
        expression: Expression::parse(text).unwrap(),
        of: of.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect(),
        parts: vec![("players".to_owned(), "viewers".to_owned())],
    };
    [
        Output::Stored(0),
        Output::Stored(2),
        derived("players / viewers", &[("players", 1), ("viewers", 0)]),
        derived("impressions / viewers", &[("impressions", 2), ("viewers", 0)]),
    ]
}

/// The numbers of people on both sides, and on each side alone, and the fraction of them who play on each side.
struct Case {
    both: usize,
    own: usize,
    other: usize,
    plays: [usize; 2],
}

/// One draw: the estimates and the true values, difference and ratio for each output.
fn draw(case: &Case, seed: u64) -> Vec<(Value, f64)> {
    let mut hashes = Hashes(seed);
    let [both, own, other] = [case.both, case.own, case.other].map(|n| hashes.some(n));
    let sides = [[&both[..], &own].concat(), [&both[..], &other].concat()];
    // The same people play on both sides, as far as possible.
    let plays = |side: usize| -> Vec<u64> {
        let parts = [&both[..], if side == 0 { &own } else { &other }];
        let some = |people: &&[u64]| people[..people.len() * case.plays[side] / 100].to_vec();
        parts.iter().flat_map(some).collect()
    };
    let players = [plays(0), plays(1)];
    let found: Vec<Side> =
        (0..2).map(|at| side(&sides[at], &players[at], 70_000 + 9_000 * at as i128)).collect();
    let truth = |at: usize| {
        let [viewers, players] = [sides[at].len(), players[at].len()].map(|n| n as f64);
        let impressions = (70_000 + 9_000 * at) as f64;
        [viewers, impressions, players / viewers, impressions / viewers]
    };
    let compared = compare(&outputs(), &found[0], &found[1]);
    compared
        .iter()
        .zip(truth(0).into_iter().zip(truth(1)))
        .flat_map(|(compared, (own, other))| {
            [(compared.difference, own - other), (compared.ratio, own / other)]
        })
        .collect()
}

/// 95 % bounds of differences and ratios: each holds in at least 94 % of draws less five standard deviations of such a
/// share, all together in at least 94 %. And none is half as wide again as the actual errors: assuming independent
/// errors would make those of the second case, where four fifths are the same people, twice too wide.
#[test]
fn the_bounds_cover() {
    let n_draws = 300_u64;
    let cases = [
        Case { both: 0, own: 20_000, other: 24_000, plays: [50, 40] },
        Case { both: 20_000, own: 2_500, other: 2_500, plays: [70, 70] },
        Case { both: 8_000, own: 8_000, other: 30_000, plays: [20, 30] },
        Case { both: 30_000, own: 600, other: 0, plays: [90, 50] },
        Case { both: 900, own: 100, other: 40_000, plays: [40, 60] },
        Case { both: 300, own: 200, other: 100, plays: [50, 50] },
    ];
    let (mut n_held, mut n_all) = (0, 0);
    for (number, case) in (0_u64..).zip(&cases) {
        let draws: Vec<_> =
            (0..n_draws).map(|seed| draw(case, seed << 8 | number << 40 | 1)).collect();
        for at in 0..draws[0].len() {
            let of_draws = draws.iter().map(|draw| draw[at]);
            let holds = |(found, truth): (Value, f64)| {
                let slack = 1e-9 * truth.abs();
                found.lower.unwrap() - slack <= truth && truth <= found.upper.unwrap() + slack
            };
            let held = of_draws.clone().filter(|draw| holds(*draw)).count();
            let deviation = (0.94 * 0.06 / n_draws as f64).sqrt();
            let share = held as f64 / n_draws as f64;
            assert!(share >= 0.94 - 5.0 * deviation, "case {number}, number {at}: {share}");
            (n_held, n_all) = (n_held + held, n_all + draws.len());
            let error =
                of_draws.clone().map(|(found, truth)| (found.value.unwrap() - truth).powi(2));
            let error = (error.sum::<f64>() / n_draws as f64).sqrt();
            let width = of_draws.map(|(found, _)| found.upper.unwrap() - found.lower.unwrap());
            let width = width.sum::<f64>() / n_draws as f64 / (2.0 * 1.96);
            // With coupons alone a collision is the only error, and bounds are whole people.
            if number < 4 && error > 0.0 {
                assert!(width < 1.5 * error, "case {number}, number {at}: {width} {error}");
            }
        }
    }
    let share = n_held as f64 / n_all as f64;
    assert!(share >= 0.94, "{share}");
}

#[test]
fn counts_are_compared_exactly_at_any_size() {
    let of = |impressions: i128| side(&[], &[], impressions);
    let large = 1_i128 << 80;
    let found = compare(&outputs()[1..2], &of(large + 3), &of(large));
    assert_eq!(found[0].difference, Value::exact(3.0));
    assert!(!found[0].ratio.exact);
    let found = compare(&outputs()[1..2], &of(3), &of(-4));
    assert_eq!((found[0].difference, found[0].ratio), (Value::exact(7.0), Value::exact(-0.75)));
    let found = compare(&outputs()[1..2], &of(3), &of(0));
    assert_eq!((found[0].difference, found[0].ratio), (Value::exact(3.0), Value::undefined()));
}

#[test]
fn where_a_side_has_no_value_there_is_neither_difference_nor_ratio() {
    let own = side(&Hashes(1).some(5), &Hashes(1).some(3), 5);
    for compared in compare(&outputs(), &own, &Side::undefined(3)).into_iter().chain(
        compare(&outputs(), &Side::undefined(3), &own)
            .into_iter()
            .map(|own| Compared { other: Value::undefined(), ..own }),
    ) {
        assert_eq!(compared.other, Value::undefined());
        assert_eq!((compared.difference, compared.ratio), (Value::undefined(), Value::undefined()));
    }
    // Nobody is no viewer, and the take rate is 0 / 0.
    let found = compare(&outputs(), &own, &side(&[], &[], 0));
    assert_eq!((found[0].difference, found[0].ratio), (Value::exact(5.0), Value::undefined()));
    assert_eq!((found[2].other, found[2].difference), (Value::undefined(), Value::undefined()));
}

#[test]
fn a_side_differs_from_itself_by_nothing() {
    let many = Hashes(5).some(30_000);
    let own = side(&many, &many[..9_000], 5);
    for compared in compare_with_itself(&outputs(), &own) {
        assert_eq!((compared.difference, compared.ratio), (Value::exact(0.0), Value::exact(1.0)));
    }
    let nothing = compare_with_itself(&outputs(), &side(&[], &[], 0));
    assert_eq!((nothing[0].difference, nothing[0].ratio), (Value::exact(0.0), Value::undefined()));
    assert_eq!(nothing[2].difference, Value::undefined());
    // The other side may have the same sketches but differ in what they do not show.
    let found = compare(&outputs()[..1], &own, &side(&many, &[], 5));
    assert_eq!(found[0].difference.value, Some(0.0));
    assert!(!found[0].difference.exact && found[0].difference.upper > Some(0.0));
}

/// Ends of buckets are not random errors: they add up instead of cancelling out.
#[test]
fn what_comes_of_certain_bounds_is_certain() {
    let side = |value: Value| {
        let mut side = Side::default();
        side.push_certain(value);
        side
    };
    let of = |own: Value, other: Value| {
        compare(&[Output::Stored(0)], &side(own), &side(other)).remove(0)
    };
    let short = Value::estimate(10.0, 9.5, 10.5, false);
    let long = Value::estimate(20.0, 19.0, 21.0, false);
    let found = of(long, short);
    assert_eq!(found.difference, Value::estimate(10.0, 8.5, 11.5, false));
    assert_eq!(found.ratio, Value::estimate(2.0, 19.0 / 10.5, 21.0 / 9.5, false));

    let exact = of(Value::exact(3.0), Value::exact(0.0));
    assert_eq!((exact.difference, exact.ratio), (Value::exact(3.0), Value::undefined()));
    let around_zero = of(short, Value::estimate(1.0, -1.0, 2.0, false));
    assert_eq!((around_zero.ratio.value, around_zero.ratio.lower), (Some(10.0), None));
    let nothing = of(short, Value::undefined());
    assert_eq!((nothing.difference, nothing.ratio), (Value::undefined(), Value::undefined()));
}
