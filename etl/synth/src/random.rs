//! Counter-based randomness: any profile's day can be drawn again without drawing what came before.
//!
//! A [`Key`] is a seed and a purpose; a [`Stream`] is the key, a profile and a day, folded into the
//! state of a SplitMix64 generator (Steele, Lea, Flood: *Fast splittable pseudorandom number
//! generators*, OOPSLA 2014). Why not ChaCha8 here: most streams give one or two numbers (a person
//! who saw nothing that day), and a ChaCha block costs some hundred nanoseconds before its first
//! number, where this costs three multiplications. All streams walk one cycle of 2^64 from places
//! that are as good as random; a billion events draw some 10^10 numbers, so two streams seldom
//! overlap, and where they do two strangers share a few draws. The world itself (titles, names),
//! drawn once, uses `ChaCha8Rng`.
//!
//! Chances are integer thresholds and lookup tables, so a draw needs no floating point.

use rand::RngCore;

/// The fractional part of the golden ratio in 64 bits: SplitMix64's step, and the step of the
/// low-discrepancy sequence of [`spread`].
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A table of this many slots resolves weights to 0.024 %; it stays in the first-level cache.
const N_SLOTS: u16 = 4_096;

/// SplitMix64's finaliser: every bit of the input changes half of the output's bits.
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// What a stream is for: streams of different purposes are independent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Who a person is.
    Profile = 1,
    /// What a person does on a day.
    Day = 2,
}

/// A seed and a purpose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key(u64);

impl Key {
    pub(super) fn new(seed: u64, purpose: Purpose) -> Self {
        Self(mix(mix(seed.wrapping_add(GOLDEN)) ^ (purpose as u64)))
    }

    /// The stream of a profile on a day.
    pub(super) fn stream(self, profile: u32, day: u32) -> Stream {
        Stream(mix(self.0 ^ (u64::from(profile) << 32 | u64::from(day)).wrapping_mul(GOLDEN)))
    }
}

/// An endless stream of numbers, eight bytes of state.
#[derive(Debug, Clone)]
pub(super) struct Stream(u64);

impl Stream {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number below `end_exclusive`; the bias is at most 2^-32 of the range.
    pub(super) fn below(&mut self, end_exclusive: u32) -> u32 {
        scale(self.next(), end_exclusive)
    }

    /// True with a probability of `threshold` in 2^32.
    pub(super) fn chance(&mut self, threshold: u32) -> bool {
        high(self.next()) < threshold
    }
}

impl RngCore for Stream {
    fn next_u32(&mut self) -> u32 {
        high(self.next())
    }

    fn next_u64(&mut self) -> u64 {
        self.next()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// The upper half of a word.
fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

/// Maps a word's upper half onto `0..end_exclusive`.
fn scale(word: u64, end_exclusive: u32) -> u32 {
    ((u64::from(high(word)) * u64::from(end_exclusive)) >> 32) as u32
}

/// A profile's place in 0..1,024, spread so evenly that the mean over any thousand neighbours is
/// the mean over all: the additive recurrence by the golden ratio. Independent draws would leave
/// the number of events some percent off with few people.
pub(super) fn spread(profile: u32) -> u16 {
    (u64::from(profile).wrapping_mul(GOLDEN) >> 54) as u16
}

/// A probability as a threshold in 2^32.
pub(super) fn threshold(chance: f64) -> u32 {
    whole(chance.clamp(0.0, 1.0) * f64::from(u32::MAX)).try_into().unwrap_or(u32::MAX)
}

/// The nearest whole number of a finite, non-negative one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass finite, non-negative numbers far below 2^53, and the cast saturates"
)]
pub(super) fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// A weighted choice among at most 256: one mask and one load.
#[derive(Debug, Clone)]
pub(super) struct Slots(Box<[u8]>);

impl Slots {
    /// Every choice with a positive weight gets at least one slot.
    pub(super) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut slots = Vec::with_capacity(usize::from(N_SLOTS));
        let mut seen = 0.0;
        for (choice, weight) in (0_u8..).zip(weights) {
            seen += weight;
            let end = whole(seen / total * f64::from(N_SLOTS));
            let least = slots.len() + usize::from(*weight > 0.0);
            let end = usize::try_from(end).unwrap_or(usize::MAX).max(least);
            slots.resize(end.min(usize::from(N_SLOTS)), choice);
        }
        let last = slots.last().copied().unwrap_or_default();
        slots.resize(usize::from(N_SLOTS), last);
        Self(slots.into())
    }

    /// Chooses by the lowest twelve bits.
    pub(super) fn pick(&self, bits: u64) -> u8 {
        self.0[(bits & 0xFFF) as usize]
    }

    /// The exact probability of a choice.
    pub(super) fn share(&self, choice: u8) -> f64 {
        let n_slots = self.0.iter().filter(|slot| **slot == choice).count();
        f64::from(u16::try_from(n_slots).unwrap_or(N_SLOTS)) / f64::from(N_SLOTS)
    }
}

/// A weighted choice among many in constant time (Vose's alias method): eight bytes per choice.
#[derive(Debug, Clone)]
pub(super) struct Alias(Vec<AliasEntry>);

#[derive(Debug, Clone, Copy)]
struct AliasEntry {
    threshold: u32,
    own: u16,
    other: u16,
}

