//! The byte layout of `datasketches`: Apache DataSketches HLL, serial version 1
//! (<https://github.com/apache/datasketches-java/blob/7.0.1/src/main/java/org/apache/datasketches/hll/PreambleUtil.java>).
//!
//! | offset | bytes | field |
//! | --- | --- | --- |
//! | 0 | 1 | preamble in words of four bytes: list 2, set 3, registers 10 |
//! | 1 | 1 | serial version, 1 |
//! | 2 | 1 | DataSketches' family, 7 |
//! | 3 | 1 | lgK, 4 to 21 |
//! | 4 | 1 | lgArr: base-two logarithm of the places of list (3), set, or exceptions |
//! | 5 | 1 | flags: 4 empty, 8 compact, 16 out of order; others are no concern of a reader |
//! | 6 | 1 | list: number of coupons; registers: the smallest rank of HLL_4, otherwise 0 |
//! | 7 | 1 | low two bits: 0 list, 1 set, 2 registers; next two: 0 HLL_4, 1 HLL_6, 2 HLL_8 |
//! | 8 | 4 n | list: coupons, four bytes each, the lowest first |
//! | 8 | 4 | set: number of coupons |
//! | 12 | 4 n | set: coupons |
//! | 8 | 3 × 8 | registers: HIP estimate, Σ 2^-rank of ranks below 32, and of the others, as doubles |
//! | 32 | 4 | registers: how many have the smallest rank |
//! | 36 | 4 | registers: number of exceptions of HLL_4 |
//! | 40 | 2^lgK | HLL_8: a byte each |
//! | 40 | ¾ 2^lgK + 1 | HLL_6: six bits each, the lowest bit of the first byte first |
//! | 40 | ½ 2^lgK | HLL_4: four bits each, the low half first: rank minus the smallest, or 15 for an exception |
//! | then | 4 n | HLL_4: exceptions, as coupons of slot and rank |
//!
//! A coupon has its rank in the high six bits and its slot in the low 26. In compact bytes, coupons and
//! exceptions follow one another; otherwise ("updatable", as Spark writes) they form a hash table of 2^lgArr
//! places, where an empty place is zero.
//!
//! Encoding is canonical, compact and sorted. Registers are HLL_8 unless another type is requested, and
//! flagged out of order: a HIP estimate depends on the order of arrival, so none is written, and the
//! libraries then estimate from registers alone, as we do. Decoding accepts whatever the libraries write; it
//! uses coupons and registers only and ignores the HIP estimate and the sums.
//! reader's knowledge comes from coupons and registers; HIP estimate and sums are ignored.

mod packed;

pub(super) use packed::unpack;
use packed::{check_exceptions, encode_registers, exceptions, min_lg_exceptions, take_exceptions};
use strum::EnumCount;

use super::{Body, DecodeError, EncodedCoupons, Packed, Parts};
use crate::family::{Family, Precision};
use crate::hll::datasketches::{MAX_LIST_COUPONS, MAX_RANK, MIN_SET_PRECISION, max_coupons};
use crate::hll::registers;
use crate::hll::slot::RANK_BITS;

const SERIAL_VERSION: u8 = 1;
const HLL_FAMILY: u8 = 7;

const MODE_LIST: u8 = 0;
const MODE_SET: u8 = 1;
const MODE_HLL: u8 = 2;

const FLAG_EMPTY: u8 = 4;
const FLAG_COMPACT: u8 = 8;
const FLAG_OUT_OF_ORDER: u8 = 16;

const LIST_BYTES: usize = 8;
const SET_BYTES: usize = 12;
pub(super) const HLL_BYTES: usize = 40;

const LG_LIST: u8 = 3;
const MIN_LG_SET: u8 = 5;

/// How many bits a register takes in the bytes of a large `datasketches` sketch; memory and estimates are the
/// same for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, EnumCount)]
pub enum HllType {
    /// Four bits, beside a list of the few ranks that do not fit.
    Hll4,
    /// Six bits.
    Hll6,
    /// Eight bits: decoding is a copy, or none. The type that a lake holds.
    #[default]
    Hll8,
}

impl HllType {
    /// Every type, ordered by its number in the bytes.
    pub const ALL: [Self; Self::COUNT] = [Self::Hll4, Self::Hll6, Self::Hll8];

