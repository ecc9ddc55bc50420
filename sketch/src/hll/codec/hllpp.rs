//! The byte layout of `hll++`, version 1.
//!
//! | offset | bytes | field |
//! | --- | --- | --- |
//! | 0 | 1 | high four bits: format version, 1; low four bits: form, 0 empty, 1 coupons, 2 registers |
//! | 1 | 1 | precision p, 4 to 18 |
//! | 2 | 0 | empty: nothing more |
//! | 2 | 1 to 3 | coupons: their number n, 1 to 2^(p-2), LEB128 in as few bytes as possible |
//! | then | the rest | coupons: a stream of bits, the lowest bit of the first byte first |
//! | 2 | 2^p | registers: one byte each, 0 to 65 - p |
//!
//! The stream holds, for each coupon in ascending order of its 25-bit slot:
//!
//! 1. the gap: the slot for the first one, for others the slot minus the slot before minus 1,
//!    Golomb-Rice coded with parameter b = 25 - ⌈log2 n⌉: gap / 2^b as that many zeros and a one, then
//!    gap mod 2^b in b bits, the lowest first;
//! 2. the rank, 1 to 40, in 6 bits, the lowest first, only where the slot's 25 - p low bits are zero
//!    (elsewhere the rank is 0, see `src/hll/hllpp.rs`).
//!
//! Zeros fill the last byte. The mean gap is 2^25 / n, so b costs within 2 % of the entropy: 4096 coupons take
//! 14.6 bits each, one takes 7 bytes with its header. Registers are stored as they are, so that decoding is a
//! copy, or none; the Parquet column's compression removes the redundancy in them.
//!
//! Only registers that take more than 2^(p-2) slots to produce are valid: with fewer, the sketch would have been
//! coupons.

use super::bits::{BitReader, BitWriter};
use super::{Body, DecodeError, EncodedCoupons, Parts};
use crate::family::{Family, Precision};
use crate::hll::hllpp::{
    MAX_COUPON_RANK, N_SLOTS, SLOT_BITS, low_bits, max_coupons, max_slots_of_register,
};
use crate::hll::slot::{RANK_BITS, slot};

const VERSION: u8 = 1;
const FORM_EMPTY: u8 = 0;
const FORM_COUPONS: u8 = 1;
const FORM_REGISTERS: u8 = 2;
/// Where the bytes of the form begin.
pub(super) const HEADER_BYTES: usize = 2;

/// Appends the bytes of a sketch.
pub(super) fn encode(precision: Precision, parts: Parts<'_>, out: &mut Vec<u8>) {
    let mut header = |form| out.extend_from_slice(&[(VERSION << 4) | form, precision.get()]);
    match parts {
        Parts::Coupons([]) => header(FORM_EMPTY),
        Parts::Coupons(coupons) => {
            header(FORM_COUPONS);
            encode_coupons(precision, coupons, out);
        }
        Parts::Registers(registers) => {
            header(FORM_REGISTERS);
            out.extend_from_slice(registers);
        }
    }
}

/// Whether the bytes begin with this version and a known form.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [tag, ..] if tag >> 4 == VERSION && tag & 0xf <= FORM_REGISTERS)
}

/// Reads the header, and checks that the rest has the right length.
pub(super) fn parse(bytes: &[u8]) -> Result<(Precision, Body<'_>), DecodeError> {
    let &[tag, precision, ref rest @ ..] = bytes else {
        return Err(DecodeError::new(bytes.len(), "a header of 2 bytes", "the end"));
    };
    if tag >> 4 != VERSION {
        return Err(DecodeError::new(0, "format version 1", tag >> 4));
    }
    let precision = Family::HllPlusPlus
        .precision(precision)
        .map_err(|_| DecodeError::new(1, "a precision of 4 to 18", precision))?;
    let body = match tag & 0xf {
        FORM_EMPTY => {
            no_more(rest)?;
            Body::Empty
        }
        FORM_COUPONS => Body::Coupons(parse_coupons(precision, rest)?),
        FORM_REGISTERS => {
            check_length(precision, rest)?;
            Body::Registers(rest)
        }
        form => return Err(DecodeError::new(0, "a form of 0 to 2", form)),
    };
    Ok((precision, body))
}

/// Appends decoded coupons; on error, some of them may have been appended.
pub(super) fn decode_coupons(
    precision: Precision,
    encoded: EncodedCoupons<'_>,
    out: &mut Vec<u32>,
) -> Result<(), DecodeError> {
    let EncodedCoupons { n_coupons, offset, bits } = encoded;
    let parameter = rice_parameter(n_coupons);
    let max_quotient = N_SLOTS >> parameter;
    let mut reader = BitReader::new(bits);
    let mut next_slot = 0;
    out.reserve(n_coupons);
    for _ in 0..n_coupons {
        let at = offset + reader.byte_offset();
        // None of this overflows: a quotient is at most 2^25 / 2^parameter.
        let gap = reader.read_rice(parameter, max_quotient);
        if reader.is_past_end() {
            return Err(cut_off(&encoded));
        }
        let slot = match gap.map(|gap| next_slot + gap) {
            Some(slot) if slot < N_SLOTS => slot,
            _ => return Err(DecodeError::new(at, "a gap to a slot below 2^25", "a larger one")),
        };
        next_slot = slot + 1;
        let mut coupon = slot << RANK_BITS;
        if low_bits(precision, slot) == 0 {
            let rank = reader.read(RANK_BITS);
            if reader.is_past_end() {
                return Err(cut_off(&encoded));
            }
            if !(1..=MAX_COUPON_RANK).contains(&rank) {
                return Err(DecodeError::new(at, "a rank of 1 to 40", rank));
            }
            coupon |= rank;
        }
        out.push(coupon);
    }
    match reader.remainder() {
        (0, 0) => Ok(()),
        (0, n_left) => {
            let at = offset + bits.len() - n_left;
            Err(DecodeError::new(at, "the end", format_args!("{n_left} more bytes")))
        }
        (padding, _) => {
            let at = offset + reader.byte_offset();
            Err(DecodeError::new(at, "zeros in the last byte", format_args!("{padding:#b}")))
        }
    }
}

