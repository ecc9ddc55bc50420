//! The formulas against stored values of SciPy 1.17 and statsmodels 0.14, and properties for all numbers.

mod pictures;
mod simulation;
mod worlds;

pub(crate) use worlds::Numbers;

use clio_proto::VerdictWord;
use proptest::prelude::{prop_assert, proptest};

use super::people::{correlation, none_in};
use super::sequence::{boundary, evidence, n_told};
use super::student::{ln_gamma, narrowed, normal_tail, student_tail, widened};
use super::*;

fn close(found: f64, expected: f64, tolerance: f64) {
    let scale = expected.abs().max(1e-300);
    assert!((found - expected).abs() <= tolerance * scale, "{found} {expected}");
}

/// `statsmodels.stats.proportion.proportion_confint(k, n, method="wilson")`.
#[test]
fn wilson_is_that_of_statsmodels() {
    for (k, n, lower, upper) in [
        (0.0, 10.0, 0.0, 0.277_532_799_862_889_26),
        (1.0, 10.0, 0.017_876_213_095_072_924, 0.404_150_026_795_238_54),
        (5.0, 10.0, 0.236_593_090_512_564_4, 0.763_406_909_487_436_1),
        (351.0, 1_990.0, 0.160_263_921_057_674_12, 0.193_746_903_473_069_22),
        (0.0, 5.0, 0.0, 0.434_482_464_783_174_87),
        (5.0, 5.0, 0.565_517_535_216_825_2, 1.0),
        (17.0, 100.0, 0.108_935_661_140_599_3, 0.255_480_047_676_071_3),
    ] {
        let (found_lower, found_upper) = wilson(k / n, n);
        // Our 1.96 is a quantile of 1.959 964, rounded.
        assert!((found_lower - lower).abs() < 2e-5, "{k} of {n}: {found_lower} {lower}");
        assert!((found_upper - upper).abs() < 2e-5, "{k} of {n}: {found_upper} {upper}");
    }
}

/// `scipy.stats.norm.sf`, `scipy.stats.t.sf`, `scipy.special.gammaln`.
#[test]
fn tails_are_those_of_scipy() {
    for (z, expected) in [
        (0.0, 0.5),
        (0.5, 0.308_537_538_725_986_9),
        (1.0, 0.158_655_253_931_457_07),
        (1.96, 0.024_997_895_148_220_435),
        (3.2, 0.000_687_137_937_915_847_1),
        (4.5, 3.397_673_124_730_053_5e-6),
        (6.0, 9.865_876_450_376_946e-10),
        (-1.2, 0.884_930_329_778_291_8),
        (-3.0, 0.998_650_101_968_369_9),
    ] {
        close(normal_tail(z), expected, 1e-11);
    }
    for (t, n_degrees, expected) in [
        (0.0, 3.0, 0.5),
        (1.0, 1.0, 0.25),
        (2.5, 9.0, 0.016_930_913_841_492_867),
        (4.0, 9.0, 0.001_555_214_155_192_927_2),
        (3.2, 29.0, 0.001_659_221_231_740_876_5),
        (6.5, 6.0, 0.000_315_612_570_888_313_2),
        (12.0, 4.0, 0.000_138_214_274_251_486_5),
    ] {
        close(student_tail(t, n_degrees), expected, 1e-7);
    }
    for (x, expected) in [
        (0.1, 2.252_712_651_734_206),
        (0.5, 0.572_364_942_924_7),
        (2.5, 0.284_682_870_472_919_2),
        (10.0, 12.801_827_480_081_469),
        (123.4, 469.336_097_442_190_6),
        (1e6, 12_815_504.569_147_611),
    ] {
        close(ln_gamma(x), expected, 1e-12);
    }
}

/// `-scipy.stats.t.ppf(scipy.stats.norm.sf(z), n_degrees)`.
#[test]
fn boundaries_are_widened_as_students_distribution_is() {
    for (z, n_degrees, expected) in [
        (3.2, 9.0, 4.555_910_628_793_932),
        (2.6, 9.0, 3.293_751_188_859_897),
        (3.4, 29.0, 3.807_013_046_223_457),
        (1.959_963_984_540_054, 6.0, 2.446_911_851_144_979_4),
        (4.5, 13.0, 7.215_138_965_197_673),
        (3.0, 99.0, 3.077_549_117_404_891_5),
    ] {
        close(widened(z, n_degrees), expected, 1e-8);
        close(narrowed(expected, n_degrees), z, 1e-8);
    }
}

/// `scipy.special.lambertw` gives the mixture, and Python the rest.
#[test]
fn boundaries_are_those_of_the_sequence() {
    for (level, n_days, expected) in [
        (0.025, 10.0, 3.287_846_270_839_55),
        (0.025, 14.0, 3.279_167_260_202_291_4),
        (0.025, 30.0, 3.311_330_081_253_807_6),
        (0.025, 90.0, 3.422_839_892_372_277_6),
        (0.025 / 3.0, 20.0, 3.627_645_555_111_634_7),
    ] {
        close(boundary(level, n_days), expected, 1e-12);
        close(evidence(expected, n_days), 1.0 / level, 1e-10);
    }
    for (z, n_days, expected) in [
        (0.0, 10.0, 0.354_298_550_389_261_17),
        (2.0, 14.0, 1.870_891_048_625_224),
        (3.5, 30.0, 73.853_606_291_490_07),
        (5.0, 90.0, 27_630.831_222_356_774),
    ] {
        close(evidence(z, n_days), expected, 1e-12);
    }
}

