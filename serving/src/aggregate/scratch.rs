//! The memory in which sketches are united, one group after another.

use std::ops::AddAssign;

use clio_sketch::{Estimate, Family, Precision, Sketch, Union};

use super::batch::Batch;
use crate::snapshot::{ColumnUnion, SketchArena, SketchParts};

/// A reusable union.
#[derive(Debug)]
pub(super) struct Scratch {
    union: Union,
    unions: Unions,
}

/// The work of uniting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Unions {
    pub(super) n_estimates: u64,
    pub(super) n_unions: u64,
    pub(super) coupon_bytes: u64,
    pub(super) register_bytes: u64,
    pub(super) bucket_bytes: u64,
}

impl Unions {
    /// Counts a sketch that is read.
    #[inline]
    pub(super) fn add(&mut self, sketch: SketchParts<'_>) {
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

    /// Counts an estimate, without what was read for it.
    pub(super) fn estimates_alone(self) -> Self {
        Self { n_estimates: self.n_estimates, ..Self::default() }
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

    /// The work of uniting here so far.
    pub(super) fn unions(&self) -> Unions {
        self.unions
    }

    /// Adds one sketch.
    #[inline]
    pub(super) fn add(&mut self, sketch: SketchParts<'_>) {
        self.unions.add(sketch);
        sketch.union_into(&mut self.union);
    }

    /// A copy of the union, which counts only the work done in the copy.
    pub(super) fn fork(&self) -> Self {
        Self { union: self.union.clone(), unions: Unions::default() }
    }

    /// The union as a sketch.
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

    /// Adds all selected rows of a batch.
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
}