    const fn number(self) -> u8 {
        match self {
            Self::Hll4 => 0,
            Self::Hll6 => 1,
            Self::Hll8 => 2,
        }
    }
}

/// Appends the bytes of a sketch.
pub(super) fn encode(precision: Precision, parts: Parts<'_>, target: HllType, out: &mut Vec<u8>) {
    let preamble = |words, lg_places, flags, state, mode| {
        let mode = mode | (target.number() << 2);
        [words, SERIAL_VERSION, HLL_FAMILY, precision.get(), lg_places, flags, state, mode]
    };
    match parts {
        Parts::Coupons([]) => {
            out.extend(preamble(2, LG_LIST, FLAG_EMPTY | FLAG_COMPACT, 0, MODE_LIST));
        }
        Parts::Coupons(coupons) if coupons.len() <= MAX_LIST_COUPONS => {
            #[expect(clippy::cast_possible_truncation, reason = "at most 7")]
            let n_coupons = coupons.len() as u8;
            out.extend(preamble(2, LG_LIST, FLAG_COMPACT, n_coupons, MODE_LIST));
            encode_coupons(coupons, out);
        }
        Parts::Coupons(coupons) => {
            let lg_places = lg_places(coupons.len(), MIN_LG_SET);
            out.extend(preamble(3, lg_places, FLAG_COMPACT, 0, MODE_SET));
            out.extend(count(coupons.len()));
            encode_coupons(coupons, out);
        }
        Parts::Registers(ranks) => {
            let sums = registers::rank_sums(ranks);
            let smallest = match target {
                HllType::Hll4 => ranks.iter().copied().min().unwrap_or(0),
                HllType::Hll6 | HllType::Hll8 => 0,
            };
            let n_smallest = match smallest {
                0 => sums.n_zero as usize,
                smallest => ranks.iter().filter(|&&rank| rank == smallest).count(),
            };
            let exceptions = exceptions(target, smallest, ranks);
            let (lg_places, flags) = match target {
                HllType::Hll4 if exceptions.is_empty() => (0, FLAG_OUT_OF_ORDER | FLAG_COMPACT),
                HllType::Hll4 => {
                    let lg_places = lg_places(exceptions.len(), min_lg_exceptions(precision));
                    (lg_places, FLAG_OUT_OF_ORDER | FLAG_COMPACT)
                }
                HllType::Hll6 | HllType::Hll8 => (0, FLAG_OUT_OF_ORDER),
            };
            out.extend(preamble(10, lg_places, flags, smallest, MODE_HLL));
            // Exact, since 21 bits of count and 32 of rank fit in a double.
            for sum in [0.0, sums.sum_of_classes(0..4), sums.sum_of_classes(4..8)] {
                out.extend(sum.to_le_bytes());
            }
            out.extend(count(n_smallest));
            out.extend(count(exceptions.len()));
            encode_registers(target, smallest, ranks, out);
            encode_coupons(&exceptions, out);
        }
    }
}

/// Whether the bytes begin with a preamble's number of words, the serial version and the family's number.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [2 | 3 | 10, SERIAL_VERSION, HLL_FAMILY, ..])
}

/// Reads the header, and checks lengths, and registers of less than a byte each.
pub(super) fn parse(bytes: &[u8]) -> Result<(Precision, Body<'_>), DecodeError> {
    let Some(&[words, version, family, lg_k, lg_places, flags, state, mode]) = bytes.first_chunk()
    else {
        return Err(DecodeError::new(bytes.len(), "a preamble of 8 bytes", "the end"));
    };
    if version != SERIAL_VERSION {
        return Err(DecodeError::new(1, "serial version 1", version));
    }
    if family != HLL_FAMILY {
        return Err(DecodeError::new(2, "DataSketches' family 7, HLL", family));
    }
    let precision = Family::DataSketches
        .precision(lg_k)
        .map_err(|_| DecodeError::new(3, "an lgK of 4 to 21", lg_k))?;
    let target = *HllType::ALL
        .get(usize::from(mode >> 2 & 3))
        .ok_or_else(|| DecodeError::new(7, "a type of HLL_4, HLL_6 or HLL_8", mode))?;
    let expect_words = |expected: u8| {
        if words == expected {
            return Ok(());
        }
        Err(DecodeError::new(0, format!("a preamble of {expected} words"), words))
    };
    let is_compact = flags & FLAG_COMPACT != 0;
    let body = match mode & 3 {
        MODE_LIST => {
            expect_words(2)?;
            let is_empty = flags & FLAG_EMPTY != 0;
            parse_list(bytes, state, is_empty, is_compact)?
        }
        MODE_SET => {
            expect_words(3)?;
            parse_set(precision, bytes, lg_places, is_compact)?
        }
        MODE_HLL => {
            expect_words(10)?;
            let places = (!is_compact).then_some(lg_places);
            parse_registers(precision, bytes, target, state, places)?
        }
        mode => return Err(DecodeError::new(7, "a list, a set or registers", mode)),
    };
    Ok((precision, body))
}

