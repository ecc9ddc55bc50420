//! The hash of a value, and the canonical bytes that it is taken over.
//!
//! Both belong to the stored format: sketches whose values were hashed in another way would union
//! without complaint and count every value twice. So nothing here changes without another
//! [`HASH_NAME`], and the tests hold known vectors.
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
//! The hash is XXH3 with 64 bits, by Yann Collet (<https://github.com/Cyan4973/xxHash>).

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The name of the hash, its seed and its canonical bytes together, for column metadata.
pub const HASH_NAME: &str = "xxh3-64";

/// The seed: zero, so that any XXH3 tool computes our hashes (`xxhsum -H3`), and since another seed
/// costs XXH3 the derivation of a secret for every value above 240 bytes.
pub const HASH_SEED: u64 = 0;

/// The one NaN that stands for all of them.
const CANONICAL_NAN: u64 = 0x7ff8_0000_0000_0000;

/// Hashes bytes.
///
/// ```
/// assert_eq!(clio_sketch::hash_bytes(b"ada"), clio_sketch::hash_str("ada"));
/// ```
#[inline]
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, HASH_SEED)
}

/// Hashes a string's UTF-8 bytes.
#[inline]
#[must_use]
pub fn hash_str(value: &str) -> u64 {
    hash_bytes(value.as_bytes())
}

/// Hashes a signed integer; widen narrower ones first.
#[inline]
#[must_use]
pub fn hash_i64(value: i64) -> u64 {
    hash_bytes(&value.to_le_bytes())
}

/// Hashes an unsigned integer; widen narrower ones first.
#[inline]
#[must_use]
pub fn hash_u64(value: u64) -> u64 {
    hash_bytes(&value.to_le_bytes())
}

/// Hashes a float; all NaNs are one value, and so are 0.0 and -0.0.
#[inline]
#[must_use]
pub fn hash_f64(value: f64) -> u64 {
    hash_bytes(&canonical_f64(value))
}

/// Hashes a boolean.
#[inline]
#[must_use]
pub fn hash_bool(value: bool) -> u64 {
    hash_bytes(&[u8::from(value)])
}

/// Hashes several columns together as one value.
///
/// Parts are laid one after another: a null is the byte 0; anything else the byte 1, the length of
/// its canonical bytes as 8 bytes little endian, then those bytes. So ("a", "bc") differs from
/// ("ab", "c"), and null from the empty string. The parts' types are not written: the columns of a
/// measure have one type each.
///
/// It keeps its buffer from one value to the next, so that a loop over rows allocates once.
///
/// ```
/// let mut hasher = clio_sketch::TupleHasher::new();
/// hasher.push_str("ada");
/// hasher.push_null();
/// hasher.push_i64(7);
/// let hash = hasher.finish();
/// # assert_ne!(hash, clio_sketch::TupleHasher::new().finish());
/// ```
#[derive(Clone, Debug, Default)]
pub struct TupleHasher {
    buffer: Vec<u8>,
}

impl TupleHasher {
    /// Makes a hasher that has seen no part.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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

    /// Returns the hash of the parts, and forgets them, ready for the next value.
    pub fn finish(&mut self) -> u64 {
        let hash = hash_bytes(&self.buffer);
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

    /// Hashes that are in people's lakes. A change here is a new `HASH_NAME`, not a new expectation.
    #[test]
    fn known_vectors() {
        // The published vector of XXH3_64bits with seed 0 for the empty input.
        assert_eq!(hash_bytes(b""), 0x2d06_8005_38d3_94c2);
        assert_eq!(hash_i64(0), hash_bytes(&[0; 8]));
        assert_eq!(hash_i64(-1), hash_bytes(&[0xff; 8]));
        assert_eq!(hash_u64(0x0102), hash_bytes(&[2, 1, 0, 0, 0, 0, 0, 0]));
        assert_eq!(hash_bool(true), hash_bytes(&[1]));
        assert_eq!(hash_f64(1.0), hash_bytes(&[0, 0, 0, 0, 0, 0, 0xf0, 0x3f]));
    }

    #[test]
    fn floats_that_compare_as_one_value_hash_alike() {
        assert_eq!(hash_f64(0.0), hash_f64(-0.0));
        assert_eq!(hash_f64(f64::NAN), hash_f64(-f64::NAN));
        assert_eq!(hash_f64(f64::NAN), hash_f64(f64::from_bits(0x7ff0_0000_0000_0001)));
        assert_ne!(hash_f64(1.0), hash_f64(-1.0));
    }

    #[test]
    fn tuples_keep_their_seams() {
        let hash = |parts: &[Option<&str>]| {
            let mut hasher = TupleHasher::new();
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
        let mut hasher = TupleHasher::new();
        hasher.push_null();
        hasher.push_str("ab");
        hasher.push_bool(false);
        let laid = [0, 1, 2, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(hasher.finish(), hash_bytes(&laid));
        assert_eq!(hasher.finish(), hash_bytes(&[]), "the parts must be forgotten");
    }
}
