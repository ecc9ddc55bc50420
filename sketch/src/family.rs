//! Family and precision: the only way to ask for a sketch.

use std::fmt;
use std::str::FromStr;

use crate::error::SketchError;
use crate::hash::HASH_NAME;

/// The definition of coupons, registers, hash and bytes that a sketch follows.
///
/// Sketches of different families never union. More families will come, so a `match` outside of this
/// crate needs an arm for the unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Family {
    /// What the `hyperloglogplus` crate computes, after Heule, Nunkesser and Hall, "HyperLogLog in
    /// Practice" (2013): 25-bit coupons while small, 2^precision ranks when large.
    HllPlusPlus,
}

impl Family {
    /// Every family of this build, in the order in which they came.
    pub const ALL: &'static [Self] = &[Self::HllPlusPlus];

    /// Returns the name in models and in column metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HllPlusPlus => "hll++",
        }
    }

    /// Returns the name of the hash that the family's sketches are fed with, for column metadata.
    #[must_use]
    pub const fn hash_name(self) -> &'static str {
        match self {
            Self::HllPlusPlus => HASH_NAME,
        }
    }

    /// Lists the known names, for messages.
    pub(crate) fn names() -> String {
        Self::ALL.iter().map(|family| format!("\"{family}\"")).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Family {
    type Err = SketchError;

    fn from_str(name: &str) -> Result<Self, SketchError> {
        Self::ALL
            .iter()
            .copied()
            .find(|family| family.name() == name)
            .ok_or_else(|| SketchError::UnknownFamily { found: name.to_owned() })
    }
}

/// The base-two logarithm of the number of registers: 4 to 18.
///
/// Each step up doubles the memory of a large sketch and divides its error by √2. 12 (1.6 %, 4 KiB)
/// suits a dashboard, 14 (0.8 %, 16 KiB) is the common choice, 16 (0.4 %, 64 KiB) suits a few large
/// groups.
///
/// ```
/// use clio_sketch::Precision;
///
/// assert_eq!(Precision::for_error(0.01)?, Precision::try_new(14)?);
/// assert!(Precision::try_new(19).is_err());
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Precision(u8);

impl Precision {
    /// The smallest precision: 16 registers, an error of 26 %.
    pub const MIN: Self = Self(4);
    /// The largest precision: 262 144 registers, an error of 0.2 %.
    pub const MAX: Self = Self(18);

    /// Checks that `precision` is within 4 to 18.
    ///
    /// # Errors
    ///
    /// [`SketchError::PrecisionOutOfRange`] when it is not.
    pub const fn try_new(precision: u8) -> Result<Self, SketchError> {
        if precision < Self::MIN.0 || precision > Self::MAX.0 {
            return Err(SketchError::PrecisionOutOfRange { found: precision });
        }
        Ok(Self(precision))
    }

    /// Finds the smallest precision whose [`relative_standard_error`](Self::relative_standard_error)
    /// is at most `error`, a fraction: 0.01 for 1 %.
    ///
    /// # Errors
    ///
    /// [`SketchError::ErrorOutOfRange`] when `error` is no positive number or when not even the
    /// largest precision is that good.
    pub fn for_error(error: f64) -> Result<Self, SketchError> {
        let refused = || SketchError::ErrorOutOfRange {
            found: error,
            smallest: Self::MAX.relative_standard_error(),
        };
        if !error.is_finite() {
            return Err(refused());
        }
        (Self::MIN.0..=Self::MAX.0)
            .map(Self)
            .find(|precision| precision.relative_standard_error() <= error)
            .ok_or_else(refused)
    }

    /// Returns the precision as a number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Returns the number of registers of a large sketch, which is also its size in bytes.
    #[must_use]
    pub const fn n_registers(self) -> usize {
        1 << self.0
    }

    /// Returns the standard deviation of a large sketch's estimate over the true count: 1.04 / √m.
    #[must_use]
    pub fn relative_standard_error(self) -> f64 {
        1.04 / (self.n_registers() as f64).sqrt()
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u8> for Precision {
    type Error = SketchError;

    fn try_from(precision: u8) -> Result<Self, SketchError> {
        Self::try_new(precision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for &family in Family::ALL {
            assert_eq!(family.name().parse(), Ok(family));
        }
        let error = "hll".parse::<Family>().unwrap_err();
        assert_eq!(error.to_string(), "unknown sketch `family` \"hll\", expected one of \"hll++\"");
    }

    #[test]
    fn precision_for_error_is_the_smallest_that_will_do() {
        for precision in 4..=18 {
            let precision = Precision::try_new(precision).unwrap();
            let error = precision.relative_standard_error();
            assert_eq!(Precision::for_error(error), Ok(precision));
            assert_eq!(Precision::for_error(error * 1.01), Ok(precision));
        }
        assert_eq!(Precision::for_error(10.0), Ok(Precision::MIN));
        for error in [0.002, 0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Precision::for_error(error).is_err(), "{error}");
        }
    }

    #[test]
    fn precision_is_checked() {
        assert!(Precision::try_new(3).is_err());
        assert_eq!(
            Precision::try_new(19).unwrap_err().to_string(),
            "`precision` must be within 4 to 18, found 19"
        );
    }
}
