//! Selects the members to list, given the probability that each is listed wrongly.

use std::collections::BTreeSet;

/// The largest average probability of error over a list.
pub(super) const MAX_ERROR: f64 = 0.1;

/// The probabilities that a member is not beyond the threshold, and not beyond half of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chance {
    pub(super) member: usize,
    pub(super) error: f64,
    pub(super) error_of_half: f64,
}

/// The longest list with an average probability of error of at most [`MAX_ERROR`] (Newton, Noueiry, Sarkar and
/// Ahlquist, "Detecting differential gene expression with a semiparametric hierarchical mixture method", Biostatistics
/// 2004); then as many of those listed the day before as are beyond half of the threshold without exceeding that
/// average over all.
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

/// How many of these increasing probabilities can join `n` others with the total `sum`.
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
