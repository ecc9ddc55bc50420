//! The layout by hand and beside the reference crate, what decoding refuses, and any bytes at all.

use ::datasketches::hash::value::raw_bytes;
use ::datasketches::hll::{HllSketch, HllUnion};
use proptest::prelude::*;

use super::*;
use crate::hll::codec::{Form, SketchRef};
use crate::{Sketch, SketchError};

const FAMILY: Family = Family::DataSketches;

/// A hash as [`crate::hll::datasketches::coupon`] reads it.
fn hash(slot: u64, rank: u64) -> u64 {
    (slot << RANK_BITS) | rank
}

fn sketch(p: u8, hashes: &[u64]) -> Sketch {
    let mut sketch = Sketch::new(FAMILY, Precision::try_new(p).unwrap());
    sketch.insert_hashes(hashes);
    sketch
}

fn of_values(p: u8, values: std::ops::Range<i64>) -> Sketch {
    sketch(p, &values.map(|value| FAMILY.hash_i64(value)).collect::<Vec<_>>())
}

fn reference_type(target: HllType) -> ::datasketches::hll::HllType {
    match target {
        HllType::Hll4 => ::datasketches::hll::HllType::Hll4,
        HllType::Hll6 => ::datasketches::hll::HllType::Hll6,
        HllType::Hll8 => ::datasketches::hll::HllType::Hll8,
    }
}

fn reference(p: u8, target: HllType, values: std::ops::Range<i64>) -> HllSketch {
    let mut sketch = HllSketch::new(p, reference_type(target)).unwrap();
    for value in values {
        sketch.update(raw_bytes::from_slice(&value.to_le_bytes()));
    }
    sketch
}

#[test]
fn layout_of_lists_and_sets() {
    assert_eq!(sketch(12, &[]).encode(), [2, 1, 7, 12, 3, 12, 0, 8]);
    let list = sketch(12, &[hash(5, 2), hash(3, 1)]).encode();
    assert_eq!(list, [2, 1, 7, 12, 3, 8, 2, 8, 3, 0, 0, 1 << 2, 5, 0, 0, 2 << 2]);
    let hashes: Vec<u64> = (0..8).map(|slot| hash(slot, 1)).collect();
    let set = sketch(12, &hashes).encode();
    assert_eq!(set[..16], [3, 1, 7, 12, 5, 8, 0, 9, 8, 0, 0, 0, 0, 0, 0, 1 << 2]);
    assert_eq!(set.len(), 12 + 4 * 8);
    // Below lgK 8 the eighth value makes registers, from there more than 3/4 of 2^(lgK - 3) coupons.
    assert_eq!(sketch(7, &hashes).form(), Form::Registers);
}

