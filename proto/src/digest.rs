//! The one function for stable digests, shown as sixteen hexadecimal digits.

use xxhash_rust::xxh3::xxh3_64;

/// A digest of 64 bits: XXH3 with seed 0, so that `xxhsum -H3` computes it too.
///
/// Always the same for the same bytes, on any machine and in every version: the fingerprints of models and the digests
/// of files in the commits of lakes are made by it, and another function would cause every day to be rebuilt. That
/// sketches of one family hash their values with the same function is a coincidence; neither depends on the other.
///
/// It detects accidental differences. It does not withstand anyone who searches for two inputs with the same digest.
///
/// ```
/// assert_eq!(clio_proto::stable_digest(b""), 0x2d06_8005_38d3_94c2);
/// ```
pub fn stable_digest(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests that people's lakes hold. The algorithm has separate code paths by length, with a vector for each here.
    #[test]
    fn digests_are_those_that_lakes_hold() {
        let bytes: Vec<u8> = (0..=255).cycle().take(2_000).collect();
        for (n_bytes, expected) in [
            (0, 0x2d06_8005_38d3_94c2),
            (1, 0xc44b_dff4_074e_ecdb),
            (3, 0x5f42_99fc_161c_9cbb),
            (8, 0x3a1c_2d7c_85af_88f8),
            (16, 0x8355_e3a6_f617_70db),
            (100, 0x004e_4f92_1a64_bd1c),
            (200, 0xf42a_8864_feaf_0703),
            (2_000, 0x26af_7994_e0e2_0830),
        ] {
            assert_eq!(stable_digest(&bytes[..n_bytes]), expected, "{n_bytes} bytes");
        }
    }
}
