//! The sketches of one column of one file, decoded, without an allocation for each sketch.
//!
//! ```text
//! entries   [ EMPTY | 0 | DENSE+0 | 4 | … ]            one per row
//! coupons   [ 3 c c c | 1 c | … ]                      a length, then the sorted coupons
//! registers [ 2^precision bytes | 2^precision … ]      one block per dense sketch
//! ```

use std::hash::{Hash as _, Hasher};

use clio_sketch::{Estimate, Family, Form, Parts, Precision, SketchError, Union, decode_parts};

use crate::error::FileProblem;

/// The entry of a sketch without events.
const EMPTY: u32 = u32::MAX;
/// Set in the entry of a dense sketch, whose other bits number its block of registers.
const DENSE: u32 = 1 << 31;

/// The number does not fit 31 bits.
const TOO_LARGE: FileProblem = FileProblem::TooLarge { what: "coupons" };

/// The sketches of one column, by row.
///
/// Takes 4 bytes per row, 4 per coupon and one more word per small sketch, 2^precision per dense one.
#[derive(Debug)]
pub(crate) struct SketchArena {
    family: Family,
    precision: Precision,
    entries: Vec<u32>,
    coupons: Vec<u32>,
    registers: Vec<u8>,
    /// The estimate of each row, if they are kept; otherwise empty.
    estimates: Vec<Estimate>,
}

/// One sketch of an arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SketchParts<'a> {
    Empty,
    Coupons(&'a [u32]),
    Registers(&'a [u8]),
}

impl SketchArena {
    /// Decodes the sketches of a column.
    pub(crate) fn decode<'a>(
        column: &str,
        family: Family,
        precision: Precision,
        sketches: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> Result<Self, FileProblem> {
        let mut arena = Self {
            family,
            precision,
            entries: Vec::with_capacity(sketches.len()),
            coupons: Vec::new(),
            registers: Vec::new(),
            estimates: Vec::new(),
        };
        for (row, bytes) in sketches.enumerate() {
            let entry = arena.push(bytes).map_err(|problem| FileProblem::Sketch {
                column: column.to_owned(),
                row,
                problem,
            })?;
            arena.entries.push(entry.ok_or(TOO_LARGE)?);
        }
        arena.shrink();
        Ok(arena)
    }

    /// Keeps unions, one a row, with their estimates where they are to be kept.
    pub(crate) fn of_unions(
        family: Family,
        precision: Precision,
        n_rows: usize,
        keeps_estimates: bool,
        mut unite: impl FnMut(usize, &mut Union),
    ) -> Result<Self, FileProblem> {
        let (mut union, mut bytes) = (Union::new(family, precision), Vec::new());
        let n_estimates = if keeps_estimates { n_rows } else { 0 };
        let (entries, estimates) = (Vec::with_capacity(n_rows), Vec::with_capacity(n_estimates));
        let (coupons, registers) = (Vec::new(), Vec::new());
        let mut arena = Self { family, precision, entries, coupons, registers, estimates };
        for row in 0..n_rows {
            union.clear();
            unite(row, &mut union);
            if keeps_estimates {
                arena.estimates.push(union.estimate());
            }
            bytes.clear();
            union.encode_into(&mut bytes);
            let column = String::new();
            let entry = arena.push(&bytes);
            let entry = entry.map_err(|problem| FileProblem::Sketch { column, row, problem })?;
            arena.entries.push(entry.ok_or(TOO_LARGE)?);
        }
        arena.shrink();
        Ok(arena)
    }

    fn shrink(&mut self) {
        self.coupons.shrink_to_fit();
        self.registers.shrink_to_fit();
    }

    /// Appends a sketch's content and returns its entry; `None` where 31 bits do not number it.
    fn push(&mut self, bytes: &[u8]) -> Result<Option<u32>, SketchError> {
        let start = self.coupons.len();
        self.coupons.push(0);
        let (coupons, registers) = (&mut self.coupons, &mut self.registers);
        let form = decode_parts(self.family, self.precision, bytes, coupons, registers)?;
        if form != Form::Coupons {
            self.coupons.truncate(start);
        }
        Ok(match form {
            Form::Empty => Some(EMPTY),
            Form::Coupons => {
                let n_coupons = self.coupons.len() - start - 1;
                self.coupons[start] = u32::try_from(n_coupons).unwrap_or(u32::MAX);
                u32::try_from(start).ok().filter(|start| *start < DENSE)
            }
            Form::Registers => {
                let block = self.registers.len() / self.precision.n_registers() - 1;
                u32::try_from(block)
                    .ok()
                    .filter(|block| *block < DENSE - 1)
                    .map(|block| block | DENSE)
            }
        })
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    pub(crate) fn precision(&self) -> Precision {
        self.precision
    }

    /// The sketch of a row.
    #[inline]
    pub(crate) fn get(&self, row: u32) -> SketchParts<'_> {
        let entry = self.entries[row as usize];
        if entry == EMPTY {
            SketchParts::Empty
        } else if entry & DENSE == 0 {
            let start = entry as usize + 1;
            let n_coupons = self.coupons[entry as usize] as usize;
            SketchParts::Coupons(&self.coupons[start..start + n_coupons])
        } else {
            let n_registers = self.precision.n_registers();
            let start = (entry & !DENSE) as usize * n_registers;
            SketchParts::Registers(&self.registers[start..start + n_registers])
        }
    }

    /// The estimate of a row, where it is kept.
    #[inline]
    pub(crate) fn estimate(&self, row: u32) -> Option<Estimate> {
        self.estimates.get(row as usize).copied()
    }

    /// Adds the sketch of a row to a union of the same family and precision.
    #[inline]
    pub(crate) fn union_into(&self, row: u32, union: &mut Union) {
        self.get(row).union_into(union);
    }

    /// Whether the sketch of a row is held as registers.
    pub(crate) fn is_dense(&self, row: u32) -> bool {
        matches!(self.get(row), SketchParts::Registers(_))
    }

    /// How many sketches are held as registers.
    pub(crate) fn n_dense(&self) -> usize {
        self.registers.len() / self.precision.n_registers()
    }

    /// The number of coupons of a row; 0 for an empty or a dense one.
    pub(crate) fn n_coupons(&self, row: u32) -> usize {
        match self.get(row) {
            SketchParts::Coupons(coupons) => coupons.len(),
            SketchParts::Empty | SketchParts::Registers(_) => 0,
        }
    }

    /// Adds all that queries read to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        let Self { family: _, precision: _, entries, coupons, registers, estimates } = self;
        entries.hash(sum);
        coupons.hash(sum);
        registers.hash(sum);
        for Estimate { value, lower, upper, exact } in estimates {
            [value, lower, upper].iter().for_each(|bound| sum.write_u64(bound.to_bits()));
            exact.hash(sum);
        }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        (self.entries.capacity() + self.coupons.capacity()) * size_of::<u32>()
            + self.registers.capacity()
            + self.estimates.capacity() * size_of::<Estimate>()
    }
}

