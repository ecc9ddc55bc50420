//! Which members are listed, by the chance that each is listed wrongly.

use std::collections::BTreeSet;

/// The most that the chance of error may be on average over a list.
pub(super) const MAX_ERROR: f64 = 0.1;

/// How likely it is that a member is not beyond the bar, and not beyond half of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chance {
    pub(super) member: usize,
    pub(super) error: f64,
    pub(super) error_of_half: f64,
}

/// The longest list whose chance of error is [`MAX_ERROR`] at the most on average (Newton, Noueiry, Sarkar and Ahlquist, "Detecting differential
/// gene expression with a semiparametric hierarchical mixture method", Biostatistics 2004); then of those who were listed the day before as
/// many more as are beyond half of the bar with no more error on average over all.
pub(super) fn listed(chances: &[Chance], before: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut by_error: Vec<&Chance> = chances.iter().collect();
    by_error.sort_by(|a, b| a.error.total_cmp(&b.error).then(a.member.cmp(&b.member)));
    let n_new = longest(by_error.iter().map(|own| own.error), 0.0, 0);
    let (new, rest) = by_error.split_at(n_new);
    let mut stayed: Vec<&Chance> =
        rest.iter().copied().filter(|own| before.contains(&own.member)).collect();
    stayed
        .sort_by(|a, b| a.error_of_half.total_cmp(&b.error_of_half).then(a.member.cmp(&b.member)));
    let of_new: f64 = new.iter().map(|own| own.error_of_half).sum();
    let n_stayed = longest(stayed.iter().map(|own| own.error_of_half), of_new, n_new);
    new.iter().chain(stayed.iter().take(n_stayed)).map(|own| own.member).collect()
}

/// How many of these, which grow, go with `n` others whose errors add up to `sum`.
fn longest(errors: impl Iterator<Item = f64>, mut sum: f64, mut n: usize) -> usize {
    let mut n_taken = 0;
    for error in errors {
        sum += error;
        n += 1;
        if sum > MAX_ERROR * n as f64 {
            break;
        }
        n_taken += 1;
    }
    n_taken
}
