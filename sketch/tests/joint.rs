//! What two sketches have in common: counted where both are coupons, within its bounds where they are not.
//!
//! The long form of the coverage is `examples/accuracy`.

use std::collections::HashSet;

use clio_sketch::{Estimate, Family, Joint, Precision, Sketch, Union};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A hash as a random value's would be: of `datasketches`, a slot in the bits that it is read from, and a rank.
fn random_hash(rng: &mut ChaCha8Rng, family: Family) -> u64 {
    let hash = rng.next_u64();
    if family == Family::DataSketches {
        let rank = 1 + rng.next_u64().leading_zeros().min(62);
        return hash >> 6 << 6 | u64::from(rank);
    }
    hash
}

/// How many values are in the left sketch alone, in the right one alone, and in both.
type Sizes = [usize; 3];

/// Two sketches of random values.
fn pair(rng: &mut ChaCha8Rng, family: Family, p: u8, sizes: Sizes) -> (Sketch, Sketch) {
    let precision = family.precision(p).expect("a precision of the family");
    let (mut left, mut right) = (Sketch::new(family, precision), Sketch::new(family, precision));
    let mut hashes = |n: usize| -> Vec<u64> { (0..n).map(|_| random_hash(rng, family)).collect() };
    left.insert_hashes(&hashes(sizes[0]));
    right.insert_hashes(&hashes(sizes[1]));
    let both = hashes(sizes[2]);
    left.insert_hashes(&both);
    right.insert_hashes(&both);
    (left, right)
}

fn truths([left, right, both]: Sizes) -> [f64; 4] {
    let [left, right, both] = [left, right, both].map(|n| n as f64);
    let union = left + right + both;
    [left, right, both, if union > 0.0 { both / union } else { 0.0 }]
}

fn estimates(joint: &Joint) -> [Estimate; 4] {
    [joint.left_only, joint.right_only, joint.both, joint.jaccard]
}

/// Whether the bounds hold a number, but for the rounding of a quotient.
fn holds(estimate: Estimate, truth: f64) -> bool {
    let slack = 1e-12 * truth;
    estimate.lower <= truth + slack && truth <= estimate.upper + slack
}

/// 94 % of the bounds hold the truth: less five standard deviations of such a share for a single number, less none
/// over all cases together. Sizes from just after the promotion to many values a register; parts that are in no
/// proportion, of which one is a list of coupons, and sets that are apart or one inside the other.
#[test]
fn the_bounds_cover() {
    let n_pairs = 250;
    let cases: [Sizes; 12] = [
        [700, 700, 700],
        [2_000, 2_000, 200],
        [20_000, 20_000, 200],
        [20_000, 20_000, 2_000],
        [20_000, 20_000, 20_000],
        [40_000, 5_000, 5_000],
        [40_000, 500, 500],
        [40_000, 100, 20],
        [40_000, 40_000, 0],
        [40_000, 100, 0],
        [0, 40_000, 5_000],
        [100, 40_000, 5_000],
    ];
    for family in Family::ALL.iter().copied() {
        for p in [8, 12] {
            let (mut n_held_of_all, mut n_of_all) = (0, 0);
            for (case, sizes) in cases.into_iter().enumerate() {
                let mut n_held = [0; 4];
                for seed in 0..n_pairs {
                    let mut rng = ChaCha8Rng::seed_from_u64(seed << 8 | case as u64);
                    let (left, right) = pair(&mut rng, family, p, sizes);
                    let joint = Joint::of(&left, &right).unwrap();
                    for (i, (estimate, truth)) in
                        estimates(&joint).into_iter().zip(truths(sizes)).enumerate()
                    {
                        assert!(
                            estimate.lower <= estimate.value,
                            "{family} {p} {sizes:?} {joint:?}"
                        );
                        assert!(
                            estimate.value <= estimate.upper,
                            "{family} {p} {sizes:?} {joint:?}"
                        );
                        n_held[i] += u32::from(holds(estimate, truth));
                    }
                }
                let deviation = (0.94 * 0.06 / n_pairs as f64).sqrt();
                for (i, n_held) in n_held.into_iter().enumerate() {
                    let share = f64::from(n_held) / n_pairs as f64;
                    let least = 0.94 - 5.0 * deviation;
                    assert!(share >= least, "{family} {p} {sizes:?}, number {i}: {share}");
                    n_held_of_all += n_held;
                    n_of_all += 1;
                }
            }
            let share = f64::from(n_held_of_all) / (f64::from(n_of_all) * n_pairs as f64);
            assert!(share >= 0.94, "{family} {p}: {share}");
        }
    }
}

/// Of two sets of equal size that have a tenth in common, the error is a quarter below that of |A| + |B| - |A ∪ B|.
#[test]
fn it_is_better_than_the_difference_of_estimates() {
    let sizes = [30_000, 30_000, 3_000];
    let (mut squares, mut squares_of_difference) = (0.0, 0.0);
    for seed in 0..200 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (left, right) = pair(&mut rng, Family::HllPlusPlus, 12, sizes);
        let joint = Joint::of(&left, &right).unwrap();
        let mut union = left.clone();
        union.union(&right).unwrap();
        let [left, right, union] = [&left, &right, &union].map(|own| own.estimate().value);
        squares += (joint.both.value - 3_000.0_f64).powi(2);
        squares_of_difference += (left + right - union - 3_000.0).powi(2);
    }
    let share = (squares / squares_of_difference).sqrt();
    assert!(share < 0.75, "{share}");
}

