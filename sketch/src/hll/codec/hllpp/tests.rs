//! The layout by hand, what decoding refuses, and any bytes at all.

use proptest::prelude::*;

use super::*;
use crate::hll::codec::{Form, SketchRef, decode_parts};
use crate::{Sketch, SketchError};

const FAMILY: Family = Family::HllPlusPlus;

fn precision(p: u8) -> Precision {
    Precision::try_new(p).unwrap()
}

/// The hash with this slot, and with this many zeros behind it.
fn hash(slot: u64, n_zeros: u32) -> u64 {
    (slot << 39) | (1 << (38 - n_zeros))
}

fn sketch(p: u8, hashes: &[u64]) -> Sketch {
    let mut sketch = Sketch::new(FAMILY, precision(p));
    sketch.insert_hashes(hashes);
    sketch
}

#[test]
fn layout_of_the_empty_sketch() {
    assert_eq!(sketch(14, &[]).encode(), [0x10, 14]);
}

#[test]
fn layout_of_coupons() {
    // One coupon: the parameter is 25. The quotient 0 is a single one, then come 25 bits of slot.
    let one = sketch(14, &[hash(5, 0)]).encode();
    assert_eq!(one, [0x11, 14, 1, 0b1011, 0, 0, 0]);

    // The low 11 bits of slot 2^11 are zero, so that its rank, 1 + 3, follows at bit 26.
    let ranked = sketch(14, &[hash(1 << 11, 3)]).encode();
    assert_eq!(ranked, [0x11, 14, 1, 1, 0b1_0000, 0, 0b1_0000]);

    // Two coupons: the parameter is 24. The second gap, 2^24 + 1, has the quotient 1: a zero and a one.
    let two = sketch(14, &[hash(1, 0), hash((1 << 24) + 3, 0)]).encode();
    let bits = 0b1_u64 | 0b1 << 1 | 0b10 << 25 | 0b1 << 27;
    assert_eq!(two[..3], [0x11, 14, 2]);
    assert_eq!(two[3..], bits.to_le_bytes()[..7]);
}

