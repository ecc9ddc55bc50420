//! The `datasketches` family: Apache DataSketches HLL, as its Java and C++ libraries define it
//! (<https://datasketches.apache.org/docs/HLL/HLL.html>).
//!
//! ```text
//! (h1, h2) = MurmurHash3_x64_128(value's bytes, seed 9001)
//! coupon   │ slot: low 26 bits of h1 │ rank: 6 bits, 1 + leading zeros of h2, at most 63 │   32 bits
//! register   registers[slot mod 2^lgK] = the largest rank
//! ```
//!
//! The libraries' own coupon has the rank above the slot; ours is the same one rotated, so that both families
//! sort by slot. Two values that share a slot but not a rank are two coupons, as they are in the libraries.
//!
//! [`hash`] does not return a plain 64-bit hash, which could not hold a rank of 63 beside a slot: the low 32
//! bits are the coupon, and the high 32 bits are further bits of h1, which the libraries do not use.

use crate::family::Precision;
use crate::hll::slot::RANK_BITS;
const SEED: u64 = 9001;

/// The number of slot bits, whatever the precision.
pub(crate) const SLOT_BITS: u32 = 26;
/// The largest rank of a coupon and of a register: the largest six-bit number.
pub(crate) const MAX_RANK: u8 = 63;
/// Two values collide when slot and rank agree; ranks agree with probability Σ 4^-k = 1/3.
pub(crate) const N_COUPONS_POSSIBLE: f64 = 3.0 * (1_u32 << SLOT_BITS) as f64;

/// The precision from which on the libraries have a hash set between list and registers.
pub(crate) const MIN_SET_PRECISION: u8 = 8;
/// The most coupons of a list: the libraries convert it at eight.
pub(crate) const MAX_LIST_COUPONS: usize = 7;

/// Returns the largest number of coupons: the libraries turn a hash set of 2^(lgK - 3) places into registers
/// when it is more than three quarters full, and below lgK 8 a list when its eight places are taken.
pub(crate) const fn max_coupons(precision: Precision) -> usize {
    if precision.get() < MIN_SET_PRECISION { MAX_LIST_COUPONS } else { 3 << (precision.get() - 5) }
}

/// Returns the coupon of a hash; a rank of zero, which no value's hash has, is raised to one.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the coupon is the low half")]
pub(crate) const fn coupon(hash: u64) -> u32 {
    let coupon = hash as u32;
    if coupon & ((1 << RANK_BITS) - 1) == 0 { coupon | 1 } else { coupon }
}

/// Returns the register of a coupon and its rank, 1 to 63.
#[inline]
pub(crate) const fn register_of_coupon(precision: Precision, coupon: u32) -> (usize, u8) {
    let index = (coupon >> RANK_BITS) as usize & (precision.n_registers() - 1);
    (index, (coupon & ((1 << RANK_BITS) - 1)) as u8)
}

/// Returns the hash of bytes: their coupon in the low half, further bits of h1 in the high half.
#[inline]
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let (h1, h2) = murmur3_x64_128(bytes);
    let rank = 1 + h2.leading_zeros().min(u32::from(MAX_RANK) - 1);
    let slot = h1 & ((1 << SLOT_BITS) - 1);
    ((h1 >> SLOT_BITS) << 32) | (slot << RANK_BITS) | u64::from(rank)
}

/// Austin Appleby's MurmurHash3, the 128-bit variant for 64-bit machines
/// (<https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp>).
#[inline]
fn murmur3_x64_128(bytes: &[u8]) -> (u64, u64) {
    let (mut h1, mut h2) = (SEED, SEED);
    let (blocks, tail) = bytes.as_chunks::<16>();
    for block in blocks {
        let (low, high) = block.split_at(8);
        h1 ^= mix_1(word(low));
        h1 = h1.rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 ^= mix_2(word(high));
        h2 = h2.rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    // A missing part is zero, and zero mixes to zero.
    let (low, high) = tail.split_at(tail.len().min(8));
    h1 ^= mix_1(word(low));
    h2 ^= mix_2(word(high));

    let length = bytes.len() as u64;
    h1 ^= length;
    h2 ^= length;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = finish(h1);
    h2 = finish(h2);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2)
}

/// Reads up to eight bytes, little endian.
#[inline]
fn word(bytes: &[u8]) -> u64 {
    if let Some(&word) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(word);
    }
    bytes.iter().rev().fold(0, |word, &byte| (word << 8) | u64::from(byte))
}

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

#[inline]
const fn mix_1(word: u64) -> u64 {
    word.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

#[inline]
const fn mix_2(word: u64) -> u64 {
    word.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

#[inline]
const fn finish(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

#[cfg(test)]
mod tests {
    use datasketches::hash::value::raw_bytes;
    use datasketches::hll::{HllSketch, HllType};

    use super::*;

    /// The only coupon of the reference crate's sketch of one value.
    fn coupon_of_reference(bytes: &[u8]) -> u32 {
        let mut sketch = HllSketch::new(12, HllType::Hll8).unwrap();
        sketch.update(raw_bytes::from_slice(bytes));
        let written = sketch.serialize();
        let coupon = u32::from_le_bytes(*written.last_chunk::<4>().unwrap());
        coupon.rotate_left(RANK_BITS)
    }

    #[test]
    fn coupons_are_those_of_the_reference_crate() {
        // Every length around the blocks of sixteen bytes.
        let bytes: Vec<u8> = (0..100_u8).map(|i| i.wrapping_mul(151) ^ 0x5a).collect();
        for from in 0..40 {
            for length in 1..50 {
                let bytes = &bytes[from..from + length];
                assert_eq!(coupon(hash(bytes)), coupon_of_reference(bytes), "{bytes:?}");
            }
        }
    }

    #[test]
    fn promotion_is_where_the_libraries_have_it() {
        for p in 4..=21 {
            let precision = Precision::try_new(p).unwrap();
            let max_coupons = max_coupons(precision);
            let mut sketch = HllSketch::new(p, HllType::Hll8).unwrap();
            let (mut n, mut seen) = (0_i64, std::collections::BTreeSet::new());
            let is_dense = |sketch: &HllSketch| sketch.serialize()[7] & 3 == 2;
            while !is_dense(&sketch) {
                sketch.update(raw_bytes::from_slice(&n.to_le_bytes()));
                seen.insert(coupon(hash(&n.to_le_bytes())));
                n += 1;
                // Looking costs a copy, so look where it matters.
                while seen.len() + 2 < max_coupons {
                    sketch.update(raw_bytes::from_slice(&n.to_le_bytes()));
                    seen.insert(coupon(hash(&n.to_le_bytes())));
                    n += 1;
                }
            }
            assert_eq!(seen.len(), max_coupons + 1, "lgK {p}");
        }
    }

    #[test]
    fn every_hash_has_a_valid_coupon() {
        assert_eq!(coupon(0), 1);
        assert_eq!(coupon(u64::MAX), u32::MAX);
        let precision = Precision::MIN;
        assert_eq!(register_of_coupon(precision, u32::MAX), (15, 63));
        assert_eq!(register_of_coupon(precision, coupon(0)), (0, 1));
    }
}
