//! The hash of a value: the canonical bytes of its type, and the hash that a family takes of them.
//!
//! Both belong to the stored format: sketches whose values were hashed in different ways would unite without
//! complaint and count every value twice. So any change here takes a new [`Family::hash_name`], and the tests
//! pin known vectors.
//!
//! | value | canonical bytes |
//! | --- | --- |
//! | bytes | themselves |
//! | string | its UTF-8 bytes (so a string and the same bytes hash alike) |
//! | signed integer, date, timestamp | widened to 64 bits, two's complement, 8 bytes little endian |
//! | unsigned integer | widened to 64 bits, 8 bytes little endian (as the signed one up to 2^63 - 1) |
//! | float | widened to 64 bits, IEEE 754, 8 bytes little endian; -0.0 as 0.0; any NaN as `0x7ff8_0000_0000_0000` |
//! | boolean | one byte, 0 or 1 |
//! | several columns together | see [`TupleHasher`] |
//!
//! These are the bytes that Apache DataSketches hashes for the types it supports (integers, floats, strings,
//! bytes), so that one table serves every family. One difference remains: its libraries skip empty strings,
//! which count here as a value like any other.

use crate::family::Family;
use crate::hll::{datasketches, hllpp};

/// The NaN that stands for all NaNs.
const CANONICAL_NAN: u64 = 0x7ff8_0000_0000_0000;

/// How values are turned into the 64 bits that [`Sketch::insert_hash`](crate::Sketch::insert_hash) takes. The
/// hash of one family means nothing to another.
impl Family {
    /// Hashes bytes.
    ///
    /// ```
    /// use clio_sketch::Family;
    ///
    /// assert_eq!(Family::HllPlusPlus.hash_bytes(b"ada"), Family::HllPlusPlus.hash_str("ada"));
    /// ```
    #[inline]
    #[must_use]
    pub fn hash_bytes(self, bytes: &[u8]) -> u64 {
        match self {
            Self::HllPlusPlus => hllpp::hash(bytes),
            Self::DataSketches => datasketches::hash(bytes),
        }
    }

    /// Hashes a string's UTF-8 bytes.
    #[inline]
    #[must_use]
    pub fn hash_str(self, value: &str) -> u64 {
        self.hash_bytes(value.as_bytes())
    }

    /// Hashes a signed integer; widen narrower ones first.
    #[inline]
    #[must_use]
    pub fn hash_i64(self, value: i64) -> u64 {
        self.hash_bytes(&value.to_le_bytes())
    }

    /// Hashes an unsigned integer; widen narrower ones first.
    #[inline]
    #[must_use]
    pub fn hash_u64(self, value: u64) -> u64 {
        self.hash_bytes(&value.to_le_bytes())
    }

    /// Hashes a float; all NaNs are one value, and so are 0.0 and -0.0.
    #[inline]
    #[must_use]
    pub fn hash_f64(self, value: f64) -> u64 {
        self.hash_bytes(&canonical_f64(value))
    }

    /// Hashes a boolean.
    #[inline]
    #[must_use]
    pub fn hash_bool(self, value: bool) -> u64 {
        self.hash_bytes(&[u8::from(value)])
    }
}

/// Hashes several columns together as one value.
///
/// Parts are concatenated: a null is the byte 0; anything else is the byte 1, the length of its canonical bytes
/// as 8 bytes little endian, then those bytes. So ("a", "bc") differs from ("ab", "c"), and null from the empty
/// string. The types of the parts are not written: each column of a measure has one type.
///
/// The buffer is kept from one value to the next, so that a loop over rows allocates once.
///
/// ```
/// use clio_sketch::{Family, TupleHasher};
///
/// let mut hasher = TupleHasher::new(Family::HllPlusPlus);
/// hasher.push_str("ada");
/// hasher.push_null();
/// hasher.push_i64(7);
/// let hash = hasher.finish();
/// # assert_ne!(hash, TupleHasher::new(Family::HllPlusPlus).finish());
/// ```
#[derive(Clone, Debug)]
pub struct TupleHasher {
    family: Family,
    buffer: Vec<u8>,
}

impl TupleHasher {
    /// Makes a hasher without parts.
    #[must_use]
    pub fn new(family: Family) -> Self {
        Self { family, buffer: Vec::new() }
    }

