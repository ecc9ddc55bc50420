//! Equal to the `hyperloglogplus` crate: coupons, registers and, within the stated error, estimates.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

use clio_sketch::{
    Family, Form, Precision, ReferenceSketch, Sketch, decode_parts, relative_standard_error_at,
};
use hyperloglogplus::{HyperLogLog, HyperLogLogPlus};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

const FAMILY: Family = Family::HllPlusPlus;

/// Hands a hash through, as the crate's own wrapper does, and can be written down.
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

    fn write(&mut self, _: &[u8]) {
        unreachable!("a u64 is hashed by write_u64");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// The reference's state, as its serde form shows it.
#[derive(Deserialize)]
struct Written {
    tmpset: Vec<u32>,
    sparse: WrittenSparse,
    registers: Option<WrittenRegisters>,
}

/// Differences of ascending codes as variable-length integers, seven bits a byte, the lowest first.
#[derive(Deserialize)]
struct WrittenSparse {
    buf: Vec<u8>,
}

/// Six bits a register, five to a word.
#[derive(Deserialize)]
struct WrittenRegisters {
    buf: Vec<u32>,
    count: usize,
}

/// Coupons or registers, of either implementation.
#[derive(Debug, PartialEq)]
enum State {
    /// The largest rank of each slot.
    Coupons(BTreeMap<u32, u32>),
    Registers(Vec<u32>),
}

fn of_reference(precision: u8, hashes: &[u64]) -> State {
    let mut reference = HyperLogLogPlus::<u64, _>::new(precision, PassThrough)
        .expect("the reference takes 4 to 18");
    for hash in hashes {
        reference.insert(hash);
    }
    let json = serde_json::to_string(&reference).expect("plain data");
    let written: Written = serde_json::from_str(&json).expect("the fields of 0.4.1");
    if let Some(registers) = written.registers {
        let ranks =
            registers.buf.iter().flat_map(|word| (0..5).map(move |i| (word >> (6 * i)) & 63));
        return State::Registers(ranks.take(registers.count).collect());
    }
    let mut codes = written.tmpset;
    let (mut code, mut difference, mut shift) = (0, 0, 0);
    for byte in written.sparse.buf {
        difference |= u32::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            code += difference;
            codes.push(code);
            (difference, shift) = (0, 0);
        }
    }
    let mut coupons = BTreeMap::new();
    for code in codes {
        // The lowest bit tells whether a rank follows the slot.
        let (slot, rank) =
            if code & 1 == 1 { (code >> 7, (code >> 1) & 63) } else { (code >> 1, 0) };
        let largest = coupons.entry(slot).or_insert(0);
        *largest = rank.max(*largest);
    }
    State::Coupons(coupons)
}

fn of_ours(precision: u8, hashes: &[u64]) -> State {
    let precision = Precision::try_new(precision).expect("4 to 18");
    let mut sketch = Sketch::new(FAMILY, precision);
    sketch.insert_hashes(hashes);
    let (mut coupons, mut registers) = (Vec::new(), Vec::new());
    let bytes = sketch.encode();
    let form = decode_parts(FAMILY, precision, &bytes, &mut coupons, &mut registers);
    match form.expect("encoded above") {
        Form::Registers => State::Registers(registers.into_iter().map(u32::from).collect()),
        Form::Empty | Form::Coupons => {
            State::Coupons(coupons.iter().map(|coupon| (coupon >> 6, coupon & 63)).collect())
        }
    }
}

/// Brings a state into registers, since the two implementations promote at different sizes.
fn registers(precision: u8, state: &State) -> Vec<u32> {
    let coupons = match state {
        State::Registers(registers) => return registers.clone(),
        State::Coupons(coupons) => coupons,
    };
    let mut registers = vec![0; 1 << precision];
    let n_low_bits = 25 - u32::from(precision);
    for (&slot, &rank) in coupons {
        let low = slot % (1 << n_low_bits);
        let rank = if low == 0 { rank + n_low_bits } else { n_low_bits - low.ilog2() };
        let register: &mut u32 = &mut registers[(slot >> n_low_bits) as usize];
        *register = rank.max(*register);
    }
    registers
}

