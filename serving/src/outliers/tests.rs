//! The parts against reference values, and lists against planted outliers.

mod simulation;

use std::collections::BTreeSet;

use super::listed::{Chance, listed};
use super::mix::{Factors, Seen, step_of_age};
use super::ratio::{MIN_DAYS, Ratio, binomial, clustered};
use super::spread::Spread;

/// The result of `scipy.optimize.minimize` for [`example`], the best of twenty starting points.
const EXPECTED_LOG_LIKELIHOOD: f64 = 30.762_124;
const EXPECTED_CENTRES: [f64; 3] = [-2.306_838, -1.508_657, -1.006_947];
/// With it, the probability that the star is beyond 0.36, by `scipy.stats.norm`.
const EXPECTED_STAR: f64 = 0.684_939;

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} {expected}");
}

fn ratio(log: f64, variance: f64) -> Ratio {
    Ratio { log, variance }
}

/// By hand: ten days alternating between 10 and 14 of 100; residuals of 2, so that Σ is 40 and the variance 40 · 10 / 7
/// / 120.5².
#[test]
fn a_rate_varies_as_its_days_do() {
    let days = |n: usize| -> Vec<(f64, f64)> {
        (0..n).map(|day| (if day % 2 == 0 { 10.0 } else { 14.0 }, 100.0)).collect()
    };
    assert_eq!(Ratio::of(&days(MIN_DAYS - 1), 0.0), None);
    let found = Ratio::of(&days(10), 0.0).unwrap();
    close(found.log, (120.5_f64 / 1_000.0).ln(), 1e-12);
    close(found.variance, 40.0 * 10.0 / 7.0 / (120.5 * 120.5), 1e-12);
    close(Ratio::of(&days(10), 0.5).unwrap().variance, 0.5, 1e-12);
    assert_eq!(Ratio::of(&[(0.0, 0.0); 12], 0.0), None);
}

#[test]
fn events_of_few_people_say_less() {
    close(binomial(20.0, 100.0, 1.0), 0.8 / 20.0, 1e-12);
    close(binomial(20.0, 100.0, 3.0), 2.4 / 20.0, 1e-12);
    // Independent events: of people with five each, 1 - 0.8⁵ did it at least once.
    close(clustered(0.2, 5.0, 1.0 - 0.8_f64.powi(5)), 1.0, 1e-9);
    // Whoever does it once always does.
    close(clustered(0.2, 5.0, 0.2), 1.0 + 2.0 * 4.0, 1e-6);
    close(clustered(0.2, 1.0, 0.2), 1.0, 1e-12);
}

/// `scipy.optimize.minimize` (BFGS), over the weights by a softmax and over the centres, maximises the same likelihood
/// in another way.
#[test]
fn the_spread_is_the_likeliest() {
    let (members, n_groups) = example();
    let spread = Spread::of(&members, n_groups);
    close(log_likelihood(&spread, &members), EXPECTED_LOG_LIKELIHOOD, 2e-3);
    for (group, expected) in EXPECTED_CENTRES.into_iter().enumerate() {
        close(spread.centre(group), expected, 2e-3);
    }
    close(spread.weights.iter().sum::<f64>(), 1.0, 1e-9);
    let star = spread.place(0, &members[3].1);
    close(star.above(0.36), EXPECTED_STAR, 5e-3);
    close(star.above(0.1) + star.below(0.1), 1.0, 1e-12);
    close(star.above(star.exceeded(0.25)), 0.25, 1e-6);
}

/// Three groups: one with a star, one with a weak member, one of equals.
fn example() -> (Vec<(usize, Ratio)>, usize) {
    let logs = [
        (0, -2.31, 0.0009),
        (0, -2.27, 0.0016),
        (0, -2.30, 0.0025),
        (0, -1.92, 0.0016),
        (0, -2.33, 0.0009),
        (1, -1.52, 0.0004),
        (1, -1.48, 0.0012),
        (1, -1.90, 0.0036),
        (1, -1.50, 0.0010),
        (2, -1.01, 0.0020),
        (2, -0.98, 0.0020),
        (2, -1.03, 0.0008),
        (2, -0.99, 0.0010),
    ];
    (logs.into_iter().map(|(group, log, variance)| (group, ratio(log, variance))).collect(), 3)
}

/// The log-likelihood of all members, without the constant.
fn log_likelihood(spread: &Spread, members: &[(usize, Ratio)]) -> f64 {
    let width = |part: usize| match part {
        0 => 0.0,
        part => 0.02 * 2.0_f64.powf((part as f64 - 1.0) / 2.0),
    };
    let of = |(group, own): &(usize, Ratio)| {
        let density = |(part, weight): (usize, &f64)| {
            let variance = own.variance + width(part).powi(2);
            let off = own.log - spread.centre(*group);
            weight * (-0.5 * off * off / variance).exp() / variance.sqrt()
        };
        spread.weights.iter().enumerate().map(density).sum::<f64>().ln()
    };
    members.iter().map(of).sum()
}

fn chance(member: usize, error: f64, error_of_half: f64) -> Chance {
    Chance { member, error, error_of_half }
}

