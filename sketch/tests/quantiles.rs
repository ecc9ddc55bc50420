//! Sketches of quantiles: merge laws, errors and bounds against all values in order, and the reference crate beside them.

use clio_sketch::{
    Bounded, Buckets, GroupedQuantiles, Percentile, QuantileRef, QuantileSketch, QuantileUnion,
    Scale, SketchError,
};
use proptest::prelude::*;
use sketches_ddsketch::{Config, DDSketch};

fn scale(error: f64, edges: &[f64]) -> Scale {
    Scale::new(Buckets::try_new(error, edges).expect("valid buckets"))
}

fn sketch(scale: &Scale, values: &[f64]) -> QuantileSketch {
    let mut sketch = QuantileSketch::new(scale);
    values.iter().for_each(|value| sketch.insert(*value).expect("values in range"));
    sketch
}

fn percentile(text: &str) -> Percentile {
    text.parse().expect("a quantile")
}

/// Errors and edges that cells may have.
fn any_scale() -> impl Strategy<Value = Scale> {
    let edges =
        prop::sample::select(vec![Vec::new(), vec![30.0, 120.0], vec![1e-9, 0.5, 1.0, 7.0, 1e6]]);
    (prop::sample::select(vec![0.001, 0.01, 0.02, 0.2]), edges)
        .prop_map(|(error, edges)| scale(error, &edges))
}

/// Values of every size and sign, some of them edges, some often.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        4 => (0_u32..20_000).prop_map(|value| f64::from(value) / 8.0),
        2 => (-9.0_f64..18.9).prop_map(|power| 10.0_f64.powf(power)),
        1 => (-9.0_f64..18.9).prop_map(|power| -(10.0_f64.powf(power))),
        1 => prop::sample::select(vec![0.0, -0.0, 1e-10, -1e-12, 30.0, 120.0, 1.0, 7.0, -30.0]),
    ];
    prop::collection::vec(value, 0..300)
}

/// Checks everything that can be seen of a sketch.
#[track_caller]
fn assert_same(left: &QuantileSketch, right: &QuantileSketch) {
    assert_eq!(left.encode(), right.encode());
    assert_eq!(left, right);
    assert_eq!(left.n_values(), right.n_values());
    assert_eq!(left.counts(), right.counts());
    for text in ["p0", "p12.5", "p50", "p99.9", "p100"] {
        assert_eq!(left.quantile(percentile(text)), right.quantile(percentile(text)));
    }
    assert_eq!(left.share_below(30.0), right.share_below(30.0));
}