fn random_hashes(seed: u64, n: usize) -> Vec<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| rng.next_u64()).collect()
}

/// Hashes with runs of zeros at every place, which random ones nearly never have.
fn hashes_with_zeros(seed: u64, n: usize) -> Vec<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n)
        .map(|_| {
            let (hash, from, to) = (rng.next_u64(), rng.next_u32() % 64, rng.next_u32() % 64);
            hash & !((u64::MAX >> from) & (u64::MAX << to))
        })
        .collect()
}

#[track_caller]
fn check(precision: u8, hashes: &[u64]) {
    let (reference, ours) = (of_reference(precision, hashes), of_ours(precision, hashes));
    if matches!((&reference, &ours), (State::Coupons(_), State::Coupons(_))) {
        assert_eq!(ours, reference, "precision {precision}, {} hashes", hashes.len());
    }
    assert_eq!(
        registers(precision, &ours),
        registers(precision, &reference),
        "precision {precision}, {} hashes",
        hashes.len()
    );
}

#[test]
fn coupons_and_registers_are_those_of_the_reference() {
    for precision in 4..=18 {
        let max_coupons = 1_usize << (precision - 2);
        let sizes = [
            0,
            1,
            5,
            max_coupons / 3,
            max_coupons,
            max_coupons + 1,
            max_coupons * 2,
            max_coupons * 20,
        ];
        for (seed, n) in sizes.into_iter().enumerate() {
            let n = n.min(400_000);
            check(precision, &random_hashes(seed as u64, n));
            check(precision, &hashes_with_zeros(seed as u64, n));
        }
    }
}

#[test]
fn single_bits_and_extremes() {
    let mut hashes: Vec<u64> = (0..64).map(|bit| 1 << bit).collect();
    hashes.extend((0..64).map(|bit| u64::MAX << bit));
    hashes.extend((0..64).map(|bit| u64::MAX >> bit));
    hashes.push(0);
    for precision in 4..=18 {
        for hash in &hashes {
            check(precision, &[*hash]);
        }
        check(precision, &hashes);
    }
}

/// The estimators differ, so each may be off by its own error; with one set of registers they are off
/// together, hence five of one. A count of coupons is off by a collision or two.
#[test]
fn estimates_agree_within_the_stated_error() {
    for precision in 4..=18 {
        let precision = Precision::try_new(precision).unwrap();
        for (seed, n) in [0, 1, 7, 100, 1000, 20_000, 300_000].into_iter().enumerate() {
            let mut reference = ReferenceSketch::new(precision);
            let mut ours = Sketch::new(FAMILY, precision);
            for hash in random_hashes(100 + seed as u64, n) {
                reference.insert_hash(hash);
                ours.insert_hash(hash);
            }
            let (n, value, count) = (n as f64, ours.estimate().value, reference.count());
            let error = relative_standard_error_at(FAMILY, precision, n);
            // The reference may have gone to registers where ours are still coupons.
            let error_of_either = error.max(precision.relative_standard_error());
            assert!((value - n).abs() <= 5.0 * error * n + 2.0, "{precision} {n}: {value}");
            assert!(
                (value - count).abs() <= 5.0 * error_of_either * n + 2.0,
                "{precision} {n}: {value} {count}"
            );
        }
    }
}

#[test]
fn the_wrapper_counts_as_the_crate_does_and_unites() {
    let precision = Precision::try_new(12).unwrap();
    for n in [10, 1000, 50_000] {
        let hashes = random_hashes(7, n);
        let mut crate_itself = HyperLogLogPlus::<u64, _>::new(12, PassThrough).unwrap();
        let mut halves = [ReferenceSketch::new(precision), ReferenceSketch::new(precision)];
        for (i, hash) in hashes.iter().enumerate() {
            crate_itself.insert(hash);
            halves[i % 2].insert_hash(*hash);
        }
        let [mut one, other] = halves;
        one.union(&other).unwrap();
        assert!((one.count() - crate_itself.count()).abs() <= 1e-6 * n as f64);
    }
    let mut small = ReferenceSketch::new(Precision::MIN);
    assert!(small.union(&ReferenceSketch::new(precision)).is_err());
}
