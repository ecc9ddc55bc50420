//! Insert, union, estimate and decode at precision 14, beside both reference crates on the same input.
//!
//! `cargo bench -p clio-sketch`; a name after `--` selects. What each reference does in one call does not
//! always compare: `datasketches` keeps the sums that its estimate needs, and pays for them at every insertion
//! and union. So `union_estimate` asks all for the same thing: the union of two sketches and its estimate.

use std::hint::black_box;
use std::time::Duration;

use clio_sketch::{
    Family, GroupedSketches, HllType, Precision, ReferenceSketch, Sketch, Union, decode_parts,
};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use datasketches::hash::value::raw_bytes;
use datasketches::hll::{Coupon, HllSketch, HllUnion};

const PRECISION: u8 = 14;

fn precision() -> Precision {
    Precision::try_new(PRECISION).expect("14 is within 4 to 18")
}

fn hashes(family: Family, from: u64, n: u64) -> Vec<u64> {
    (from..from + n).map(|value| family.hash_u64(value)).collect()
}

fn sketch(family: Family, from: u64, n: u64) -> Sketch {
    let mut sketch = Sketch::new(family, precision());
    sketch.insert_hashes(&hashes(family, from, n));
    sketch.compact();
    sketch
}

fn hyperloglogplus(from: u64, n: u64) -> ReferenceSketch {
    let mut reference = ReferenceSketch::new(precision());
    for hash in hashes(Family::HllPlusPlus, from, n) {
        reference.insert_hash(hash);
    }
    reference
}

fn coupons(from: u64, n: u64) -> Vec<Coupon> {
    let bytes = |value: u64| value.to_le_bytes();
    (from..from + n).map(|value| Coupon::from_value(raw_bytes::from_slice(&bytes(value)))).collect()
}

fn datasketches(from: u64, n: u64) -> HllSketch {
    let mut reference = empty_datasketches();
    coupons(from, n).into_iter().for_each(|coupon| reference.update_with_coupon(coupon));
    reference
}

fn empty_datasketches() -> HllSketch {
    HllSketch::new(PRECISION, datasketches::hll::HllType::Hll8).expect("14 is within 4 to 21")
}

/// Sizes of a sketch: few coupons, many, registers.
const SIZES: [u64; 4] = [100, 1000, 100_000, 1_000_000];

/// Inserts values that are hashed already.
fn insert(c: &mut Criterion) {
    let mut group = c.benchmark_group("insert");
    for n in SIZES {
        group.throughput(Throughput::Elements(n));
        for &family in Family::ALL {
            let hashes = hashes(family, 0, n);
            group.bench_function(BenchmarkId::new(format!("ours {family}"), n), |b| {
                b.iter(|| {
                    let mut sketch = Sketch::new(family, precision());
                    sketch.insert_hashes(black_box(&hashes));
                    sketch
                });
            });
        }
        let hashes = hashes(Family::HllPlusPlus, 0, n);
        group.bench_function(BenchmarkId::new("hyperloglogplus", n), |b| {
            b.iter(|| {
                let mut reference = ReferenceSketch::new(precision());
                black_box(&hashes).iter().for_each(|&hash| reference.insert_hash(hash));
                reference
            });
        });
        let coupons = coupons(0, n);
        group.bench_function(BenchmarkId::new("datasketches", n), |b| {
            b.iter(|| {
                let mut reference = empty_datasketches();
                black_box(&coupons).iter().for_each(|&c| reference.update_with_coupon(c));
                reference
            });
        });
    }
    group.finish();
}