/// `scipy.stats.betabinom.pmf(0, n_days, …)`.
#[test]
fn who_never_plays_is_beta_binomial() {
    for (mean, alike, n_days, expected) in [
        (0.17, 0.1, 8.0, 0.337_029_255_256_518_7),
        (0.17, 0.3, 17.5, 0.378_760_424_674_666_1),
        (0.05, 0.02, 3.0, 0.860_048_970_588_235_5),
        (0.5, 0.9, 30.0, 0.404_046_341_909_193),
    ] {
        close(none_in(mean, alike, n_days), expected, 1e-10);
        close(correlation(mean, n_days, expected), alike, 1e-6);
    }
    // Independent days, and people who are always the same.
    close(correlation(0.17, 8.0, 0.83_f64.powi(8)), 0.0, 1e-300);
    close(correlation(0.17, 8.0, 0.83), 1.0, 1e-8);
    close(correlation(0.17, 1.0, 0.83), 0.0, 1e-300);
}

/// By hand: of five, the third has at least 5 · 0.1⁻¹ / 3 = 16.7, and so the first two are included with it.
#[test]
fn those_with_most_evidence_are_told() {
    assert_eq!(n_told(&[60.0, 1.0, 20.0, 17.0, 12.0], 0.1), 3);
    assert_eq!(n_told(&[49.0, 20.0], 0.1), 2);
    assert_eq!(n_told(&[9.9], 0.1), 0);
    assert_eq!(n_told(&[10.0], 0.1), 1);
    assert_eq!(n_told(&[], 0.1), 0);
}

#[test]
fn counting_widens_an_interval_and_no_counting_leaves_it() {
    let (lower, upper) = wilson(0.3, 50.0);
    let (same_lower, same_upper) = combined(0.3, 50.0, 0.0);
    close(same_lower, lower, 1e-12);
    close(same_upper, upper, 1e-12);
    let (wide_lower, wide_upper) = combined(0.3, 50.0, 0.01);
    assert!(wide_lower < lower && upper < wide_upper);
    // Half of the people, for the variance of both together.
    let (half_lower, half_upper) = combined(0.3, 50.0, 0.3 * 0.7 / 50.0);
    assert_eq!((half_lower, half_upper), wilson(0.3, 25.0));
    assert!(combined(1.0, 50.0, 0.01).0 < wilson(1.0, 50.0).0);
}

/// The standard error of a ratio by hand, and `scipy.stats.t.ppf(0.975, 6)` = 2.4469.
#[test]
fn intervals_between_days_are_linearised() {
    let days =
        [(10.0, 100.0), (13.0, 110.0), (8.0, 90.0), (12.0, 95.0), (11.0, 105.0), (9.0, 101.0)];
    assert_eq!(between_days(&days), None);
    let days: Vec<(f64, f64)> = days.into_iter().chain([(14.0, 99.0)]).collect();
    let ratio: f64 = 77.0 / 700.0;
    let squares: f64 = days.iter().map(|(x, n)| (x - ratio * n).powi(2)).sum();
    let expected = 2.446_911_9 * (squares * 7.0 / 6.0).sqrt() / 700.0;
    // Our 1.96 is a quantile of 1.959 964, rounded.
    close(between_days(&days).unwrap(), expected, 1e-4);
    assert_eq!(between_days(&[(0.0, 0.0); 8]), None);
}

/// Both sides the same every day, except for a difference, and a periodic variation of days.
fn sample(n_days: u32, people: f64, rates: (f64, f64), counting: f64) -> Sample {
    let day = |at: u32| {
        let wave = 1.0 + 0.02 * f64::from(at % 3) - 0.02;
        let side = |rate: f64| Rate { people, rate, counting };
        Day { own: side(rates.0 * wave), other: side(rates.1), both: 0.0 }
    };
    let crowd = |rate: f64| Crowd {
        people: people * f64::from(n_days),
        people_of_half: people * f64::from(n_days.div_ceil(2)),
        ever: rate,
    };
    let days = (0..n_days).map(day).collect();
    Sample { days, own: crowd(rates.0), other: crowd(rates.1), both: 0.0 }
}

fn word(sample: &Sample) -> VerdictWord {
    judge(&[sample], 0.05)[0].word
}