#[test]
fn coupons_in_common_are_counted() {
    for family in Family::ALL.iter().copied() {
        for (case, sizes) in [
            [0, 0, 0],
            [3, 0, 0],
            [0, 0, 5],
            [2, 3, 4],
            [100, 200, 300],
            [300, 5, 60],
            [0, 300, 300],
        ]
        .into_iter()
        .enumerate()
        {
            for seed in 0..20 {
                let mut rng = ChaCha8Rng::seed_from_u64(seed << 8 | case as u64);
                let (left, right) = pair(&mut rng, family, 14, sizes);
                let joint = Joint::of(&left, &right).unwrap();
                for (estimate, truth) in estimates(&joint).into_iter().zip(truths(sizes)) {
                    assert!(holds(estimate, truth), "{family} {sizes:?}: {joint:?}");
                }
                assert!((joint.both.value - sizes[2] as f64).abs() <= 1.0);
                if sizes.iter().sum::<usize>() < 8 {
                    assert!(estimates(&joint).iter().all(|own| own.exact), "{sizes:?}: {joint:?}");
                    assert!(joint.both == Estimate::exact(sizes[2] as u64));
                }
            }
        }
    }
}

/// Left and right turned give the numbers turned, a set has all in common with itself, and a union's parts say the same.
#[test]
fn sides_are_alike() {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-3 * (1.0 + a.abs());
    for sizes in [[10, 20, 30], [5_000, 300, 200], [5_000, 8_000, 2_000], [5_000, 0, 0]] {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let (left, right) = pair(&mut rng, Family::HllPlusPlus, 10, sizes);
        let (joint, turned) =
            (Joint::of(&left, &right).unwrap(), Joint::of(&right, &left).unwrap());
        let pairs = [
            (joint.left_only, turned.right_only),
            (joint.right_only, turned.left_only),
            (joint.both, turned.both),
            (joint.jaccard, turned.jaccard),
        ];
        for (own, other) in pairs {
            for (own, other) in
                [(own.value, other.value), (own.lower, other.lower), (own.upper, other.upper)]
            {
                assert!(close(own, other), "{sizes:?}: {joint:?} {turned:?}");
            }
        }
        let unions = [&left, &right].map(|sketch| {
            let mut union = Union::new(sketch.family(), sketch.precision());
            union.union(sketch).unwrap();
            union
        });
        let [mut of_left, mut of_right] = unions;
        assert_eq!(of_left.joint(&mut of_right).unwrap(), joint);
        let own = Joint::of(&left, &left).unwrap();
        let estimate = left.estimate();
        assert!(estimate.lower <= own.both.value && own.both.value <= estimate.upper, "{own:?}");
        assert!(own.jaccard.upper >= 1.0 - 1e-9 && own.left_only.value < 1.0, "{own:?}");
    }
}

/// The number of hashes that two sets share, which sketches of different sizes are made of: coupons against registers.
#[test]
fn a_few_among_many_are_bounded_by_the_few() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let few: HashSet<u64> = (0..40).map(|_| rng.next_u64()).collect();
    let precision = Precision::try_new(12).unwrap();
    let (mut left, mut right) =
        (Sketch::new(Family::HllPlusPlus, precision), Sketch::new(Family::HllPlusPlus, precision));
    few.iter().for_each(|hash| right.insert_hash(*hash));
    (0..200_000).for_each(|_| left.insert_hash(rng.next_u64()));
    let joint = Joint::of(&left, &right).unwrap();
    assert!(joint.both.upper <= right.estimate().upper, "{joint:?}");
    assert!(joint.both.lower == 0.0 && joint.right_only.upper >= 39.0, "{joint:?}");
}

#[test]
fn other_kinds_have_nothing_in_common() {
    let sketch = |family: Family, p: u8| Sketch::new(family, Precision::try_new(p).unwrap());
    let left = sketch(Family::HllPlusPlus, 12);
    assert!(Joint::of(&left, &sketch(Family::HllPlusPlus, 13)).is_err());
    assert!(Joint::of(&left, &sketch(Family::DataSketches, 12)).is_err());
}

/// The errors of two sketches of one precision have the correlation of their sets' Jaccard index, so that the variance of
/// a part over its whole is 2σ² (1 - p), p the part, and not σ² + σ². That of a sample of 1 000 is known to 4.5 %, of which
/// five are allowed, beside the stated σ, which is up to a fifth too large.
#[test]
fn the_errors_of_a_part_and_its_whole_go_together() {
    let (p, n_pairs, whole) = (10, 1_000, 8_000);
    for part in [800, 4_000, 5_600, 7_600] {
        let mut squares = 0.0;
        for seed in 0..n_pairs {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (left, right) = pair(&mut rng, Family::HllPlusPlus, p, [whole - part, 0, part]);
            let ratio = right.estimate().value / left.estimate().value;
            squares += (ratio * whole as f64 / part as f64).ln().powi(2);
        }
        let error = Precision::try_new(p).unwrap().relative_standard_error();
        let share = part as f64 / whole as f64;
        let stated = 2.0 * error.powi(2) * (1.0 - share);
        let found = squares / n_pairs as f64 / stated;
        assert!((0.64 - 0.23..1.0 + 0.23).contains(&found), "{part}: {found}");
    }
}
