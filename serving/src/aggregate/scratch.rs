//! The memory that sketches are united in, one group after another.

use std::ops::AddAssign;

use clio_sketch::{Estimate, Family, Precision, Sketch, Union};

use super::batch::Batch;
use crate::snapshot::{ColumnUnion, SketchArena, SketchParts};

/// A union that is used again and again.
#[derive(Debug)]
pub(super) struct Scratch {
    union: Union,
    unions: Unions,
}

/// How much was united.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Unions {
    pub(super) n_estimates: u64,
    pub(super) n_unions: u64,
    pub(super) coupon_bytes: u64,
    pub(super) register_bytes: u64,
    pub(super) bucket_bytes: u64,
}

impl Unions {
    #[inline]
    fn add(&mut self, sketch: SketchParts<'_>) {
        match sketch {
            SketchParts::Empty => {}
            SketchParts::Coupons(coupons) => {
                self.n_unions += 1;
                self.coupon_bytes += size_of_val(coupons) as u64;
            }
            SketchParts::Registers(registers) => {
                self.n_unions += 1;
                self.register_bytes += registers.len() as u64;
            }
        }
    }
}

impl AddAssign for Unions {
    fn add_assign(&mut self, other: Self) {
        self.n_estimates += other.n_estimates;
        self.n_unions += other.n_unions;
        self.coupon_bytes += other.coupon_bytes;
        self.register_bytes += other.register_bytes;
        self.bucket_bytes += other.bucket_bytes;
    }
}

impl Scratch {
    pub(super) fn new(family: Family, precision: Precision) -> Self {
        Self { union: Union::new(family, precision), unions: Unions::default() }
    }

    /// How much was united here so far.
    pub(super) fn unions(&self) -> Unions {
        self.unions
    }

    /// Counts what was united elsewhere as if it had been here.
    pub(super) fn count(&mut self, unions: Unions) {
        self.unions += unions;
    }

    /// Adds one sketch.
    #[inline]
    pub(super) fn add(&mut self, sketch: SketchParts<'_>) {
        self.unions.add(sketch);
        sketch.union_into(&mut self.union);
    }

    /// An empty one of the same family and precision.
    pub(super) fn like(&self) -> Self {
        Self::new(self.union.family(), self.union.precision())
    }

    /// One with what was united here, which counts what is united there alone.
    pub(super) fn fork(&self) -> Self {
        Self { union: self.union.clone(), unions: Unions::default() }
    }

    /// What was united, as a sketch.
    pub(super) fn sketch(&mut self) -> Sketch {
        self.union.to_sketch()
    }

    pub(super) fn clear(&mut self) {
        self.union.clear();
    }

    pub(super) fn estimate(&mut self) -> Estimate {
        self.unions.n_estimates += 1;
        self.union.estimate()
    }

    /// Adds all that a batch selects.
    pub(super) fn add_batch(
        &mut self,
        batch: &Batch<'_>,
        arena: &SketchArena,
        total: &ColumnUnion,
    ) {
        match &batch.rows {
            None => self.add(total.get()),
            Some(rows) => rows.iter().for_each(|row| self.add(arena.get(row))),
        }
    }

    /// The estimate of the union of some sketches; forgets what was there before.
    ///
    /// One that is registers makes the union registers, which take coupons faster than a list does: so they
    /// come first.
    pub(super) fn estimate_of<'a>(
        &mut self,
        sketches: impl Iterator<Item = SketchParts<'a>> + Clone,
    ) -> Estimate {
        self.union.clear();
        let is_dense = |sketch: &SketchParts<'a>| matches!(sketch, SketchParts::Registers(_));
        let dense = sketches.clone().filter(is_dense);
        dense.for_each(|sketch| self.add(sketch));
        let others = sketches.filter(|sketch| !is_dense(sketch));
        others.for_each(|sketch| self.add(sketch));
        self.estimate()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clio_sketch::decode_parts;

    use super::*;

    /// Every mixture of sizes gives what one sketch of all values gives, whichever way was taken.
    #[test]
    fn every_way_gives_the_same_estimate() {
        let (family, precision) = (Family::HllPlusPlus, Precision::try_new(8).unwrap());
        let mut scratch = Scratch::new(family, precision);
        // At precision 8, 64 coupons are the most; ranges overlap more or less.
        for n_sketches in [0_u64, 1, 2, 7, 40] {
            for n_values in [0_u64, 1, 10, 50, 63, 64, 65, 400] {
                for step in [0, 1, n_values / 2, n_values] {
                    let mut all = Sketch::new(family, precision);
                    let mut parts = Vec::new();
                    for sketch in 0..n_sketches {
                        let mut own = Sketch::new(family, precision);
                        let values: BTreeSet<u64> =
                            (sketch * step..sketch * step + n_values).collect();
                        for value in values {
                            own.insert_hash(Family::HllPlusPlus.hash_u64(value));
                            all.insert_hash(Family::HllPlusPlus.hash_u64(value));
                        }
                        let (mut coupons, mut registers) = (Vec::new(), Vec::new());
                        let bytes = own.encode();
                        decode_parts(family, precision, &bytes, &mut coupons, &mut registers)
                            .unwrap();
                        parts.push((coupons, registers));
                    }
                    let sketches = parts.iter().map(|(coupons, registers)| {
                        match (coupons.is_empty(), registers.is_empty()) {
                            (true, true) => SketchParts::Empty,
                            (false, _) => SketchParts::Coupons(coupons),
                            (true, false) => SketchParts::Registers(registers),
                        }
                    });
                    let case = (n_sketches, n_values, step);
                    assert_eq!(scratch.estimate_of(sketches), all.estimate(), "{case:?}");
                }
            }
        }
    }
}
