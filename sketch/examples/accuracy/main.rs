//! How well estimates and bounds do, over the whole range: figures on standard output, curves in
//! `sketch/accuracy/*.svg`. `make accuracy` runs it.
//!
//! `cargo run --release -p clio-sketch --example accuracy -- [SKETCHES [FOLDER]]`: 400 sketches of each family and
//! precision unless another number is given.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes and numbers of threads are small and not negative"
)]

mod bytes;
mod chart;
mod joint;

use std::path::PathBuf;
use std::time::Instant;

use clio_sketch::{Family, Precision, ReferenceSketch, Sketch, relative_standard_error_at};
use datasketches::hll::HllSketch;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

const PRECISIONS: [u8; 3] = [12, 14, 17];
const LARGEST: f64 = 1e7;
const N_SIZES_A_DECADE: i32 = 8;

/// What many sketches of `n` values said. Errors are fractions of `n`.
#[derive(Clone, Debug, Default)]
struct Point {
    n: u64,
    n_sketches: f64,
    error: f64,
    squared_error: f64,
    n_covered: f64,
    error_of_reference: f64,
    squared_error_of_reference: f64,
}

impl Point {
    fn add(&mut self, other: &Self) {
        self.n = other.n;
        self.n_sketches += other.n_sketches;
        self.error += other.error;
        self.squared_error += other.squared_error;
        self.n_covered += other.n_covered;
        self.error_of_reference += other.error_of_reference;
        self.squared_error_of_reference += other.squared_error_of_reference;
    }
}

/// The points of one family and precision, and what they are measured by.
struct Curve {
    precision: Precision,
    /// The standard error of registers, 1.04 / √m: the unit of the curves.
    unit: f64,
    points: Vec<Point>,
    /// For each point the error that is stated at its size.
    stated: Vec<f64>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program for developers reads its arguments itself"
)]
fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let n_sketches = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(400);
    let folder = arguments
        .next()
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("accuracy"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let begin = Instant::now();
    for &family in Family::ALL {
        let mut curves = Vec::new();
        for p in PRECISIONS {
            let precision = family.precision(p).expect("every family has 12 to 17");
            let curve = measure(family, precision, n_sketches);
            print(family, &curve);
            curves.push(curve);
        }
        let name = if family == Family::HllPlusPlus { "hllpp" } else { family.name() };
        std::fs::write(folder.join(format!("{name}.svg")), chart::draw(family, &curves))?;
    }
    bytes::print();
    joint::print(n_sketches);
    println!("{n_sketches} sketches of each: {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}

/// Grows the sketches on all cores.
fn measure(family: Family, precision: Precision, n_sketches: u64) -> Curve {
    let sizes = sizes();
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let mut points = vec![Point::default(); sizes.len()];
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads)
            .map(|thread| {
                let sizes = &sizes;
                scope.spawn(move || {
                    let mut points = vec![Point::default(); sizes.len()];
                    for seed in (thread..n_sketches).step_by(n_threads as usize) {
                        for (point, found) in
                            points.iter_mut().zip(grow(family, precision, seed, sizes))
                        {
                            point.add(&found);
                        }
                    }
                    points
                })
            })
            .collect();
        for thread in threads {
            for (point, found) in points.iter_mut().zip(thread.join().expect("no panic")) {
                point.add(&found);
            }
        }
    });
    let stated = points
        .iter()
        .map(|point| relative_standard_error_at(family, precision, point.n as f64))
        .collect();
    Curve { precision, unit: precision.relative_standard_error(), points, stated }
}

/// One sketch through all sizes.
fn grow(family: Family, precision: Precision, seed: u64, sizes: &[u64]) -> Vec<Point> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed << 8 | u64::from(precision.get()));
    let mut sketch = Sketch::new(family, precision);
    let mut reference = (family == Family::HllPlusPlus).then(|| ReferenceSketch::new(precision));
    let (mut n_inserted, mut hashes) = (0, Vec::new());
    let mut points = Vec::new();
    for &n in sizes {
        while n_inserted < n {
            let n_next = (n - n_inserted).min(4096);
            hashes.clear();
            hashes.extend((0..n_next).map(|_| random_hash(&mut rng, family)));
            sketch.insert_hashes(&hashes);
            if let Some(reference) = &mut reference {
                hashes.iter().for_each(|&hash| reference.insert_hash(hash));
            }
            n_inserted += n_next;
        }
        let estimate = sketch.estimate();
        let count = match &mut reference {
            Some(reference) => reference.count(),
            // The crate reads our bytes, and what it makes of them does not depend on who wrote them.
            None => HllSketch::deserialize(&sketch.encode())
                .expect("as the libraries write it")
                .composite_estimate(),
        };
        let error = estimate.value / n as f64 - 1.0;
        let error_of_reference = count / n as f64 - 1.0;
        let is_covered = estimate.lower <= n as f64 && n as f64 <= estimate.upper;
        points.push(Point {
            n,
            n_sketches: 1.0,
            error,
            squared_error: error.powi(2),
            n_covered: f64::from(u8::from(is_covered)),
            error_of_reference,
            squared_error_of_reference: error_of_reference.powi(2),
        });
    }
    points
}

/// A hash as a random value's would be: of `datasketches`, a slot in the bits that it is read from, and a rank.
fn random_hash(rng: &mut ChaCha8Rng, family: Family) -> u64 {
    let hash = rng.next_u64();
    if family == Family::DataSketches {
        let rank = 1 + rng.next_u64().leading_zeros().min(62);
        return hash >> 6 << 6 | u64::from(rank);
    }
    hash
}

fn sizes() -> Vec<u64> {
    let n_sizes = N_SIZES_A_DECADE * LARGEST.log10() as i32;
    let size = |i| 10_f64.powf(f64::from(i) / f64::from(N_SIZES_A_DECADE)).round() as u64;
    let mut sizes: Vec<u64> = (0..=n_sizes).map(size).collect();
    sizes.dedup();
    sizes
}

fn print(family: Family, curve: &Curve) {
    println!(
        "{family}, precision {}: in units of 1.04 / √m = {:.3} %",
        curve.precision,
        100.0 * curve.unit
    );
    println!(
        "| values | stated | error | reference's | bias | noise of it | reference's | covered |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let (mut squares, mut largest, mut n_points) = (0.0, 0.0_f64, 0.0);
    let (mut n_covered, mut n_all) = (0.0, 0.0);
    for (i, (point, stated)) in curve.points.iter().zip(&curve.stated).enumerate() {
        let n = point.n_sketches;
        let root = |squares: f64| (squares / n).sqrt() / curve.unit;
        if i % 4 == 0 {
            println!(
                "| {} | {:.3} | {:.3} | {:.3} | {:+.3} | {:.3} | {:+.3} | {:.1} % |",
                point.n,
                stated / curve.unit,
                root(point.squared_error),
                root(point.squared_error_of_reference),
                point.error / n / curve.unit,
                root(point.squared_error) / n.sqrt(),
                point.error_of_reference / n / curve.unit,
                100.0 * point.n_covered / n,
            );
        }
        // Coupons have next to no error, and their bounds nearly always hold.
        if *stated > 0.1 * curve.unit {
            let share = point.squared_error / n / stated.powi(2);
            squares += share;
            largest = largest.max(share.sqrt());
            n_points += 1.0;
            n_covered += point.n_covered;
            n_all += n;
        }
    }
    println!(
        "registers, all sizes: error {:.3} times the stated, at a single size up to {largest:.3}; covered {:.2} %\n",
        f64::sqrt(squares / n_points),
        100.0 * n_covered / n_all
    );
}
