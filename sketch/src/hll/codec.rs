//! Encoding and decoding.
//!
//! Each family has its own layout, documented in its module; the column's metadata says which family the
//! bytes belong to. Encoding is canonical: equal sketches have equal bytes. Bytes that no writer of the
//! family produces are an error: for `hll++` that is everything but the canonical bytes, for `datasketches`
//! everything but what its many libraries and modes write. Decoding arbitrary bytes gives a sketch or an
//! error, and never allocates more than the largest sketch of the claimed precision.

mod bits;
mod datasketches;
mod hllpp;

use std::borrow::Cow;

pub use self::datasketches::HllType;
use crate::error::{DecodeError, SketchError};
use crate::family::{Family, Precision};
use crate::hll::kind::Kind;
use crate::hll::registers;

/// The form of a sketch: a function of the set of hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// No hashes.
    Empty,
    /// A sorted list of coupons: for `hll++` at most 2^precision / 4; for `datasketches` at most 7 below
    /// precision 8, and 3/32 × 2^precision from there on.
    Coupons,
    /// 2^precision registers, one byte each.
    Registers,
}

/// The content of a sketch, borrowed: what [`decode_parts`] appends to an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts<'a> {
    /// Sorted coupons, one per slot; none for an empty sketch.
    Coupons(&'a [u32]),
    /// One rank per register, 2^precision of them.
    Registers(&'a [u8]),
}

impl Parts<'_> {
    /// Returns the number of coupons; 0 for registers.
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

/// An encoded sketch whose header has been read.
///
/// Registers are checked on parsing, coupons when they are decoded. Holds 56 bytes and owns no allocation.
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
    /// Registers of less than a byte each; only `datasketches` has them.
    Packed(Packed<'a>),
}

/// Registers of four or six bits each, checked.
#[derive(Clone, Copy, Debug)]
struct Packed<'a> {
    precision: Precision,
    target: HllType,
    /// The rank that four-bit values are relative to.
    smallest: u8,
    bits: &'a [u8],
    /// The ranks that do not fit in four bits.
    exceptions: &'a [u8],
}

/// A list of coupons, not yet decoded.
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
    /// [`SketchError::Decode`] when the bytes are not a sketch.
    pub fn parse(family: Family, bytes: &'a [u8]) -> Result<Self, SketchError> {
        let view = Self::parse_unchecked(family, bytes)?;
        if let Body::Registers(ranks) = view.body {
            view.check_registers(ranks, registers::largest(ranks))?;
        }
        Ok(view)
    }

    /// Reads the header; the caller, who reads the registers anyway, has to check them.
    fn parse_unchecked(family: Family, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (precision, body) = match family {
            Family::HllPlusPlus => hllpp::parse(bytes)?,
            Family::DataSketches => datasketches::parse(bytes)?,
        };
        Ok(Self { kind: Kind::new(family, precision), body })
    }

    /// Checks registers, given the largest of them.
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

    /// Returns the registers, if that is the form: borrowed from the bytes, or unpacked where the bytes hold
    /// less than a byte per register.
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

    /// Appends the coupons, sorted, if that is the form; otherwise nothing.
    ///
    /// # Errors
    ///
    /// [`SketchError::Decode`] when the bytes are not a list of coupons; on error, nothing is appended.
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
    /// Returns the family whose writers begin their bytes like this, if any; the rest of the bytes is not
    /// read.
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

/// Appends the content of an encoded sketch to an arena: its coupons or its registers, depending on its form.
///
/// The appended content is what [`Union::union_coupons`](crate::Union::union_coupons) and
/// [`Union::union_registers`](crate::Union::union_registers) take.
///
/// # Errors
///
/// [`SketchError::Decode`] when the bytes are not a sketch, [`SketchError::Mismatch`] when its precision
/// differs; on error, nothing is appended.
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
            // Two passes: the first leaves the bytes in the cache, and no loop of loads and stores comes near
            // the platform's memcpy.
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

/// Appends the bytes of a `datasketches` sketch with the given type of registers.
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
