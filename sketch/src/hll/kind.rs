//! Family and precision together: what a state needs to know to be updated.

use crate::error::SketchError;
use crate::family::{Family, Precision};
use crate::hll::slot::RANK_BITS;
use crate::hll::{datasketches, hllpp};

/// Family and precision together. Every rule that differs by family is reached from here, so a new family
/// does not compile until each has an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) family: Family,
    pub(crate) precision: Precision,
}

impl Kind {
    /// # Panics
    ///
    /// When the family does not support the precision, which [`Family::precision`] rules out.
    #[inline]
    pub(crate) const fn new(family: Family, precision: Precision) -> Self {
        assert!(
            precision.get() <= family.max_precision().get(),
            "the family does not support this precision; Family::precision checks that"
        );
        Self { family, precision }
    }

    /// Returns the largest number of coupons before promotion; at 4 bytes each they never take more memory
    /// than the registers would.
    #[inline]
    pub(crate) const fn max_coupons(self) -> usize {
        match self.family {
            Family::HllPlusPlus => hllpp::max_coupons(self.precision),
            Family::DataSketches => datasketches::max_coupons(self.precision),
        }
    }

    /// Returns by how many bits coupons are shifted before they are compared: the remaining bits identify
    /// them, and of those with the same identity the largest stays.
    #[inline]
    pub(crate) const fn key_shift(self) -> u32 {
        match self.family {
            Family::HllPlusPlus => RANK_BITS,
            Family::DataSketches => 0,
        }
    }

    /// Returns the number of bits of a coupon: the highest of them are the slot's.
    #[inline]
    pub(crate) const fn n_coupon_bits(self) -> u32 {
        match self.family {
            Family::HllPlusPlus => hllpp::SLOT_BITS + RANK_BITS,
            Family::DataSketches => datasketches::SLOT_BITS + RANK_BITS,
        }
    }

    /// Returns the number of equally likely coupons that would produce as many collisions.
    #[inline]
    pub(crate) const fn n_coupons_possible(self) -> f64 {
        match self.family {
            Family::HllPlusPlus => hllpp::N_SLOTS as f64,
            Family::DataSketches => datasketches::N_COUPONS_POSSIBLE,
        }
    }

    /// Returns the largest rank of a register.
    #[inline]
    pub(crate) const fn max_register_rank(self) -> u8 {
        match self.family {
            Family::HllPlusPlus => hllpp::max_register_rank(self.precision),
            Family::DataSketches => datasketches::MAX_RANK,
        }
    }

    /// Returns the coupon of a hash.
    #[inline]
    pub(crate) const fn coupon(self, hash: u64) -> u32 {
        match self.family {
            Family::HllPlusPlus => hllpp::coupon(self.precision, hash),
            Family::DataSketches => datasketches::coupon(hash),
        }
    }

    /// Rejects another kind.
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
