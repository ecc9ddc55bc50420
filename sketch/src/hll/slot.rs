//! The layout of a coupon: the slot above, the rank below.

/// The number of bits under the slot; the same in every family.
pub(crate) const RANK_BITS: u32 = 6;

/// Returns a coupon's slot.
#[inline]
pub(crate) const fn slot(coupon: u32) -> u32 {
    coupon >> RANK_BITS
}