/// What is smaller than any bucket is zero.
fn as_counted(value: f64) -> f64 {
    if value.abs() < Buckets::MIN_VALUE { 0.0 } else { value }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().map(as_counted).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[track_caller]
fn assert_ordered(found: Bounded) {
    assert!(found.lower <= found.value && found.value <= found.upper, "{found:?}");
    assert_eq!(found.exact, found.lower >= found.upper, "{found:?}");
}

proptest! {
    #[test]
    fn order_does_not_matter(
        scale in any_scale(),
        (ordered, shuffled) in values().prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle())),
    ) {
        assert_same(&sketch(&scale, &ordered), &sketch(&scale, &shuffled));
    }

    /// Whatever tree of unions the parts go through, and by whatever way, the whole is the whole.
    #[test]
    fn any_split_equals_the_whole(
        scale in any_scale(),
        values in values(),
        parts in prop::collection::vec(0_usize..6, 300),
        merges in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 5),
    ) {
        let whole = sketch(&scale, &values);
        let mut split = vec![Vec::new(); 6];
        for (&value, &part) in values.iter().zip(&parts) {
            split[part].push(value);
        }
        let parts: Vec<QuantileSketch> = split.iter().map(|values| sketch(&scale, values)).collect();
        let mut forest = parts.clone();
        for (from, to) in merges {
            let from = forest.remove(from.index(forest.len()));
            let to = to.index(forest.len());
            forest[to].union(&from).unwrap();
        }
        assert_same(&forest[0], &whole);

        let mut union = QuantileUnion::new(&scale);
        union.union(&whole).unwrap();
        let mut groups = GroupedQuantiles::new(&scale);
        groups.resize(2);
        for way in 0..3 {
            union.clear();
            prop_assert!(union.is_empty());
            for part in &parts {
                let bytes = part.encode();
                match way {
                    0 => union.union(part).unwrap(),
                    1 => union.union_bytes(&bytes).unwrap(),
                    _ => {
                        let part = QuantileRef::parse(&scale, &bytes).unwrap();
                        union.union_body(part.body(), part.n_values()).unwrap();
                    }
                }
            }
            assert_same(&union.to_sketch(), &whole);
            prop_assert_eq!(union.quantile(Percentile::MEDIAN), whole.quantile(Percentile::MEDIAN));
            prop_assert_eq!(union.share_below(50.0), whole.share_below(50.0));
            prop_assert_eq!(union.share_above(50.0), whole.share_above(50.0));
        }
        for (part, values) in parts.iter().zip(&split).skip(1) {
            groups.union_bytes(1, &part.encode()).unwrap();
            prop_assert!(values.len() as u64 == part.n_values());
        }
        split[0].iter().for_each(|value| groups.insert(1, *value).unwrap());
        let mut bytes = Vec::new();
        groups.encode(1, &mut bytes);
        prop_assert_eq!(bytes, whole.encode());
    }

    #[test]
    fn what_was_added_can_be_taken_off_again(scale in any_scale(), one in values(), other in values()) {
        let (part, rest) = (sketch(&scale, &one), sketch(&scale, &other));
        let mut whole = part.clone();
        whole.union(&rest).unwrap();
        assert_same(&whole.without(&part).unwrap().unwrap(), &rest);
        prop_assert!(whole.without(&whole).unwrap().unwrap().is_empty());
        if !rest.is_empty() {
            prop_assert_eq!(part.without(&whole).unwrap(), None);
        }
        let decoded = QuantileSketch::decode(&scale, &whole.encode()).unwrap();
        assert_same(&decoded, &whole);
        prop_assert_eq!(Scale::of_bytes(&whole.encode()).unwrap(), scale);
    }

    /// A quantile is off by the error at the most, and lies in its bounds with certainty.
    #[test]
    fn quantiles_are_within_the_error(scale in any_scale(), values in values(), hundredths in 0_u32..=10_000) {
        let (sketch, sorted) = (sketch(&scale, &values), sorted(&values));
        let asked = Percentile::try_new(f64::from(hundredths) / 100.0).unwrap();
        let place = (hundredths as usize * sorted.len()).div_ceil(10_000).max(1);
        prop_assert_eq!(asked.rank(sorted.len() as u64), place as u64);
        let Some(exact) = sorted.get(place - 1) else {
            prop_assert_eq!(sketch.quantile(asked), None);
            return Ok(());
        };
        let found = sketch.quantile(asked).unwrap();
        assert_ordered(found);
        prop_assert!((found.lower..=found.upper).contains(exact), "{} in {:?}", exact, found);
        let most = scale.buckets().error() * exact.abs();
        prop_assert!((found.value - exact).abs() <= most, "{} for {}", found.value, exact);
    }

    /// A share lies in its bounds with certainty, and both shares together are all.
    #[test]
    fn shares_are_within_their_bounds(scale in any_scale(), values in values(), at in prop_oneof![
        (-9.0_f64..18.9).prop_map(|power| 10.0_f64.powf(power)),
        (-9.0_f64..18.9).prop_map(|power| -(10.0_f64.powf(power))),
        prop::sample::select(vec![0.0, 30.0, 120.0, 7.0, -30.0]),
    ]) {
        let (sketch, sorted) = (sketch(&scale, &values), sorted(&values));
        if sorted.is_empty() {
            prop_assert_eq!((sketch.share_below(at), sketch.share_above(at)), (None, None));
            return Ok(());
        }
        let n_below = sorted.iter().filter(|value| **value < at).count() as f64;
        let n_all = sorted.len() as f64;
        for (found, exact) in [
            (sketch.share_below(at).unwrap(), n_below / n_all),
            (sketch.share_above(at).unwrap(), (n_all - n_below) / n_all),
        ] {
            assert_ordered(found);
            prop_assert!((found.lower..=found.upper).contains(&exact), "{} in {:?}", exact, found);
            let is_edge = scale.buckets().edges().any(|edge| edge.to_bits() == at.to_bits());
            prop_assert!(found.exact || !is_edge && at != 0.0, "{:?}", found);
        }
    }

    /// The reference crate has its buckets elsewhere; both are within their errors of the same value, at the same place.
    #[test]
    fn the_reference_agrees(values in values(), hundredths in 1_u32..10_000) {
        const ERROR: f64 = 0.02;
        let mut reference = DDSketch::new(Config::new(ERROR, 1 << 16, Buckets::MIN_VALUE));
        values.iter().for_each(|value| reference.add(*value));
        let sketch = sketch(&scale(ERROR, &[]), &values);
        prop_assert_eq!(reference.count() as u64, sketch.n_values());
        let share = f64::from(hundredths) / 10_000.0;
        let Some(theirs) = reference.quantile(share).unwrap() else { return Ok(()) };
        // Theirs has the place ⌊q (n - 1)⌋, counted from 0.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place among few values")]
        let place = (share * (values.len() as f64 - 1.0)) as usize;
        let key = sketch_key_at(&sketch, place as u64);
        let (lower, upper) = scale(ERROR, &[]).ends(key);
        let exact = sorted(&values)[place];
        prop_assert!((lower..=upper).contains(&exact));
        // Powers of a logarithm are rounded on their way.
        let most = (ERROR + 1e-9) * exact.abs();
        prop_assert!((theirs - exact).abs() <= most.max(Buckets::MIN_VALUE), "{} for {}", theirs, exact);
    }
}