    /// Adds a null.
    pub fn push_null(&mut self) {
        self.buffer.push(0);
    }

    /// Adds bytes.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        self.buffer.push(1);
        self.buffer.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.buffer.extend_from_slice(bytes);
    }

    /// Adds a string.
    pub fn push_str(&mut self, value: &str) {
        self.push_bytes(value.as_bytes());
    }

    /// Adds a signed integer.
    pub fn push_i64(&mut self, value: i64) {
        self.push_bytes(&value.to_le_bytes());
    }

    /// Adds an unsigned integer.
    pub fn push_u64(&mut self, value: u64) {
        self.push_bytes(&value.to_le_bytes());
    }

    /// Adds a float.
    pub fn push_f64(&mut self, value: f64) {
        self.push_bytes(&canonical_f64(value));
    }

    /// Adds a boolean.
    pub fn push_bool(&mut self, value: bool) {
        self.push_bytes(&[u8::from(value)]);
    }

    /// Returns the hash of the parts and clears them, ready for the next value.
    pub fn finish(&mut self) -> u64 {
        let hash = self.family.hash_bytes(&self.buffer);
        self.buffer.clear();
        hash
    }
}

fn canonical_f64(value: f64) -> [u8; 8] {
    let bits = if value.is_nan() {
        CANONICAL_NAN
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    };
    bits.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: Family = Family::HllPlusPlus;

    /// Hashes that are in people's lakes. A change here is a new `Family::hash_name`, not a new expectation.
    #[test]
    fn known_vectors() {
        // The published vector of XXH3_64bits with seed 0 for the empty input.
        assert_eq!(FAMILY.hash_bytes(b""), 0x2d06_8005_38d3_94c2);
        assert_eq!(FAMILY.hash_i64(0), FAMILY.hash_bytes(&[0; 8]));
        assert_eq!(FAMILY.hash_i64(-1), FAMILY.hash_bytes(&[0xff; 8]));
        assert_eq!(FAMILY.hash_u64(0x0102), FAMILY.hash_bytes(&[2, 1, 0, 0, 0, 0, 0, 0]));
        assert_eq!(FAMILY.hash_bool(true), FAMILY.hash_bytes(&[1]));
        assert_eq!(FAMILY.hash_f64(1.0), FAMILY.hash_bytes(&[0, 0, 0, 0, 0, 0, 0xf0, 0x3f]));
    }

    #[test]
    fn floats_that_compare_as_one_value_hash_alike() {
        assert_eq!(FAMILY.hash_f64(0.0), FAMILY.hash_f64(-0.0));
        assert_eq!(FAMILY.hash_f64(f64::NAN), FAMILY.hash_f64(-f64::NAN));
        assert_eq!(
            FAMILY.hash_f64(f64::NAN),
            FAMILY.hash_f64(f64::from_bits(0x7ff0_0000_0000_0001))
        );
        assert_ne!(FAMILY.hash_f64(1.0), FAMILY.hash_f64(-1.0));
    }

    #[test]
    fn tuples_keep_their_seams() {
        let hash = |parts: &[Option<&str>]| {
            let mut hasher = TupleHasher::new(FAMILY);
            for part in parts {
                match part {
                    Some(part) => hasher.push_str(part),
                    None => hasher.push_null(),
                }
            }
            hasher.finish()
        };
        let values: [&[Option<&str>]; 10] = [
            &[],
            &[None],
            &[None, None],
            &[Some("")],
            &[Some(""), None],
            &[None, Some("")],
            &[Some("a"), Some("bc")],
            &[Some("ab"), Some("c")],
            &[Some("abc")],
            &[Some("abc"), Some("")],
        ];
        for (i, left) in values.iter().enumerate() {
            for (j, right) in values.iter().enumerate() {
                assert_eq!(hash(left) == hash(right), i == j, "{left:?} {right:?}");
            }
        }
    }

    #[test]
    fn a_tuple_is_laid_out_as_documented() {
        let mut hasher = TupleHasher::new(FAMILY);
        hasher.push_null();
        hasher.push_str("ab");
        hasher.push_bool(false);
        let laid = [0, 1, 2, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(hasher.finish(), FAMILY.hash_bytes(&laid));
        assert_eq!(hasher.finish(), FAMILY.hash_bytes(&[]), "the parts must be forgotten");
    }
}
