//! A circuit breaker: a replica whose calls fail one after the other is left alone for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use strum::EnumCount;
use tokio::time::Instant;

/// How many consecutive failures open it.
const MOST_FAILURES: u32 = 5;
/// How long it stays open the first time; twice as long each further time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest that it stays open.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long a replica is avoided, if there are others, after a single failure.
const AVOIDED: Duration = Duration::from_secs(1);

/// Whether calls pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumCount)]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls failed one after the other; none pass for a while.
    Open,
    /// One call passes, to find out whether the replica has recovered.
    HalfOpen,
}

impl BreakerState {
    /// Every state.
    pub const ALL: [Self; Self::COUNT] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// The name: `closed`, `open`, `half_open`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// The breaker of one replica.
#[derive(Debug)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Failures since the last call that succeeded.
    n_failures: u32,
    /// When it opened or the last trial began, and how long it stays open from then on.
    opened: Option<(Instant, Duration)>,
    is_on_trial: bool,
    avoided_until: Option<Instant>,
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(super) fn state(&self) -> BreakerState {
        self.lock().state(Instant::now())
    }

    /// Whether another replica is to be preferred for the moment, after a failure or a refusal.
    pub(super) fn is_avoided(&self) -> bool {
        self.lock().is_avoided(Instant::now())
    }

    /// A call begins. If it is the trial of a breaker that is half open, no second one passes until it has ended, or for
    /// as long as the breaker was open.
    pub(super) fn begin(&self) {
        self.lock().begin(Instant::now());
    }

    pub(super) fn succeeded(&self) {
        *self.lock() = State::default();
    }

    pub(super) fn failed(&self) {
        self.lock().failed(Instant::now());
    }

    /// The replica has no room, and asks to be left alone for a time. That is no failure.
    pub(super) fn refused(&self, wait: Duration) {
        let until = Instant::now() + wait.min(LONGEST_WAIT);
        self.lock().avoid(until);
    }

    /// Nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn state(&self, now: Instant) -> BreakerState {
        match self.opened {
            None => BreakerState::Closed,
            Some((at, wait)) if now < at + wait => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    fn begin(&mut self, now: Instant) {
        if self.state(now) == BreakerState::HalfOpen {
            self.opened = self.opened.map(|(_, wait)| (now, wait));
            self.is_on_trial = true;
        }
    }

    fn failed(&mut self, now: Instant) {
        self.n_failures = self.n_failures.saturating_add(1);
        self.avoid(now + AVOIDED);
        // Calls that had begun before it opened do not prolong it.
        if self.is_on_trial || self.state(now) == BreakerState::HalfOpen {
            let wait = self.opened.map_or(FIRST_WAIT, |(_, wait)| (wait * 2).min(LONGEST_WAIT));
            self.opened = Some((now, wait));
            self.is_on_trial = false;
        } else if self.opened.is_none() && self.n_failures >= MOST_FAILURES {
            self.opened = Some((now, FIRST_WAIT));
        }
    }

    fn avoid(&mut self, until: Instant) {
        self.avoided_until = self.avoided_until.max(Some(until));
    }

    fn is_avoided(&self, now: Instant) -> bool {
        self.avoided_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_call_try() {
        let (mut breaker, now) = (State::default(), Instant::now());
        for _ in 0..4 {
            breaker.failed(now);
            assert_eq!(breaker.state(now), BreakerState::Closed);
            assert!(breaker.is_avoided(now));
        }
        breaker.failed(now);
        assert_eq!(breaker.state(now), BreakerState::Open);
        let later = now + FIRST_WAIT;
        assert_eq!(breaker.state(later), BreakerState::HalfOpen);
        breaker.begin(later);
        assert_eq!(breaker.state(later), BreakerState::Open, "one trial at a time");
        assert_eq!(breaker.state(later + FIRST_WAIT), BreakerState::HalfOpen, "it was given up");
    }

    #[test]
    fn it_stays_open_twice_as_long_after_each_failed_trial() {
        let (mut breaker, mut now) = (State::default(), Instant::now());
        for _ in 0..50 {
            breaker.failed(now);
        }
        let mut wait = FIRST_WAIT;
        for _ in 0..8 {
            assert_eq!(breaker.state(now + wait - Duration::from_millis(1)), BreakerState::Open);
            now += wait;
            assert_eq!(breaker.state(now), BreakerState::HalfOpen);
            breaker.begin(now);
            breaker.failed(now);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        assert_eq!(wait, LONGEST_WAIT);
    }

    #[test]
    fn an_answer_closes_it_and_failures_count_from_the_beginning() {
        let breaker = Breaker::new();
        for _ in 0..3 {
            (0..4).for_each(|_| breaker.failed());
            assert_eq!(breaker.state(), BreakerState::Closed);
            breaker.succeeded();
            assert!(!breaker.is_avoided());
        }
        (0..5).for_each(|_| breaker.failed());
        assert_eq!(breaker.state(), BreakerState::Open);
    }

    #[test]
    fn a_refusal_is_heeded_and_no_failure() {
        let breaker = Breaker::new();
        (0..50).for_each(|_| breaker.refused(Duration::from_mins(1)));
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert!(breaker.is_avoided());
        let state = breaker.lock();
        assert!(!state.is_avoided(Instant::now() + LONGEST_WAIT), "however long it asks for");
    }
}
