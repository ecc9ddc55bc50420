//! Reads the bytes of Apache DataSketches HLL, from its documentation alone and with none of our code: without
//! a check, and of compact bytes only.

use crate::State;

fn number(bytes: &[u8], at: usize) -> u32 {
    (0..4).map(|i| u32::from(bytes[at + i]) << (8 * i)).sum()
}

/// Returns field `index` of fields of `n_bits` bits, at most eight, which lie from the lowest bit of the first byte
/// upwards.
fn field(bytes: &[u8], index: usize, n_bits: usize) -> u32 {
    let (at, shift) = (index * n_bits / 8, index * n_bits % 8);
    let next = bytes.get(at + 1).copied().unwrap_or(0);
    (u32::from(bytes[at]) | u32::from(next) << 8) >> shift & ((1 << n_bits) - 1)
}

/// Slot and rank of the coupon at `at`.
fn coupon(bytes: &[u8], at: usize) -> (u32, u32) {
    let coupon = number(bytes, at);
    (coupon & ((1 << 26) - 1), coupon >> 26)
}

/// Returns what the bytes hold.
pub(crate) fn read(bytes: &[u8]) -> State {
    let n_registers = 1_usize << bytes[3];
    let coupons = |from: usize, n: usize| (0..n).map(move |i| coupon(bytes, from + 4 * i));
    match bytes[7] & 3 {
        0 => State::of_coupons(coupons(8, usize::from(bytes[6]))),
        1 => State::of_coupons(coupons(12, number(bytes, 8) as usize)),
        _ => {
            let n_bits = match bytes[7] >> 2 & 3 {
                0 => 4,
                1 => 6,
                _ => 8,
            };
            let smallest = u32::from(bytes[6]);
            let rank = |i| field(&bytes[40..], i, n_bits) + if n_bits == 4 { smallest } else { 0 };
            let mut registers: Vec<u32> = (0..n_registers).map(rank).collect();
            if n_bits == 4 {
                let n_exceptions = number(bytes, 36) as usize;
                for (slot, rank) in coupons(40 + n_registers / 2, n_exceptions) {
                    registers[slot as usize % n_registers] = rank;
                }
            }
            State::Registers(registers)
        }
    }
}
