//! How long it takes to estimate unions of sketches in memory: by a [`Union`], and by a [`UnionEstimator`].
//!
//! ```console
//! cargo run --release -p clio-sketch --example unions
//! ```
//!
//! 300,000 lists of coupons lie one behind the other, some 40 each, as the cells of a large lake do; groups take them in turn, or by
//! runs. One thread; of several rounds the one that had a core for the shortest time, which others on the machine disturb least.
#![expect(clippy::print_stdout, reason = "the figures are the purpose")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use clio_sketch::{Family, Parts, Precision, Sketch, Union, UnionEstimator, decode_parts};

const N_LISTS: usize = 300_000;
const N_ROUNDS: usize = 15;
/// Lists that are looked up together, as serving does.
const N_AT_ONCE: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let (family, precision) = (Family::HllPlusPlus, Precision::try_new(14)?);
    let (mut coupons, mut ends, mut state) = (Vec::new(), vec![0], 1_u64);
    for _ in 0..N_LISTS {
        let mut sketch = Sketch::new(family, precision);
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        for _ in 0..20 + next() % 41 {
            sketch.insert_hash(family.hash_u64(next() % 5_000_000));
        }
        decode_parts(family, precision, &sketch.encode(), &mut coupons, &mut Vec::new())?;
        ends.push(coupons.len());
    }
    let list = |at: usize| &coupons[ends[at]..ends[at + 1]];
    println!("{} coupons in {N_LISTS} lists", coupons.len());
    println!("{:>8} {:>8} {:>12} {:>12} {:>8}", "groups", "taken", "union", "estimator", "ratio");
    for (n_groups, is_by_runs) in
        [(4, false), (40, false), (160, false), (2_000, true), (2_000, false), (80_000, true)]
    {
        let of_group = |group: usize| {
            let n = N_LISTS / n_groups;
            (0..n).map(move |at| if is_by_runs { group * n + at } else { at * n_groups + group })
        };
        let mut union = Union::new(family, precision);
        let united = fastest(|| {
            (0..n_groups)
                .map(|group| {
                    union.clear();
                    of_group(group).for_each(|at| union.union_coupons(list(at)));
                    union.estimate().value
                })
                .sum()
        });
        let mut estimator = UnionEstimator::new(family, precision);
        let mut parts = Vec::new();
        let estimated = fastest(|| {
            (0..n_groups)
                .map(|group| {
                    let lists: Vec<usize> = of_group(group).collect();
                    if lists.len() > N_AT_ONCE {
                        estimator.start();
                    }
                    for some in lists.chunks(N_AT_ONCE) {
                        parts.clear();
                        let mut touched = 0;
                        for at in some {
                            let list = list(*at);
                            list.iter().step_by(16).for_each(|coupon| touched ^= coupon);
                            parts.push(Parts::Coupons(list));
                        }
                        black_box(touched);
                        if lists.len() <= N_AT_ONCE {
                            return estimator.estimate(&parts).value;
                        }
                        estimator.raise(&parts);
                    }
                    estimator.estimate_raised().map_or(0.0, |estimate| estimate.value)
                })
                .sum()
        });
        if united.1.to_bits() != estimated.1.to_bits() {
            return Err("the two say something different".into());
        }
        let per_coupon = |time: f64| time * 1e9 / coupons.len() as f64;
        println!(
            "{n_groups:>8} {:>8} {:>9.2} ns {:>9.2} ns {:>8.2}",
            if is_by_runs { "by runs" } else { "in turn" },
            per_coupon(united.0),
            per_coupon(estimated.0),
            united.0 / estimated.0
        );
    }
    Ok(())
}

/// The fewest seconds that some work took, and what came of it.
fn fastest(mut work: impl FnMut() -> f64) -> (f64, f64) {
    let mut best = (f64::INFINITY, 0.0);
    for _ in 0..N_ROUNDS {
        let (started, on_core) = (Instant::now(), seconds_on_core());
        let result = work();
        let elapsed = started.elapsed().as_secs_f64();
        let on_core = seconds_on_core().zip(on_core).map(|(end, start)| end - start);
        best = (best.0.min(on_core.unwrap_or(elapsed)), result);
    }
    best
}

/// How long this thread has had a core, where the system tells.
fn seconds_on_core() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}
