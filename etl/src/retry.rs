//! Trying again what may pass by itself: a storage or a network that does not answer.

use std::time::Duration;

use clio_proto::RunId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How often a step is tried, and how long it waits in between. Bad input is never tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all; at least 1.
    pub max_attempts: u32,
    /// The longest wait before the second attempt. It doubles from attempt to attempt.
    pub first_wait: Duration,
    /// The longest wait at all.
    pub max_wait: Duration,
}

impl Default for Retry {
    /// Five attempts over half a minute at most: what a restart of a storage's node takes.
    fn default() -> Self {
        Self {
            max_attempts: 5,
            first_wait: Duration::from_millis(500),
            max_wait: Duration::from_secs(15),
        }
    }
}

/// The waits of one run: each anywhere between none and the longest one, so that runs that failed together
/// do not come back together.
#[derive(Debug)]
pub(crate) struct Waits {
    retry: Retry,
    random: ChaCha8Rng,
}

impl Waits {
    pub(crate) fn new(retry: Retry, run: &RunId) -> Self {
        let seed = clio_sketch::Family::HllPlusPlus.hash_str(run.as_str());
        Self { retry, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// How long to wait after so many attempts that failed; `None` when it was the last.
    pub(crate) fn after(&mut self, n_failed: u32) -> Option<Duration> {
        if n_failed >= self.retry.max_attempts.max(1) {
            return None;
        }
        let factor = 2_u32.saturating_pow(n_failed.saturating_sub(1));
        let longest = self.retry.first_wait.saturating_mul(factor).min(self.retry.max_wait);
        Some(longest.mul_f64(self.random.random_range(0.0..=1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_limit_and_end() {
        let retry = Retry {
            max_attempts: 6,
            first_wait: Duration::from_millis(100),
            max_wait: Duration::from_millis(500),
        };
        let limits = [100, 200, 400, 500, 500].map(Duration::from_millis);
        let mut sums = [Duration::ZERO; 5];
        for run in 0..200 {
            let mut waits = Waits::new(retry, &RunId::new(format!("run-{run}")));
            for (index, limit) in limits.iter().enumerate() {
                let wait = waits.after(u32::try_from(index).unwrap() + 1).unwrap();
                assert!(wait <= *limit);
                sums[index] += wait;
            }
            assert_eq!(waits.after(6), None);
        }
        // The mean of 200 even draws: within five standard errors of the half.
        for (sum, limit) in sums.iter().zip(limits) {
            let mean = sum.div_f64(200.0).as_secs_f64() / limit.as_secs_f64();
            assert!((mean - 0.5).abs() < 5.0 * (1.0_f64 / 12.0 / 200.0).sqrt(), "{mean}");
        }
    }

    #[test]
    fn the_same_run_waits_as_long() {
        let waits = || Waits::new(Retry::default(), &RunId::new("a"));
        assert_eq!(waits().after(1), waits().after(1));
        assert_eq!(
            Waits::new(Retry { max_attempts: 0, ..Retry::default() }, &RunId::new("a")).after(1),
            None
        );
    }
}
