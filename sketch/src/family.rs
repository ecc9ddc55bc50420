//! Family and precision: what a sketch is asked for by.

use std::fmt;
use std::str::FromStr;

use strum::VariantArray;

use crate::error::SketchError;

/// The definition of coupons, registers, hash and bytes that a sketch follows.
///
/// Sketches of different families cannot be united. Every `match` on this enum names each family and has no
/// catch-all arm, so that the compiler finds all of them when a family is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, VariantArray)]
pub enum Family {
    /// What the `hyperloglogplus` crate computes, after Heule, Nunkesser and Hall, "HyperLogLog in Practice" (2013):
    /// 25-bit slots with a rank while small, 2^precision ranks when large.
    HllPlusPlus,
    /// Apache DataSketches HLL, byte for byte what Spark's `hll_sketch_agg`, Druid's `HLLSketchBuild`, Databricks
    /// and the Java, C++, Python and Rust libraries read and write: 26-bit slots with a rank while small, 2^lgK
    /// ranks when large.
    DataSketches,
}

impl Family {
    /// Every family of this build, oldest first.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the name in models and in column metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HllPlusPlus => "hll++",
            Self::DataSketches => "datasketches",
        }
    }

    /// Returns the name of the hash function whose hashes the family's sketches take, for column metadata.
    #[must_use]
    pub const fn hash_name(self) -> &'static str {
        match self {
            Self::HllPlusPlus => "xxh3-64",
            Self::DataSketches => "murmur3-x64-128/9001",
        }
    }

    /// Returns the largest precision that the family supports; the smallest is always [`Precision::MIN`].
    #[must_use]
    pub const fn max_precision(self) -> Precision {
        match self {
            Self::HllPlusPlus => Precision(18),
            Self::DataSketches => Precision(21),
        }
    }

    /// Checks that the family supports this precision.
    ///
    /// # Errors
    ///
    /// [`SketchError::PrecisionOutOfRange`] when it does not.
    pub const fn precision(self, precision: u8) -> Result<Precision, SketchError> {
        let largest = self.max_precision().0;
        if precision < Precision::MIN.0 || precision > largest {
            return Err(SketchError::PrecisionOutOfRange { found: precision, largest });
        }
        Ok(Precision(precision))
    }

    /// Finds the family's smallest precision whose
    /// [`relative_standard_error`](Precision::relative_standard_error) is at most `error`, a fraction: 0.01
    /// for 1 %.
    ///
    /// ```
    /// use clio_sketch::{Family, Precision};
    ///
    /// assert_eq!(Family::HllPlusPlus.precision_for_error(0.01)?, Precision::try_new(14)?);
    /// # Ok::<(), clio_sketch::SketchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SketchError::ErrorOutOfRange`] when `error` is not a positive number, or smaller than the largest precision
    /// reaches.
    pub fn precision_for_error(self, error: f64) -> Result<Precision, SketchError> {
        let largest = self.max_precision();
        let refused = || SketchError::ErrorOutOfRange {
            found: error,
            smallest: largest.relative_standard_error(),
            largest: largest.0,
        };
        if !error.is_finite() {
            return Err(refused());
        }
        (Precision::MIN.0..=largest.0)
            .map(Precision)
            .find(|precision| precision.relative_standard_error() <= error)
            .ok_or_else(refused)
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

/// The base-two logarithm of the number of registers, which DataSketches calls lgK: 4 to 21, of which each family
/// supports [its own range](Family::max_precision).
///
/// Each step up doubles the memory of a large sketch and divides its error by √2. 12 (1.6 %, 4 KiB)
/// suits a dashboard, 14 (0.8 %, 16 KiB) is the common choice, 16 (0.4 %, 64 KiB) suits a few large
/// groups.
///
/// ```
/// use clio_sketch::{Family, Precision};
///
/// assert_eq!(Precision::try_new(14)?.n_registers(), 16_384);
/// assert!(Family::HllPlusPlus.precision(19).is_err());
/// # Ok::<(), clio_sketch::SketchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Precision(u8);

impl Precision {
    /// The smallest precision: 16 registers, an error of 26 %.
    pub const MIN: Self = Self(4);
    /// The largest precision of any family: 2 097 152 registers, an error of 0.07 %.
    pub const MAX: Self = Self(21);

    /// Checks that some family supports this precision.
    ///
    /// # Errors
    ///
    /// [`SketchError::PrecisionOutOfRange`] when none does.
    pub const fn try_new(precision: u8) -> Result<Self, SketchError> {
        if precision < Self::MIN.0 || precision > Self::MAX.0 {
            return Err(SketchError::PrecisionOutOfRange {
                found: precision,
                largest: Self::MAX.0,
            });
        }
        Ok(Self(precision))
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

    /// Returns the standard deviation of a large sketch's estimate, relative to the true count: 1.04 / √m.
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
        assert_eq!(
            error.to_string(),
            "unknown sketch `family` \"hll\", expected one of \"hll++\", \"datasketches\""
        );
    }

    #[test]
    fn precision_for_error_is_the_smallest_that_will_do() {
        for &family in Family::ALL {
            for precision in 4..=family.max_precision().get() {
                let precision = Precision::try_new(precision).unwrap();
                let error = precision.relative_standard_error();
                assert_eq!(family.precision_for_error(error), Ok(precision));
                assert_eq!(family.precision_for_error(error * 1.01), Ok(precision));
            }
            assert_eq!(family.precision_for_error(10.0), Ok(Precision::MIN));
            for error in [0.0007, 0.0, -1.0, f64::NAN, f64::INFINITY] {
                assert!(family.precision_for_error(error).is_err(), "{error}");
            }
        }
    }

    #[test]
    fn precision_is_checked_by_family() {
        assert!(Precision::try_new(3).is_err());
        assert!(Precision::try_new(22).is_err());
        assert_eq!(
            Family::HllPlusPlus.precision(19).unwrap_err().to_string(),
            "`precision` must be within 4 to 18, found 19"
        );
        assert!(Family::DataSketches.precision(21).is_ok());
        assert!(Family::DataSketches.precision(22).is_err());
    }
}
