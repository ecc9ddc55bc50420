//! The ranks that a group may have, given the bounds of its value and of the others'.
//!
//! After Martin Klein, Tommy Wright and Jerzy Wieczorek, "A joint confidence region for an overall ranking of
//! populations" (2020, <https://doi.org/10.1111/rssc.12402>): if all numbers lie in their intervals simultaneously, a
//! number ranks after those whose intervals lie entirely above its own, and before those whose intervals lie entirely
//! below. The intervals are widened for that by the Bonferroni correction, which holds however the errors of sketches
//! are correlated.

use clio_proto::{Direction, Rank, Value};

use crate::normal::quantile;
use crate::propagation::Z_95;

/// The fraction of answers in which some number may be outside its interval.
const SHARE_OUTSIDE: f64 = 0.05;

/// The ranks of groups by one measure's values; `None` for undefined values.
///
/// Takes as much time as sorting.
pub(super) fn ranks(values: &[Value], direction: Direction) -> Vec<Option<Rank>> {
    let n_estimated = values.iter().filter(|value| value.value.is_some() && !value.exact).count();
    let wider = times_as_wide(n_estimated);
    let intervals: Vec<Option<(f64, f64)>> =
        values.iter().map(|value| interval(value, wider)).collect();
    let sorted = |end: fn(&(f64, f64)) -> f64| {
        let mut ends: Vec<f64> = intervals.iter().flatten().map(end).collect();
        ends.sort_unstable_by(f64::total_cmp);
        ends
    };
    let (lowers, uppers) = (sorted(|interval| interval.0), sorted(|interval| interval.1));
    let n = lowers.len();
    let place = |(lower, upper): (f64, f64)| {
        let n_above = n - lowers.partition_point(|other| *other <= upper);
        let n_below = uppers.partition_point(|other| *other < lower);
        let (before, behind) = match direction {
            Direction::Descending => (n_above, n_below),
            Direction::Ascending => (n_below, n_above),
        };
        Rank { best: before as u64 + 1, worst: (n - behind) as u64 }
    };
    intervals.into_iter().map(|interval| interval.map(place)).collect()
}

/// The factor by which 95 % bounds must be widened for this many intervals to hold simultaneously.
fn times_as_wide(n_estimated: usize) -> f64 {
    match n_estimated {
        0 | 1 => 1.0,
        n => quantile(1.0 - SHARE_OUTSIDE / 2.0 / n as f64) / Z_95,
    }
}

/// The interval of a value, widened from its bounds by a factor: upwards on a logarithmic scale, and downwards on a
/// linear one, which is the wider choice on either side.
fn interval(value: &Value, wider: f64) -> Option<(f64, f64)> {
    let own = value.value?;
    if value.exact {
        return Some((own, own));
    }
    let (Some(lower), Some(upper)) = (value.lower, value.upper) else {
        return Some((f64::NEG_INFINITY, f64::INFINITY));
    };
    let linear = own + (upper - own) * wider;
    let upper = if own > 0.0 { (own * (upper / own).powf(wider)).max(linear) } else { linear };
    Some((own - (own - lower) * wider, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(values: &[Value], direction: Direction) -> Vec<Option<(u64, u64)>> {
        let ranks = ranks(values, direction);
        ranks.into_iter().map(|rank| rank.map(|rank| (rank.best, rank.worst))).collect()
    }

    #[test]
    fn exact_numbers_have_one_place_unless_they_are_equal() {
        let values = [5.0, 9.0, 7.0, 7.0].map(Value::exact);
        let down = [Some((4, 4)), Some((1, 1)), Some((2, 3)), Some((2, 3))];
        assert_eq!(places(&values, Direction::Descending), down);
        let up = [Some((1, 1)), Some((4, 4)), Some((2, 3)), Some((2, 3))];
        assert_eq!(places(&values, Direction::Ascending), up);
        assert!(places(&[], Direction::Ascending).is_empty());
    }

    /// Values of SciPy's `norm.ppf` over 1.96 (`tests/peers/statistics/stored.py`).
    #[test]
    fn intervals_are_as_much_wider_as_scipy_says() {
        for (n, expected) in [
            (0, 1.0),
            (1, 1.0),
            (2, 1.143_572_820_206_605_6),
            (10, 1.432_160_085_889_699_5),
            (100, 1.775_896_124_666_450_2),
            (50_000, 2.495_733_916_181_01),
        ] {
            assert!((times_as_wide(n) - expected).abs() < 1e-8, "{n}");
        }
    }

    #[test]
    fn numbers_whose_intervals_meet_share_their_places() {
        let of = |value: f64| Value::estimate(value, value * 0.98, value * 1.02, false);
        let values = [of(1000.0), of(1010.0), of(500.0), Value::undefined(), Value::exact(990.0)];
        let expected = [Some((1, 3)), Some((1, 3)), Some((4, 4)), None, Some((1, 3))];
        assert_eq!(places(&values, Direction::Descending), expected);
        let unbounded = Value { lower: None, upper: None, ..of(3.0) };
        let values = [unbounded, Value::exact(1.0), Value::exact(2.0)];
        assert_eq!(places(&values, Direction::Descending)[0], Some((1, 3)));
    }

    /// All ranks hold simultaneously in at least 95 of 100 answers: numbers with normal errors, many of them close
    /// together.
    #[test]
    fn places_hold_all_at_once() {
        let (n_answers, n_groups, error) = (400_u64, 30_u64, 0.01);
        let uniform = |i: u64| {
            let mixed = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((mixed ^ (mixed >> 29)) >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut n_held = 0;
        for answer in 0..n_answers {
            let values: Vec<Value> = (0..n_groups)
                .map(|group| {
                    let truth = 1000.0 + 4.0 * group as f64;
                    let draw = uniform(answer * n_groups + group).clamp(1e-9, 1.0 - 1e-9);
                    let found = truth * (1.0 + error * quantile(draw));
                    let bounds = (found * (-Z_95 * error).exp(), found / (1.0 - Z_95 * error));
                    Value::estimate(found, bounds.0, bounds.1, false)
                })
                .collect();
            let ranks = ranks(&values, Direction::Ascending);
            let holds = |(group, rank): (u64, &Option<Rank>)| {
                rank.is_some_and(|rank| (rank.best..=rank.worst).contains(&(group + 1)))
            };
            n_held += u64::from((0..n_groups).zip(&ranks).all(holds));
            // They are informative: the first is not the last.
            assert!(ranks[0].unwrap().worst < n_groups);
        }
        assert!(n_held * 100 >= n_answers * 95, "{n_held} of {n_answers}");
    }
}
