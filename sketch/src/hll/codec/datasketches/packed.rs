//! Registers of four or six bits each, HLL_4 and HLL_6: packing, unpacking, and checking against their exceptions.

use super::{HLL_BYTES, HllType, coupons, no_more, take};
use crate::family::Precision;
use crate::hll::codec::{DecodeError, Packed};
use crate::hll::datasketches::{MAX_RANK, register_of_coupon};
use crate::hll::slot::RANK_BITS;

/// The four-bit value that means "see the exceptions".
const EXCEPTION: u8 = 15;

/// Appends the registers, unpacked from four or six bits each.
pub(in super::super) fn unpack(packed: &Packed<'_>, out: &mut Vec<u8>) {
    let n_before = out.len();
    match packed.target {
        HllType::Hll4 => {
            let smallest = packed.smallest;
            // Exceptions get their rank below.
            let rank = |four: u8| if four == EXCEPTION { 0 } else { smallest + four };
            out.resize(n_before + 2 * packed.bits.len(), 0);
            for (ranks, &two) in out[n_before..].as_chunks_mut().0.iter_mut().zip(packed.bits) {
                *ranks = [rank(two & 15), rank(two >> 4)];
            }
            let ranks = &mut out[n_before..];
            for coupon in coupons(packed.exceptions).filter(|&coupon| coupon != 0) {
                let (index, rank) = register_of_coupon(packed.precision, coupon);
                ranks[index] = rank;
            }
        }
        HllType::Hll6 => {
            out.extend(packed.bits.as_chunks().0.iter().flat_map(|&[a, b, c]: &[u8; 3]| {
                [a & 63, (a >> 6 | b << 2) & 63, (b >> 4 | c << 4) & 63, c >> 2]
            }));
        }
        HllType::Hll8 => out.extend_from_slice(packed.bits),
    }
}

pub(super) fn take_exceptions(
    precision: Precision,
    bytes: &[u8],
    at: usize,
    n_exceptions: usize,
    lg_places: Option<u8>,
) -> Result<&[u8], DecodeError> {
    if n_exceptions > precision.n_registers() {
        let expected = format!("at most {} exceptions", precision.n_registers());
        return Err(DecodeError::new(HLL_BYTES - 4, expected, n_exceptions));
    }
    let n_places = match lg_places {
        None => n_exceptions,
        // A table without entries is never read; Java leaves room for one all the same.
        Some(_) if n_exceptions == 0 => (bytes.len() - at) / 4,
        // Every register may be an exception, and a table is at most three quarters full.
        Some(lg_places) if lg_places <= precision.get() + 1 => 1 << lg_places,
        Some(lg_places) => {
            let expected = format!("at most 2^{} places of exceptions", precision.get() + 1);
            return Err(DecodeError::new(4, expected, format_args!("2^{lg_places}")));
        }
    };
    let exceptions = take(bytes, at, 4 * n_places, "exceptions")?;
    no_more(bytes, at + exceptions.len())?;
    Ok(exceptions)
}

