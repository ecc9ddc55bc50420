//! The `datasketches` crate: its bytes, of all three types, hold what ours hold.

use clio_sketch::{Family, HllType, Sketch};
use datasketches::hash::value::raw_bytes;
use datasketches::hll::{HllSketch, HllType as ReferenceType, HllUnion};
use proptest::prelude::*;

use crate::reader::read;
use crate::{Run, State, of_ours, precision, trees};

const FAMILY: Family = Family::DataSketches;

const TYPES: [(HllType, ReferenceType); 3] = [
    (HllType::Hll4, ReferenceType::Hll4),
    (HllType::Hll6, ReferenceType::Hll6),
    (HllType::Hll8, ReferenceType::Hll8),
];

pub(crate) fn insert(reference: &mut HllSketch, value: u64) {
    reference.update(raw_bytes::from_slice(&value.to_le_bytes()));
}

fn reference(p: u8, target: ReferenceType) -> HllSketch {
    HllSketch::new(p, target).expect("an lgK of 4 to 21")
}

fn union(p: u8, one: &HllSketch, other: &HllSketch, target: ReferenceType) -> HllSketch {
    let mut union = HllUnion::new(p).expect("an lgK of 4 to 21");
    union.update(one);
    union.update(other);
    union.to_sketch(target)
}

fn compare(ours: &Sketch, reference: &HllSketch) -> Result<(), TestCaseError> {
    let theirs = read(&reference.serialize());
    // Registers of 2^21 ranks are no failure that anybody reads.
    prop_assert!(of_ours(ours) == theirs, "another state at n = {}", reference.estimate());
    Ok(())
}

/// The type of each part, by what it holds, so that every union is of two types.
fn type_of(run: &Run) -> ReferenceType {
    TYPES[run.first as usize % 3].1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn trees_of_unions_hold_the_same(tree in trees(21)) {
        tree.check(
            FAMILY,
            |p, run| {
                let mut reference = reference(p, type_of(run));
                run.values().for_each(|value| insert(&mut reference, value));
                reference
            },
            |one, other| *one = union(one.lg_config_k(), one, other, other.target_type()),
            |_, ours, reference| compare(ours, reference),
        )?;
    }

    /// Slots that collide and ranks that values nearly never have, which four bits do not hold.
    #[test]
    fn rare_coupons_hold_the_same(
        p in 4_u8..=21,
        lists in prop::collection::vec(prop::collection::btree_set((0_u32..1 << 26, 1_u32..64), 1..7), 1..40),
        n_slots in 1_u32..5000,
    ) {
        for (target, reference_type) in TYPES {
            let mut ours = Sketch::new(FAMILY, precision(p));
            let mut theirs = HllUnion::new(p).expect("an lgK of 4 to 21");
            for list in &lists {
                let mut bytes = vec![2, 1, 7, p, 3, 8, 0, 8];
                for &(slot, rank) in list {
                    let slot = slot % n_slots;
                    let coupon = (rank << 26 | slot).to_le_bytes();
                    if bytes.chunks(4).skip(2).any(|before| before == coupon) {
                        continue;
                    }
                    bytes.extend(coupon);
                    bytes[6] += 1;
                    ours.insert_hash(u64::from(slot << 6 | rank));
                }
                theirs.update(&HllSketch::deserialize(&bytes).expect("a list as the crate writes it"));
            }
            compare(&ours, &theirs.to_sketch(reference_type))?;
            let written = ours.encode_as(target).expect("the family has types");
            prop_assert!(read(&written) == of_ours(&ours), "{target:?} as we write it");
        }
    }
}

/// Every precision and type, at the sizes where forms begin and end, from real values.
#[test]
fn every_form_of_every_precision_holds_the_same() {
    for p in 4..=21 {
        let max_coupons = if p < 8 { 7 } else { 3 << (p - 5) };
        let mut sizes = [0, 1, 7, 8, max_coupons, max_coupons + 1, 2 << p, 20 << p];
        sizes.sort_unstable();
        for (target, reference_type) in TYPES {
            let mut ours = Sketch::new(FAMILY, precision(p));
            let mut theirs = reference(p, reference_type);
            let mut n_inserted = 0;
            for n in sizes.into_iter().filter(|&n| n <= 1_000_000) {
                for value in n_inserted..n {
                    ours.insert_hash(FAMILY.hash_u64(value));
                    insert(&mut theirs, value);
                }
                n_inserted = n;
                let state = of_ours(&ours);
                assert!(state == read(&theirs.serialize()), "lgK {p}, {target:?}, {n} values");
                let written = ours.encode_as(target).unwrap();
                assert!(state == read(&written), "lgK {p}, {target:?}, {n} values: our bytes");
                // Values that collide put the promotion off, by one or two.
                let is_dense = matches!(state, State::Registers(_));
                assert!(is_dense || n < 2 << p, "lgK {p}, {target:?}, {n} values");
                assert!(!is_dense || n > max_coupons, "lgK {p}, {target:?}, {n} values");
            }
        }
    }
}