/// Inserts into many groups, in an order that has nothing to do with memory, and half of the rows into one
/// group in a thousand.
fn insert_grouped(c: &mut Criterion) {
    let mut group = c.benchmark_group("insert_grouped");
    let n_rows = 2_000_000;
    for n_groups in [1000, 130_000, 1_300_000] {
        let hashes = hashes(Family::HllPlusPlus, 0, n_rows);
        let groups: Vec<usize> = hashes
            .iter()
            .map(|hash| {
                // Other bits than those that a coupon is made of would be as good; these are mixed again.
                let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                let n = if mixed & 1 == 0 { n_groups } else { n_groups / 1000 };
                (mixed >> 1) as usize % n
            })
            .collect();
        group.throughput(Throughput::Elements(n_rows)).sample_size(10);
        group.bench_function(BenchmarkId::from_parameter(n_groups), |b| {
            b.iter(|| {
                let mut grouped = GroupedSketches::new(Family::HllPlusPlus, precision());
                grouped.resize(n_groups);
                for (groups, hashes) in groups.chunks(8192).zip(hashes.chunks(8192)) {
                    grouped.insert_batch(groups, hashes);
                }
                grouped.size_bytes()
            });
        });
    }
    group.finish();
}

/// Unites two sketches that share half of their values, into one that is thrown away.
fn union(c: &mut Criterion) {
    for with_estimate in [false, true] {
        let mut group = c.benchmark_group(if with_estimate { "union_estimate" } else { "union" });
        for n in SIZES {
            for &family in Family::ALL {
                let (one, other) = (sketch(family, 0, n), sketch(family, n / 2, n));
                group.bench_function(BenchmarkId::new(format!("ours {family}"), n), |b| {
                    b.iter_batched_ref(
                        || one.clone(),
                        |one| {
                            one.union(black_box(&other)).expect("one kind");
                            if with_estimate { one.estimate().value } else { 0.0 }
                        },
                        BatchSize::SmallInput,
                    );
                });
                let mut scratch = Union::new(family, precision());
                group.bench_function(BenchmarkId::new(format!("scratch {family}"), n), |b| {
                    b.iter(|| {
                        scratch.clear();
                        scratch.union(black_box(&one)).expect("one kind");
                        scratch.union(black_box(&other)).expect("one kind");
                        if with_estimate { scratch.estimate().value } else { 0.0 }
                    });
                });
            }
            let (one, other) = (hyperloglogplus(0, n), hyperloglogplus(n / 2, n));
            group.bench_function(BenchmarkId::new("hyperloglogplus", n), |b| {
                b.iter_batched_ref(
                    || one.clone(),
                    |one| {
                        one.union(black_box(&other)).expect("one precision");
                        if with_estimate { one.count() } else { 0.0 }
                    },
                    BatchSize::SmallInput,
                );
            });
            let (one, other) = (datasketches(0, n), datasketches(n / 2, n));
            let mut first = HllUnion::new(PRECISION).expect("14 is within 4 to 21");
            first.update(&one);
            group.bench_function(BenchmarkId::new("datasketches", n), |b| {
                b.iter_batched_ref(
                    || first.clone(),
                    |union| {
                        union.update(black_box(&other));
                        if with_estimate { union.estimate() } else { 0.0 }
                    },
                    BatchSize::SmallInput,
                );
            });
        }
        group.finish();
    }
}

/// What a query does: many lists of a few coupons each, then one estimate.
fn union_many(c: &mut Criterion) {
    let mut group = c.benchmark_group("union_1000_of_50");
    for &family in Family::ALL {
        let lists: Vec<Vec<u8>> = (0..1000).map(|i| sketch(family, i * 30, 50).encode()).collect();
        let mut scratch = Union::new(family, precision());
        group.bench_function(format!("ours {family}"), |b| {
            b.iter(|| {
                scratch.clear();
                for bytes in black_box(&lists) {
                    scratch.union_bytes(bytes).expect("encoded above");
                }
                scratch.estimate()
            });
        });
    }
    let lists: Vec<Vec<u8>> = (0..1000).map(|i| datasketches(i * 30, 50).serialize()).collect();
    group.bench_function("datasketches", |b| {
        b.iter(|| {
            let mut union = HllUnion::new(PRECISION).expect("14 is within 4 to 21");
            for bytes in black_box(&lists) {
                union.update(&HllSketch::deserialize(bytes).expect("serialized above"));
            }
            union.estimate()
        });
    });
    group.finish();
}

