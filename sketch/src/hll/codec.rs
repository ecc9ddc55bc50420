//! Bytes in and out.
//!
//! Each family has a layout of its own, written down in its module; which family some bytes are of, the
//! column's metadata says. What is written is canonical: equal sketches have equal bytes. Bytes that no
//! writer of the family makes are an error: of `hll++` that is all but the canonical ones, of `datasketches`
//! all but those of its many libraries and modes. Any bytes give a sketch or an error, and no allocation is
//! larger than the largest sketch of the claimed precision.

mod bits;
mod datasketches;
mod hllpp;

use std::borrow::Cow;

pub use self::datasketches::HllType;
use crate::error::{DecodeError, SketchError};
use crate::family::{Family, Precision};
use crate::hll::kind::Kind;
use crate::hll::registers;

/// The form of a sketch; which one is a function of the set of hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// No hash.
    Empty,
    /// A sorted list of coupons: of `hll++` at most 2^precision / 4, of `datasketches` at most 7 below
    /// precision 8 and 3/32 × 2^precision from there.
    Coupons,
    /// 2^precision registers, a byte each.
    Registers,
}

/// The content of a sketch, borrowed: what [`decode_parts`] appends to an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts<'a> {
    /// Coupons, sorted, one a slot; none of an empty sketch.
    Coupons(&'a [u32]),
    /// One rank a register, 2^precision of them.
    Registers(&'a [u8]),
}

impl Parts<'_> {
    /// Returns the number of coupons; 0 of registers.
    #[inline]
    pub(crate) fn n_coupons(self) -> usize {
        match self {
            Self::Coupons(coupons) => coupons.len(),
            Self::Registers(_) => 0,
        }
    }

    pub(crate) fn form(self) -> Form {
        match self {
            Self::Coupons([]) => Form::Empty,
            Self::Coupons(_) => Form::Coupons,
            Self::Registers(_) => Form::Registers,
        }
    }
}

/// An encoded sketch whose header was read.
///
/// Registers are checked, coupons are checked when they are decoded. Holds 56 bytes and keeps no allocation.
#[derive(Clone, Copy, Debug)]
pub struct SketchRef<'a> {
    kind: Kind,
    body: Body<'a>,
}

/// What follows the header.
#[derive(Clone, Copy, Debug)]
enum Body<'a> {
    Empty,
    Coupons(EncodedCoupons<'a>),
    Registers(&'a [u8]),
    /// Registers in less than a byte each; only `datasketches` has them.
    Packed(Packed<'a>),
}

/// Registers in four or six bits each, checked.
#[derive(Clone, Copy, Debug)]
struct Packed<'a> {
    precision: Precision,
    target: HllType,
    /// What four bits are above.
    smallest: u8,
    bits: &'a [u8],
    /// Ranks that four bits do not hold.
    exceptions: &'a [u8],
}

/// A list of coupons, not decoded.
#[derive(Clone, Copy, Debug)]
struct EncodedCoupons<'a> {
    n_coupons: usize,
    /// Where `bits` begins in the sketch's bytes, for errors.
    offset: usize,
    bits: &'a [u8],
}

impl<'a> SketchRef<'a> {
    /// Reads the header of a sketch of this family.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] when the bytes are no sketch.
    pub fn parse(family: Family, bytes: &'a [u8]) -> Result<Self, SketchError> {
        let view = Self::parse_unchecked(family, bytes)?;
        if let Body::Registers(ranks) = view.body {
            view.check_registers(ranks, registers::largest(ranks))?;
        }
        Ok(view)
    }

    /// Reads the header, and leaves registers to be checked by who reads them anyway.
    fn parse_unchecked(family: Family, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (precision, body) = match family {
            Family::HllPlusPlus => hllpp::parse(bytes)?,
            Family::DataSketches => datasketches::parse(bytes)?,
        };
        Ok(Self { kind: Kind::new(family, precision), body })
    }

    /// Checks registers, of which the largest is known.
    fn check_registers(&self, ranks: &[u8], largest: u8) -> Result<(), DecodeError> {
        let header_bytes = match self.kind.family {
            Family::HllPlusPlus => hllpp::HEADER_BYTES,
            Family::DataSketches => datasketches::HLL_BYTES,
        };
        let max_rank = self.kind.max_register_rank();
        if largest > max_rank
            && let Some(at) = ranks.iter().position(|&rank| rank > max_rank)
        {
            let expected = format!("a rank of at most {max_rank}");
            return Err(DecodeError::new(header_bytes + at, expected, ranks[at]));
        }
        match self.kind.family {
            Family::HllPlusPlus => hllpp::check_reachable(self.kind.precision, ranks),
            Family::DataSketches => Ok(()),
        }
    }