#[test]
fn every_word_is_said_where_it_is_due() {
    use VerdictWord::*;
    assert_eq!(word(&sample(20, 20_000.0, (0.2, 0.15), 0.0)), Higher);
    assert_eq!(word(&sample(20, 20_000.0, (0.15, 0.2), 0.0)), Lower);
    assert_eq!(word(&sample(20, 20_000.0, (0.1, 0.1), 0.0)), NoDifference);
    assert_eq!(word(&sample(9, 20_000.0, (0.2, 0.15), 0.0)), TooLittleData);
    assert_eq!(word(&sample(20, 20.0, (0.2, 0.15), 0.0)), TooLittleData);
    assert_eq!(word(&sample(20, 20_000.0, (0.2, 0.19), 0.004)), WithinCountingError);
    // One person who always plays, and another one who never does.
    let one = sample(20, 1.0, (1.0, 0.0), 0.0);
    let alone = |crowd: Crowd| Crowd { people: 1.0, people_of_half: 1.0, ..crowd };
    let one = Sample { own: alone(one.own), other: alone(one.other), ..one };
    assert_eq!(word(&one), TooLittleData);
    // Between the boundaries at 2.5 % and at 10 %: with 12,000 people per day 0.0098 is 3.0 standard errors.
    let near = sample(30, 1_000.0, (0.2098, 0.2), 0.0);
    assert_eq!(word(&near), ProbablyHigher);
    let near = sample(30, 1_000.0, (0.2, 0.2098), 0.0);
    assert_eq!(word(&near), ProbablyLower);
}

#[test]
fn days_until_a_verdict_are_those_that_it_takes() {
    let now = judge(&[&sample(12, 2_000.0, (0.2, 0.2), 0.0)], 0.05)[0];
    assert_eq!(now.word, VerdictWord::TooLittleData);
    let more = now.more_days.unwrap();
    let half = |n_days: u32| {
        judge(&[&sample(n_days, 2_000.0, (0.2, 0.2), 0.0)], 0.05)[0].half_width.unwrap()
    };
    // Only about as many similar days suffice: a period of three days contributes.
    assert!(half(12 + more) <= 0.2 * 0.05 * 1.02, "{more}: {}", half(12 + more));
    assert!(half(12 + more - 3) > 0.2 * 0.05 * 0.98, "{more}: {}", half(12 + more - 3));
    // Counting error alone is as large as a worthwhile difference: no number of days changes that.
    let never = judge(&[&sample(12, 2_000.0, (0.2, 0.2), 0.01)], 0.05)[0];
    assert_eq!(never.more_days, None);
    let few = judge(&[&sample(2, 2_000.0, (0.2, 0.2), 0.0)], 0.05)[0];
    assert_eq!((few.more_days, few.half_width), (Some(8), None));
}

proptest! {
    /// An interval excludes 0 exactly if the word says so, and looking at several comparisons together makes none
    /// narrower.
    #[test]
    fn words_and_intervals_agree(
        rates in proptest::collection::vec((0.01..0.9_f64, 0.9..1.1_f64), 1..6),
        n_days in 10..40_u32,
        people in 50.0..50_000.0_f64,
        counting in 0.0..0.005_f64,
    ) {
        let samples: Vec<Sample> = rates
            .iter()
            .map(|(rate, lift)| sample(n_days, people, (rate * lift, *rate), counting))
            .collect();
        let judged = judge(&samples.iter().collect::<Vec<_>>(), 0.05);
        for (own, sample) in judged.iter().zip(&samples) {
            let half = own.half_width.unwrap();
            let is_told = matches!(own.word, VerdictWord::Higher | VerdictWord::Lower);
            prop_assert!(is_told == ((own.own - own.other).abs() > half));
            let alone = judge(&[sample], 0.05)[0].half_width.unwrap();
            prop_assert!(half >= alone * (1.0 - 1e-12), "{half} {alone}");
            prop_assert!(own.more_days.is_none() || own.word == VerdictWord::TooLittleData);
        }
    }
}

/// By hand: better by 0.1 in either stratum, worse by 0.1 over both, and a stratum that only one side has.
#[test]
fn strata_turn_a_difference_round() {
    let rate = |people: f64, rate: f64| Some(Rate { people, rate, counting: 0.0 });
    let pair = |own, other| Stratum { own, other, both: 0.0 };
    let strata = [
        pair(rate(3_000.0, 0.3), rate(1_000.0, 0.2)),
        pair(rate(1_000.0, 0.7), rate(3_000.0, 0.6)),
    ];
    let found = standardised(&strata).unwrap();
    close(found.raw, -0.1, 1e-9);
    close(found.difference, 0.1, 1e-9);
    let variance = 0.25 * (0.21 / 3_000.0 + 0.16 / 1_000.0 + 0.21 / 1_000.0 + 0.24 / 3_000.0);
    close(found.half_width, 1.96 * f64::sqrt(variance), 1e-9);
    assert!(found.is_reversed && found.without_counterpart.abs() < 1e-12);
    let alone = pair(rate(2_000.0, 0.9), None);
    let found = standardised(&[strata[0], strata[1], alone]).unwrap();
    close(found.without_counterpart, 0.2, 1e-9);
    close(found.difference, 0.1, 1e-9);
    // With few people nothing is significant.
    let few = strata.map(|own| {
        let fewer = |rate: Option<Rate>| rate.map(|own| Rate { people: own.people / 100.0, ..own });
        Stratum { own: fewer(own.own), other: fewer(own.other), both: 0.0 }
    });
    assert!(!standardised(&few).unwrap().is_reversed);
    assert_eq!(standardised(&[alone]), None);
}
