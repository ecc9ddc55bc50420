//! Files of every shipped version: they must be read for ever, and the last version is what is written.
//!
//! `CLIO_UPDATE_EXPECTATIONS=1 cargo test -p clio-sketch --test compat` writes the files of the present
//! version; a difference in a committed one is a break of the format.

use std::fs;
use std::path::PathBuf;

use clio_sketch::{Buckets, Family, Form, Precision, QuantileSketch, Scale, Sketch, TupleHasher};

struct Case {
    file: &'static str,
    precision: u8,
    /// The sketch holds the hashes of the numbers from 0 to this.
    n: u64,
    form: Form,
}

const CASES: [Case; 5] = [
    Case { file: "hllpp-v1-empty.hex", precision: 14, n: 0, form: Form::Empty },
    Case { file: "hllpp-v1-one.hex", precision: 14, n: 1, form: Form::Coupons },
    Case { file: "hllpp-v1-coupons.hex", precision: 14, n: 300, form: Form::Coupons },
    Case { file: "hllpp-v1-coupons-full.hex", precision: 6, n: 16, form: Form::Coupons },
    Case { file: "hllpp-v1-registers.hex", precision: 8, n: 1000, form: Form::Registers },
];

/// Lines of 32 bytes each, in hexadecimal.
fn to_hex(bytes: &[u8]) -> String {
    let line =
        |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    bytes.chunks(32).map(line).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("two hexadecimal digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[test]
fn files_of_every_version_are_read_and_the_last_is_written() {
    for case in CASES {
        let precision = Precision::try_new(case.precision).unwrap();
        let mut sketch = Sketch::new(Family::HllPlusPlus, precision);
        for value in 0..case.n {
            sketch.insert_hash(Family::HllPlusPlus.hash_u64(value));
        }
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(case.file);
        if must_bless() {
            fs::write(&path, to_hex(&sketch.encode())).unwrap();
        }
        let bytes = from_hex(&fs::read_to_string(&path).unwrap());
        let read = Sketch::decode(Family::HllPlusPlus, &bytes).unwrap();
        assert_eq!(read.form(), case.form, "{}", case.file);
        assert_eq!(read, sketch, "{}", case.file);
        assert_eq!(to_hex(&sketch.encode()), to_hex(&bytes), "{}", case.file);
    }
}

/// Sketches of quantiles: of no value, of zero, of both signs, and of many. Each file by its name and what it is of.
#[test]
fn quantiles_of_every_version_are_read_and_the_last_is_written() {
    let of_many = |n: u32| (0..n).map(|value| f64::from(value * value) / 7.0 - 50.0).collect();
    let cases: [(&str, f64, &[f64], Vec<f64>); 4] = [
        ("quantiles-v1-empty.hex", 0.02, &[], Vec::new()),
        ("quantiles-v1-zero.hex", 0.02, &[30.0, 120.0], vec![0.0; 200]),
        ("quantiles-v1-signs.hex", 0.01, &[0.5], vec![-1e9, -3.25, 0.0, 0.5, 0.5, 1e18]),
        ("quantiles-v1-many.hex", 0.05, &[30.0], of_many(300)),
    ];
    for (file, error, edges, values) in cases {
        let scale = Scale::new(Buckets::try_new(error, edges).unwrap());
        let mut sketch = QuantileSketch::new(&scale);
        values.iter().for_each(|value| sketch.insert(*value).unwrap());
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file);
        if must_bless() {
            fs::write(&path, to_hex(&sketch.encode())).unwrap();
        }
        let bytes = from_hex(&fs::read_to_string(&path).unwrap());
        assert_eq!(QuantileSketch::decode(&scale, &bytes).unwrap(), sketch, "{file}");
        assert_eq!(to_hex(&sketch.encode()), to_hex(&bytes), "{file}");
    }
}

/// Hashes that stored sketches were made of. The expectations are those of the C library, asked through
/// Python's `xxhash` 4.1.0: `xxhash.xxh3_64_intdigest(b"ada")` and so on.
#[test]
fn hashes_stay() {
    assert_eq!(Family::HllPlusPlus.hash_bytes(b""), 0x2d06_8005_38d3_94c2);
    assert_eq!(Family::HllPlusPlus.hash_str("ada"), 0x691d_4463_952c_802f);
    assert_eq!(Family::HllPlusPlus.hash_str(&"x".repeat(300)), 0xa5d1_b460_7dc8_3554);
    assert_eq!(Family::HllPlusPlus.hash_u64(1), 0x2fbc_5935_64db_792e);
    assert_eq!(Family::HllPlusPlus.hash_i64(1), Family::HllPlusPlus.hash_u64(1));
    assert_eq!(Family::HllPlusPlus.hash_i64(-1), 0x5111_c7e4_7d78_4413);
    assert_eq!(Family::HllPlusPlus.hash_f64(1.5), 0x2561_a488_9ff6_3458);
    assert_eq!(Family::HllPlusPlus.hash_bool(true), 0xe12e_f9d2_eb86_ceeb);
    let mut tuple = TupleHasher::new(Family::HllPlusPlus);
    tuple.push_null();
    tuple.push_str("ab");
    assert_eq!(tuple.finish(), 0xfe5e_9586_4669_238a);
}

#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn must_bless() -> bool {
    std::env::var_os("CLIO_UPDATE_EXPECTATIONS").is_some()
}
