//! Several comparisons at once: a word for each.

use clio_proto::VerdictWord;

use super::sample::{COUNTING_ERRORS, Estimate, Sample};
use super::sequence::n_told;

/// The smallest number of common days for a verdict.
pub(crate) const MIN_DAYS: u32 = 10;

/// The smallest number of people of a side for a verdict: rates of fewer are not normal, however many days there are.
const MIN_PEOPLE: f64 = 30.0;

/// The probability that sampling misleads at any look, for words without reserve. Counting, beyond three of its
/// standard errors, misleads in another 0.3 %: together below 5 %, with room for what only holds asymptotically.
const LEVEL: f64 = 0.025;

/// The same for words with "probably": 10 % for sampling, and 10 % for counting.
const LEVEL_PROBABLY: f64 = 0.1;
const COUNTING_ERRORS_PROBABLY: f64 = 1.645;

/// What does not happen within this many days counts as never.
const MOST_DAYS: u32 = 3_660;

/// The judgement of one comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judged {
    pub(crate) word: VerdictWord,
    pub(crate) own: f64,
    pub(crate) other: f64,
    /// The half-width of the interval of the difference; `None` if there are too few days for one.
    pub(crate) half_width: Option<f64>,
    /// With [`VerdictWord::TooLittleData`], how many more common days it takes; `None` if that will never be.
    pub(crate) more_days: Option<u32>,
}

/// Judges comparisons that are looked at together. `worthwhile` is the smallest worthwhile difference, relative to the
/// other side's rate.
///
/// Of all that are told apart, at most 2.5 % are wrong on average (e-BH), and counting exceeds three standard errors in
/// 0.3 %; the interval of each holds at the level 2.5 % × (those told apart) / (all), so that it excludes 0 exactly if
/// they are told apart.
pub(crate) fn judge(samples: &[&Sample], worthwhile: f64) -> Vec<Judged> {
    let estimates: Vec<Estimate> = samples.iter().map(|own| own.estimate()).collect();
    let is_judged = |own: &&Estimate| own.n_days >= MIN_DAYS && own.fewest_people >= MIN_PEOPLE;
    let judged: Vec<&Estimate> = estimates.iter().filter(is_judged).collect();
    let level_of = |level: f64, counting_errors: f64| {
        let evidence: Vec<f64> = judged.iter().map(|own| own.evidence(counting_errors)).collect();
        level * n_told(&evidence, level).max(1) as f64 / judged.len().max(1) as f64
    };
    let levels = Levels {
        sure: level_of(LEVEL, COUNTING_ERRORS),
        probable: level_of(LEVEL_PROBABLY, COUNTING_ERRORS_PROBABLY),
    };
    estimates.iter().map(|own| levels.judge(own, worthwhile)).collect()
}

/// The levels at which intervals of several comparisons hold simultaneously.
struct Levels {
    sure: f64,
    probable: f64,
}

impl Levels {
    fn judge(&self, estimate: &Estimate, worthwhile: f64) -> Judged {
        let Estimate { n_days, own, other, counting, .. } = *estimate;
        let (difference, matters) = (estimate.difference(), worthwhile * other);
        let of_counting = COUNTING_ERRORS * counting;
        if n_days < MIN_DAYS || estimate.fewest_people < MIN_PEOPLE {
            let least = MIN_DAYS.max(n_days + 1);
            let until = estimate.days_until(matters, self.sure, least, MOST_DAYS);
            // Two days tell too little about future ones.
            let until = if n_days < 3 { Some(MIN_DAYS) } else { until };
            let more_days = until.map(|until| until - n_days);
            let word = VerdictWord::TooLittleData;
            return Judged { word, own, other, half_width: None, more_days };
        }
        let half_width = estimate.half_width(self.sure, COUNTING_ERRORS);
        let probably = estimate.half_width(self.probable, COUNTING_ERRORS_PROBABLY);
        let size = difference.abs();
        let word = if size > half_width {
            if difference > 0.0 { VerdictWord::Higher } else { VerdictWord::Lower }
        } else if size > probably {
            if difference > 0.0 { VerdictWord::ProbablyHigher } else { VerdictWord::ProbablyLower }
        } else if size + half_width <= matters {
            VerdictWord::NoDifference
        } else if size <= of_counting && of_counting >= half_width / 2.0 {
            VerdictWord::WithinCountingError
        } else {
            VerdictWord::TooLittleData
        };
        // If the visible difference is already worthwhile, a verdict waits until the difference itself is detected, or
        // all others are ruled out.
        let enough = if half_width > matters { matters } else { size.max(matters - size) };
        let more_days = match word {
            VerdictWord::TooLittleData => {
                let until = estimate.days_until(enough, self.sure, n_days + 1, MOST_DAYS);
                until.map(|until| until - n_days)
            }
            VerdictWord::Better
            | VerdictWord::Worse
            | VerdictWord::ProbablyBetter
            | VerdictWord::ProbablyWorse
            | VerdictWord::Higher
            | VerdictWord::Lower
            | VerdictWord::ProbablyHigher
            | VerdictWord::ProbablyLower
            | VerdictWord::NoDifference
            | VerdictWord::WithinCountingError => None,
        };
        Judged { word, own, other, half_width: Some(half_width), more_days }
    }
}
