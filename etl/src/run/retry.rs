//! Retrying what may succeed without a fix: a storage or a network did not answer.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use clio_proto::stable_digest;

use crate::config::Retry;

/// The waits of one step: each between half and all of the longest one, so that runs that failed together do not
/// retry together.
#[derive(Debug)]
pub(crate) struct Waits(ExponentialBackoff);

impl Waits {
    /// Equal for equal steps: the random draws are seeded by the step's name.
    pub(crate) fn new(retry: Retry, step: &str) -> Self {
        // The builder's jitter adds up to as much again.
        let longest = ExponentialBuilder::new()
            .with_min_delay(retry.first_wait.min(retry.max_wait) / 2)
            .with_max_delay(retry.max_wait / 2)
            .with_max_times(retry.max_attempts.saturating_sub(1) as usize);
        Self(longest.with_jitter().with_jitter_seed(stable_digest(step.as_bytes())).build())
    }

    /// How long to wait after a failed attempt; `None` after the last one.
    pub(crate) fn after_failure(&mut self) -> Option<Duration> {
        self.0.next()
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
            let mut waits = Waits::new(retry, &format!("run-{run} look"));
            for (index, limit) in limits.iter().enumerate() {
                let wait = waits.after_failure().unwrap();
                assert!(*limit / 2 <= wait && wait <= *limit);
                sums[index] += wait;
            }
            assert_eq!(waits.after_failure(), None);
        }
        // The mean of 200 even draws between the half and the whole: within five standard errors of the middle.
        for (sum, limit) in sums.iter().zip(limits) {
            let mean = sum.div_f64(200.0).as_secs_f64() / limit.as_secs_f64();
            assert!((mean - 0.75).abs() < 5.0 * 0.5 * (1.0_f64 / 12.0 / 200.0).sqrt(), "{mean}");
        }
    }

    #[test]
    fn the_same_step_waits_as_long_and_others_do_not() {
        let first = |step: &str| Waits::new(Retry::default(), step).after_failure();
        assert_eq!(first("a look"), first("a look"));
        assert_ne!(first("a look"), first("b look"));
    }

    #[test]
    fn one_attempt_or_none_is_not_followed_by_a_wait() {
        for max_attempts in [0, 1] {
            let retry = Retry { max_attempts, ..Retry::default() };
            assert_eq!(Waits::new(retry, "a look").after_failure(), None);
        }
    }
}
