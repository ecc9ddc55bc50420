//! Writes sketches of Clio's `datasketches` family for other engines to read: `images FILE`.
//!
//! One JSON object a line; `tests/peers/records.py` says what its fields are.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

use base64::prelude::{BASE64_STANDARD, Engine};
use clio_sketch::{Family, HllType, Sketch};
use serde_json::json;

const FAMILY: Family = Family::DataSketches;
const PRECISIONS: [u8; 6] = [4, 8, 12, 14, 17, 21];
/// Nothing, one value, the last list, the first set (or registers), sets, registers with and without zeros.
const NS: [i64; 8] = [0, 1, 7, 8, 100, 1_000, 10_000, 1_000_000];
const TYPES: [(HllType, &str); 3] =
    [(HllType::Hll4, "HLL_4"), (HllType::Hll6, "HLL_6"), (HllType::Hll8, "HLL_8")];

#[expect(
    clippy::disallowed_methods,
    reason = "a program for developers reads its arguments itself"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("give the file to write: images FILE")?;
    let mut out = BufWriter::new(File::create(path)?);
    for precision in PRECISIONS {
        for n in NS {
            let half = n / 2;
            write_types(&mut out, "bigint", &[(0, n)], &of_numbers(precision, 0, n)?)?;
            write_types(&mut out, "string", &[(0, n)], &of_strings(precision, 0, n)?)?;
            let mut united = of_numbers(precision, 0, n)?;
            united.union(&of_numbers(precision, half, half + n)?)?;
            write_types(&mut out, "bigint", &[(0, n), (half, half + n)], &united)?;
        }
    }
    out.flush()?;
    Ok(())
}

fn of_numbers(precision: u8, start: i64, end: i64) -> Result<Sketch, Box<dyn Error>> {
    let mut sketch = Sketch::new(FAMILY, FAMILY.precision(precision)?);
    for number in start..end {
        sketch.insert_hash(FAMILY.hash_i64(number));
    }
    Ok(sketch)
}

fn of_strings(precision: u8, start: i64, end: i64) -> Result<Sketch, Box<dyn Error>> {
    let mut sketch = Sketch::new(FAMILY, FAMILY.precision(precision)?);
    for number in start..end {
        sketch.insert_hash(FAMILY.hash_str(&format!("id-{number}")));
    }
    Ok(sketch)
}

/// Writes a sketch in each type. The other engines differ by type in how they read, not in what they find, so
/// a large one is written once a type for numbers, and otherwise as it is in a lake.
fn write_types(
    out: &mut impl Write,
    values: &str,
    ranges: &[(i64, i64)],
    sketch: &Sketch,
) -> Result<(), Box<dyn Error>> {
    let estimate = sketch.estimate();
    let n = ranges.iter().map(|range| range.1).max().unwrap_or_default();
    for (target, name) in TYPES {
        let is_plain = values == "bigint" && ranges.len() == 1;
        if target != HllType::Hll8 && !is_plain && n > 1_000 {
            continue;
        }
        let record = json!({
            "tool": "clio",
            "version": env!("CARGO_PKG_VERSION"),
            "made": if ranges.len() == 1 { "update" } else { "union" },
            "lg_k": sketch.precision().get(),
            "type": name,
            "values": values,
            "ranges": ranges,
            "n": n,
            "form": "compact",
            "estimate": estimate.value,
            "lower": estimate.lower,
            "upper": estimate.upper,
            "bytes": BASE64_STANDARD.encode(sketch.encode_as(target)?),
        });
        writeln!(out, "{record}")?;
    }
    Ok(())
}
