//! Sketches that other engines wrote: we read each as the sketch that we make of the same values.
//!
//! `tests/peers` made the files (its README says how, and what is in them), with Apache DataSketches in C++
//! and in Java, and with Spark.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use clio_sketch::{Family, Form, Sketch, Union, relative_standard_error_at};
use flate2::read::GzDecoder;
use serde::Deserialize;

const FAMILY: Family = Family::DataSketches;
const FILES: [&str; 3] = ["cpp", "java", "spark"];

/// A sketch that another engine wrote; `tests/peers/records.py` says what the fields are.
#[derive(Deserialize)]
struct Record {
    tool: String,
    lg_k: u8,
    #[serde(rename = "type")]
    target: String,
    values: String,
    /// Ends exclusive.
    ranges: Vec<(i64, i64)>,
    /// How many different values that is.
    n: u32,
    form: String,
    /// The engine's estimate from coupons or registers alone.
    composite: f64,
    bytes: String,
}

impl Record {
    fn name(&self) -> String {
        let Self { tool, lg_k, target, values, ranges, form, .. } = self;
        format!("{tool}, lg_k {lg_k}, {target}, {form}, {values} {ranges:?}")
    }

    fn bytes(&self) -> Vec<u8> {
        BASE64_STANDARD.decode(&self.bytes).expect("base64")
    }

    fn decoded(&self) -> Sketch {
        Sketch::decode(FAMILY, &self.bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", self.name()))
    }

    /// The sketch that we make of the same values: of all ranges, united where they are several.
    fn ours(&self) -> Sketch {
        let mut united = self.ours_of(self.ranges[0]);
        for &range in &self.ranges[1..] {
            united.union(&self.ours_of(range)).expect("the same precision");
        }
        united
    }

    fn ours_of(&self, (start, end): (i64, i64)) -> Sketch {
        let mut sketch = Sketch::new(FAMILY, FAMILY.precision(self.lg_k).expect("4 to 21"));
        for number in start..end {
            sketch.insert_hash(match &*self.values {
                "bigint" => FAMILY.hash_i64(number),
                "string" => FAMILY.hash_str(&format!("id-{number}")),
                other => panic!("unknown values {other}"),
            });
        }
        sketch
    }
}

fn records(file: &str) -> impl Iterator<Item = Record> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/interop");
    let compressed = File::open(folder.join(format!("{file}.jsonl.gz"))).expect("the file");
    let lines = BufReader::new(GzDecoder::new(compressed)).lines();
    lines.map(|line| serde_json::from_str(&line.expect("a line")).expect("a record"))
}

#[test]
fn every_sketch_is_read_as_ours_of_the_same_values() {
    for file in FILES {
        for record in records(file) {
            let (decoded, ours) = (record.decoded(), record.ours());
            assert_eq!(decoded, ours, "{}", record.name());
            assert_eq!(decoded.encode(), ours.encode(), "{}", record.name());
        }
    }
}

/// Both estimates are of the same registers, so most of their error is the same; what is left is how the
/// estimators differ. That is no more than a fifth of the standard error, but for one known factor: theirs
/// divides by 1 + 1.079 / m what it takes from m registers (Flajolet and others, 2007), ours, which is made
/// for many registers, does not.
#[test]
fn estimates_are_theirs() {
    for file in FILES {
        for record in records(file) {
            let sketch = record.decoded();
            let (value, precision) = (sketch.estimate().value, sketch.precision());
            let n = f64::from(record.n);
            let standard_error = n * relative_standard_error_at(FAMILY, precision, n);
            let factor = match sketch.form() {
                Form::Registers => 1.0 + 1.079 / precision.n_registers() as f64,
                Form::Empty | Form::Coupons => 1.0,
            };
            // Spark rounds its own.
            let rounding = if record.tool == "spark" { 0.5 } else { 0.0 };
            let tolerance = 0.2 * standard_error + rounding;
            assert!(
                (record.composite - tolerance..=record.composite * factor + tolerance)
                    .contains(&value),
                "{}: {value} against {}, {tolerance} tolerated",
                record.name(),
                record.composite,
            );
        }
    }
}

/// The sketch of the first range by one engine, united with that of the second by another, is the union that
/// any of them makes.
#[test]
fn unions_across_engines_are_theirs() {
    let stored: Vec<Record> = FILES.iter().flat_map(|file| records(file)).collect();
    let mut n_unions = 0;
    for union in stored.iter().filter(|record| record.ranges.len() == 2) {
        let expected = union.decoded();
        let right = union.ours_of(union.ranges[1]);
        let lefts = stored.iter().filter(|record| {
            record.lg_k == union.lg_k
                && record.values == union.values
                && record.ranges == union.ranges[..1]
        });
        for left in lefts {
            let mut united = Union::new(FAMILY, right.precision());
            united.union_bytes(&left.bytes()).unwrap();
            united.union(&right).unwrap();
            assert_eq!(united.to_sketch(), expected, "{} in {}", left.name(), union.name());
            let mut united = right.clone();
            united.union_bytes(&left.bytes()).unwrap();
            assert_eq!(united.encode(), expected.encode(), "{} in {}", left.name(), union.name());
            n_unions += 1;
        }
    }
    assert!(n_unions > 1_000, "only {n_unions} unions");
}

#[test]
fn the_files_hold_every_type_form_and_mode() {
    let all = ["HLL_4", "HLL_6", "HLL_8"];
    let files = [
        ("cpp", &all[..], &["compact", "updatable"][..]),
        ("java", &all[..], &["compact", "updatable"]),
        ("spark", &["HLL_8"], &["updatable"]),
    ];
    let mut largest = BTreeSet::new();
    for (file, targets, forms) in files {
        let mut found = BTreeSet::new();
        for record in records(file) {
            // The low two bits of the last byte of the preamble.
            let mode = ["list", "set", "registers", "?"][usize::from(record.bytes()[7] & 3)];
            if record.lg_k == 21 && mode == "registers" {
                largest.insert(record.target.clone());
            }
            found.insert((record.target, record.form, mode));
        }
        for target in targets {
            for form in forms {
                for mode in ["list", "set", "registers"] {
                    let wanted = ((*target).to_owned(), (*form).to_owned(), mode);
                    assert!(found.contains(&wanted), "{file} holds no {wanted:?}");
                }
            }
        }
    }
    assert_eq!(largest.iter().map(String::as_str).collect::<Vec<_>>(), all);
}
