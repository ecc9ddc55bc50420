//! The `hll++` family: how a hash becomes a coupon and a register.
//!
//! ```text
//! hash     │ index: p bits │ low: 25 - p bits │ rest: 39 bits                    │   64 bits
//!          └────────── slot: 25 bits ─────────┘
//! coupon   │ 0 │ slot: 25 bits │ rank: 6 bits │                                      32 bits
//! register   registers[index] = the largest (1 + leading zeros of `low` and `rest` together)
//! ```
//!
//! A coupon's rank is 1 + the leading zeros of `rest` (40 when all are zero), kept only where `low` is
//! all zero; elsewhere it is 0, since `low` alone then determines the register's rank. This is what
//! `encode_hash` and `decode_hash` of the `hyperloglogplus` crate do, without the flag bit: the flag
//! says whether `low` is zero, which the slot says already. Unlike in that crate, a slot has a single
//! coupon: the crate keeps two when two values with `low` zero share a slot but not a rank.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::family::Precision;
use crate::hll::slot::RANK_BITS;
/// The seed: zero, so that any XXH3 tool computes our hashes (`xxhsum -H3`), and because XXH3 derives a
/// secret from any other seed for every value above 240 bytes.
const HASH_SEED: u64 = 0;

/// The number of slot bits, whatever the precision.
pub(crate) const SLOT_BITS: u32 = 25;
/// The number of slots.
pub(crate) const N_SLOTS: u32 = 1 << SLOT_BITS;
/// The largest rank of a coupon: 39 zeros, and one.
pub(crate) const MAX_COUPON_RANK: u32 = 64 - SLOT_BITS + 1;

/// Returns the hash of bytes.
#[inline]
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, HASH_SEED)
}

/// Returns the largest number of coupons: at 4 bytes each they take no more memory than registers.
pub(crate) const fn max_coupons(precision: Precision) -> usize {
    precision.n_registers() / 4
}

/// Returns the coupon of a hash.
#[inline]
pub(crate) const fn coupon(precision: Precision, hash: u64) -> u32 {
    let slot = (hash >> (64 - SLOT_BITS)) as u32;
    if low_bits(precision, slot) != 0 {
        return slot << RANK_BITS;
    }
    // The extra one bit stops the count at 39 zeros.
    let rest = (hash << SLOT_BITS) | (1 << (SLOT_BITS - 1));
    (slot << RANK_BITS) | (1 + rest.leading_zeros())
}

/// Returns the part of a slot below the register's index.
#[inline]
pub(crate) const fn low_bits(precision: Precision, slot: u32) -> u32 {
    slot & ((1 << (SLOT_BITS - precision.get() as u32)) - 1)
}

/// Returns the register of a hash and its rank: 1 to 65 - p.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "an index has 18 bits, a rank 6")]
pub(crate) const fn register_of_hash(precision: Precision, hash: u64) -> (usize, u8) {
    let p = precision.get() as u32;
    let index = (hash >> (64 - p)) as usize;
    let rest = (hash << p) | (1 << (p - 1));
    (index, (1 + rest.leading_zeros()) as u8)
}

/// Returns the register of a coupon and its rank: what its hash would have given.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a rank has 6 bits")]
pub(crate) const fn register_of_coupon(precision: Precision, coupon: u32) -> (usize, u8) {
    let p = precision.get() as u32;
    // The mask keeps a coupon that never came from a hash from indexing out of bounds.
    let slot = (coupon >> RANK_BITS) & (N_SLOTS - 1);
    let index = (slot >> (SLOT_BITS - p)) as usize;
    let low = low_bits(precision, slot);
    let rank = if low != 0 {
        1 + (low << (32 - SLOT_BITS + p)).leading_zeros()
    } else {
        (coupon & ((1 << RANK_BITS) - 1)) + SLOT_BITS - p
    };
    (index, rank as u8)
}

/// Returns the largest rank of a register: 64 - p zeros, and one.
#[inline]
pub(crate) const fn max_register_rank(precision: Precision) -> u8 {
    65 - precision.get()
}

/// Returns the largest number of slots that can have led to a register of this rank.
///
/// The slots of a register differ in their `low` bits only. A register holds its largest rank, so no
/// slot with more leading zeros was seen: with a rank r of at most 25 - p, `low` was at least 2^(25 - p
/// - r).
pub(crate) const fn max_slots_of_register(precision: Precision, rank: u8) -> u32 {
    let n_low_bits = SLOT_BITS - precision.get() as u32;
    let rank = rank as u32;
    if rank > n_low_bits { 1 << n_low_bits } else { (1 << n_low_bits) - (1 << (n_low_bits - rank)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn precision(p: u8) -> Precision {
        Precision::try_new(p).unwrap()
    }

    #[test]
    fn a_coupon_leads_to_the_register_of_its_hash() {
        for p in 4..=18 {
            let p = precision(p);
            // A single bit at each place, with and without the index, covers every rank.
            for bit in 0..64 {
                for high in [0, 0xa5a5 << 48, u64::MAX << (64 - p.get())] {
                    let hash = high | (1 << bit);
                    let coupon = coupon(p, hash);
                    assert_eq!(
                        register_of_coupon(p, coupon),
                        register_of_hash(p, hash),
                        "{hash:x}"
                    );
                }
            }
            let (index, rank) = register_of_coupon(p, coupon(p, 0));
            assert_eq!((index, rank), (0, max_register_rank(p)));
        }
    }

    #[test]
    fn a_coupon_has_a_rank_only_where_the_low_bits_are_zero() {
        let p = precision(8);
        assert_eq!(coupon(p, 0), MAX_COUPON_RANK);
        assert_eq!(coupon(p, 1 << 38), 1);
        assert_eq!(coupon(p, 1 << 39), 1 << RANK_BITS);
        assert_eq!(coupon(p, u64::MAX), (N_SLOTS - 1) << RANK_BITS);
    }

    #[test]
    fn slots_of_a_register_are_counted_right() {
        // Compares the formula with a count of all slots of one register.
        for p in [4, 11, 18] {
            let p = precision(p);
            let n_low_bits = SLOT_BITS - u32::from(p.get());
            for rank in 0..=max_register_rank(p) {
                let counted = (0..1_u32 << n_low_bits)
                    .filter(|&low| {
                        // The least rank that a value with these low bits can have.
                        let least = if low == 0 {
                            n_low_bits + 1
                        } else {
                            1 + (low << (32 - n_low_bits)).leading_zeros()
                        };
                        least <= u32::from(rank)
                    })
                    .count();
                assert_eq!(max_slots_of_register(p, rank) as usize, counted, "{p} {rank}");
            }
        }
    }
}