#[test]
fn layout_of_registers() {
    // Precision 4 keeps four coupons; the fifth makes registers of them.
    let hashes = [0, 1 << 60, (2 << 60) | 1, (3 << 60) | (1 << 59), u64::MAX];
    let bytes = sketch(4, &hashes).encode();
    assert_eq!(bytes, [0x12, 4, 61, 61, 60, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn one_slot_keeps_its_larger_rank() {
    let bytes = sketch(14, &[hash(1 << 11, 7), hash(1 << 11, 3)]).encode();
    assert_eq!(bytes, sketch(14, &[hash(1 << 11, 7)]).encode());
}

#[test]
fn rice_parameters() {
    let expected =
        [(1, 25), (2, 24), (3, 23), (4, 23), (5, 22), (4096, 13), (4097, 12), (65536, 9)];
    for (n_coupons, parameter) in expected {
        assert_eq!(rice_parameter(n_coupons), parameter, "{n_coupons}");
    }
}

#[test]
fn refusals_name_place_expectation_and_finding() {
    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let error = Sketch::decode(FAMILY, bytes).unwrap_err();
        assert_eq!(error.to_string(), format!("sketch bytes at offset {expected}"));
    }
    check(&[], "0: expected a header of 2 bytes, found the end");
    check(&[0x10], "1: expected a header of 2 bytes, found the end");
    check(&[0x20, 14], "0: expected format version 1, found 2");
    check(&[0x13, 14], "0: expected a form of 0 to 2, found 3");
    check(&[0x10, 3], "1: expected a precision of 4 to 18, found 3");
    check(&[0x10, 14, 0], "2: expected the end, found 1 more bytes");
    // The count.
    check(&[0x11, 14], "2: expected a count, found the end");
    check(&[0x11, 14, 0x80], "3: expected a count, found the end");
    check(&[0x11, 14, 0], "2: expected a count of 1 to 4096, found 0");
    check(&[0x11, 14, 0x81, 0], "3: expected a count in as few bytes as possible, found 0");
    check(&[0x11, 14, 0x81, 0x20], "2: expected a count of 1 to 4096, found 4097");
    check(&[0x11, 18, 0xff, 0xff, 0xff, 1], "2: expected a count of 1 to 3 bytes, found more");
    // The stream.
    check(&[0x11, 14, 1, 0, 0], "5: expected 1 coupons in at least 4 bytes, found 2 bytes");
    check(&[0x11, 14, 1, 0, 0, 0, 0], "7: expected 1 coupons, found the end");
    check(&[0x11, 14, 1, 1, 0, 0, 0], "3: expected a rank of 1 to 40, found 0");
    check(&[0x11, 14, 1, 1, 0, 0, 41 << 2], "3: expected a rank of 1 to 40, found 41");
    check(
        &[0x11, 14, 1, 0b110, 0, 0, 0],
        "3: expected a gap to a slot below 2^25, found a larger one",
    );
    check(&[0x11, 14, 1, 0b1011, 0, 0, 0b100], "6: expected zeros in the last byte, found 0b1");
    check(&[0x11, 14, 1, 0b1011, 0, 0, 0, 0], "7: expected the end, found 1 more bytes");
    // The registers.
    check(&[&[0x12, 4][..], &[1; 15]].concat(), "17: expected 16 registers, found the end");
    check(&[&[0x12, 4][..], &[1; 17]].concat(), "18: expected the end, found 1 more bytes");
    check(&[&[0x12, 4][..], &[62; 16]].concat(), "2: expected a rank of at most 61, found 62");
    check(
        &[&[0x12, 4][..], &[0; 16]].concat(),
        "2: expected registers of more than 4 slots, found at most 0",
    );
}

#[test]
fn few_registers_are_accepted_only_if_enough_slots_can_have_led_to_them() {
    // At precision 18 a register of rank 1 stands for up to 64 slots, of rank 8 or more for up to 128.
    let check = |n_full: usize, n_ones: usize, is_reachable: bool| {
        let mut bytes = vec![0; 2 + (1 << 18)];
        bytes[..2].copy_from_slice(&[0x12, 18]);
        bytes[2..2 + n_full].fill(8);
        bytes[2 + n_full..2 + n_full + n_ones].fill(1);
        assert_eq!(Sketch::decode(FAMILY, &bytes).is_ok(), is_reachable, "{n_full} {n_ones}");
    };
    check(512, 0, false);
    check(511, 2, false);
    check(512, 1, true);
    check(0, 1025, true);
}

#[test]
fn another_precision_is_a_mismatch() {
    let bytes = sketch(12, &[1]).encode();
    let (mut coupons, mut registers) = (vec![7], vec![7]);
    let error = decode_parts(FAMILY, precision(14), &bytes, &mut coupons, &mut registers);
    assert!(matches!(error, Err(SketchError::Mismatch { .. })), "{error:?}");
    assert_eq!(
        error.unwrap_err().to_string(),
        "sketches of `hll++` with precision 14 and of `hll++` with precision 12 cannot be united"
    );
    let form = decode_parts(FAMILY, precision(12), &bytes, &mut coupons, &mut registers);
    assert_eq!(form, Ok(Form::Coupons));
    assert_eq!((coupons.len(), registers.len()), (2, 1));
}

#[test]
fn a_failed_decoding_appends_nothing() {
    let mut bytes = sketch(14, &(0..100).map(|i| i << 56 | i << 40).collect::<Vec<_>>()).encode();
    bytes.push(0);
    let mut coupons = vec![1, 2, 3];
    let view = SketchRef::parse(FAMILY, &bytes).unwrap();
    assert!(view.decode_coupons_into(&mut coupons).is_err());
    assert_eq!(coupons, [1, 2, 3]);
}

/// Decodes in every way; whatever decodes must encode to the same bytes.
fn decode_any(bytes: &[u8]) -> Result<(), TestCaseError> {
    match Sketch::decode(FAMILY, bytes) {
        Ok(sketch) => {
            prop_assert_eq!(sketch.encode(), bytes);
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
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes(mut bytes in prop::collection::vec(any::<u8>(), 0..200), form in 0_u8..3, p in 4_u8..19) {
        decode_any(&bytes)?;
        if bytes.len() >= 2 {
            bytes[..2].copy_from_slice(&[0x10 | form, p]);
            decode_any(&bytes)?;
        }
    }

    #[test]
    fn any_damage(
        hashes in prop::collection::vec(any::<u64>(), 0..60),
        zeros in 0_u32..50,
        p in 4_u8..12,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let hashes: Vec<u64> = hashes.iter().map(|hash| hash << zeros).collect();
        let mut bytes = sketch(p, &hashes).encode();
        decode_any(&bytes)?;
        let cut = cut.index(bytes.len());
        prop_assert!(Sketch::decode(FAMILY, &bytes[..cut]).is_err(), "a part is no sketch");
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            decode_any(&bytes)?;
        }
    }

    /// Coupons with zeros in all places, so that ranks are in the stream.
    #[test]
    fn coupons_read_back(
        hashes in prop::collection::vec((any::<u64>(), 0_u32..64), 0..1000),
        p in 12_u8..19,
    ) {
        let hashes: Vec<u64> =
            hashes.iter().map(|&(hash, zeros)| hash & (u64::MAX << zeros)).collect();
        decode_any(&sketch(p, &hashes).encode())?;
    }
}
