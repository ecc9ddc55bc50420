//! The memory that sketches are united in, one group after another.

use clio_sketch::{Estimate, Family, Precision, Union};

use super::batch::Batch;
use crate::snapshot::{ColumnUnion, SketchArena, SketchParts};

/// A union that is used again and again.
#[derive(Debug)]
pub(super) struct Scratch {
    union: Union,
}

impl Scratch {
    pub(super) fn new(family: Family, precision: Precision) -> Self {
        Self { union: Union::new(family, precision) }
    }

    /// An empty one of the same family and precision.
    pub(super) fn like(&self) -> Self {
        Self::new(self.union.family(), self.union.precision())
    }

    pub(super) fn clear(&mut self) {
        self.union.clear();
    }

    pub(super) fn estimate(&mut self) -> Estimate {
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
            None => total.union_into(&mut self.union),
            Some(rows) => rows.iter().for_each(|row| arena.union_into(row, &mut self.union)),
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
        dense.for_each(|sketch| sketch.union_into(&mut self.union));
        let others = sketches.filter(|sketch| !is_dense(sketch));
        others.for_each(|sketch| sketch.union_into(&mut self.union));
        self.union.estimate()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clio_sketch::{Sketch, decode_parts};

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