impl Alias {
    /// `choices` are (choice, weight); at least one, all weights positive.
    pub(super) fn new(choices: &[(u16, f64)]) -> Self {
        let total: f64 = choices.iter().map(|(_, weight)| weight).sum();
        let n = f64::from(u32::try_from(choices.len()).unwrap_or(u32::MAX));
        let mut height: Vec<f64> = choices.iter().map(|(_, weight)| weight / total * n).collect();
        let mut entries: Vec<AliasEntry> = choices
            .iter()
            .map(|(own, _)| AliasEntry { threshold: u32::MAX, own: *own, other: *own })
            .collect();
        let (mut low, mut tall): (Vec<usize>, Vec<usize>) =
            (0..choices.len()).partition(|place| height[*place] < 1.0);
        while let (Some(short), Some(long)) = (low.pop(), tall.pop()) {
            entries[short].threshold = threshold(height[short]);
            entries[short].other = choices[long].0;
            height[long] -= 1.0 - height[short];
            if height[long] < 1.0 { low.push(long) } else { tall.push(long) }
        }
        Self(entries)
    }

    /// Chooses by one word: its upper half takes the entry, its lower half decides the alias.
    pub(super) fn pick(&self, word: u64) -> u16 {
        let n = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let entry = self.0[scale(word, n) as usize];
        if (word & 0xFFFF_FFFF) as u32 <= entry.threshold { entry.own } else { entry.other }
    }
}

/// 4,096 quantiles of a distribution given by a few (share, value) points, log-linear in between.
#[derive(Debug, Clone)]
pub(super) struct Quantiles(Box<[f64]>);

impl Quantiles {
    /// `points` rise in both coordinates, from share 0 to share 1; values are positive.
    pub(super) fn new(points: &[(f64, f64)]) -> Self {
        let values = (0..N_SLOTS).map(|slot| {
            let share = (f64::from(slot) + 0.5) / f64::from(N_SLOTS);
            points.windows(2).find(|pair| share <= pair[1].0).map_or(1.0, |pair| {
                let ((from, low), (to, high)) = (pair[0], pair[1]);
                low * (high / low).powf((share - from) / (to - from))
            })
        });
        Self(values.collect())
    }

    /// The same distribution with a mean of one.
    pub(super) fn with_mean_one(self) -> Self {
        let mean = self.0.iter().sum::<f64>() / f64::from(N_SLOTS);
        Self(self.0.iter().map(|value| value / mean).collect())
    }

    /// Every `step`-th quantile.
    pub(super) fn every(&self, step: usize) -> impl Iterator<Item = f64> {
        self.0.iter().copied().skip(step / 2).step_by(step)
    }

    /// The quantiles as whole numbers, to draw from with [`draw`].
    pub(super) fn whole(&self) -> Box<[u32]> {
        self.0.iter().map(|value| whole(*value).try_into().unwrap_or(u32::MAX)).collect()
    }
}

/// Draws from whole quantiles by the lowest twelve bits.
pub(super) fn draw(quantiles: &[u32], bits: u64) -> u32 {
    quantiles[(bits & 0xFFF) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_their_weights() {
        let slots = Slots::new(&[1.0, 2.0, 0.0, 1.0]);
        let shares: Vec<f64> = (0..4).map(|choice| slots.share(choice)).collect();
        assert_eq!(shares, [0.25, 0.5, 0.0, 0.25]);
    }

    #[test]
    fn a_tiny_weight_keeps_a_slot() {
        let slots = Slots::new(&[1.0, 1e-9, 1.0]);
        assert!(slots.share(1) > 0.0);
    }

    #[test]
    fn an_alias_table_follows_its_weights() {
        let alias = Alias::new(&[(7, 1.0), (8, 3.0), (9, 6.0)]);
        let mut stream = Key::new(1, Purpose::Day).stream(0, 0);
        let mut n_hits = [0_u32; 3];
        for _ in 0..100_000 {
            n_hits[usize::from(alias.pick(stream.next()) - 7)] += 1;
        }
        for (n, share) in n_hits.into_iter().zip([0.1_f64, 0.3, 0.6]) {
            // Five standard deviations of a binomial.
            let deviation = (100_000.0 * share * (1.0 - share)).sqrt();
            assert!((f64::from(n) - 100_000.0 * share).abs() < 5.0 * deviation, "{n} {share}");
        }
    }

    #[test]
    fn streams_differ_by_seed_purpose_profile_and_day() {
        let first =
            |seed, purpose, profile, day| Key::new(seed, purpose).stream(profile, day).next();
        let base = first(1, Purpose::Day, 2, 3);
        assert_eq!(base, first(1, Purpose::Day, 2, 3));
        assert_ne!(base, first(2, Purpose::Day, 2, 3));
        assert_ne!(base, first(1, Purpose::Profile, 2, 3));
        assert_ne!(base, first(1, Purpose::Day, 3, 3));
        assert_ne!(base, first(1, Purpose::Day, 2, 4));
    }

    #[test]
    fn quantiles_meet_their_points() {
        let quantiles = Quantiles::new(&[(0.0, 1.0), (0.5, 10.0), (1.0, 1_000.0)]).whole();
        assert_eq!(quantiles[0], 1);
        assert_eq!(quantiles[2_048], 10);
        assert!(quantiles[4_095] > 990);
    }

    #[test]
    fn spread_is_even_over_any_thousand_neighbours() {
        for start in [0_u32, 12_345, 4_000_000] {
            let sum: u64 = (start..start + 1_024).map(|profile| u64::from(spread(profile))).sum();
            assert!((sum as f64 / 1_024.0 - 511.5).abs() < 2.0, "{sum}");
        }
    }
}
