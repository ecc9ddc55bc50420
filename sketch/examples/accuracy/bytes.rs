//! How many bytes a sketch takes, beside what the reference crates write.

use std::hash::{BuildHasher, Hasher};

use clio_sketch::{Family, HllType, Precision, Sketch};
use datasketches::hash::value::raw_bytes;
use datasketches::hll::{HllSketch, HllType as ReferenceType};
use hyperloglogplus::{HyperLogLog, HyperLogLogPlus};
use serde::Serialize;

const SIZES: [u64; 7] = [1, 10, 20, 100, 1000, 4096, 100_000];

/// Hands hashes through, and can be written down, as the crate's serde form asks.
#[derive(Serialize)]
struct PassThrough;

impl BuildHasher for PassThrough {
    type Hasher = PassThroughHasher;

    fn build_hasher(&self) -> PassThroughHasher {
        PassThroughHasher(0)
    }
}

struct PassThroughHasher(u64);

impl Hasher for PassThroughHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

fn precision() -> Precision {
    Precision::try_new(14).expect("14 is within 4 to 21")
}

fn ours(family: Family, n: u64) -> Sketch {
    let mut sketch = Sketch::new(family, precision());
    (0..n).for_each(|value| sketch.insert_hash(family.hash_u64(value)));
    sketch
}

/// Prints the tables.
pub(crate) fn print() {
    println!("bytes at precision 14");
    println!(
        "| values | `hll++` | a value | `hyperloglogplus`, JSON | `datasketches` | HLL_4 | HLL_6 | the crate's HLL_8 | its HLL_4 |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for n in SIZES {
        let hllpp = ours(Family::HllPlusPlus, n).encode().len();
        let mut reference =
            HyperLogLogPlus::<u64, _>::new(14, PassThrough).expect("14 is within 4 to 18");
        (0..n).for_each(|value| reference.insert(&Family::HllPlusPlus.hash_u64(value)));
        // A count merges what is pending into the compressed list, which is the crate's shortest form.
        let _ = reference.count();
        let json = serde_json::to_vec(&reference).map_or(0, |json| json.len());
        let sketch = ours(Family::DataSketches, n);
        let [four, six, eight] =
            HllType::ALL.map(|target| sketch.encode_as(target).map_or(0, |bytes| bytes.len()));
        let [reference_four, reference_eight] =
            [ReferenceType::Hll4, ReferenceType::Hll8].map(|target| {
                let mut reference = HllSketch::new(14, target).expect("14 is within 4 to 21");
                (0..n).for_each(|value| {
                    reference.update(raw_bytes::from_slice(&value.to_le_bytes()));
                });
                reference.serialize().len()
            });
        println!(
            "| {n} | {hllpp} | {:.2} | {json} | {eight} | {four} | {six} | {reference_eight} | {reference_four} |",
            hllpp as f64 / n as f64
        );
    }
    let first = (1..4096).find(|&n| {
        (n..n + 200).all(|n| 2 * ours(Family::HllPlusPlus, n).encode().len() as u64 <= 5 * n)
    });
    let possible = (21..=4096).find(|&n| bytes_of_information(n) <= 2.5);
    println!(
        "2.5 bytes a value or less from {} values on; log2 C(2^25, n) is {:.2} bytes a value at 21 and 2.5 at {}\n",
        first.unwrap_or(4096),
        bytes_of_information(21),
        possible.unwrap_or(4096)
    );
}

/// log2 C(2^25, n) / 8 n: no code of n slots takes less on the average.
fn bytes_of_information(n: u64) -> f64 {
    let n_slots = f64::from(1 << 25);
    let bits: f64 = (0..n).map(|i| ((n_slots - i as f64) / (i as f64 + 1.0)).log2()).sum();
    bits / 8.0 / n as f64
}
