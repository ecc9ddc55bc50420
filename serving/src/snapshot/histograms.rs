//! The quantile sketches of one column of one file, as their bytes, without an allocation for each sketch.

use std::hash::{Hash as _, Hasher};

use clio_sketch::{Buckets, QuantileRef, QuantileSketch, QuantileUnion, Scale, SketchError};

use crate::error::FileProblem;

/// The sketches of one column, by row; validated, and without their common header.
///
/// Takes 12 bytes per row, and about 3 for each bucket that has values.
#[derive(Debug)]
pub(crate) struct QuantileArena {
    /// Where each sketch begins in `bodies`, and where the last one ends.
    offsets: Vec<u32>,
    n_values: Vec<u64>,
    bodies: Vec<u8>,
    /// The union of all rows, kept so that a query without a filter need not compute it again.
    total: QuantileSketch,
}

impl QuantileArena {
    /// Decodes the sketches of a column.
    pub(crate) fn decode<'a>(
        column: &str,
        buckets: Buckets,
        sketches: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> Result<Self, FileProblem> {
        let scale = Scale::new(buckets);
        let mut offsets = Vec::with_capacity(sketches.len() + 1);
        let mut n_values = Vec::with_capacity(sketches.len());
        let mut bodies = Vec::new();
        let mut union = QuantileUnion::new(&scale);
        offsets.push(0);
        for (row, bytes) in sketches.enumerate() {
            let problem = |problem: SketchError| FileProblem::Sketch {
                column: column.to_owned(),
                row,
                problem,
            };
            let sketch = QuantileRef::parse(&scale, bytes).map_err(problem)?;
            union.union_body(sketch.body(), sketch.n_values()).map_err(problem)?;
            n_values.push(sketch.n_values());
            bodies.extend_from_slice(sketch.body());
            let end = u32::try_from(bodies.len());
            offsets.push(end.map_err(|_| FileProblem::TooLarge { what: "buckets" })?);
        }
        bodies.shrink_to_fit();
        Ok(Self { total: union.to_sketch(), offsets, n_values, bodies })
    }

    /// The number of values of each row.
    pub(crate) fn n_values(&self) -> &[u64] {
        &self.n_values
    }

    /// The union of all rows.
    pub(crate) fn total(&self) -> &QuantileSketch {
        &self.total
    }

    /// Adds the sketch of a row to a union with the same buckets, and returns the number of bytes read.
    #[inline]
    pub(crate) fn union_into(
        &self,
        row: u32,
        union: &mut QuantileUnion,
    ) -> Result<u64, SketchError> {
        let at = row as usize;
        let body = &self.bodies[self.offsets[at] as usize..self.offsets[at + 1] as usize];
        union.union_body(body, self.n_values[at])?;
        Ok(body.len() as u64)
    }

    /// Adds all that queries read to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        let Self { offsets, n_values, bodies, total } = self;
        offsets.hash(sum);
        n_values.hash(sum);
        bodies.hash(sum);
        sum.write(&total.encode());
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.offsets.capacity() * size_of::<u32>()
            + self.n_values.capacity() * size_of::<u64>()
            + self.bodies.capacity()
            + self.total.size_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale() -> Scale {
        Scale::new(Buckets::try_new(0.02, &[30.0]).unwrap())
    }

    fn sketch(values: std::ops::Range<u32>) -> QuantileSketch {
        let mut sketch = QuantileSketch::new(&scale());
        values.for_each(|value| sketch.insert(f64::from(value) / 4.0).unwrap());
        sketch
    }

    #[test]
    fn every_row_comes_back_and_the_total_is_their_union() {
        let sketches = [sketch(0..0), sketch(0..5), sketch(0..1000), sketch(3..9), sketch(0..0)];
        let bytes: Vec<Vec<u8>> = sketches.iter().map(QuantileSketch::encode).collect();
        let rows = bytes.iter().map(Vec::as_slice);
        let arena = QuantileArena::decode("watch", scale().buckets(), rows).unwrap();
        let mut union = QuantileUnion::new(&scale());
        let mut all = sketch(0..0);
        for (row, sketch) in (0..).zip(&sketches) {
            union.clear();
            arena.union_into(row, &mut union).unwrap();
            assert_eq!(&union.to_sketch(), sketch, "row {row}");
            all.union(sketch).unwrap();
        }
        assert_eq!(arena.total(), &all);
        assert_eq!(arena.n_values(), [0, 5, 1000, 6, 0]);
    }

    #[test]
    fn bytes_that_are_no_sketch_name_their_row() {
        let good = sketch(0..5).encode();
        let column = [good.as_slice(), b"no sketch"];
        let error =
            QuantileArena::decode("watch", scale().buckets(), column.into_iter()).unwrap_err();
        assert!(error.to_string().starts_with("column `watch`, row 1: "), "{error}");
        let other = Buckets::try_new(0.01, &[30.0]).unwrap();
        let error = QuantileArena::decode("watch", other, [&*good].into_iter());
        assert!(error.is_err(), "a sketch of other buckets is none of this column");
    }
}
