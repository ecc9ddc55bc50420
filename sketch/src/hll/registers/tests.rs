//! The kernels beside their plain twins.

use super::*;

fn histogram(registers: &[u8]) -> [u32; 64] {
    let mut counts = [0; 64];
    registers.iter().for_each(|&rank| counts[usize::from(rank)] += 1);
    counts
}

/// Ranks as sketches of every size have them, at every length around the vectors'.
fn ranks() -> impl Iterator<Item = Vec<u8>> {
    let lengths = [0_u64, 1, 31, 32, 33, 64, 100, 4096];
    lengths.into_iter().flat_map(|n| {
        [0_u32, 3, 15, 31, 63].map(|most| {
            let word = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ i << 7;
            let rank = |i| u8::try_from((word(i) >> 40) % u64::from(most + 1)).unwrap();
            (0..n).map(rank).collect()
        })
    })
}

#[test]
fn sums_are_those_of_the_histogram() {
    for registers in ranks() {
        let histogram = histogram(&registers);
        let sums = rank_sums(&registers);
        assert_eq!(sums.n_zero, histogram[0]);
        assert_eq!(sums.largest, registers.iter().copied().max().unwrap_or(0));
        for excluded in [1, 7, 8, 32, 47, 61, 63_u8] {
            let n_excluded = histogram[usize::from(excluded)];
            let expected: f64 = (1..64_u8)
                .rev()
                .filter(|&rank| rank != excluded)
                .map(|rank| f64::from(histogram[usize::from(rank)]) * 0.5_f64.powi(rank.into()))
                .sum();
            let found = sums.sum_without(excluded, n_excluded);
            assert!((found - expected).abs() <= 1e-14 * expected, "{found} {expected}");
        }
    }
}

/// On a machine without the wider vectors this compares the portable version with itself.
#[test]
fn every_version_gives_the_same() {
    for registers in ranks() {
        let largest = portable::largest(&registers);
        assert_eq!(super::largest(&registers), largest);
        assert_eq!(rank_sums(&registers), portable::rank_sums(&registers, largest));
        let other: Vec<u8> = registers.iter().rev().map(|rank| rank ^ 5).collect();
        let (mut one, mut same) = (registers.clone(), registers);
        union(&mut one, &other);
        portable::union(&mut same, &other);
        assert_eq!(one, same);
    }
}

#[test]
fn union_keeps_the_larger_rank() {
    let mut registers = [0, 5, 3, 60];
    union(&mut registers, &[1, 4, 3, 61]);
    assert_eq!(registers, [1, 5, 3, 61]);
}

#[test]
fn coupons_raise_the_same_whatever_counts_their_zeros() {
    for &family in Family::ALL {
        for p in [4, 8, 14, 18] {
            let kind = Kind::new(family, crate::Precision::try_new(p).unwrap());
            let words = (0..20_000_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            // Every number of leading zeros there is, none among them.
            let coupons: Vec<u32> = words.map(|word| kind.coupon(word >> (word % 25))).collect();
            let mut one = vec![0; kind.precision.n_registers()];
            let mut same = one.clone();
            insert_coupons(kind, &mut one, &coupons);
            portable::insert_coupons(kind, &mut same, &coupons);
            assert_eq!(one, same, "{kind:?}");
            assert!(one.iter().any(|rank| *rank > 0));
        }
    }
}