/// Appends decoded coupons, sorted; on error, some of them may have been appended.
pub(super) fn decode_coupons(
    encoded: EncodedCoupons<'_>,
    out: &mut Vec<u32>,
) -> Result<(), DecodeError> {
    let EncodedCoupons { n_coupons, offset, bits } = encoded;
    let n_before = out.len();
    out.reserve(n_coupons);
    let is_compact = bits.len() == 4 * n_coupons;
    for (index, coupon) in coupons(bits).enumerate() {
        if coupon == 0 && !is_compact {
            continue;
        }
        if rank(coupon) == 0 {
            let at = offset + 4 * index;
            return Err(DecodeError::new(at, "a coupon with a rank of 1 to 63", "0"));
        }
        if out.len() - n_before == n_coupons {
            let at = offset + 4 * index;
            let expected = format!("an empty place after {n_coupons} coupons");
            return Err(DecodeError::new(at, expected, format_args!("{coupon:#x}")));
        }
        out.push(coupon);
    }
    let own = &mut out[n_before..];
    if own.len() < n_coupons {
        let expected = format!("{n_coupons} coupons");
        return Err(DecodeError::new(offset, expected, own.len()));
    }
    if !own.is_sorted() {
        own.sort_unstable();
    }
    if let Some(pair) = own.array_windows().find(|[one, other]| one == other) {
        let found = format_args!("{:#x} twice", pair[0]);
        return Err(DecodeError::new(offset, "different coupons", found));
    }
    Ok(())
}

fn parse_list(
    bytes: &[u8],
    n_coupons: u8,
    is_empty: bool,
    is_compact: bool,
) -> Result<Body<'_>, DecodeError> {
    let n_coupons = usize::from(n_coupons);
    if n_coupons > MAX_LIST_COUPONS {
        return Err(DecodeError::new(6, "a list of at most 7 coupons", n_coupons));
    }
    if is_empty != (n_coupons == 0) {
        let expected =
            if is_empty { "no coupons, as flag 4 says" } else { "flag 4, as there are no coupons" };
        return Err(DecodeError::new(if is_empty { 6 } else { 5 }, expected, n_coupons));
    }
    let n_places = if is_compact { n_coupons } else { 1 << LG_LIST };
    if is_empty && bytes[LIST_BYTES..].iter().all(|&byte| byte == 0) && bytes.len() <= 8 + 4 * 8 {
        return Ok(Body::Empty);
    }
    parse_coupons(bytes, LIST_BYTES, n_coupons, n_places)
}

fn parse_set(
    precision: Precision,
    bytes: &[u8],
    lg_places: u8,
    is_compact: bool,
) -> Result<Body<'_>, DecodeError> {
    if precision.get() < MIN_SET_PRECISION {
        return Err(DecodeError::new(7, "no set below lgK 8", "a set"));
    }
    let n_coupons = read_count(bytes, LIST_BYTES)?;
    let max_coupons = max_coupons(precision);
    if !(1..=max_coupons).contains(&n_coupons) {
        let expected = format!("a count of 1 to {max_coupons}");
        return Err(DecodeError::new(LIST_BYTES, expected, n_coupons));
    }
    let max_lg_places = precision.get() - 3;
    if !is_compact && !(MIN_LG_SET..=max_lg_places).contains(&lg_places) {
        let expected = format!("a set of 2^{MIN_LG_SET} to 2^{max_lg_places} places");
        return Err(DecodeError::new(4, expected, format_args!("2^{lg_places}")));
    }
    let n_places = if is_compact { n_coupons } else { 1 << lg_places };
    parse_coupons(bytes, SET_BYTES, n_coupons, n_places)
}