impl<'a> From<SketchParts<'a>> for Parts<'a> {
    #[inline]
    fn from(sketch: SketchParts<'a>) -> Self {
        match sketch {
            SketchParts::Empty => Self::Coupons(&[]),
            SketchParts::Coupons(coupons) => Self::Coupons(coupons),
            SketchParts::Registers(registers) => Self::Registers(registers),
        }
    }
}

impl<'a> From<Parts<'a>> for SketchParts<'a> {
    fn from(parts: Parts<'a>) -> Self {
        match parts {
            Parts::Coupons([]) => Self::Empty,
            Parts::Coupons(coupons) => Self::Coupons(coupons),
            Parts::Registers(registers) => Self::Registers(registers),
        }
    }
}

impl SketchParts<'_> {
    /// Adds the sketch to a union of the same family and precision.
    #[inline]
    pub(crate) fn union_into(self, union: &mut Union) {
        match self {
            Self::Empty => {}
            Self::Coupons(coupons) => union.union_coupons(coupons),
            Self::Registers(registers) => {
                union.union_registers(registers).expect("an arena's registers have its precision");
            }
        }
    }
}

/// The union of all sketches of one column of one file, kept so that a query without a filter need
/// not make it again.
///
/// Costs 4 bytes a coupon or 2^precision bytes.
#[derive(Debug)]
pub(crate) struct ColumnUnion {
    arena: SketchArena,
}

