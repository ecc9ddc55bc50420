//! The layout, byte by byte, and what it refuses.

use super::*;
use crate::quantile::sketch::QuantileSketch;

fn scale() -> Scale {
    Scale::new(Buckets::try_new(0.02, &[30.0]).unwrap())
}

/// The header of [`scale`], written out.
const HEADER: [u8; 13] = [0x51, 0xa0, 0x9c, 0x01, 1, 0, 0, 0, 0, 0, 0, 0x3e, 0x40];

fn bytes(body: &[u8]) -> Vec<u8> {
    [&HEADER, body].concat()
}

#[test]
fn the_layout_is_as_written_down() {
    let scale = scale();
    let mut sketch = QuantileSketch::new(&scale);
    assert_eq!(sketch.encode(), bytes(&[0]));
    for _ in 0..300 {
        sketch.insert(0.0).unwrap();
    }
    assert_eq!(sketch.encode(), bytes(&[1, 0, 0xac, 0x02]));
    // The first bucket above zero, and its mirror image.
    sketch.insert(1e-9).unwrap();
    sketch.insert(-1e-9).unwrap();
    assert_eq!(sketch.encode(), bytes(&[3, 1, 1, 0, 0xac, 0x02, 0, 1]));
}

#[test]
fn an_edge_of_three_hundred_digits_is_told_in_a_line() {
    for edge in [1e-305, 1e305, f64::MAX, f64::MIN_POSITIVE] {
        let mut header = vec![0x51, 0xa0, 0x9c, 0x01, 1];
        header.extend(edge.to_le_bytes());
        let error = QuantileSketch::decode(&scale(), &header).unwrap_err().to_string();
        let expected =
            "sketch bytes at offset 5: expected rising edges within the range of values, found ";
        assert!(error.starts_with(expected) && error.len() < expected.len() + 30, "{error}");
        let error = Buckets::try_new(0.02, &[edge]).unwrap_err().to_string();
        assert!(error.len() < 120, "{error}");
    }
}

#[test]
fn what_no_sketch_is_encoded_to_is_refused_with_its_place() {
    let scale = scale();
    let max = u64::try_from(scale.max_key()).unwrap();
    let mut past_the_last = vec![1];
    push_varint(2 * (max + 1), &mut past_the_last);
    past_the_last.push(1);
    let mut too_many = vec![2, 0];
    push_varint(1 << 53, &mut too_many);
    too_many.extend([0, 1]);
    let cases: [(Vec<u8>, &str); 12] = [
        (Vec::new(), "offset 0: expected the version of a quantile sketch, found the end"),
        (vec![0x10], "offset 0: expected 0x51, version 1 of a quantile sketch, found 0x10"),
        (
            vec![0x51, 5, 0, 0],
            "offset 1: expected an error from 1000 to 200000 millionths, found 5",
        ),
        (vec![0x51, 0xa0, 0x9c, 0x01, 9], "offset 4: expected at most 8 edges, found 9"),
        (HEADER[..8].to_vec(), "offset 5: expected an edge, found the end"),
        (HEADER.to_vec(), "offset 13: expected a number of buckets, found the end"),
        (bytes(&[1, 0]), "offset 13: expected at most 0 buckets, of two bytes each, found 1"),
        (bytes(&[1, 0, 0]), "offset 15: expected a count of at least 1, found 0"),
        (bytes(&[0x81, 0, 0, 1]), "offset 13: expected a number of buckets, found a varint longer"),
        (bytes(&[1, 0, 1, 7]), "offset 16: expected the end, found 1 bytes more"),
        (bytes(&past_the_last), "offset 14: expected a key from -"),
        (bytes(&too_many), "at most 2^53 values in all, found 1 more"),
    ];
    for (bytes, expected) in cases {
        let error = QuantileSketch::decode(&scale, &bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\n{expected}");
    }
    let other = Scale::new(Buckets::try_new(0.01, &[30.0]).unwrap());
    let error = QuantileSketch::decode(&other, &bytes(&[0])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "quantile sketches with error 1 %, edges 30 and with error 2 %, edges 30 cannot be united"
    );
}

#[test]
fn numbers_of_every_length_come_back() {
    for shift in 0..64 {
        for value in [(1_u64 << shift) - 1, 1 << shift, u64::MAX >> shift] {
            let mut out = Vec::new();
            push_varint(value, &mut out);
            let mut reader = Reader { bytes: &out, at: 0 };
            assert_eq!((reader.varint("").unwrap(), reader.at), (value, out.len()));
        }
    }
    let too_long = [0xff; 9].into_iter().chain([2]).collect::<Vec<u8>>();
    assert!(Reader { bytes: &too_long, at: 0 }.varint("").is_err());
    for key in [0, 1, -1, 2, -2, i32::MAX, -i32::MAX] {
        assert_eq!(unzigzag(zigzag(key)), Some(key));
    }
    assert_eq!(unzigzag(u64::MAX), None);
}
