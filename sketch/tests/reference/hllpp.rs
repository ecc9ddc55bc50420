//! The `hyperloglogplus` crate, and our wrapper of it: its serde form holds what ours hold.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

use clio_sketch::{Family, Precision, ReferenceSketch, Sketch};
use hyperloglogplus::{HyperLogLog, HyperLogLogPlus};
use proptest::prelude::*;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{State, of_ours, precision, random_hashes, trees};

const FAMILY: Family = Family::HllPlusPlus;

type Reference = HyperLogLogPlus<u64, PassThrough>;

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

fn reference(precision: u8) -> Reference {
    HyperLogLogPlus::new(precision, PassThrough).expect("the reference takes 4 to 18")
}

fn of_reference(reference: &Reference) -> State {
    let json = serde_json::to_string(reference).expect("plain data");
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
    State::of_coupons(coupons)
}

/// Brings a state into registers, since the two implementations promote at different sizes.
fn registers(precision: u8, state: &State) -> Vec<u32> {
    let coupons = match state {
        State::Registers(registers) => return registers.clone(),
        State::Coupons(coupons) => coupons,
    };
    let mut registers = vec![0; 1 << precision];
    let n_low_bits = 25 - u32::from(precision);
    for &(slot, rank) in coupons {
        let low = slot % (1 << n_low_bits);
        let rank = if low == 0 { rank + n_low_bits } else { n_low_bits - low.ilog2() };
        let register: &mut u32 = &mut registers[(slot >> n_low_bits) as usize];
        *register = rank.max(*register);
    }
    registers
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

/// Fails unless both hold the same: coupons where both have them, and registers otherwise.
fn compare(precision: u8, ours: &Sketch, reference: &Reference) -> Result<(), TestCaseError> {
    let (reference, ours) = (of_reference(reference), of_ours(ours));
    if matches!((&reference, &ours), (State::Coupons(_), State::Coupons(_))) {
        prop_assert!(ours == reference, "other coupons at precision {precision}");
    }
    let is_same = registers(precision, &ours) == registers(precision, &reference);
    prop_assert!(is_same, "other registers at precision {precision}");
    Ok(())
}

#[track_caller]
fn check(p: u8, hashes: &[u64]) {
    let mut ours = Sketch::new(FAMILY, precision(p));
    ours.insert_hashes(hashes);
    let mut reference = reference(p);
    hashes.iter().for_each(|hash| reference.insert(hash));
    if let Err(error) = compare(p, &ours, &reference) {
        panic!("{error}, {} hashes", hashes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn trees_of_unions_hold_the_same(tree in trees(18)) {
        tree.check(
            FAMILY,
            |p, run| {
                let mut reference = reference(p);
                run.values().for_each(|value| reference.insert(&FAMILY.hash_u64(value)));
                reference
            },
            |one, other| one.merge(other).expect("one precision"),
            compare,
        )?;
    }
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
