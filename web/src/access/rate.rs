//! Rate limits per client: a number of queries per second in the long run, and a burst.
//!
//! The generic cell rate algorithm, by the crate `governor`: no timers run, and clients that wait as told are let
//! through.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clio_proto::{Code, ServiceError};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::clients::Client;

/// The maximum number of clients that are counted; the least recently active are forgotten first, and may then use
/// their burst again.
const MOST: usize = 100_000;

/// A rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryRate {
    /// Queries per second in the long run.
    pub per_second: NonZeroU32,
    /// Queries at once, before that rate applies.
    pub burst: NonZeroU32,
}

/// The rate is exceeded; with the time to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttled {
    pub(crate) wait: Duration,
}

impl Throttled {
    /// The error for the client.
    pub(crate) fn error(self) -> ServiceError {
        let message = format!("you ask more often than you may; ask again in {} s", self.seconds());
        ServiceError::new(Code::ResourceExhausted, message)
    }

    /// The wait in whole seconds, for `Retry-After`: never 0, after which nothing would have changed.
    pub(crate) fn seconds(self) -> u64 {
        self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0)
    }
}

/// The counts of all clients.
#[derive(Debug)]
pub(crate) struct Rates {
    usual: Option<QueryRate>,
    clock: DefaultClock,
    all: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    by_client: BTreeMap<Client, One>,
    n_asked: u64,
}

#[derive(Debug)]
struct One {
    rate: QueryRate,
    limiter: DefaultDirectRateLimiter,
    /// By the count of all queries.
    last: u64,
}

impl Rates {
    /// With a rate for clients without one of their own.
    pub(super) fn new(usual: Option<QueryRate>) -> Self {
        Self { usual, clock: DefaultClock::default(), all: Mutex::default() }
    }

    /// Counts queries of one client, against its own rate or the usual one. More queries at once than the burst count
    /// as a full burst, as if they came one after another.
    ///
    /// # Errors
    ///
    /// How long to wait; then nothing was counted.
    pub(crate) fn count(
        &self,
        client: Client,
        own: Option<QueryRate>,
        n_questions: usize,
    ) -> Result<(), Throttled> {
        let Some(rate) = own.or(self.usual) else { return Ok(()) };
        let n_questions = u32::try_from(n_questions).unwrap_or(u32::MAX).clamp(1, rate.burst.get());
        let Some(n_questions) = NonZeroU32::new(n_questions) else { return Ok(()) };
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.n_asked += 1;
        let Counted { by_client, n_asked } = &mut *all;
        if by_client.len() >= MOST && !by_client.contains_key(&client) {
            let oldest = *n_asked - (MOST / 2) as u64;
            by_client.retain(|_, one| one.last > oldest);
        }
        let fresh = || One {
            rate,
            limiter: RateLimiter::direct(
                Quota::per_second(rate.per_second).allow_burst(rate.burst),
            ),
            last: 0,
        };
        let one = by_client.entry(client).or_insert_with(fresh);
        if one.rate != rate {
            *one = fresh();
        }
        one.last = *n_asked;
        match one.limiter.check_n(n_questions) {
            Ok(Ok(())) | Err(_) => Ok(()),
            Ok(Err(until)) => Err(Throttled { wait: until.wait_time_from(self.clock.now()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(last: u8) -> Client {
        Client::new(std::net::IpAddr::from([192, 0, 2, last]))
    }

    fn rate(per_second: u32, burst: u32) -> QueryRate {
        let number = |number| NonZeroU32::new(number).unwrap();
        QueryRate { per_second: number(per_second), burst: number(burst) }
    }

    #[test]
    fn each_has_a_burst_and_then_waits_for_as_long_as_it_is_told() {
        let rates = Rates::new(Some(rate(1, 3)));
        for _ in 0..3 {
            assert_eq!(rates.count(client(1), None, 1), Ok(()));
        }
        let throttled = rates.count(client(1), None, 1).unwrap_err();
        assert!(throttled.wait <= Duration::from_secs(1), "{throttled:?}");
        assert_eq!(throttled.seconds(), 1);
        assert_eq!(rates.count(client(2), None, 3), Ok(()));
        assert!(rates.count(client(2), None, 1).is_err());
        // From here on with a rate of their own.
        assert_eq!(rates.count(client(1), Some(rate(1, 10)), 10), Ok(()));
    }

    #[test]
    fn many_questions_at_once_count_as_many() {
        let rates = Rates::new(None);
        assert_eq!(rates.count(client(1), None, 1_000_000), Ok(()));
        assert_eq!(rates.count(client(1), Some(rate(2, 8)), 5), Ok(()));
        let throttled = rates.count(client(1), Some(rate(2, 8)), 5).unwrap_err();
        assert!(throttled.wait > Duration::from_millis(500), "{throttled:?}");
        assert_eq!(rates.count(client(3), Some(rate(2, 8)), usize::MAX), Ok(()));
        assert!(rates.count(client(3), Some(rate(2, 8)), 1).is_err());
    }
}
