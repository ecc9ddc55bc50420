//! Dense registers, one byte each, and the kernels over them: insert, union, histogram.

use crate::family::Family;
use crate::hllpp;
use crate::kind::Kind;

/// How often each rank occurs; ranks have 6 bits.
pub(crate) type Histogram = [u32; 64];

/// Raises the register of each hash to its rank.
#[inline]
pub(crate) fn insert_hashes(kind: Kind, registers: &mut [u8], hashes: &[u64]) {
    match kind.family {
        Family::HllPlusPlus => {
            for &hash in hashes {
                let (index, rank) = hllpp::register_of_hash(kind.precision, hash);
                raise(registers, index, rank);
            }
        }
    }
}

/// Raises the register of each coupon to its rank.
#[inline]
pub(crate) fn insert_coupons(kind: Kind, registers: &mut [u8], coupons: &[u32]) {
    match kind.family {
        Family::HllPlusPlus => {
            for &coupon in coupons {
                let (index, rank) = hllpp::register_of_coupon(kind.precision, coupon);
                raise(registers, index, rank);
            }
        }
    }
}

/// Raises each register to the one beside it: a plain loop, which the compiler turns into byte-wise
/// vector maxima.
#[inline]
pub(crate) fn union(registers: &mut [u8], other: &[u8]) {
    for (register, &other) in registers.iter_mut().zip(other) {
        *register = (*register).max(other);
    }
}

/// Counts the ranks.
///
/// Four histograms are filled in turn and added at the end: in one, neighbouring registers often have the
/// same rank, so that each increment would wait for the one before it to reach memory.
pub(crate) fn histogram(registers: &[u8]) -> Histogram {
    let mut parts = [[0_u32; 64]; 4];
    let (fours, rest) = registers.as_chunks::<4>();
    for four in fours {
        for (part, &rank) in parts.iter_mut().zip(four) {
            part[usize::from(rank & 63)] += 1;
        }
    }
    for &rank in rest {
        parts[0][usize::from(rank & 63)] += 1;
    }
    let mut sum = parts[0];
    for part in &parts[1..] {
        for (total, count) in sum.iter_mut().zip(part) {
            *total += count;
        }
    }
    sum
}

#[inline]
fn raise(registers: &mut [u8], index: usize, rank: u8) {
    let register = &mut registers[index];
    // Always a store: a branch around it is mispredicted so often while a sketch fills that a union of 1000
    // lists of 50 coupons took 0.80 ms with one and 0.58 ms without (Xeon, precision 14, CPU time).
    *register = rank.max(*register);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histogram_counts_every_register() {
        for n_registers in [0, 1, 3, 4, 5, 64, 1023] {
            let registers: Vec<u8> = (0..n_registers).map(|i: u32| (i * i % 61) as u8).collect();
            let histogram = histogram(&registers);
            for rank in 0..64_u8 {
                let counted = registers.iter().filter(|&&register| register == rank).count();
                assert_eq!(histogram[usize::from(rank)] as usize, counted);
            }
        }
    }

    #[test]
    fn union_keeps_the_larger_rank() {
        let mut registers = [0, 5, 3, 60];
        union(&mut registers, &[1, 4, 3, 61]);
        assert_eq!(registers, [1, 5, 3, 61]);
    }
}
