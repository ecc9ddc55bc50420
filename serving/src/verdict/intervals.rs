//! The uncertainty of one rate.

use super::student::widened;
use crate::propagation::Z_95;

/// The smallest number of days for an interval between days: fewer do not contain every weekday.
pub(crate) const MIN_INTERVAL_DAYS: usize = 7;

/// The 95 % interval of a rate of `n` people, as if they were drawn at random: Wilson's, "Probable inference, the law
/// of succession, and statistical inference" (JASA 1927).
///
/// Its coverage is 95 % on average over rates, and it stays between 0 and 1. `n` may be any number above 0.
pub(crate) fn wilson(rate: f64, n: f64) -> (f64, f64) {
    let z2 = Z_95 * Z_95;
    let middle = (rate + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_95 / (1.0 + z2 / n) * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The 95 % interval of a rate of `n` people with an additional counting variance: Wilson's, for the number of people
/// that has the variance of both together, p q / (p q / n + counting variance).
///
/// If the rate is 0 or 1, p q is taken with half a person more or less, so that counting widens these intervals, too.
pub(crate) fn combined(rate: f64, n: f64, counting_variance: f64) -> (f64, f64) {
    let inner = rate.clamp(0.5 / (n + 1.0), 1.0 - 0.5 / (n + 1.0));
    let binomial = inner * (1.0 - inner);
    wilson(rate, binomial / (binomial / n + counting_variance))
}

/// The half-width of the 95 % interval of a ratio of sums over days, from its variation between them, which are pairs
/// of numerator and denominator; `None` for fewer than [`MIN_INTERVAL_DAYS`], and if the denominator is empty.
///
/// Days are the units, since events cluster by person and by day: by the linearised residuals xₜ - R nₜ (Cochran,
/// "Sampling Techniques", 1977, section 6.4) and Student's distribution. It does not account for people who return.
pub(crate) fn between_days(days: &[(f64, f64)]) -> Option<f64> {
    let m = days.len();
    let above: f64 = days.iter().map(|(above, _)| above).sum();
    let below: f64 = days.iter().map(|(_, below)| below).sum();
    if m < MIN_INTERVAL_DAYS || below <= 0.0 {
        return None;
    }
    let ratio = above / below;
    let squares: f64 = days.iter().map(|(above, below)| (above - ratio * below).powi(2)).sum();
    let m = m as f64;
    let error = (squares * m / (m - 1.0)).sqrt() / below;
    Some(widened(Z_95, m - 1.0) * error)
}
