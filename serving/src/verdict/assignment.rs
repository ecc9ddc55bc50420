//! Whether the observed people of arms match their assigned shares.

use super::student::ln_gamma;

/// An arm: its number of people, the standard error of that from counting, and its assigned share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Assigned {
    pub(crate) people: f64,
    pub(crate) counting: f64,
    pub(crate) share: f64,
}

/// The probability of people as far from the assigned shares as these, or further: Pearson's χ², with the counting
/// variance added to that of each arm.
///
/// 1 without people. A *sample ratio mismatch* below 0.001 shows that people are missing from some arms, by a fault of
/// the assignment or of the events, and then they are not missing at random (Fabijan and others, "Diagnosing sample
/// ratio mismatch in online controlled experiments", KDD 2019).
pub(crate) fn chance_of(arms: &[Assigned]) -> f64 {
    let all: f64 = arms.iter().map(|arm| arm.people).sum();
    if all <= 0.0 || arms.len() < 2 {
        return 1.0;
    }
    let square = |arm: &Assigned| {
        let expected = arm.share * all;
        (arm.people - expected).powi(2) / (expected + arm.counting.powi(2))
    };
    upper_gamma((arms.len() - 1) as f64 / 2.0, arms.iter().map(square).sum::<f64>() / 2.0)
}

/// The regularised upper incomplete gamma function: by the series of the lower one, and by Legendre's continued
/// fraction for large arguments (DLMF 8.11.4 and 8.9.2).
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..500 {
            term *= x / (a + f64::from(n));
            sum += term;
        }
        return 1.0 - front * sum;
    }
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut value = d;
    for n in 1..500 {
        let n = f64::from(n);
        let term = -n * (n - a);
        b += 2.0;
        d = 1.0 / (term * d + b);
        c = b + term / c;
        value *= c * d;
    }
    front * value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance(people: &[f64], shares: &[f64], counting: f64) -> f64 {
        let arm =
            |(people, share): (&f64, &f64)| Assigned { people: *people, counting, share: *share };
        chance_of(&people.iter().zip(shares).map(arm).collect::<Vec<_>>())
    }

    /// `scipy.stats.chisquare`.
    #[test]
    fn chances_are_those_of_scipy() {
        for (people, shares, expected) in [
            (&[5_000.0, 5_200.0][..], &[0.5, 0.5][..], 0.047_670_380_656_161_5),
            (&[1_000.0, 1_000.0], &[0.5, 0.5], 1.0),
            (&[821_588.0, 815_482.0], &[0.5, 0.5], 1.821_792_872_619_185_8e-6),
            (&[300.0, 330.0, 380.0], &[0.3, 0.3, 0.4], 0.145_047_635_574_856_6),
            (&[10.0, 30.0], &[0.5, 0.5], 0.001_565_402_258_002_549),
        ] {
            let found = chance(people, shares, 0.0);
            assert!((found - expected).abs() <= 1e-9 * expected, "{people:?} {found} {expected}");
        }
        assert!((chance(&[0.0, 0.0], &[0.5, 0.5], 0.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn sketches_that_err_are_no_mismatch() {
        let (people, shares) = ([50_000.0, 51_000.0], [0.5, 0.5]);
        assert!(chance(&people, &shares, 0.0) < 0.002);
        assert!(chance(&people, &shares, 400.0) > 0.05);
    }
}