fn estimate(c: &mut Criterion) {
    let mut group = c.benchmark_group("estimate");
    for n in SIZES {
        for &family in Family::ALL {
            let sketch = sketch(family, 0, n);
            group.bench_function(BenchmarkId::new(format!("ours {family}"), n), |b| {
                b.iter(|| black_box(&sketch).estimate());
            });
        }
        let mut reference = hyperloglogplus(0, n);
        group.bench_function(BenchmarkId::new("hyperloglogplus", n), |b| {
            b.iter(|| black_box(&mut reference).count());
        });
        let reference = datasketches(0, n);
        group.bench_function(BenchmarkId::new("datasketches, sums at hand", n), |b| {
            b.iter(|| black_box(&reference).composite_estimate());
        });
    }
    group.finish();
}

fn codec(c: &mut Criterion) {
    let mut group = c.benchmark_group("codec");
    for n in SIZES {
        for &family in Family::ALL {
            let sketch = sketch(family, 0, n);
            let bytes = sketch.encode();
            group.throughput(Throughput::Bytes(bytes.len() as u64));
            let mut out = Vec::new();
            group.bench_function(BenchmarkId::new(format!("encode {family}"), n), |b| {
                b.iter(|| {
                    out.clear();
                    black_box(&sketch).encode_into(&mut out);
                });
            });
            let (mut coupons, mut registers) = (Vec::new(), Vec::new());
            group.bench_function(BenchmarkId::new(format!("decode {family}"), n), |b| {
                b.iter(|| {
                    coupons.clear();
                    registers.clear();
                    let bytes = black_box(&bytes);
                    decode_parts(family, precision(), bytes, &mut coupons, &mut registers)
                });
            });
            group.bench_function(BenchmarkId::new(format!("copy {family}"), n), |b| {
                b.iter(|| {
                    registers.clear();
                    registers.extend_from_slice(black_box(&bytes));
                });
            });
        }
        let bytes = datasketches(0, n).serialize();
        group.bench_function(BenchmarkId::new("decode by datasketches", n), |b| {
            b.iter(|| HllSketch::deserialize(black_box(&bytes)));
        });
    }
    // Registers in half a byte and in three quarters of one.
    let sketch = sketch(Family::DataSketches, 0, 1_000_000);
    for (name, target) in [("HLL_4", HllType::Hll4), ("HLL_6", HllType::Hll6)] {
        let bytes = sketch.encode_as(target).expect("the family has types");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let (mut coupons, mut registers) = (Vec::new(), Vec::new());
        group.bench_function(format!("decode {name}"), |b| {
            b.iter(|| {
                registers.clear();
                let (family, bytes) = (Family::DataSketches, black_box(&bytes));
                decode_parts(family, precision(), bytes, &mut coupons, &mut registers)
            });
        });
    }
    group.finish();
}

/// Decodes what does not fit the caches, as a service does that loads a snapshot: 8192 sketches with registers,
/// beside the copy of the same bytes. From the first cache to itself (`codec`) the machine copies faster than it
/// can read, so that there the check costs as much again.
fn load(c: &mut Criterion) {
    const N_SKETCHES: usize = 8192;
    let mut group = c.benchmark_group("load_8192");
    for &family in Family::ALL {
        let bytes = sketch(family, 0, 1_000_000).encode();
        let all = bytes.repeat(N_SKETCHES);
        group.throughput(Throughput::Bytes(all.len() as u64)).sample_size(10);
        let mut registers = vec![0; all.len()];
        let mut coupons = Vec::new();
        group.bench_function(format!("decode {family}"), |b| {
            b.iter(|| {
                registers.clear();
                for bytes in black_box(&all).chunks_exact(bytes.len()) {
                    decode_parts(family, precision(), bytes, &mut coupons, &mut registers)
                        .expect("encoded above");
                }
            });
        });
        group.bench_function(format!("copy {family}"), |b| {
            b.iter(|| {
                registers.clear();
                for bytes in black_box(&all).chunks_exact(bytes.len()) {
                    registers.extend_from_slice(bytes);
                }
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30);
    targets = insert, insert_grouped, union, union_many, estimate, codec, load
}
criterion_main!(benches);
