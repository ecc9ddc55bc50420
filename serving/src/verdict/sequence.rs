//! Intervals that hold at every look: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and
//! Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences" (Annals of Statistics 2024,
//! <https://arxiv.org/abs/2103.06476>, theorem 2.2), written in standard errors of the estimate.
//!
//! A test that holds at 5 % on one day alone is wrong on some day of thirty far more often. A sequence mixes over the
//! possible sizes of the difference, with a normal distribution; its evidence is a martingale if there is no
//! difference, so that the probability that it ever exceeds 1/α is α (Ville). With s the standard error of the estimate
//! at a look,
//!
//! ```text
//! boundary = s √( 2 (1 + 1/τ) ln( √(1 + τ) / α ) )
//! evidence = exp( τ/(1 + τ) z²/2 ) / √(1 + τ),  z = difference / s
//! ```
//!
//! where τ, the variance of the mixture in units of s², grows with the days: it is chosen so that the boundary is
//! narrowest after [`BEST_AFTER_DAYS`]. The evidence exceeds 1/α exactly if the boundary at α excludes 0.

/// The number of days after which intervals are narrowest: two weeks, which contain each weekday twice. At 10 days and
/// at 90 they are less than a twentieth wider.
const BEST_AFTER_DAYS: f64 = 14.0;

/// τ after those days, at 2.5 %: the solution of τ + 1 - ln(τ + 1) = 1 - 2 ln α, which is -W₋₁(-α²/e) - 1.
const BEST: f64 = 9.752_937_920_382_603;

fn mixture(n_days: f64) -> f64 {
    BEST * n_days / BEST_AFTER_DAYS
}

/// The half-width of the interval in standard errors, after this many days, such that it holds at all looks together
/// except with a probability of `level`.
pub(super) fn boundary(level: f64, n_days: f64) -> f64 {
    let tau = mixture(n_days);
    (2.0 * (1.0 + 1.0 / tau) * ((1.0 + tau).sqrt() / level).ln()).sqrt()
}

/// The evidence for a difference of this many standard errors: on average at most 1 if there is none.
pub(super) fn evidence(z: f64, n_days: f64) -> f64 {
    let tau = mixture(n_days);
    (tau / (1.0 + tau) * z * z / 2.0).exp() / (1.0 + tau).sqrt()
}

/// How many of some comparisons can be told apart, by their evidence, such that at most `level` of these are wrong on
/// average, however they are correlated: those with the most evidence. The rule e-BH of Wang and Ramdas, "False
/// discovery rate control with e-values" (JRSS B 2022, <https://doi.org/10.1111/rssb.12489>).
///
/// The evidence must be that of the moment: a running maximum is not evidence.
pub(super) fn n_told(evidence: &[f64], level: f64) -> usize {
    let mut sorted = evidence.to_vec();
    sorted.sort_unstable_by(|one, other| other.total_cmp(one));
    let n = sorted.len() as f64;
    let is_told = |(at, own): &(usize, f64)| *own * (*at as f64 + 1.0) >= n / level;
    sorted.into_iter().enumerate().rev().find(is_told).map_or(0, |(at, _)| at + 1)
}
