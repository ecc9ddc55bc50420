//! One member's rate over some days, and how sure it is.

use crate::verdict::correlation;

/// The fewest days that a rate is of: of fewer, how they differ says too little.
pub(super) const MIN_DAYS: usize = 10;

/// The logarithm of a rate over what is expected, with its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ratio {
    pub(super) log: f64,
    pub(super) variance: f64,
}

impl Ratio {
    /// Of what was seen and expected by day; `None` for fewer than [`MIN_DAYS`].
    ///
    /// The variance is that between days, of the linearised residuals aₜ - R eₜ (Cochran, "Sampling Techniques", 1977, section 6.4), as Student's
    /// distribution has it with m - 1 degrees of freedom, and `least` at the least: days do not show that the same people come back. Half an
    /// event is added, so that none at all has a logarithm.
    pub(super) fn of(days: &[(f64, f64)], least: f64) -> Option<Self> {
        let m = days.len() as f64;
        let (seen, expected) = days.iter().fold((0.0, 0.0), |(a, e), (own, of)| (a + own, e + of));
        if days.len() < MIN_DAYS || expected <= 0.0 {
            return None;
        }
        let ratio = seen / expected;
        let squares: f64 = days.iter().map(|(own, of)| (own - ratio * of).powi(2)).sum();
        let between_days = squares * m / (m - 3.0) / (seen + 0.5).powi(2);
        Some(Self { log: ((seen + 0.5) / expected).ln(), variance: between_days.max(least) })
    }
}

/// The relative variance of a share of so many events, where none of them depends on another; `clustered` times as much where they do.
pub(super) fn binomial(above: f64, below: f64, clustered: f64) -> f64 {
    let above = above.max(0.5);
    (1.0 - above / below).max(0.0) / above * clustered
}

/// By how much the variance of a rate of events is larger since the events of one person are alike: 1 + 2 (f - 1) ρ, of f events a person and
/// the correlation ρ that explains how many people never did it.
///
/// Twice f - 1, since people differ in how often they come: of a geometric distribution with the mean f, Σ n² / Σ n is 2 f - 1 (Kish, "Survey
/// Sampling", 1965, section 5.4).
pub(super) fn clustered(rate: f64, a_person: f64, ever: f64) -> f64 {
    let never = (1.0 - ever).clamp(0.0, 1.0);
    1.0 + 2.0 * (a_person - 1.0).max(0.0) * correlation(rate, a_person, never)
}