/// Checks that every register of value 15 has one exception, and nothing else has one.
pub(super) fn check_exceptions(
    packed: &Packed<'_>,
    offset: usize,
    n_exceptions: usize,
) -> Result<(), DecodeError> {
    // One bit per register, a quarter of what the registers themselves take, however many exceptions are claimed.
    let mut is_excepted = vec![0_u8; packed.bits.len() / 4];
    let mut n_excepted = 0;
    for (place, coupon) in coupons(packed.exceptions).enumerate() {
        let at = offset + 4 * place;
        if coupon == 0 {
            continue;
        }
        let (index, rank) = register_of_coupon(packed.precision, coupon);
        let two = packed.bits[index / 2];
        let four = if index % 2 == 0 { two & 15 } else { two >> 4 };
        if four != EXCEPTION {
            let expected =
                format!("an exception for a register of value 15, but register {index} is {four}");
            return Err(DecodeError::new(at, expected, format_args!("{index}")));
        }
        if rank < packed.smallest.saturating_add(EXCEPTION) {
            let expected =
                format!("a rank of at least {}", packed.smallest.saturating_add(EXCEPTION));
            return Err(DecodeError::new(at, expected, rank));
        }
        let bit = 1 << (index % 8);
        if is_excepted[index / 8] & bit != 0 {
            let found = format_args!("two for register {index}");
            return Err(DecodeError::new(at, "one exception per register", found));
        }
        is_excepted[index / 8] |= bit;
        n_excepted += 1;
    }
    let (chunks, rest) = packed.bits.as_chunks::<64>();
    let (mut n_marked, mut largest) = look(rest);
    for chunk in chunks {
        let (n_marked_here, largest_here) = look(chunk);
        n_marked += n_marked_here;
        largest = largest.max(largest_here);
    }
    if n_excepted != n_exceptions || n_marked != n_exceptions {
        let expected = format!("{n_exceptions} exceptions for as many registers");
        let found = format_args!("{n_excepted} for {n_marked}");
        return Err(DecodeError::new(HLL_BYTES - 4, expected, found));
    }
    if packed.smallest + largest > MAX_RANK {
        let found = packed.smallest + largest;
        return Err(DecodeError::new(6, "ranks of at most 63", found));
    }
    Ok(())
}

/// Returns how many of up to 128 values are exceptions, and the largest of the others. Each loop performs a single
/// operation on bytes, so that the compiler vectorizes it.
#[inline]
fn look(twos: &[u8]) -> (usize, u8) {
    let n_low: u8 = twos.iter().map(|two| u8::from(two & 15 == EXCEPTION)).sum();
    let n_high: u8 = twos.iter().map(|two| u8::from(two >> 4 == EXCEPTION)).sum();
    let value = |four: u8| if four == EXCEPTION { 0 } else { four };
    let largest = twos.iter().fold(0, |most, two| value(two & 15).max(value(two >> 4)).max(most));
    (usize::from(n_low) + usize::from(n_high), largest)
}

pub(super) fn encode_registers(target: HllType, smallest: u8, ranks: &[u8], out: &mut Vec<u8>) {
    match target {
        HllType::Hll8 => out.extend_from_slice(ranks),
        HllType::Hll6 => {
            let (fours, _) = ranks.as_chunks();
            out.extend(fours.iter().flat_map(|&[a, b, c, d]: &[u8; 4]| {
                [a | b << 6, b >> 2 | c << 4, c >> 4 | d << 2]
            }));
            out.push(0);
        }
        HllType::Hll4 => {
            let four = |rank: u8| (rank - smallest).min(EXCEPTION);
            let (twos, _) = ranks.as_chunks();
            out.extend(twos.iter().map(|&[low, high]: &[u8; 2]| four(low) | four(high) << 4));
        }
    }
}

/// The ranks that do not fit in four bits, as our coupons of index and rank, in order.
#[expect(clippy::cast_possible_truncation, reason = "an index has at most 21 bits")]
pub(super) fn exceptions(target: HllType, smallest: u8, ranks: &[u8]) -> Vec<u32> {
    if target != HllType::Hll4 {
        return Vec::new();
    }
    let coupon = |(index, &rank): (usize, &u8)| ((index as u32) << RANK_BITS) | u32::from(rank);
    let is_exception = |(_, rank): &(usize, &u8)| **rank - smallest >= EXCEPTION;
    ranks.iter().enumerate().filter(is_exception).map(coupon).collect()
}

/// The size of the libraries' smallest table of exceptions, as a base-two logarithm.
pub(super) fn min_lg_exceptions(precision: Precision) -> u8 {
    match precision.get() {
        ..=6 => 2,
        7..=9 => 3,
        10..=11 => 4,
        12..=13 => 5,
        lg_k => lg_k - 8,
    }
}