/// By hand: 0.02 + 0.1 + 0.18 is 0.3, a tenth on average; another 0.2 is too much.
#[test]
fn lists_are_as_long_as_their_error_allows() {
    let of = |errors: &[f64]| {
        let chances: Vec<Chance> =
            errors.iter().enumerate().map(|(at, own)| chance(at, *own, *own)).collect();
        listed(&chances, &BTreeSet::new())
    };
    assert_eq!(of(&[0.2, 0.1, 0.02, 0.18]), BTreeSet::from([1, 2, 3]));
    assert_eq!(of(&[0.11, 0.5]), BTreeSet::new());
    assert_eq!(of(&[]), BTreeSet::new());
}

#[test]
fn who_was_listed_stays_until_below_half_of_the_bar() {
    let chances =
        [chance(0, 0.05, 0.01), chance(1, 0.4, 0.1), chance(2, 0.4, 0.1), chance(3, 0.9, 0.6)];
    let before = BTreeSet::from([1, 3]);
    assert_eq!(listed(&chances, &before), BTreeSet::from([0, 1]));
    assert_eq!(listed(&chances, &BTreeSet::new()), BTreeSet::from([0]));
    // Also alone, and not if it does not reach half of the threshold.
    assert_eq!(listed(&chances[1..], &before), BTreeSet::from([1]));
    assert_eq!(listed(&chances[3..], &before), BTreeSet::new());
}

/// Members with equal rates: one was shown where people play twice as much, another when it was new and played half as
/// much.
#[test]
fn mix_and_age_are_taken_out() {
    let strata = vec![vec![1], vec![2]];
    let mut seen = Vec::new();
    for member in 0..6_u32 {
        for age in [0, 5] {
            for stratum in 0..2_u32 {
                let mostly = u32::from(member % 2 == 0) == stratum;
                let below = if mostly { 90_000.0 } else { 10_000.0 }
                    * if member < 3 && age == 0 { 3.0 } else { 1.0 };
                let rate =
                    0.1 * if stratum == 1 { 2.0 } else { 1.0 } * if age == 0 { 0.5 } else { 1.0 };
                seen.push(Seen { member, age, stratum, above: below * rate, below });
            }
        }
    }
    let factors = Factors::fit(&seen, &strata, &[3]);
    let ratio = factors.of(0, &[2]) / factors.of(0, &[1]);
    close(ratio, 2.0, 5e-3);
    close(factors.of(0, &[1]) / factors.of(5, &[1]), 0.5, 5e-3);
    let rate_of = |member: u32| {
        let own = seen.iter().filter(|own| own.member == member);
        let (above, expected) = own.fold((0.0, 0.0), |sum, own| {
            (
                sum.0 + own.above,
                sum.1 + own.below * factors.of(own.age, &strata[own.stratum as usize]),
            )
        });
        above / expected
    };
    for member in 1..6 {
        close(rate_of(member) / rate_of(0), 1.0, 5e-3);
    }
    // Without the adjustment, the one in the better stratum would look better by half.
    let raw = |member: u32| {
        let own = seen.iter().filter(|own| own.member == member && own.age == 5);
        let (above, below) =
            own.fold((0.0, 0.0), |sum, own| (sum.0 + own.above, sum.1 + own.below));
        above / below
    };
    assert!(raw(0) / raw(1) > 1.5, "{} {}", raw(0), raw(1));
}

/// The same by `scipy.optimize.minimize` (BFGS): the likelihood of a Poisson regression on members, ages and both
/// dimensions, with 5 (ln f - f) for each factor, which is the prior of five events.
#[test]
fn factors_are_those_of_a_poisson_regression() {
    let strata = [vec![0, 0], vec![1, 0], vec![1, 1], vec![2, 1]];
    let mut seen = Vec::new();
    for (member, age, stratum) in (0..4_u32)
        .flat_map(|m| [0, 2, 5_u32].into_iter().flat_map(move |a| (0..4).map(move |s| (m, a, s))))
    {
        let more = if (member + stratum) % 4 == 0 { 400 } else { 0 };
        seen.push(Seen {
            member,
            age: age as usize,
            stratum,
            above: f64::from(5 + (7 * member + 3 * age + 11 * stratum) % 23),
            below: f64::from(200 + 70 * ((3 * member + 5 * age + 2 * stratum) % 7) + more),
        });
    }
    let factors = Factors::fit(&seen, &strata, &[3, 2]);
    let first = factors.of(0, &strata[0]);
    for (age, stratum, expected) in EXPECTED_FACTORS {
        close(factors.of(age, &strata[stratum]) / first, expected, 1e-3);
    }
}

/// By age bracket and stratum, relative to the first of both.
const EXPECTED_FACTORS: [(usize, usize, f64); 3] =
    [(2, 1, 0.843_244), (5, 2, 1.099_148), (0, 3, 0.764_658)];

#[test]
fn ages_have_steps() {
    let steps = [0, 1, 2, 3, 6, 7, 13, 14, 27, 28, 500].map(|days| step_of_age(Some(days)));
    assert_eq!(steps, [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    assert_eq!((step_of_age(None), step_of_age(Some(-1))), (5, 0));
}
