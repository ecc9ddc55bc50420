//! What must hold of any bytes: the bodies of the fuzz targets, and of `tests/fuzz.rs`, which runs them over the
//! corpus without a fuzzer.
//!
//! Each panics when something does not hold, and returns without a word when the bytes are no sketch.

use clio_sketch::{
    Buckets, Family, Form, GroupedQuantiles, GroupedSketches, HllType, Percentile, Precision,
    QuantileRef, QuantileSketch, QuantileUnion, Scale, Sketch, SketchError, SketchRef, Union,
    decode_parts,
};

/// Room for the text of an error, beside what decoding allocates.
const MESSAGE_BYTES: u64 = 1024;

/// Any bytes as a sketch of `hll++`: an error, or the sketch whose only bytes these are.
///
/// # Panics
///
/// When that does not hold.
pub fn decode_hllpp(bytes: &[u8]) {
    if let Some(sketch) = decode(Family::HllPlusPlus, bytes) {
        assert_eq!(sketch.encode(), bytes, "one set of hashes has one encoding");
    }
}

/// Any bytes as a sketch of `datasketches`: an error, or a sketch that all three types can be written of.
///
/// # Panics
///
/// When that does not hold.
pub fn decode_datasketches(bytes: &[u8]) {
    let Some(sketch) = decode(Family::DataSketches, bytes) else { return };
    for target in HllType::ALL {
        let written = sketch.encode_as(target).expect("the family has types");
        let read = Sketch::decode(Family::DataSketches, &written).expect("written above");
        assert_eq!(read, sketch, "{target:?}");
        assert_eq!(read.encode_as(target).expect("the family has types"), written, "{target:?}");
    }
}

/// Two sketches of one family, the first as long as the second and third byte say: united both ways they are
/// the same, and the union is a sketch like any other.
///
/// # Panics
///
/// When that does not hold.
pub fn union_decoded(bytes: &[u8]) {
    let &[family, low, high, ref rest @ ..] = bytes else { return };
    let family = family_of(family);
    let (one, other) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([low, high]))));
    let Ok(left) = Sketch::decode(family, one) else { return };
    let Ok(right) = Sketch::decode(family, other) else { return };

    let (mut to_left, mut to_right) = (left.clone(), right.clone());
    if left.precision() != right.precision() {
        let refused = to_left.union(&right);
        assert!(matches!(refused, Err(SketchError::Mismatch { .. })), "{refused:?}");
        assert_eq!(to_left.union_bytes(other), refused);
        assert_eq!(to_left, left, "a refusal changes nothing");
        return;
    }
    to_left.union(&right).expect("one kind");
    to_right.union_bytes(one).expect("one kind, decoded above");
    assert_eq!(to_left, to_right, "order does not matter");
    check(&to_left);

    let mut again = to_left.clone();
    again.union(&left).expect("one kind");
    again.union_bytes(other).expect("one kind, decoded above");
    assert_eq!(again, to_left, "repetition does not matter");

    // A union that has been used before.
    let mut union = Union::new(family, left.precision());
    for clears in [true, false] {
        union.union_bytes(one).expect("decoded above");
        union.union(&right).expect("one kind");
        assert_eq!(union.to_sketch(), to_left);
        assert_eq!(union.estimate(), to_left.estimate());
        let mut written = Vec::new();
        union.encode_into(&mut written);
        assert_eq!(written, to_left.encode());
        if clears {
            union.clear();
        }
    }
}

/// A family, a precision, and steps: to one of four groups comes a hash, or an encoded sketch. Each group is what a
/// single sketch is that took the same steps.
///
/// # Panics
///
/// When that does not hold.
pub fn grouped_union(bytes: &[u8]) {
    const N_GROUPS: usize = 4;
    let &[family, precision, ref rest @ ..] = bytes else { return };
    let family = family_of(family);
    // Small ones reach every form with few bytes.
    let precision = Precision::try_new(4 + precision % 9).expect("4 to 12");
    let mut groups = GroupedSketches::new(family, precision);
    groups.resize(N_GROUPS);
    let mut sketches = vec![Sketch::new(family, precision); N_GROUPS];

    let mut rest = rest;
    while let &[step, ref behind @ ..] = rest {
        let group = usize::from(step) % N_GROUPS;
        if step & 0x80 == 0 {
            let Some((hash, behind)) = behind.split_first_chunk() else { break };
            let hash = u64::from_le_bytes(*hash);
            groups.insert(group, hash);
            sketches[group].insert_hash(hash);
            rest = behind;
        } else {
            let Some((&length, behind)) = behind.split_first_chunk() else { break };
            let length = usize::from(u16::from_le_bytes(length)).min(behind.len());
            let (encoded, behind) = behind.split_at(length);
            let united = groups.union_bytes(group, encoded);
            assert_eq!(united, sketches[group].union_bytes(encoded));
            rest = behind;
        }
    }

    let mut written = Vec::new();
    for (group, sketch) in sketches.iter().enumerate() {
        written.clear();
        groups.encode(group, &mut written);
        assert_eq!(written, sketch.encode(), "group {group}");
        assert_eq!(groups.estimate(group), sketch.estimate(), "group {group}");
        check(sketch);
    }
    let mut group = 0;
    groups.encode_first(N_GROUPS / 2, |written| {
        assert_eq!(written, sketches[group].encode(), "group {group}");
        group += 1;
    });
    assert_eq!((group, groups.n_groups()), (N_GROUPS / 2, N_GROUPS - N_GROUPS / 2));
    assert_eq!(groups.estimate(0), sketches[N_GROUPS / 2].estimate(), "the others move up");
}

