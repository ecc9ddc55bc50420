//! Merge laws: order, grouping, repetition and empties do not matter; any split equals the whole.

use clio_sketch::{Family, Form, Precision, Sketch, SketchError, Union};
use proptest::prelude::*;

/// A family and a precision of it.
type Kind = (Family, u8);

fn precision(p: u8) -> Precision {
    Precision::try_new(p).expect("4 to 21")
}

fn empty((family, p): Kind) -> Sketch {
    Sketch::new(family, precision(p))
}

fn sketch(kind: Kind, hashes: &[u64]) -> Sketch {
    let mut sketch = empty(kind);
    sketch.insert_hashes(hashes);
    sketch
}

/// Checks everything that can be seen of a sketch.
#[track_caller]
fn assert_same(left: &Sketch, right: &Sketch) {
    assert_eq!(left.encode(), right.encode());
    assert_eq!(left, right);
    assert_eq!(left.estimate(), right.estimate());
    assert_eq!(left.form(), right.form());
    assert_eq!(left.is_empty(), right.is_empty());
}

/// Hashes of either family, given to both: most are spread evenly, some collide in their slots, some have many zeros.
fn hashes() -> impl Strategy<Value = Vec<u64>> {
    let hash = prop_oneof![
        2 => (0_u64..2000).prop_map(|value| Family::HllPlusPlus.hash_u64(value)),
        2 => (0_u64..2000).prop_map(|value| Family::DataSketches.hash_u64(value)),
        1 => (0_u64..50, 0_u64..50).prop_map(|(slot, rest)| slot << 55 | rest),
        1 => (0_u64..50, 0_u64..64).prop_map(|(slot, rank)| slot << 6 | rank),
        1 => (0_u64..2000, 0_u32..64).prop_map(|(value, n_zeros)| Family::HllPlusPlus.hash_u64(value) & u64::MAX << n_zeros),
    ];
    prop::collection::vec(hash, 0..600)
}

/// Precisions that put the promotion at 4 to 256 coupons, and out of reach.
fn any_kind() -> impl Strategy<Value = Kind> {
    (prop::sample::select(Family::ALL), prop::sample::select(vec![4_u8, 6, 8, 10, 14]))
}

proptest! {
    #[test]
    fn order_and_repetition_do_not_matter(
        kind in any_kind(),
        (ordered, shuffled) in hashes().prop_flat_map(|hashes| (Just(hashes.clone()), Just(hashes).prop_shuffle())),
        repeated in any::<prop::sample::Index>(),
    ) {
        let whole = sketch(kind, &ordered);
        assert_same(&whole, &sketch(kind, &shuffled));
        let mut one_by_one = empty(kind);
        for &hash in shuffled.iter().chain(&ordered[..repeated.index(ordered.len() + 1)]) {
            one_by_one.insert_hash(hash);
        }
        assert_same(&whole, &one_by_one);
    }

    #[test]
    fn looking_does_not_matter(kind in any_kind(), hashes in hashes(), looks in prop::collection::vec((any::<prop::sample::Index>(), 0..5), 0..6)) {
        let mut looked_at = empty(kind);
        let mut looks: Vec<_> = looks.iter().map(|(at, how)| (at.index(hashes.len() + 1), how)).collect();
        looks.sort_unstable();
        let mut from = 0;
        for (to, how) in looks {
            looked_at.insert_hashes(&hashes[from..to]);
            from = to;
            match how {
                0 => drop(looked_at.estimate()),
                1 => looked_at.compact(),
                2 => looked_at = looked_at.clone(),
                3 => looked_at = Sketch::decode(kind.0, &looked_at.encode()).unwrap(),
                _ => prop_assert!(looked_at.size_bytes() >= size_of::<Sketch>()),
            }
        }
        looked_at.insert_hashes(&hashes[from..]);
        assert_same(&looked_at, &sketch(kind, &hashes));
    }

    #[test]
    fn any_split_equals_the_whole(
        kind in any_kind(),
        hashes in hashes(),
        parts in prop::collection::vec(0_usize..7, 600),
        merges in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 6),
    ) {
        let whole = sketch(kind, &hashes);
        let mut split = vec![Vec::new(); 7];
        for (&hash, &part) in hashes.iter().zip(&parts) {
            split[part].push(hash);
        }
        let parts: Vec<Sketch> = split.iter().map(|hashes| sketch(kind, hashes)).collect();

        // Through a random tree of unions.
        let mut forest = parts.clone();
        for (from, to) in merges {
            let from = forest.remove(from.index(forest.len()));
            let to = to.index(forest.len());
            forest[to].union(&from).unwrap();
        }
        assert_same(&forest[0], &whole);

        // Through bytes, sketches and parts, in a union that was used before.
        let mut union = Union::new(kind.0, precision(kind.1));
        union.union(&whole).unwrap();
        for way in 0..3 {
            union.clear();
            prop_assert!(union.is_empty());
            for part in &parts {
                add(&mut union, part, way);
            }
            prop_assert_eq!(union.estimate(), whole.estimate());
            assert_same(&union.to_sketch(), &whole);
            let mut bytes = Vec::new();
            union.encode_into(&mut bytes);
            prop_assert_eq!(bytes, whole.encode());
        }
    }

    #[test]
    fn a_part_and_an_empty_add_nothing(kind in any_kind(), hashes in hashes(), part in any::<prop::sample::Index>()) {
        let whole = sketch(kind, &hashes);
        let mut again = whole.clone();
        again.union(&whole).unwrap();
        again.union(&sketch(kind, &[])).unwrap();
        again.union(&sketch(kind, &hashes[part.index(hashes.len() + 1)..])).unwrap();
        assert_same(&again, &whole);
        let mut from_empty = sketch(kind, &[]);
        from_empty.union_bytes(&whole.encode()).unwrap();
        assert_same(&from_empty, &whole);
    }
}