#[test]
fn layout_of_registers() {
    let hashes: Vec<u64> = (0..16).map(|slot| hash(slot, if slot == 3 { 40 } else { 2 })).collect();
    let sketch = sketch(4, &hashes);
    let sums = [0.0_f64, 15.0 / 4.0, 0.5_f64.powi(40)].map(f64::to_le_bytes).concat();

    let eight = sketch.encode();
    assert_eq!(eight, sketch.encode_as(HllType::Hll8).unwrap());
    assert_eq!(eight[..8], [10, 1, 7, 4, 0, 16, 0, 10]);
    assert_eq!(eight[8..32], sums);
    assert_eq!(eight[32..40], [0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(eight[40..], [2, 2, 2, 40, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);

    let six = sketch.encode_as(HllType::Hll6).unwrap();
    assert_eq!(six[..8], [10, 1, 7, 4, 0, 16, 0, 6]);
    assert_eq!(six.len(), 40 + 13);
    assert_eq!(six[40..43], [0b1000_0010, 0b0010_0000, 0b1010_0000]);

    let four = sketch.encode_as(HllType::Hll4).unwrap();
    assert_eq!(four[..8], [10, 1, 7, 4, 2, 24, 2, 2]);
    assert_eq!(four[32..40], [15, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(four[40..], [0, 0xf0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 40 << 2]);
}

#[test]
fn bytes_of_the_reference_crate_and_ours_mean_the_same() {
    for p in [4, 7, 8, 9, 12, 14] {
        for n in [0, 1, 7, 8, 24, 25, 100, 2_000, 60_000] {
            let ours = of_values(p, 0..n);
            for target in HllType::ALL {
                let theirs = reference(p, target, 0..n);
                let bytes = theirs.serialize();
                assert_eq!(Sketch::decode(FAMILY, &bytes).unwrap(), ours, "{p} {n} {target:?}");

                let read = HllSketch::deserialize(&ours.encode_as(target).unwrap()).unwrap();
                let (found, expected) = (read.estimate(), theirs.composite_estimate());
                assert!((found - expected).abs() <= 1e-9 * expected, "{p} {n} {target:?}");
                assert_eq!(read.target_type(), theirs.target_type());

                // Their union of our bytes and their sketch of other values is ours of both.
                let mut union = HllUnion::new(p).unwrap();
                union.update(&read);
                union.update(&reference(p, target, n / 2..n * 2));
                let union = union.to_sketch(reference_type(target)).serialize();
                let whole = of_values(p, 0..n * 2);
                assert_eq!(Sketch::decode(FAMILY, &union).unwrap(), whole, "{p} {n} {target:?}");
            }
        }
    }
}

/// Turns compact bytes into those of a hash table, as Java's `toUpdatableByteArray` has them but for the order.
fn updatable(bytes: &[u8], lg_places: u8) -> Vec<u8> {
    let from = match bytes[7] & 3 {
        MODE_LIST => LIST_BYTES,
        MODE_SET => SET_BYTES,
        _ => HLL_BYTES + (1 << bytes[3] >> 1),
    };
    let mut table = bytes.to_vec();
    table[4] = lg_places;
    table[5] &= !FLAG_COMPACT;
    table.truncate(from);
    // An empty place after each, and the last ones first.
    for coupon in bytes[from..].chunks(4).rev() {
        table.extend_from_slice(coupon);
        if table.len() < from + (4 << lg_places) {
            table.extend_from_slice(&[0; 4]);
        }
    }
    table.resize(from + (4 << lg_places), 0);
    table
}

#[test]
fn tables_are_read_as_lists_are() {
    for (n, lg_places) in [(1, 3), (4, 3), (8, 5), (16, 5), (1000, 11)] {
        let sketch = of_values(14, 0..n);
        let table = updatable(&sketch.encode(), lg_places);
        assert_eq!(Sketch::decode(FAMILY, &table).unwrap(), sketch, "{n}");
        assert!(Sketch::decode(FAMILY, &table[..table.len() - 4]).is_err());
    }
    let hashes: Vec<u64> = (0..300).map(|i| hash(i, 1 + 20 * u64::from(i % 7 == 0))).collect();
    let sketch = sketch(8, &hashes);
    let bytes = sketch.encode_as(HllType::Hll4).unwrap();
    assert_eq!(bytes[6], 1, "the slots that wrap around raise the smallest rank");
    assert_eq!(Sketch::decode(FAMILY, &updatable(&bytes, 7)).unwrap(), sketch);
    // Java leaves room for a table that nothing is in.
    let mut empty = of_values(8, 0..300).encode_as(HllType::Hll4).unwrap();
    assert_eq!(empty[36..40], [0; 4], "no exceptions");
    empty[5] &= !FLAG_COMPACT;
    empty.extend([0; 32]);
    assert_eq!(Sketch::decode(FAMILY, &empty).unwrap(), of_values(8, 0..300));
}

/// HLL_8 and HLL_6 are the same with and without the compact flag; old readers lost the registers.
#[test]
fn the_compact_flag_of_registers_is_honoured() {
    let sketch = of_values(10, 0..5000);
    for target in HllType::ALL {
        for flags in [0, FLAG_COMPACT, FLAG_OUT_OF_ORDER, FLAG_COMPACT | FLAG_OUT_OF_ORDER, 32] {
            let mut bytes = sketch.encode_as(target).unwrap();
            if target == HllType::Hll4 && flags & FLAG_COMPACT == 0 {
                continue;
            }
            bytes[5] = flags;
            assert_eq!(Sketch::decode(FAMILY, &bytes).unwrap(), sketch, "{target:?} {flags}");
        }
    }
}

#[test]
fn refusals_name_place_expectation_and_finding() {
    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let error = Sketch::decode(FAMILY, bytes).unwrap_err();
        assert_eq!(error.to_string(), format!("sketch bytes at offset {expected}"));
    }
    check(&[2, 1, 7], "3: expected a preamble of 8 bytes, found the end");
    check(&[2, 2, 7, 12, 3, 12, 0, 8], "1: expected serial version 1, found 2");
    check(&[2, 1, 6, 12, 3, 12, 0, 8], "2: expected DataSketches' family 7, HLL, found 6");
    check(&[2, 1, 7, 22, 3, 12, 0, 8], "3: expected an lgK of 4 to 21, found 22");
    check(&[2, 1, 7, 12, 3, 12, 0, 12], "7: expected a type of HLL_4, HLL_6 or HLL_8, found 12");
    check(&[2, 1, 7, 12, 3, 12, 0, 11], "7: expected a list, a set or registers, found 3");
    check(&[3, 1, 7, 12, 3, 12, 0, 8], "0: expected a preamble of 2 words, found 3");
    check(&[2, 1, 7, 12, 3, 12, 1, 8], "6: expected no coupons, as flag 4 says, found 1");
    check(&[2, 1, 7, 12, 3, 8, 0, 8], "5: expected flag 4, as there are no coupons, found 0");
    check(&[2, 1, 7, 12, 3, 8, 8, 8], "6: expected a list of at most 7 coupons, found 8");
    check(&[2, 1, 7, 12, 3, 8, 1, 8, 0, 0], "10: expected 4 bytes of coupons at 8, found the end");
    check(
        &[2, 1, 7, 12, 3, 8, 1, 8, 1, 0, 0, 0],
        "8: expected a coupon with a rank of 1 to 63, found 0",
    );
    let twice = [2, 1, 7, 12, 3, 8, 2, 8, 1, 0, 0, 4, 1, 0, 0, 4];
    check(&twice, "8: expected different coupons, found 0x41 twice");
    check(&[&twice[..], &[0]].concat(), "16: expected the end, found 1 more bytes");
    check(&[3, 1, 7, 7, 5, 8, 0, 9, 8, 0, 0, 0], "7: expected no set below lgK 8, found a set");
    let too_many = [3, 1, 7, 8, 5, 8, 0, 9, 25, 0, 0, 0];
    check(&too_many, "8: expected a count of 1 to 24, found 25");
    let too_large = [3, 1, 7, 8, 9, 0, 0, 9, 24, 0, 0, 0];
    check(&too_large, "4: expected a set of 2^5 to 2^5 places, found 2^9");

    let mut registers = of_values(4, 0..100).encode();
    registers[43] = 64;
    check(&registers, "43: expected a rank of at most 63, found 64");
    check(&registers[..50], "50: expected 16 bytes of registers at 40, found the end");

    let hashes: Vec<u64> = (0..16).map(|slot| hash(slot, if slot == 3 { 40 } else { 2 })).collect();
    let four = sketch(4, &hashes).encode_as(HllType::Hll4).unwrap();
    let mut wrong = four.clone();
    wrong[48] = 4;
    check(
        &wrong,
        "48: expected an exception for a register of value 15, but register 4 is 0, found 4",
    );
    let mut wrong = four.clone();
    wrong[51] = 9 << 2;
    check(&wrong, "48: expected a rank of at least 17, found 9");
    let mut wrong = four.clone();
    wrong[47] = 0xf0;
    check(&wrong, "36: expected 1 exceptions for as many registers, found 1 for 2");
    let mut wrong = four.clone();
    wrong[36] = 2;
    wrong.extend_from_slice(&four[48..]);
    check(&wrong, "52: expected one exception per register, found two for register 3");
    let mut wrong = four;
    wrong[6] = 62;
    wrong[47] = 0x20;
    wrong[51] = 63 << 2;
    assert!(Sketch::decode(FAMILY, &wrong).is_err(), "62 + 2 is no rank");
}

#[test]
fn another_family_has_no_types() {
    let sketch = Sketch::new(Family::HllPlusPlus, Precision::MIN);
    assert_eq!(
        sketch.encode_as(HllType::Hll4).unwrap_err().to_string(),
        "only a sketch of `datasketches` supports this, found `hll++`"
    );
}

/// Compares with the reference's union of two precisions.
#[test]
fn a_smaller_precision_is_what_the_libraries_make_of_it() {
    for n in [0, 5, 20, 100, 2_000, 60_000] {
        for p in [4, 7, 8, 10, 13] {
            let small = of_values(14, 0..n).at_precision(Precision::try_new(p).unwrap()).unwrap();
            let mut union = HllUnion::new(p).unwrap();
            union.update(&reference(14, HllType::Hll8, 0..n));
            let expected = union.to_sketch(reference_type(HllType::Hll8)).serialize();
            let expected = Sketch::decode(FAMILY, &expected).unwrap();
            if small.form() == expected.form() {
                assert_eq!(small, expected, "{p} {n}");
            }
            let direct = of_values(p, 0..n);
            if small.form() == direct.form() {
                assert_eq!(small, direct, "{p} {n}");
            }
        }
    }
    let sketch = of_values(10, 0..9);
    assert!(sketch.at_precision(Precision::try_new(11).unwrap()).is_err());
}

/// Decodes in every way; what decodes must keep its content through our own bytes.
fn decode_any(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(view) = SketchRef::parse(FAMILY, bytes) {
        let (mut coupons, registers) = (Vec::new(), view.registers());
        prop_assert!(view.decode_coupons_into(&mut coupons).is_err() || coupons.is_sorted());
        prop_assert!(registers.is_none_or(|ranks| ranks.iter().all(|&rank| rank <= MAX_RANK)));
    }
    match Sketch::decode(FAMILY, bytes) {
        Ok(sketch) => {
            for target in HllType::ALL {
                let written = sketch.encode_as(target).expect("the family has types");
                prop_assert_eq!(&Sketch::decode(FAMILY, &written).expect("our own"), &sketch);
            }
            let estimate = sketch.estimate();
            prop_assert!(estimate.lower <= estimate.value && estimate.value <= estimate.upper);
            prop_assert!(estimate.upper.is_finite());
        }
        Err(SketchError::Decode(error)) => prop_assert!(error.offset <= bytes.len()),
        Err(other) => prop_assert!(false, "{}", other),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes(
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        (words, mode) in prop::sample::select(vec![(2_u8, 0_u8), (3, 1), (10, 2)]),
        target in 0_u8..3,
        p in 4_u8..22,
    ) {
        decode_any(&bytes)?;
        if bytes.len() >= 8 {
            bytes[..4].copy_from_slice(&[words, 1, 7, p]);
            bytes[7] = mode | target << 2;
            decode_any(&bytes)?;
        }
    }

    #[test]
    fn any_damage(
        values in prop::collection::vec((0_u64..5000, 0_u32..40), 0..400),
        p in 4_u8..12,
        target in prop::sample::select(HllType::ALL.to_vec()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        // A rank above what values have, so that there are exceptions.
        let hashes: Vec<u64> = values
            .iter()
            .map(|&(value, more)| FAMILY.hash_u64(value) + u64::from(more / 30 * more))
            .filter(|&hash| hash & 63 != 0)
            .collect();
        let mut bytes = sketch(p, &hashes).encode_as(target).expect("the family has types");
        decode_any(&bytes)?;
        let cut = cut.index(bytes.len());
        // The byte behind HLL_6 says nothing.
        prop_assert!(
            Sketch::decode(FAMILY, &bytes[..cut]).is_err() || target == HllType::Hll6 && cut + 1 == bytes.len()
        );
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            decode_any(&bytes)?;
        }
    }
}
