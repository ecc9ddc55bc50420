//! The retry budget: retries of all calls together are a fraction of the calls, so that replicas in trouble are not
//! buried under them. The figures are linkerd's: 20 % of the calls, and ten a second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What a call adds to the budget, in retries.
const PER_CALL: f64 = 0.2;
/// What time adds to it.
const PER_SECOND: f64 = 10.0;
/// For how long what was added can be spent.
const KEPT: Duration = Duration::from_secs(10);

/// The budget of one client.
#[derive(Debug)]
pub(super) struct RetryBudget(Mutex<State>);

#[derive(Debug)]
struct State {
    /// The retries that calls have added.
    from_calls: f64,
    /// The retries that time has added: one second's at most, so that a quiet hour saves nothing up.
    from_time: f64,
    at: Instant,
}

impl RetryBudget {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::new(Instant::now())))
    }

    /// Counts a call.
    pub(super) fn add(&self) {
        self.lock().add(Instant::now());
    }

    /// Takes a retry, if there is one.
    pub(super) fn take(&self) -> bool {
        self.lock().take(Instant::now())
    }

    /// Nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(now: Instant) -> Self {
        Self { from_calls: 0.0, from_time: PER_SECOND, at: now }
    }

    fn add(&mut self, now: Instant) {
        self.pass(now);
        self.from_calls += PER_CALL;
    }

    fn take(&mut self, now: Instant) -> bool {
        self.pass(now);
        let by_time = self.from_time >= 1.0;
        let from = if by_time { &mut self.from_time } else { &mut self.from_calls };
        let has_one = *from >= 1.0;
        if has_one {
            *from -= 1.0;
        }
        has_one
    }

    fn pass(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.from_time = (self.from_time + elapsed * PER_SECOND).min(PER_SECOND);
        self.from_calls *= (-elapsed / KEPT.as_secs_f64()).exp();
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n_given(budget: &mut State, now: Instant) -> usize {
        (0..10_000).take_while(|_| budget.take(now)).count()
    }

    #[test]
    fn it_gives_ten_a_second_and_a_fifth_of_the_calls() {
        let mut now = Instant::now();
        let mut budget = State::new(now);
        assert_eq!(n_given(&mut budget, now), 10);
        now += Duration::from_millis(501);
        assert_eq!(n_given(&mut budget, now), 5);
        (0..1_000).for_each(|_| budget.add(now));
        let n = n_given(&mut budget, now);
        assert!((199..=200).contains(&n), "{n}");
        // A quiet time saves up one second's.
        now += Duration::from_hours(1);
        assert_eq!(n_given(&mut budget, now), 10);
    }

    #[test]
    fn what_calls_added_is_gone_after_a_while() {
        let now = Instant::now();
        let mut budget = State::new(now);
        (0..1_000).for_each(|_| budget.add(now));
        assert_eq!(n_given(&mut budget, now + KEPT * 10), 10);
    }

    #[test]
    fn over_any_time_it_gives_no_more_than_its_share() {
        let mut now = Instant::now();
        let mut budget = State::new(now);
        let (mut n_calls, mut n_retries) = (0_u32, 0_u32);
        for _ in 0..10_000 {
            now += Duration::from_millis(2);
            budget.add(now);
            n_calls += 1;
            n_retries += u32::from(budget.take(now)) + u32::from(budget.take(now));
        }
        let most = 0.2 * f64::from(n_calls) + 10.0 * (20.0 + 1.0);
        assert!(f64::from(n_retries) <= most, "{n_retries} of {most}");
        assert!(f64::from(n_retries) >= 0.9 * most, "{n_retries} of {most}");
    }
}
