//! Family and precision together: what a state has to know to be updated.

use crate::error::SketchError;
use crate::family::{Family, Precision};
use crate::hllpp;

/// Family and precision together. Every rule that differs by family is reached from here, so that a new
/// family fails to compile until each has an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) family: Family,
    pub(crate) precision: Precision,
}

impl Kind {
    pub(crate) const fn new(family: Family, precision: Precision) -> Self {
        Self { family, precision }
    }

    /// Returns the largest number of coupons that is kept as coupons: at 4 bytes each they take no more
    /// memory than the registers would.
    #[inline]
    pub(crate) const fn max_coupons(self) -> usize {
        self.precision.n_registers() / 4
    }

    /// Returns the number of slots that coupons are spread over.
    #[inline]
    pub(crate) const fn n_slots(self) -> u32 {
        match self.family {
            Family::HllPlusPlus => hllpp::N_SLOTS,
        }
    }

    /// Returns the largest rank of a register.
    #[inline]
    pub(crate) const fn max_register_rank(self) -> u8 {
        match self.family {
            Family::HllPlusPlus => hllpp::max_register_rank(self.precision),
        }
    }

    /// Returns the coupon of a hash.
    #[inline]
    pub(crate) const fn coupon(self, hash: u64) -> u32 {
        match self.family {
            Family::HllPlusPlus => hllpp::coupon(self.precision, hash),
        }
    }

    /// Refuses another kind.
    #[inline]
    pub(crate) fn expect(self, found: Self) -> Result<(), SketchError> {
        if self == found {
            return Ok(());
        }
        Err(SketchError::Mismatch {
            expected_family: self.family,
            expected_precision: self.precision,
            found_family: found.family,
            found_precision: found.precision,
        })
    }
}
