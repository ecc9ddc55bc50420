//! Insert, union, estimate and decode, beside the `hyperloglogplus` crate.
//!
//! `cargo bench -p clio-sketch`; a name after `--` selects.

use std::hint::black_box;
use std::time::Duration;

use clio_sketch::{
    Family, GroupedSketches, Precision, ReferenceSketch, Sketch, Union, decode_parts,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const FAMILY: Family = Family::HllPlusPlus;

fn precision() -> Precision {
    Precision::try_new(14).expect("14 is within 4 to 18")
}

fn hashes(from: u64, n: u64) -> Vec<u64> {
    (from..from + n).map(|n| Family::HllPlusPlus.hash_u64(n)).collect()
}

fn sketch(from: u64, n: u64) -> Sketch {
    let mut sketch = Sketch::new(FAMILY, precision());
    sketch.insert_hashes(&hashes(from, n));
    sketch.compact();
    sketch
}

fn reference(from: u64, n: u64) -> ReferenceSketch {
    let mut reference = ReferenceSketch::new(precision());
    for hash in hashes(from, n) {
        reference.insert_hash(hash);
    }
    reference
}

/// Sizes of a sketch: few coupons, the most coupons, registers.
const SIZES: [(&str, u64); 3] = [("100", 100), ("4000", 4000), ("1m", 1_000_000)];

fn insert(c: &mut Criterion) {
    let mut group = c.benchmark_group("insert");
    for (name, n) in SIZES {
        let hashes = hashes(0, n);
        group.throughput(Throughput::Elements(n));
        group.bench_function(format!("ours/{name}"), |b| {
            b.iter(|| {
                let mut sketch = Sketch::new(FAMILY, precision());
                sketch.insert_hashes(black_box(&hashes));
                sketch
            });
        });
        group.bench_function(format!("reference/{name}"), |b| {
            b.iter(|| {
                let mut reference = ReferenceSketch::new(precision());
                for &hash in black_box(&hashes) {
                    reference.insert_hash(hash);
                }
                reference
            });
        });
    }
    group.finish();
}

/// Inserts into many groups, in an order that has nothing to do with memory.
fn insert_grouped(c: &mut Criterion) {
    let mut group = c.benchmark_group("insert_grouped");
    for (name, n_groups) in [("1k_groups", 1000), ("1m_groups", 1_000_000)] {
        let hashes = hashes(0, 2_000_000);
        // Multiplication by a large odd number scatters the rows over the groups.
        let groups: Vec<usize> =
            (0..hashes.len()).map(|row| row.wrapping_mul(0x9e37_79b1) % n_groups).collect();
        group.throughput(Throughput::Elements(2_000_000)).sample_size(10);
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut grouped = GroupedSketches::new(FAMILY, precision());
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

fn union(c: &mut Criterion) {
    let mut group = c.benchmark_group("union");
    for (name, n) in SIZES {
        let (one, other) = (sketch(0, n), sketch(n / 2, n));
        let bytes = [one.encode(), other.encode()];
        let mut scratch = Union::new(FAMILY, precision());
        group.bench_function(format!("sketches/{name}"), |b| {
            b.iter(|| {
                scratch.clear();
                scratch.union(black_box(&one)).expect("one kind");
                scratch.union(black_box(&other)).expect("one kind");
                scratch.is_empty()
            });
        });
        group.bench_function(format!("bytes/{name}"), |b| {
            b.iter(|| {
                scratch.clear();
                for bytes in &bytes {
                    scratch.union_bytes(black_box(bytes)).expect("encoded above");
                }
                scratch.is_empty()
            });
        });
        let (one, other) = (reference(0, n), reference(n / 2, n));
        group.bench_function(format!("reference/{name}"), |b| {
            b.iter_batched_ref(
                || one.clone(),
                |one| one.union(black_box(&other)).expect("one precision"),
                BatchSize::SmallInput,
            );
        });
    }

    // What a query does: many lists of a few coupons each, then one estimate.
    let lists: Vec<Vec<u8>> = (0..1000).map(|i| sketch(i * 30, 50).encode()).collect();
    let mut scratch = Union::new(FAMILY, precision());
    group.bench_function("bytes/1000_of_50", |b| {
        b.iter(|| {
            scratch.clear();
            for bytes in black_box(&lists) {
                scratch.union_bytes(bytes).expect("encoded above");
            }
            scratch.estimate()
        });
    });
    group.finish();
}

fn estimate(c: &mut Criterion) {
    let mut group = c.benchmark_group("estimate");
    for (name, n) in SIZES {
        let sketch = sketch(0, n);
        group.bench_function(format!("ours/{name}"), |b| b.iter(|| black_box(&sketch).estimate()));
        let mut reference = reference(0, n);
        group.bench_function(format!("reference/{name}"), |b| {
            b.iter(|| black_box(&mut reference).count());
        });
    }
    group.finish();
}

fn codec(c: &mut Criterion) {
    let mut group = c.benchmark_group("codec");
    for (name, n) in SIZES {
        let sketch = sketch(0, n);
        let bytes = sketch.encode();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let mut out = Vec::new();
        group.bench_function(format!("encode/{name}"), |b| {
            b.iter(|| {
                out.clear();
                black_box(&sketch).encode_into(&mut out);
            });
        });
        let (mut coupons, mut registers) = (Vec::new(), Vec::new());
        group.bench_function(format!("decode/{name}"), |b| {
            b.iter(|| {
                coupons.clear();
                registers.clear();
                let bytes = black_box(&bytes);
                decode_parts(FAMILY, precision(), bytes, &mut coupons, &mut registers)
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = insert, insert_grouped, union, estimate, codec
}
criterion_main!(benches);