    /// Returns the family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.kind.family
    }

    /// Returns the precision.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.kind.precision
    }

    /// Returns the form.
    #[must_use]
    pub fn form(&self) -> Form {
        match self.body {
            Body::Empty => Form::Empty,
            Body::Coupons(_) => Form::Coupons,
            Body::Registers(_) | Body::Packed(_) => Form::Registers,
        }
    }

    /// Returns the number of coupons, which is 0 for an empty sketch and for registers.
    #[must_use]
    pub fn n_coupons(&self) -> usize {
        match self.body {
            Body::Coupons(encoded) => encoded.n_coupons,
            Body::Empty | Body::Registers(_) | Body::Packed(_) => 0,
        }
    }

    /// Returns the registers, if that is the form: those in the bytes, or unpacked ones where the bytes
    /// hold less than a byte of each.
    #[must_use]
    pub fn registers(&self) -> Option<Cow<'a, [u8]>> {
        match self.body {
            Body::Registers(registers) => Some(Cow::Borrowed(registers)),
            Body::Packed(packed) => {
                let mut registers = Vec::with_capacity(self.precision().n_registers());
                datasketches::unpack(&packed, &mut registers);
                Some(Cow::Owned(registers))
            }
            Body::Empty | Body::Coupons(_) => None,
        }
    }

    /// Appends the coupons, sorted, if that is the form, and nothing otherwise.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] when the bytes are no list of coupons; nothing was appended then.
    pub fn decode_coupons_into(&self, out: &mut Vec<u32>) -> Result<(), SketchError> {
        let Body::Coupons(encoded) = self.body else { return Ok(()) };
        let n_before = out.len();
        let decoded = match self.kind.family {
            Family::HllPlusPlus => hllpp::decode_coupons(self.kind.precision, encoded, out),
            Family::DataSketches => datasketches::decode_coupons(encoded, out),
        };
        decoded.map_err(|error| {
            out.truncate(n_before);
            error.into()
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }
}

impl Family {
    /// Tells which family's writers begin their bytes like this, if any does; the rest is not looked at.
    ///
    /// ```
    /// use clio_sketch::{Family, Precision, Sketch};
    ///
    /// let bytes = Sketch::new(Family::DataSketches, Precision::MIN).encode();
    /// assert_eq!(Family::of_bytes(&bytes), Some(Family::DataSketches));
    /// ```
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|family| family.begins(bytes))
    }

    fn begins(self, bytes: &[u8]) -> bool {
        match self {
            Self::HllPlusPlus => hllpp::begins(bytes),
            Self::DataSketches => datasketches::begins(bytes),
        }
    }
}

/// Appends the content of an encoded sketch to an arena: its coupons or its registers, as the form says.
///
/// What it appends is what [`Union::union_coupons`](crate::Union::union_coupons) and
/// [`Union::union_registers`](crate::Union::union_registers) take.
///
/// # Errors
///
/// [`SketchError::Decode`] when the bytes are no sketch, [`SketchError::Mismatch`] when its precision is
/// another; nothing was appended then.
pub fn decode_parts(
    family: Family,
    precision: Precision,
    bytes: &[u8],
    coupons_out: &mut Vec<u32>,
    registers_out: &mut Vec<u8>,
) -> Result<Form, SketchError> {
    let view = SketchRef::parse_unchecked(family, bytes)?;
    Kind::new(family, precision).expect(view.kind)?;
    match &view.body {
        Body::Registers(ranks) => {
            // Two passes: what the first one read is in the cache, and no loop of loads and stores comes near
            // the machine's own copy.
            let n_before = registers_out.len();
            registers_out.extend_from_slice(ranks);
            if let Err(error) = view.check_registers(ranks, registers::largest(ranks)) {
                registers_out.truncate(n_before);
                return Err(error.into());
            }
        }
        Body::Packed(packed) => datasketches::unpack(packed, registers_out),
        Body::Empty | Body::Coupons(_) => view.decode_coupons_into(coupons_out)?,
    }
    Ok(view.form())
}

/// Appends the bytes of a sketch.
pub(crate) fn encode(kind: Kind, parts: Parts<'_>, out: &mut Vec<u8>) {
    match kind.family {
        Family::HllPlusPlus => hllpp::encode(kind.precision, parts, out),
        Family::DataSketches => datasketches::encode(kind.precision, parts, HllType::Hll8, out),
    }
}

/// Appends the bytes of a `datasketches` sketch with registers of this type.
pub(crate) fn encode_as(
    kind: Kind,
    parts: Parts<'_>,
    target: HllType,
    out: &mut Vec<u8>,
) -> Result<(), SketchError> {
    match kind.family {
        Family::DataSketches => {
            datasketches::encode(kind.precision, parts, target, out);
            Ok(())
        }
        Family::HllPlusPlus => {
            let expected = Family::DataSketches;
            Err(SketchError::WrongFamily { expected, found: kind.family })
        }
    }
}
