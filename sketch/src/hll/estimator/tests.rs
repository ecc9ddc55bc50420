//! The estimator beside the union, whose code it does not share.

use proptest::prelude::*;

use super::*;
use crate::hll::sketch::Sketch;
use crate::hll::union::Union;

/// What a sketch is made of, as an arena has it.
fn parts(sketch: &Sketch) -> (Vec<u32>, Vec<u8>) {
    let (mut coupons, mut registers) = (Vec::new(), Vec::new());
    let (family, precision) = (sketch.family(), sketch.precision());
    let bytes = sketch.encode();
    crate::decode_parts(family, precision, &bytes, &mut coupons, &mut registers).unwrap();
    (coupons, registers)
}

fn borrowed<'a>((coupons, registers): &'a (Vec<u32>, Vec<u8>)) -> Parts<'a> {
    if registers.is_empty() { Parts::Coupons(coupons) } else { Parts::Registers(registers) }
}

/// Estimates by every way there is, on an estimator that has been used before.
fn check(estimator: &mut UnionEstimator, sketches: &[Sketch]) {
    let (family, precision) = (estimator.kind.family, estimator.kind.precision);
    let mut union = Union::new(family, precision);
    sketches.iter().for_each(|sketch| union.union(sketch).unwrap());
    let expected = union.estimate();
    let owned: Vec<_> = sketches.iter().map(parts).collect();
    let all: Vec<Parts<'_>> = owned.iter().map(borrowed).collect();
    assert_eq!(estimator.estimate(&all), expected, "{family:?} {precision:?}");

    let mut other = UnionEstimator::new(family, precision);
    estimator.start();
    other.start();
    for (at, part) in all.iter().enumerate() {
        let half = if at % 3 == 0 { &mut *estimator } else { &mut other };
        half.raise(&[*part]);
    }
    estimator.raise_by(&other);
    let is_dense = union.to_sketch().form() == crate::Form::Registers;
    match estimator.estimate_raised() {
        Some(estimate) => assert!(is_dense && estimate == expected, "{estimate:?} {expected:?}"),
        // A union of coupons alone may have become registers by few of them that share one.
        None => assert!(all.iter().all(|part| matches!(part, Parts::Coupons(_)))),
    }
}

proptest! {
    #[test]
    fn is_that_of_the_union(
        is_hll in any::<bool>(),
        p in 4_u8..13,
        sizes in prop::collection::vec((0_u64..3_000, 0_u64..4_000), 0..9),
        step in 1_u64..4,
    ) {
        let family = if is_hll { Family::HllPlusPlus } else { Family::DataSketches };
        let precision = Precision::try_new(p).unwrap();
        let sketches: Vec<Sketch> = sizes
            .iter()
            .map(|&(n, first)| {
                let mut sketch = Sketch::new(family, precision);
                // Most are small, as in life.
                let n = n % (1 << (n % 12));
                let values = (first..first + n).map(|value| value * step);
                values.for_each(|value| sketch.insert_hash(family.hash_u64(value)));
                sketch
            })
            .collect();
        let mut estimator = UnionEstimator::new(family, precision);
        check(&mut estimator, &sketches);
        check(&mut estimator, &sketches[..sketches.len() / 2]);
    }
}

#[test]
fn the_promotion_is_where_the_union_has_it() {
    for &family in Family::ALL {
        for p in [4, 8, 11, 14] {
            let precision = Precision::try_new(p).unwrap();
            let max_coupons = u64::try_from(Kind::new(family, precision).max_coupons()).unwrap();
            let mut estimator = UnionEstimator::new(family, precision);
            for n in max_coupons.saturating_sub(3)..max_coupons + 12 {
                let sketch = |values: std::ops::Range<u64>| {
                    let mut sketch = Sketch::new(family, precision);
                    values.for_each(|value| sketch.insert_hash(family.hash_u64(value)));
                    sketch
                };
                check(&mut estimator, &[sketch(0..n * 2 / 3), sketch(n / 3..n)]);
            }
        }
    }
}

#[test]
fn coupons_that_nobody_hashed_end_the_search() {
    let precision = Precision::try_new(6).unwrap();
    for &family in Family::ALL {
        let mut estimator = UnionEstimator::new(family, precision);
        for word in [0, 1, u32::MAX] {
            let list = [word; 40];
            let estimate = estimator.estimate(&[Parts::Coupons(&list), Parts::Coupons(&list)]);
            assert!(estimate.value.is_finite());
        }
    }
}
