//! How loaded a replica is, as its callers notice it.
//!
//! The estimate is the longest recent response time, which is forgotten gradually, times the calls that are pending: as
//! Finagle's and tower's [peak EWMA](https://docs.rs/tower/latest/tower/load/peak_ewma/), with three differences. What
//! was shorter is not averaged in, since questions differ by a factor of a thousand. A call without an answer counts by
//! its age, so that a replica that stops answering is left after milliseconds. And a refusal for lack of room counts as
//! a long response time, so that refusing quickly attracts no calls.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The time in which a peak decays to a third. One slow question must not keep others away for long; linkerd's ten
/// seconds suit services whose calls are alike.
const DECAY: Duration = Duration::from_secs(2);
/// Response times below this are equal: differences between them are noise.
const FLOOR: Duration = Duration::from_millis(1);
/// What a refusal for lack of room counts as.
const REFUSAL: Duration = Duration::from_secs(1);

/// The load of one replica.
#[derive(Debug)]
pub(super) struct Load(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The peak in seconds, and when it was that; `None` before the first answer.
    estimate: Option<(f64, Instant)>,
    /// When each pending call began, by number.
    pending: BTreeMap<u64, Instant>,
    n_begun: u64,
}

impl Load {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Counts a call as pending until the returned value is dropped.
    pub(super) fn begin(&self) -> Pending<'_> {
        let began = Instant::now();
        Pending { load: self, number: self.lock().begin(began), began }
    }

    /// A refusal for lack of room.
    pub(super) fn refused(&self) {
        self.lock().observe(REFUSAL, Instant::now());
    }

    /// The response time to expect, in seconds: the recent peak, or the age of the oldest pending call.
    pub(super) fn latency(&self) -> f64 {
        self.lock().latency(Instant::now())
    }

    /// The latency times the number of calls that would be pending with one more; `None` before the first answer.
    pub(super) fn current(&self) -> Option<f64> {
        self.lock().current(Instant::now())
    }

    pub(super) fn n_pending(&self) -> usize {
        self.lock().pending.len()
    }

    /// Nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self, now: Instant) -> u64 {
        self.n_begun += 1;
        self.pending.insert(self.n_begun, now);
        self.n_begun
    }

    /// However the call ended: one that was given up took at least this long.
    fn end(&mut self, number: u64, now: Instant) {
        if let Some(began) = self.pending.remove(&number) {
            self.observe(now.saturating_duration_since(began), now);
        }
    }

    fn current(&self, now: Instant) -> Option<f64> {
        self.estimate?;
        let n_pending = u32::try_from(self.pending.len()).unwrap_or(u32::MAX);
        Some(self.latency(now) * (f64::from(n_pending) + 1.0))
    }

    fn latency(&self, now: Instant) -> f64 {
        let peak = self.peak(now).max(FLOOR.as_secs_f64());
        let oldest = self.pending.first_key_value();
        oldest.map_or(peak, |(_, began)| {
            peak.max(now.saturating_duration_since(*began).as_secs_f64())
        })
    }

    /// The peak as it is remembered, which decays while nothing is observed: a replica that was left is tried again.
    fn peak(&self, now: Instant) -> f64 {
        self.estimate.map_or(0.0, |(seconds, at)| {
            let elapsed = now.saturating_duration_since(at).as_secs_f64();
            seconds * (-elapsed / DECAY.as_secs_f64()).exp()
        })
    }

    fn observe(&mut self, took: Duration, now: Instant) {
        self.estimate = Some((took.as_secs_f64().max(self.peak(now)), now));
    }
}

/// A call that is pending.
#[derive(Debug)]
pub(super) struct Pending<'a> {
    load: &'a Load,
    number: u64,
    pub(super) began: Instant,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.load.lock().end(self.number, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)
    }

    /// A call at a time, which moves on by what the answer took.
    fn answered_after(load: &mut State, now: &mut Instant, took: Duration) {
        let number = load.begin(*now);
        *now += took;
        load.end(number, *now);
    }

    #[test]
    fn a_peak_counts_at_once_and_is_forgotten() {
        let (mut load, mut now) = (State::default(), Instant::now());
        assert_eq!(load.current(now), None);
        answered_after(&mut load, &mut now, Duration::from_millis(10));
        assert!(close(load.latency(now), 0.010));
        answered_after(&mut load, &mut now, Duration::from_millis(500));
        assert!(close(load.latency(now), 0.500));
        assert!(close(load.latency(now + DECAY), 0.500 / std::f64::consts::E));
        assert!(close(load.latency(now + DECAY * 20), FLOOR.as_secs_f64()));
    }

    #[test]
    fn fast_answers_bring_the_estimate_down_to_their_own_time_and_no_further() {
        let (mut load, mut now) = (State::default(), Instant::now());
        answered_after(&mut load, &mut now, Duration::from_secs(1));
        let mut last = load.latency(now);
        for _ in 0..5_000 {
            answered_after(&mut load, &mut now, Duration::from_millis(5));
            assert!(load.latency(now) <= last);
            last = load.latency(now);
        }
        assert!(close(last, 0.005), "{last}");
    }

    #[test]
    fn a_call_without_an_answer_counts_by_its_age() {
        let (mut load, mut now) = (State::default(), Instant::now());
        answered_after(&mut load, &mut now, Duration::from_millis(2));
        let (first, second) = (load.begin(now), load.begin(now));
        now += Duration::from_millis(300);
        assert!(close(load.latency(now), 0.300));
        assert!(close(load.current(now).unwrap(), 0.900));
        load.end(first, now);
        load.end(second, now);
        assert!(close(load.current(now).unwrap(), 0.300), "given up, they took that long at least");
    }

    #[test]
    fn refusing_quickly_attracts_nothing() {
        let (mut refusing, mut slow) = (State::default(), State::default());
        let mut now = Instant::now();
        for _ in 0..100 {
            answered_after(&mut refusing, &mut now, Duration::from_micros(50));
            refusing.observe(REFUSAL, now);
            answered_after(&mut slow, &mut now, Duration::from_millis(200));
        }
        assert!(refusing.current(now).unwrap() > slow.current(now).unwrap());
    }
}
