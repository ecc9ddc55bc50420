//! How long to wait between two looks at a lake.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The longest wait after failures, in poll intervals: each look at a lake that answers only in part may read all that
/// is new once more.
const N_INTERVALS_AT_MOST: u32 = 64;

/// The waits of one follower: a poll interval after a successful look. After consecutive failures the upper limit
/// doubles each time, up to 64 poll intervals, and each wait lies between half of the limit and the limit, so that
/// replicas that lost a lake together do not return together.
#[derive(Debug)]
pub(crate) struct Waits {
    poll_interval: Duration,
    seed: u64,
    after_failures: ExponentialBackoff,
}

impl Waits {
    pub(crate) fn new(poll_interval: Duration, seed: u64) -> Self {
        Self { poll_interval, seed, after_failures: after_failures(poll_interval, seed) }
    }

    /// The wait for the next look, after this many consecutive failures.
    pub(crate) fn after(&mut self, n_failures: u32) -> Duration {
        if n_failures == 0 {
            self.after_failures = after_failures(self.poll_interval, self.seed);
            return self.poll_interval;
        }
        self.after_failures.next().unwrap_or(self.poll_interval)
    }
}

fn after_failures(poll_interval: Duration, seed: u64) -> ExponentialBackoff {
    // The builder's jitter adds up to as much again.
    let longest = ExponentialBuilder::new()
        .with_min_delay(poll_interval)
        .with_max_delay(poll_interval.saturating_mul(N_INTERVALS_AT_MOST / 2))
        .without_max_times();
    longest.with_jitter().with_jitter_seed(seed).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(500);

    #[test]
    fn waits_grow_with_failures_up_to_their_limit_and_begin_again() {
        let mut waits = Waits::new(INTERVAL, 7);
        for _ in 0..2 {
            assert_eq!(waits.after(0), INTERVAL);
            for (n_failures, most) in (1..).zip([2, 4, 8, 16, 32, 64, 64, 64]) {
                let (longest, wait) = (INTERVAL * most, waits.after(n_failures));
                assert!((longest / 2..=longest).contains(&wait), "{n_failures}: {wait:?}");
            }
        }
    }

    #[test]
    fn followers_of_other_seeds_wait_otherwise() {
        let first = |seed| Waits::new(INTERVAL, seed).after(1);
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }
}
