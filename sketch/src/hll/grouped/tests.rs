//! A grouped state against one sketch for each group.

use proptest::prelude::*;

use super::*;
use crate::Sketch;

const FAMILY: Family = Family::HllPlusPlus;

/// What a grouped state should be.
struct Naive(Vec<Sketch>);

impl Naive {
    fn resize(&mut self, n_groups: usize, kind: Kind) {
        while self.0.len() < n_groups {
            self.0.push(Sketch::from_kind(kind));
        }
    }
}

#[track_caller]
fn assert_same(grouped: &GroupedSketches, naive: &Naive) {
    assert_eq!(grouped.n_groups(), naive.0.len());
    for (group, sketch) in naive.0.iter().enumerate() {
        let mut bytes = Vec::new();
        grouped.encode(group, &mut bytes);
        assert_eq!(bytes, sketch.encode(), "group {group}");
        assert_eq!(grouped.estimate(group), sketch.estimate(), "group {group}");
    }
    // The running account of memory must not drift from the truth.
    let large_bytes: usize = grouped.large.iter().map(Accumulator::heap_bytes).sum();
    assert_eq!(grouped.large_bytes, large_bytes);
}

#[derive(Clone, Debug)]
enum Step {
    Resize(usize),
    /// Values from a small range, so that groups meet the same ones again.
    Insert(Vec<(prop::sample::Index, u64)>),
    Union(prop::sample::Index, Vec<u64>),
    Emit(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    let value = 0_u64..300;
    prop_oneof![
        1 => (0_usize..12).prop_map(Step::Resize),
        4 => prop::collection::vec((any::<prop::sample::Index>(), value.clone()), 0..150).prop_map(Step::Insert),
        3 => (any::<prop::sample::Index>(), prop::collection::vec(value, 0..200))
            .prop_map(|(group, values)| Step::Union(group, values)),
        1 => any::<prop::sample::Index>().prop_map(Step::Emit),
    ]
}

proptest! {
    #[test]
    fn equals_single_sketches(family in prop::sample::select(Family::ALL), p in prop::sample::select(vec![4_u8, 5, 8, 10, 14]), steps in prop::collection::vec(step(), 0..20)) {
        let kind = Kind::new(family, Precision::try_new(p).unwrap());
        let mut grouped = GroupedSketches::new(family, kind.precision);
        let mut naive = Naive(Vec::new());
        for step in steps {
            let n_groups = grouped.n_groups();
            match step {
                Step::Resize(to) => {
                    grouped.resize(to);
                    naive.resize(to, kind);
                }
                Step::Emit(n) => {
                    let n = n.index(n_groups + 1);
                    let mut emitted = Vec::new();
                    grouped.encode_first(n, |bytes| emitted.push(bytes.to_vec()));
                    let expected: Vec<_> = naive.0.drain(..n).map(|sketch| sketch.encode()).collect();
                    prop_assert_eq!(emitted, expected);
                }
                _ if n_groups == 0 => {}
                Step::Insert(pairs) => {
                    let groups: Vec<usize> = pairs.iter().map(|(group, _)| group.index(n_groups)).collect();
                    let hashes: Vec<u64> = pairs.iter().map(|&(_, value)| family.hash_u64(value)).collect();
                    grouped.insert_batch(&groups, &hashes);
                    for (&group, &hash) in groups.iter().zip(&hashes) {
                        naive.0[group].insert_hash(hash);
                    }
                }
                Step::Union(group, values) => {
                    let mut other = Sketch::from_kind(kind);
                    values.iter().for_each(|&value| other.insert_hash(family.hash_u64(value)));
                    let group = group.index(n_groups);
                    grouped.union_bytes(group, &other.encode()).unwrap();
                    naive.0[group].union(&other).unwrap();
                }
            }
            assert_same(&grouped, &naive);
        }
    }
}

#[test]
fn grows_through_every_block_and_form() {
    for &family in Family::ALL {
        let kind = Kind::new(family, Precision::try_new(10).unwrap());
        let mut grouped = GroupedSketches::new(family, kind.precision);
        let mut naive = Naive(Vec::new());
        grouped.resize(2);
        naive.resize(2, kind);
        for i in 0..700 {
            for group in 0..2 {
                let hash = family.hash_u64(i * 2 + group as u64);
                grouped.insert(group, hash);
                naive.0[group].insert_hash(hash);
            }
            assert_same(&grouped, &naive);
        }
    }
}

#[test]
fn a_refused_union_changes_nothing() {
    let precision = Precision::try_new(10).unwrap();
    let mut grouped = GroupedSketches::new(FAMILY, precision);
    grouped.resize(1);
    grouped.insert(0, 1);
    let mut other = Sketch::new(FAMILY, precision);
    other.insert_hashes(&(0..200).map(|value| FAMILY.hash_u64(value)).collect::<Vec<_>>());
    let mut bytes = other.encode();
    bytes.push(0);
    assert!(grouped.union_bytes(0, &bytes).is_err());
    let other = Sketch::new(FAMILY, Precision::MIN);
    assert!(grouped.union_bytes(0, &other.encode()).is_err());
    assert_eq!(grouped.groups[0].place, Place::Inline);
}

/// The promise of the type's documentation, with the memory of a million groups.
#[test]
fn a_million_small_groups_take_few_bytes() {
    assert_eq!(size_of::<Group>(), 8);
    let n_groups = 1_000_000;
    let mut grouped = GroupedSketches::new(FAMILY, Precision::try_new(14).unwrap());
    grouped.resize(n_groups);
    let empty_bytes = grouped.size_bytes();
    assert!(empty_bytes <= n_groups * 8 + 1024, "{empty_bytes}");
    for group in 0..n_groups {
        grouped.insert(group, FAMILY.hash_u64(group as u64));
    }
    assert_eq!(grouped.size_bytes(), empty_bytes, "one coupon costs nothing more");
    for group in 0..n_groups {
        grouped.insert(group, FAMILY.hash_u64((group + n_groups) as u64));
    }
    // Two coupons take 8 bytes more; a slab's last page and its list of pages the rest.
    let bytes = grouped.size_bytes();
    assert!(bytes <= n_groups * 16 + 128 * 1024, "{bytes}");
    grouped.remove_first(n_groups);
    assert!(grouped.size_bytes() < 1024);
}
