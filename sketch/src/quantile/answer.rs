//! What the counts per bucket tell: a quantile, or the share of values below a threshold, each with certain bounds.

use std::fmt;
use std::str::FromStr;

use crate::quantile::scale::Scale;

/// A number with the limits of what it can be.
///
/// Always true: `lower <= value <= upper`, all finite, and all equal when `exact`. The truth is certain to lie within
/// the bounds, since it is known which bucket each value is in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounded {
    /// The most plausible number.
    pub value: f64,
    /// The smallest number that it can be.
    pub lower: f64,
    /// The largest number that it can be.
    pub upper: f64,
    /// Whether it can be nothing else.
    pub exact: bool,
}

impl Bounded {
    fn exact(value: f64) -> Self {
        Self { value, lower: value, upper: value, exact: true }
    }
}

/// A quantile, in per cent with up to two decimals: `p50`, `p99.9`, `p0` to `p100`.
///
/// Of n values in ascending order it is the smallest that at least this many per cent of the values do not exceed:
/// number ⌈p n / 100⌉, or number 1 for `p0`. So `p0` is the minimum and `p100` the maximum.
///
/// ```
/// use clio_sketch::Percentile;
///
/// let tail: Percentile = "p99.9".parse()?;
/// assert_eq!((tail.percent(), tail.to_string().as_str()), (99.9, "p99.9"));
/// assert!("p050".parse::<Percentile>().is_err(), "one spelling each");
/// # Ok::<(), clio_sketch::PercentileError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Percentile(u16);

/// Text that is not a [`Percentile`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a quantile: expected `p0` to `p100`, with up to two decimals, such as `p50` or `p99.9`"
)]
pub struct PercentileError(String);

impl Percentile {
    /// The median.
    pub const MEDIAN: Self = Self(5_000);

    /// 100 per cent, in the unit of the field.
    const ALL: u16 = 10_000;

    /// Checks a percentage: 0 to 100, with up to two decimals.
    ///
    /// # Errors
    ///
    /// [`PercentileError`] for any other.
    pub fn try_new(percent: f64) -> Result<Self, PercentileError> {
        format!("p{percent}").parse()
    }

    /// Returns the percentage.
    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// Returns the rank of the quantile among this many values in ascending order, counted from 1.
    #[must_use]
    pub fn rank(self, n_values: u64) -> u64 {
        let rank = (u128::from(self.0) * u128::from(n_values)).div_ceil(u128::from(Self::ALL));
        u64::try_from(rank).unwrap_or(u64::MAX).max(1)
    }
}

impl FromStr for Percentile {
    type Err = PercentileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let number = text.strip_prefix('p')?;
            let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
            let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            let is_written_so = is_digits(whole)
                && is_digits(fraction)
                && matches!(whole.len(), 1..=3)
                && fraction.len() <= 2
                && (whole == "0" || !whole.starts_with('0'))
                && (!number.contains('.') || !fraction.is_empty() && !fraction.ends_with('0'));
            if !is_written_so {
                return None;
            }
            let hundredths = format!("{whole}{fraction:0<2}").parse().ok()?;
            (hundredths <= Self::ALL).then_some(Self(hundredths))
        };
        parsed().ok_or_else(|| PercentileError(text.to_owned()))
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.percent())
    }
}

/// The quantile of `n_values` values, given by their counts in ascending order; `None` where there are none.
pub(crate) fn quantile(
    scale: &Scale,
    counts: impl Iterator<Item = (i32, u64)>,
    n_values: u64,
    percentile: Percentile,
) -> Option<Bounded> {
    let rank = percentile.rank(n_values);
    let mut n_before = 0_u64;
    for (key, count) in counts {
        n_before += count;
        if n_before >= rank {
            if key == 0 {
                return Some(Bounded::exact(0.0));
            }
            let (lower, upper) = scale.ends(key);
            return Some(Bounded { value: scale.value(key), lower, upper, exact: false });
        }
    }
    None
}

/// How many of the values are below a threshold: those that surely are, and those in its bucket, which may be.
pub(crate) fn below(
    scale: &Scale,
    counts: impl Iterator<Item = (i32, u64)>,
    threshold: f64,
) -> Below {
    let mut below = Below { n_sure: 0, n_perhaps: 0, part: 0.0 };
    for (key, count) in counts {
        let (lower, upper) = scale.ends(key);
        // The end nearer to zero belongs to a bucket, the other one does not.
        let is_below = if key > 0 { upper <= threshold } else { upper < threshold };
        if is_below {
            below.n_sure += count;
        } else if lower < threshold {
            below.n_perhaps = count;
            below.part = (threshold - lower) / (upper - lower);
        } else {
            break;
        }
    }
    below
}

/// How many values are below a threshold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Below {
    n_sure: u64,
    n_perhaps: u64,
    /// The part of those in its bucket that is assumed to be below: values are taken to be spread evenly over a bucket.
    part: f64,
}

impl Below {
    /// Their share of all values; `None` where there are none.
    pub(crate) fn share(self, n_values: u64) -> Option<Bounded> {
        let of = |n: f64| n / n_values as f64;
        let (sure, perhaps) = (self.n_sure as f64, self.n_perhaps as f64);
        Self::told(
            n_values,
            self.n_perhaps,
            [0.0, self.part, 1.0].map(|part| of(sure + part * perhaps)),
        )
    }

    /// The share of all values at or above the threshold; `None` where there are none.
    pub(crate) fn share_of_others(self, n_values: u64) -> Option<Bounded> {
        let of = |n: f64| n / n_values as f64;
        let (others, perhaps) =
            (n_values.saturating_sub(self.n_sure) as f64, self.n_perhaps as f64);
        Self::told(
            n_values,
            self.n_perhaps,
            [1.0, self.part, 0.0].map(|part| of(others - part * perhaps)),
        )
    }

    fn told(n_values: u64, n_perhaps: u64, [lower, value, upper]: [f64; 3]) -> Option<Bounded> {
        (n_values > 0).then_some(Bounded { value, lower, upper, exact: n_perhaps == 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_has_one_spelling() {
        for text in ["p0", "p1", "p50", "p99", "p99.9", "p99.99", "p0.5", "p0.05", "p100"] {
            let parsed: Percentile = text.parse().unwrap();
            assert_eq!(parsed.to_string(), text);
            assert_eq!(Percentile::try_new(parsed.percent()), Ok(parsed));
        }
        for text in [
            "", "p", "50", "P50", "p050", "p50.0", "p50.", "p.5", "p-1", "p100.01", "p101", "p1e1",
            "p99.999", "p 50", "p00", "p1000",
        ] {
            assert!(text.parse::<Percentile>().is_err(), "{text}");
        }
        for percent in [-1.0, 100.5, 12.345, f64::NAN, f64::INFINITY] {
            assert!(Percentile::try_new(percent).is_err(), "{percent}");
        }
    }

    #[test]
    fn ranks_are_those_of_sorted_values() {
        for (text, n_values, expected) in [
            ("p0", 10, 1),
            ("p50", 10, 5),
            ("p50", 11, 6),
            ("p90", 10, 9),
            ("p90", 11, 10),
            ("p99.99", 10_000, 9_999),
            ("p100", 10, 10),
            ("p50", 1, 1),
            ("p100", u64::MAX, u64::MAX),
        ] {
            assert_eq!(text.parse::<Percentile>().unwrap().rank(n_values), expected, "{text}");
        }
    }
}
