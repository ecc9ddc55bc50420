//! Announcements are spread over time: a thousand pages that hear of a snapshot in the same moment would all ask in it.
//!
//! The more subscriptions there are, the longer it takes until the last one is told; a few are told at once. Each has a
//! place of its own in that time, evenly distributed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// The time that one subscription adds: at this pace the pages of a thousand ask some 6,000 questions a second, most
/// of which are equal and answered once.
const EACH: Duration = Duration::from_millis(3);
/// The longest time over which announcements are spread.
const LONGEST: Duration = Duration::from_secs(4);
/// The fractional part of the golden ratio: its multiples divide an interval more evenly than those of any other
/// number, however many there are.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// All subscriptions of a gateway.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    n_open: AtomicUsize,
    n_begun: AtomicU64,
}

impl Spread {
    /// Counts a subscription until the returned value is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> Listener {
        self.n_open.fetch_add(1, Ordering::Relaxed);
        let number = self.n_begun.fetch_add(1, Ordering::Relaxed);
        // Exact up to 2⁵³ subscriptions.
        #[expect(clippy::cast_precision_loss, reason = "a place need not be exact")]
        let place = (number as f64 * GOLDEN).fract();
        Listener { spread: Arc::clone(self), place }
    }
}

/// One subscription.
#[derive(Debug)]
pub(crate) struct Listener {
    spread: Arc<Spread>,
    /// Its place in the time over which announcements are spread, between 0 and 1.
    place: f64,
}

impl Listener {
    /// How long to wait before it is told of a new snapshot.
    pub(crate) fn delay(&self) -> Duration {
        let n_others = self.spread.n_open.load(Ordering::Relaxed).saturating_sub(1);
        let n_others = u32::try_from(n_others).unwrap_or(u32::MAX);
        EACH.saturating_mul(n_others).min(LONGEST).mul_f64(self.place)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.spread.n_open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_at_once_and_a_thousand_evenly_within_five_seconds() {
        let spread = Arc::new(Spread::default());
        let first = spread.enter();
        assert_eq!(first.delay(), Duration::ZERO);
        let all: Vec<_> = (0..999).map(|_| spread.enter()).collect();
        let mut delays: Vec<_> = all.iter().map(Listener::delay).collect();
        delays.sort();
        let longest = EACH * 999;
        assert!(longest < Duration::from_secs(5));
        let pairs = || delays.windows(2).map(|pair| pair[1] - pair[0]);
        // By the three-distance theorem no gap is more than 1 + φ times the smallest.
        let (narrowest, widest) = (pairs().min().unwrap(), pairs().max().unwrap());
        assert!(widest <= narrowest.mul_f64(2.7), "{narrowest:?} to {widest:?}");
        assert!(widest <= longest / 300 && delays[998] <= longest, "{widest:?}");
        drop(all);
        assert_eq!(spread.enter().delay(), EACH.mul_f64((1_000.0 * GOLDEN).fract()));
    }
}