/// The key of the value at a place, counted from 0.
fn sketch_key_at(sketch: &QuantileSketch, place: u64) -> i32 {
    let mut n_before = 0;
    let mut keys = sketch.counts().iter();
    let found = keys.find(|(_, count)| {
        n_before += count;
        n_before > place
    });
    found.expect("there are as many values").0
}

#[test]
fn different_buckets_have_no_union() {
    let (one, other) = (scale(0.02, &[30.0]), scale(0.02, &[]));
    let mut left = sketch(&one, &[1.0]);
    let before = left.clone();
    let right = sketch(&other, &[2.0]);
    let error = left.union(&right).unwrap_err();
    assert!(matches!(error, SketchError::OtherBuckets { .. }), "{error}");
    assert_eq!(left.union_bytes(&right.encode()), Err(error.clone()));
    assert_eq!(left.without(&right), Err(error.clone()));
    let mut union = QuantileUnion::new(&one);
    assert_eq!(union.union(&right), Err(error.clone()));
    assert_eq!(union.union_bytes(&right.encode()), Err(error));
    assert!(union.is_empty());
    assert_eq!(left, before);
    assert!(left.insert(f64::NAN).is_err());
    assert_eq!(left, before);
}

#[test]
fn more_values_than_a_double_counts_are_refused() {
    let scale = scale(0.02, &[]);
    // 2^53 - 1 zeros.
    let mut bytes = sketch(&scale, &[]).encode();
    bytes.pop();
    bytes.extend([1, 0]);
    bytes.extend([0xff; 7]);
    bytes.push(0x0f);
    let mut full = QuantileSketch::decode(&scale, &bytes).unwrap();
    assert_eq!(full.n_values(), (1 << 53) - 1);
    full.insert(1.0).unwrap();
    let before = full.clone();
    assert_eq!(full.insert(1.0), Err(SketchError::TooManyValues));
    assert_eq!(full.union_bytes(&bytes), Err(SketchError::TooManyValues));
    assert_eq!(full, before);
    let mut union = QuantileUnion::new(&scale);
    union.union(&full).unwrap();
    assert_eq!(union.union_bytes(&bytes), Err(SketchError::TooManyValues));
    assert_eq!(union.to_sketch(), full);
}

/// A group's memory is accounted for without a walk over all.
#[test]
fn groups_are_emitted_in_parts_and_give_their_memory_back() {
    let scale = scale(0.02, &[]);
    let mut groups = GroupedQuantiles::new(&scale);
    let empty = groups.size_bytes();
    groups.resize(3);
    for value in 0..600_u32 {
        groups.insert((value % 3) as usize, f64::from(value)).unwrap();
    }
    let expected: Vec<Vec<u8>> = (0..3)
        .map(|group| {
            let values: Vec<f64> =
                (0..600).filter(|value| value % 3 == group).map(f64::from).collect();
            sketch(&scale, &values).encode()
        })
        .collect();
    assert!(groups.size_bytes() > empty + 3 * 16 * 100);
    let mut emitted = Vec::new();
    groups.encode_first(1, |bytes| emitted.push(bytes.to_vec()));
    assert_eq!(groups.n_groups(), 2);
    groups.encode_first(2, |bytes| emitted.push(bytes.to_vec()));
    assert_eq!(emitted, expected);
    assert_eq!((groups.n_groups(), groups.size_bytes()), (0, empty));
}