/// Any bytes as a sketch of quantiles: an error, or the sketch whose only bytes these are.
///
/// # Panics
///
/// When that does not hold.
pub fn decode_quantiles(bytes: &[u8]) {
    let scale = match Scale::of_bytes(bytes) {
        Ok(scale) => scale,
        Err(error) => {
            let some = Scale::new(Buckets::try_new(0.02, &[30.0]).expect("valid buckets"));
            assert_eq!(QuantileSketch::decode(&some, bytes).as_ref(), Err(&error));
            refuse_quantiles(&error);
            return;
        }
    };
    let mut decoded = None;
    let memory = allocation_counter::measure(|| {
        decoded = Some(QuantileSketch::decode(&scale, bytes));
    });
    let decoded = decoded.expect("measured above");
    // Whatever the number of buckets says, memory is taken for what is there.
    let present = 8 * bytes.len() as u64 + MESSAGE_BYTES;
    assert!(memory.bytes_max <= present, "{memory:?}, {} bytes", bytes.len());
    let view = QuantileRef::parse(&scale, bytes);
    let mut union = QuantileUnion::new(&scale);
    let sketch = match decoded {
        Ok(sketch) => sketch,
        Err(error) => {
            assert_eq!(view.map(|view| view.n_values()), Err(error.clone()));
            assert_eq!(union.union_bytes(bytes).as_ref(), Err(&error));
            assert!(union.is_empty());
            refuse_quantiles(&error);
            return;
        }
    };
    assert_eq!(sketch.encode(), bytes, "one multiset of values has one encoding");
    let view = view.expect("decoded above");
    assert_eq!(view.n_values(), sketch.n_values());
    union.union_body(view.body(), view.n_values()).expect("decoded above");
    assert_eq!(union.to_sketch(), sketch);
    check_quantiles(&sketch);
}

/// Two sketches of quantiles, the first as long as the first two bytes say: united both ways they are the same, taken off
/// again they are what they were, and a grouped state agrees.
///
/// # Panics
///
/// When that does not hold.
pub fn union_quantiles(bytes: &[u8]) {
    let &[low, high, ref rest @ ..] = bytes else { return };
    let (one, other) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([low, high]))));
    let Ok(scale) = Scale::of_bytes(one) else { return };
    let Ok(left) = QuantileSketch::decode(&scale, one) else { return };
    let mut to_left = left.clone();
    let mut groups = GroupedQuantiles::new(&scale);
    groups.resize(1);
    groups.union_bytes(0, one).expect("decoded above");
    if let Err(error) = to_left.union_bytes(other) {
        assert_eq!(to_left, left, "a refusal changes nothing");
        assert_eq!(groups.union_bytes(0, other), Err(error));
        return;
    }
    let mut to_right = QuantileSketch::decode(&scale, other).expect("united above");
    let right = to_right.clone();
    to_right.union(&left).expect("one kind");
    assert_eq!(to_left, to_right, "order does not matter");
    assert_eq!(to_left.without(&left), Ok(Some(right)), "what was added can be taken off");
    groups.union_bytes(0, other).expect("united above");
    groups.encode_first(1, |written| assert_eq!(written, to_left.encode()));
    check_quantiles(&to_left);
}

/// Checks that an error says where bytes stopped being a sketch, or that there were too many values.
fn refuse_quantiles(error: &SketchError) {
    let text = error.to_string();
    assert!(text.starts_with("sketch bytes at offset "), "{text}");
    assert!(text.len() < 200, "{text}");
}