fn add(union: &mut Union, part: &Sketch, way: usize) {
    match way {
        0 => union.union_bytes(&part.encode()).expect("encoded above"),
        1 => union.union(part).expect("one kind"),
        _ => {
            let (mut coupons, mut registers) = (Vec::new(), Vec::new());
            let bytes = part.encode();
            let (family, precision) = (union.family(), union.precision());
            let form =
                clio_sketch::decode_parts(family, precision, &bytes, &mut coupons, &mut registers);
            match form.expect("encoded above") {
                Form::Registers => union.union_registers(&registers).expect("one precision"),
                Form::Empty | Form::Coupons => union.union_coupons(&coupons),
            }
        }
    }
}

fn max_coupons((family, p): Kind) -> u64 {
    match family {
        Family::HllPlusPlus => 1 << (p - 2),
        Family::DataSketches if p < 8 => 7,
        Family::DataSketches => 3 << (p - 5),
    }
}

/// Every pair of forms, with the sizes at which they begin and end.
#[test]
fn every_pair_of_forms() {
    let kinds = Family::ALL.iter().flat_map(|&family| [4, 8, 12].map(|p| (family, p)));
    for kind in kinds {
        let max_coupons = max_coupons(kind);
        let sizes = [0, 1, 2, max_coupons / 2, max_coupons, max_coupons + 1, max_coupons * 9];
        for left in sizes {
            for right in sizes {
                for shift in [0, left / 2, left] {
                    let hashes = |from: u64, n: u64| {
                        (from..from + n).map(|i| kind.0.hash_u64(i)).collect::<Vec<_>>()
                    };
                    let (one, other) = (hashes(0, left), hashes(shift, right));
                    let whole = sketch(kind, &[one.clone(), other.clone()].concat());
                    let mut union = sketch(kind, &one);
                    union.union(&sketch(kind, &other)).unwrap();
                    assert_same(&union, &whole);
                }
            }
        }
    }
}

/// The form follows the number of distinct coupons, to the one.
#[test]
fn promotion_is_at_the_most_coupons() {
    for &family in Family::ALL {
        for p in 4..=family.max_precision().get() {
            let max_coupons = max_coupons((family, p));
            // Neighbouring slots, each given twice.
            let hash = |slot: u64| match family {
                Family::DataSketches => slot << 6 | 1,
                _ => slot << 39,
            };
            let hashes: Vec<u64> = (0..max_coupons).chain(0..max_coupons).map(hash).collect();
            let mut sketch = sketch((family, p), &hashes);
            assert_eq!(sketch.form(), Form::Coupons, "{family} {p}");
            sketch.insert_hash(hash(max_coupons));
            assert_eq!(sketch.form(), Form::Registers, "{family} {p}");
            let n_header_bytes = if family == Family::DataSketches { 40 } else { 2 };
            assert_eq!(sketch.encode().len(), n_header_bytes + precision(p).n_registers());
        }
    }
}

#[test]
fn different_kinds_have_no_union() {
    let kind = |p| (Family::HllPlusPlus, p);
    let mut left = sketch(kind(12), &[1]);
    let before = left.clone();
    let error = left.union(&sketch(kind(14), &[2])).unwrap_err();
    assert!(matches!(error, SketchError::Mismatch { .. }));
    let mut union = Union::new(Family::HllPlusPlus, precision(12));
    assert_eq!(union.union_bytes(&sketch(kind(14), &[2]).encode()), Err(error));
    assert!(matches!(
        union.union_registers(&[1; 4]),
        Err(SketchError::RegisterCount { expected: 4096, found: 4, .. })
    ));
    assert!(union.is_empty());
    assert_same(&left, &before);
    let other = sketch((Family::DataSketches, 12), &[2]);
    assert_eq!(
        left.union(&other).unwrap_err().to_string(),
        "sketches of `hll++` with precision 12 and of `datasketches` with precision 12 cannot be united"
    );
    assert!(left.union_bytes(&other.encode()).is_err());
}
