//! The correlation of one person's days.
//!
//! People who play on one day are more likely to play on another, so that the days of one person tell less than those
//! of as many people. The variation between days does not show it: the same people are present on each of them. It
//! shows in how many people ever played: if the days of a person were independent, nearly everybody who comes often
//! would have played once.

use super::student::ln_gamma;

/// The probability that none of `n_days` days of a person is a hit, if the rates of people have a beta distribution
/// with this mean and the days of one person have this correlation, above 0 and below 1.
pub(super) fn none_in(mean: f64, correlation: f64, n_days: f64) -> f64 {
    let size = (1.0 - correlation) / correlation;
    let miss = (1.0 - mean) * size;
    (ln_gamma(miss + n_days) - ln_gamma(miss) - ln_gamma(size + n_days) + ln_gamma(size)).exp()
}

/// The correlation of the days of one person, from the daily rate, the average number of days per person, and the share
/// of people who never played.
///
/// An upper estimate if some people come more often than others: those who come once are many among those who never
/// played. Between 0, where that share is the one of independent days, and 1, where a person who did not play on one
/// day never does.
pub(crate) fn correlation(rate: f64, n_days: f64, never: f64) -> f64 {
    const LEAST: f64 = 1e-6;
    const MOST: f64 = 1.0 - 1e-9;
    let is_rate = rate > 0.0 && rate < 1.0;
    if !is_rate || n_days <= 1.0 || never <= none_in(rate, LEAST, n_days) {
        return 0.0;
    }
    if never >= none_in(rate, MOST, n_days) {
        return 1.0;
    }
    let (mut low, mut high) = (LEAST, MOST);
    for _ in 0..60 {
        let middle = low + (high - low) / 2.0;
        if none_in(rate, middle, n_days) < never {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
