//! One member's rate over some days, with its variance.

use crate::verdict::correlation;

/// The smallest number of days for a rate: fewer do not show how much days differ.
pub(super) const MIN_DAYS: usize = 10;

/// The logarithm of the ratio of observed to expected events, with its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ratio {
    pub(super) log: f64,
    pub(super) variance: f64,
}

impl Ratio {
    /// From observed and expected events by day; `None` for fewer than [`MIN_DAYS`].
    ///
    /// The variance is the one between days, from the linearised residuals aₜ - R eₜ (Cochran, "Sampling Techniques",
    /// 1977, section 6.4), inflated as Student's distribution with m - 1 degrees of freedom requires, and at least
    /// `least`: days do not show that the same people return. Half an event is added, so that zero events have a
    /// logarithm.
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

/// The relative variance of a proportion of so many independent events, times the design effect `clustered`.
pub(super) fn binomial(above: f64, below: f64, clustered: f64) -> f64 {
    let above = above.max(0.5);
    (1.0 - above / below).max(0.0) / above * clustered
}

/// The design effect of events clustered by person: 1 + 2 (f - 1) ρ, for f events per person and the intraclass
/// correlation ρ that explains how many people never did it.
///
/// f - 1 is doubled since the number of events varies between people: for a geometric distribution with mean f, Σ n² /
/// Σ n is 2 f - 1 (Kish, "Survey Sampling", 1965, section 5.4).
pub(super) fn clustered(rate: f64, a_person: f64, ever: f64) -> f64 {
    let never = (1.0 - ever).clamp(0.0, 1.0);
    1.0 + 2.0 * (a_person - 1.0).max(0.0) * correlation(rate, a_person, never)
}