fn parse_coupons(
    bytes: &[u8],
    offset: usize,
    n_coupons: usize,
    n_places: usize,
) -> Result<Body<'_>, DecodeError> {
    if n_places < n_coupons {
        let expected = format!("places for {n_coupons} coupons");
        return Err(DecodeError::new(4, expected, n_places));
    }
    let bits = take(bytes, offset, 4 * n_places, "coupons")?;
    no_more(bytes, offset + bits.len())?;
    Ok(Body::Coupons(EncodedCoupons { n_coupons, offset, bits }))
}

/// Checks lengths and exceptions; `lg_places` is the size of the table of exceptions, `None` when they are a
/// list.
fn parse_registers(
    precision: Precision,
    bytes: &[u8],
    target: HllType,
    smallest: u8,
    lg_places: Option<u8>,
) -> Result<Body<'_>, DecodeError> {
    let n_registers = precision.n_registers();
    let n_exceptions = read_count(bytes, HLL_BYTES - 4)?;
    match target {
        HllType::Hll8 => {
            let ranks = take(bytes, HLL_BYTES, n_registers, "registers")?;
            no_more(bytes, HLL_BYTES + n_registers)?;
            Ok(Body::Registers(ranks))
        }
        HllType::Hll6 => {
            let n_bytes = n_registers / 4 * 3;
            let bits = take(bytes, HLL_BYTES, n_bytes, "registers")?;
            // The libraries write an extra byte, so that they can read two at a time.
            no_more(bytes, HLL_BYTES + n_bytes + 1)?;
            let exceptions = &[];
            Ok(Body::Packed(Packed { precision, target, smallest: 0, bits, exceptions }))
        }
        HllType::Hll4 => {
            if smallest > MAX_RANK {
                return Err(DecodeError::new(6, "a smallest rank of at most 63", smallest));
            }
            let bits = take(bytes, HLL_BYTES, n_registers / 2, "registers")?;
            let at = HLL_BYTES + bits.len();
            let exceptions = take_exceptions(precision, bytes, at, n_exceptions, lg_places)?;
            let packed = Packed { precision, target, smallest, bits, exceptions };
            check_exceptions(&packed, at, n_exceptions)?;
            Ok(Body::Packed(packed))
        }
    }
}

fn encode_coupons(coupons: &[u32], out: &mut Vec<u8>) {
    out.reserve(4 * coupons.len());
    for coupon in coupons {
        out.extend(coupon.rotate_right(RANK_BITS).to_le_bytes());
    }
}

/// The base-two logarithm of the smallest table that `n` entries fill to at most three quarters.
fn lg_places(n: usize, min_lg_places: u8) -> u8 {
    (min_lg_places..).find(|lg_places| 4 * n <= 3 << lg_places).unwrap_or(min_lg_places)
}

#[expect(clippy::cast_possible_truncation, reason = "at most 2^21")]
fn count(n: usize) -> [u8; 4] {
    (n as u32).to_le_bytes()
}

fn read_count(bytes: &[u8], at: usize) -> Result<usize, DecodeError> {
    let count = take(bytes, at, 4, "a count")?;
    Ok(coupons(count).next().map_or(0, |count| count.rotate_right(RANK_BITS) as usize))
}

/// Converts their coupons, four bytes each, to ours.
fn coupons(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word).rotate_left(RANK_BITS))
}

const fn rank(coupon: u32) -> u32 {
    coupon & ((1 << RANK_BITS) - 1)
}

fn take<'a>(
    bytes: &'a [u8],
    offset: usize,
    n_bytes: usize,
    what: &str,
) -> Result<&'a [u8], DecodeError> {
    bytes.get(offset..).and_then(|bytes| bytes.get(..n_bytes)).ok_or_else(|| {
        DecodeError::new(bytes.len(), format!("{n_bytes} bytes of {what} at {offset}"), "the end")
    })
}

fn no_more(bytes: &[u8], n_expected: usize) -> Result<(), DecodeError> {
    if bytes.len() <= n_expected {
        return Ok(());
    }
    let found = format_args!("{} more bytes", bytes.len() - n_expected);
    Err(DecodeError::new(n_expected, "the end", found))
}

#[cfg(test)]
mod tests;