/// Returns the parameter for `n_coupons`: the base-two logarithm of the mean gap, rounded down.
#[inline]
fn rice_parameter(n_coupons: usize) -> u32 {
    SLOT_BITS - n_coupons.next_power_of_two().trailing_zeros()
}

fn encode_coupons(precision: Precision, coupons: &[u32], out: &mut Vec<u8>) {
    let parameter = rice_parameter(coupons.len());
    let mask = (1 << parameter) - 1;
    // On average a coupon takes at most three bits beyond its remainder, and few have a rank.
    out.reserve(3 + coupons.len() * (parameter as usize + 4) / 8 + 8);
    encode_count(coupons.len(), out);
    let mut writer = BitWriter::new(out);
    let mut next_slot = 0;
    for &coupon in coupons {
        let slot = slot(coupon);
        let gap = slot - next_slot;
        writer.write_unary(gap >> parameter);
        writer.write(gap & mask, parameter);
        if low_bits(precision, slot) == 0 {
            writer.write(coupon & ((1 << RANK_BITS) - 1), RANK_BITS);
        }
        next_slot = slot + 1;
    }
    writer.finish();
}

#[expect(clippy::cast_possible_truncation, reason = "masked to seven bits")]
fn encode_count(mut count: usize, out: &mut Vec<u8>) {
    while count >= 0x80 {
        out.push((count & 0x7f) as u8 | 0x80);
        count >>= 7;
    }
    out.push(count as u8);
}

/// Reads the number of coupons and checks it before anything is allocated for it.
fn parse_coupons(precision: Precision, rest: &[u8]) -> Result<EncodedCoupons<'_>, DecodeError> {
    let max_coupons = max_coupons(precision);
    let mut n_coupons = 0;
    let mut n_bytes = 0;
    loop {
        // 65 536, the largest count of all, takes 17 bits: 3 bytes.
        let byte = match rest.get(n_bytes) {
            Some(&byte) if n_bytes < 3 => byte,
            Some(_) => {
                return Err(DecodeError::new(HEADER_BYTES, "a count of 1 to 3 bytes", "more"));
            }
            None => return Err(DecodeError::new(HEADER_BYTES + n_bytes, "a count", "the end")),
        };
        n_coupons |= usize::from(byte & 0x7f) << (7 * n_bytes);
        n_bytes += 1;
        if byte < 0x80 {
            if byte == 0 && n_bytes > 1 {
                let at = HEADER_BYTES + n_bytes - 1;
                return Err(DecodeError::new(at, "a count in as few bytes as possible", byte));
            }
            break;
        }
    }
    if !(1..=max_coupons).contains(&n_coupons) {
        let expected = format!("a count of 1 to {max_coupons}");
        return Err(DecodeError::new(HEADER_BYTES, expected, n_coupons));
    }
    let bits = &rest[n_bytes..];
    let min_bytes = (n_coupons * (rice_parameter(n_coupons) as usize + 1)).div_ceil(8);
    if bits.len() < min_bytes {
        let expected = format!("{n_coupons} coupons in at least {min_bytes} bytes");
        let found = format_args!("{} bytes", bits.len());
        return Err(DecodeError::new(HEADER_BYTES + n_bytes + bits.len(), expected, found));
    }
    Ok(EncodedCoupons { n_coupons, offset: HEADER_BYTES + n_bytes, bits })
}

fn check_length(precision: Precision, registers: &[u8]) -> Result<(), DecodeError> {
    let n_registers = precision.n_registers();
    if registers.len() < n_registers {
        let at = HEADER_BYTES + registers.len();
        return Err(DecodeError::new(at, format!("{n_registers} registers"), "the end"));
    }
    let beyond = &registers[n_registers..];
    if !beyond.is_empty() {
        let found = format_args!("{} more bytes", beyond.len());
        return Err(DecodeError::new(HEADER_BYTES + n_registers, "the end", found));
    }
    Ok(())
}

/// Rejects registers that so few slots can have produced that the sketch would have been coupons.
pub(super) fn check_reachable(precision: Precision, registers: &[u8]) -> Result<(), DecodeError> {
    let max_coupons = max_coupons(precision);
    let mut max_slots = 0;
    // One register can stand for so many slots that a few nonzero ones end the loop.
    for &rank in registers {
        max_slots += max_slots_of_register(precision, rank) as usize;
        if max_slots > max_coupons {
            return Ok(());
        }
    }
    let expected = format!("registers of more than {max_coupons} slots");
    Err(DecodeError::new(HEADER_BYTES, expected, format_args!("at most {max_slots}")))
}

fn no_more(rest: &[u8]) -> Result<(), DecodeError> {
    if rest.is_empty() {
        return Ok(());
    }
    let found = format_args!("{} more bytes", rest.len());
    Err(DecodeError::new(HEADER_BYTES, "the end", found))
}

/// Says that the stream ends before its last coupon.
#[cold]
fn cut_off(encoded: &EncodedCoupons<'_>) -> DecodeError {
    let expected = format!("{} coupons", encoded.n_coupons);
    DecodeError::new(encoded.offset + encoded.bits.len(), expected, "the end")
}

#[cfg(test)]
mod tests;