/// Checks what is always true of a sketch of quantiles.
fn check_quantiles(sketch: &QuantileSketch) {
    assert!(sketch.counts().is_sorted_by(|one, other| one.0 < other.0));
    assert_eq!(sketch.counts().iter().map(|(_, count)| count).sum::<u64>(), sketch.n_values());
    let mut before = f64::NEG_INFINITY;
    for percent in [0.0, 1.0, 50.0, 99.99, 100.0] {
        let percentile = Percentile::try_new(percent).expect("within 0 to 100");
        let Some(found) = sketch.quantile(percentile) else {
            assert!(sketch.is_empty());
            continue;
        };
        assert!(found.lower <= found.value && found.value <= found.upper, "{found:?}");
        assert!(before <= found.value, "quantiles rise");
        before = found.value;
    }
    for threshold in [-1e3, 0.0, 30.0, 1e12] {
        if let (Some(below), Some(above)) =
            (sketch.share_below(threshold), sketch.share_above(threshold))
        {
            assert!(below.lower <= below.value && below.value <= below.upper, "{below:?}");
            assert!((below.value + above.value - 1.0).abs() < 1e-9, "{below:?} {above:?}");
        }
    }
}

fn family_of(byte: u8) -> Family {
    Family::ALL[usize::from(byte) % Family::ALL.len()]
}

/// Decodes in every way there is, which all have to agree, and watches the memory of it.
fn decode(family: Family, bytes: &[u8]) -> Option<Sketch> {
    let mut decoded = None;
    let memory = allocation_counter::measure(|| decoded = Some(Sketch::decode(family, bytes)));
    let decoded = decoded.expect("measured above");

    let view = SketchRef::parse(family, bytes);
    let (n_coupons, n_registers) = match &view {
        Ok(view) if view.form() == Form::Registers => (0, view.precision().n_registers()),
        Ok(view) => (view.n_coupons(), 0),
        Err(_) => (0, 0),
    };
    // Four bytes a coupon; a byte a register, and once more while packed ones are unpacked.
    let stated = (4 * n_coupons + 2 * n_registers) as u64 + MESSAGE_BYTES;
    if view.is_ok() {
        assert!(memory.bytes_max <= stated, "{memory:?}, {n_coupons} {n_registers}");
    }
    // Whatever a header claims, memory is taken for what is there: at the most two bytes for four bits.
    let present = 4 * bytes.len() as u64 + MESSAGE_BYTES;
    assert!(memory.bytes_max <= present, "{memory:?}, {} bytes", bytes.len());

    let sketch = match decoded {
        Ok(sketch) => sketch,
        Err(error) => {
            refuse(family, bytes, &error);
            return None;
        }
    };
    let view = view.expect("decoded above");
    assert_eq!((view.precision(), view.form()), (sketch.precision(), sketch.form()));
    let (mut coupons, mut registers) = (vec![7], vec![7]);
    let form = decode_parts(family, view.precision(), bytes, &mut coupons, &mut registers);
    assert_eq!(form.as_ref(), Ok(&view.form()));
    assert_eq!(coupons.len() - 1, view.n_coupons());
    assert!(coupons[1..].is_sorted_by(|one, other| one < other));
    assert_eq!(view.registers().as_deref().unwrap_or_default(), &registers[1..]);
    check(&sketch);
    Some(sketch)
}

/// Checks that nobody takes bytes that `Sketch::decode` refused, and that they change nothing.
fn refuse(family: Family, bytes: &[u8], error: &SketchError) {
    let text = error.to_string();
    assert!(text.starts_with("sketch bytes at offset "), "{text}");
    assert!(text.len() < 200, "{text}");
    let precision_at = if family == Family::HllPlusPlus { 1 } else { 3 };
    let claimed = bytes.get(precision_at).and_then(|&p| family.precision(p).ok());
    let claimed = claimed.unwrap_or(Precision::MIN);
    let (mut coupons, mut registers) = (vec![7], vec![7]);
    let parts = decode_parts(family, claimed, bytes, &mut coupons, &mut registers);
    assert_eq!(parts.as_ref(), Err(error));
    assert_eq!((&coupons[..], &registers[..]), (&[7][..], &[7][..]));
    let mut union = Union::new(family, claimed);
    assert_eq!(union.union_bytes(bytes).as_ref(), Err(error));
    assert!(union.is_empty());
}

/// Checks what is always true of a sketch.
fn check(sketch: &Sketch) {
    let family = sketch.family();
    let estimate = sketch.estimate();
    assert!(estimate.value.is_finite() && estimate.upper.is_finite(), "{estimate:?}");
    assert!(0.0 <= estimate.lower && estimate.lower <= estimate.value, "{estimate:?}");
    assert!(estimate.value <= estimate.upper, "{estimate:?}");
    let is_point = estimate.lower >= estimate.upper;
    assert_eq!(estimate.exact, is_point && sketch.form() != Form::Registers, "{estimate:?}");
    assert_eq!(sketch.is_empty(), sketch.form() == Form::Empty);

    let written = sketch.encode();
    let read = Sketch::decode(family, &written).expect("what was written can be read");
    assert_eq!(&read, sketch);
    assert_eq!(read.encode(), written);
    let mut twice = sketch.clone();
    twice.union_bytes(&written).expect("written above");
    twice.compact();
    assert_eq!(&twice, sketch, "a union with itself");
}