impl ColumnUnion {
    /// Unites all sketches of an arena.
    pub(crate) fn of(arena: &SketchArena, n_rows: u32) -> Result<Self, FileProblem> {
        let mut union = Union::new(arena.family, arena.precision);
        for row in 0..n_rows {
            arena.union_into(row, &mut union);
        }
        let mut bytes = Vec::new();
        union.encode_into(&mut bytes);
        let arena =
            SketchArena::decode("", arena.family, arena.precision, [bytes.as_slice()].into_iter())?;
        Ok(Self { arena })
    }

    /// The union.
    pub(crate) fn get(&self) -> SketchParts<'_> {
        self.arena.get(0)
    }

    /// Adds it to a union of the same family and precision.
    pub(crate) fn union_into(&self, union: &mut Union) {
        self.get().union_into(union);
    }

    /// Adds the union to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        self.arena.add_to(sum);
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.arena.size_bytes()
    }
}

#[cfg(test)]
mod tests {
    use clio_sketch::Sketch;

    use super::*;

    fn sketch(values: std::ops::Range<u64>) -> Sketch {
        let mut sketch = Sketch::new(Family::HllPlusPlus, Precision::try_new(8).unwrap());
        values.for_each(|value| sketch.insert_hash(Family::HllPlusPlus.hash_u64(value)));
        sketch
    }

    #[test]
    fn every_row_comes_back_whatever_its_form() {
        let sketches = [
            sketch(0..0),
            sketch(0..5),
            sketch(0..1000),
            sketch(3..9),
            sketch(500..5000),
            sketch(0..0),
        ];
        let precision = Precision::try_new(8).unwrap();
        let bytes: Vec<Vec<u8>> = sketches.iter().map(Sketch::encode).collect();
        let arena = SketchArena::decode(
            "viewers",
            Family::HllPlusPlus,
            precision,
            bytes.iter().map(Vec::as_slice),
        )
        .unwrap();
        let mut union = Union::new(Family::HllPlusPlus, precision);
        for (row, sketch) in (0..).zip(&sketches) {
            union.clear();
            arena.union_into(row, &mut union);
            assert_eq!(&union.to_sketch(), sketch, "row {row}");
            assert_eq!(arena.is_dense(row), sketch.form() == Form::Registers);
        }
        let all = ColumnUnion::of(&arena, 6).unwrap();
        union.clear();
        all.union_into(&mut union);
        assert_eq!(union.to_sketch(), sketch(0..5000));
        assert!(arena.size_bytes() >= 512 + 4 * (6 + 13));
    }

    /// Whatever bit flips.
    #[test]
    fn every_array_is_in_the_sum() {
        let precision = Precision::try_new(8).unwrap();
        let unite = |row: usize, union: &mut Union| {
            for value in 0..[0, 5, 1_000][row] {
                union.insert_hash(Family::HllPlusPlus.hash_u64(value));
            }
        };
        let arena =
            || SketchArena::of_unions(Family::HllPlusPlus, precision, 3, true, unite).unwrap();
        let sum = |arena: &SketchArena| {
            let mut sum = xxhash_rust::xxh3::Xxh3::new();
            arena.add_to(&mut sum);
            sum.finish()
        };
        assert_eq!(sum(&arena()), sum(&arena()));
        let flips: [fn(&mut SketchArena); 5] = [
            |arena| arena.entries[1] ^= 1,
            |arena| arena.coupons[2] ^= 1 << 31,
            |arena| arena.registers[200] ^= 4,
            |arena| arena.estimates[2].upper = arena.estimates[2].upper.next_up(),
            |arena| arena.estimates[2].exact ^= true,
        ];
        for (at, flip) in flips.into_iter().enumerate() {
            let mut flipped = arena();
            flip(&mut flipped);
            assert_ne!(sum(&flipped), sum(&arena()), "flip {at}");
        }
    }

    #[test]
    fn bytes_that_are_no_sketch_name_their_row() {
        let precision = Precision::try_new(8).unwrap();
        let good = sketch(0..5).encode();
        let column = [good.as_slice(), b"no sketch"];
        let error =
            SketchArena::decode("viewers", Family::HllPlusPlus, precision, column.into_iter())
                .unwrap_err();
        assert!(error.to_string().starts_with("column `viewers`, row 1: "), "{error}");
        let other = Precision::try_new(9).unwrap();
        let error = SketchArena::decode("v", Family::HllPlusPlus, other, [&*good].into_iter());
        assert!(error.is_err(), "another precision is no sketch of this column");
    }
}
