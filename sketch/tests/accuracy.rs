//! The stated error and the stated bounds hold, on fixed seeds. Tolerances come from the statements.

use clio_sketch::{Estimate, Family, Precision, Sketch, relative_standard_error_at};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

const FAMILY: Family = Family::HllPlusPlus;

/// What `N_SKETCHES` sketches of `n` hashes each said.
struct Sample {
    n: f64,
    estimates: Vec<Estimate>,
}

/// Grows `n_sketches` sketches through `sizes`, which ascend.
fn samples(p: u8, n_sketches: u64, sizes: &[usize]) -> Vec<Sample> {
    let precision = Precision::try_new(p).expect("4 to 18");
    let mut samples: Vec<Sample> =
        sizes.iter().map(|&n| Sample { n: n as f64, estimates: Vec::new() }).collect();
    for seed in 0..n_sketches {
        let mut rng = ChaCha8Rng::seed_from_u64(seed << 8 | u64::from(p));
        let mut sketch = Sketch::new(FAMILY, precision);
        let mut n_inserted = 0;
        for (sample, &n) in samples.iter_mut().zip(sizes) {
            let hashes: Vec<u64> = (n_inserted..n).map(|_| rng.next_u64()).collect();
            sketch.insert_hashes(&hashes);
            n_inserted = n;
            sample.estimates.push(sketch.estimate());
        }
    }
    samples
}

/// Sizes from before the promotion to where the error no longer changes.
fn sizes(p: u8) -> Vec<usize> {
    let n_registers = 1_usize << p;
    let quarter = n_registers / 4;
    let mut sizes = vec![quarter / 2, quarter, quarter + quarter / 64 + 1];
    sizes.extend(
        [30, 40, 50, 70, 100, 150, 200, 250, 300, 400, 600, 1000, 2000]
            .map(|t| n_registers * t / 100),
    );
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// The error of the mean square of `n` normal deviates is sqrt(2 / n) of it; half that for the root.
/// Five of those are allowed, beside what the stated error itself is known to be off: it is an upper
/// bound, which is the truth at both ends of the range and up to a fifth too large in the middle.
#[test]
fn the_stated_error_holds() {
    let n_sketches = 400;
    for p in [10, 12, 14] {
        let precision = Precision::try_new(p).expect("4 to 18");
        for sample in samples(p, n_sketches, &sizes(p)) {
            let stated = relative_standard_error_at(FAMILY, precision, sample.n);
            let squares: f64 = sample
                .estimates
                .iter()
                .map(|estimate| (estimate.value / sample.n - 1.0).powi(2))
                .sum();
            let measured = (squares / n_sketches as f64).sqrt();
            let slack = 5.0 * 0.5 * (2.0 / n_sketches as f64).sqrt();
            if sample.n <= (precision.n_registers() / 4) as f64 {
                // Collisions are so few that their spread is not known well from the sample, but all are below
                // the quantile of one in a million.
                assert!(measured <= 5.0 * stated, "{p} {}: {measured} {stated}", sample.n);
            } else {
                let share = measured / stated;
                assert!(share <= 1.0 + slack, "{p} {}: {measured} {stated}", sample.n);
                assert!(share >= 0.8 - slack, "{p} {}: {measured} {stated}", sample.n);
            }
        }
    }
}

/// 94 % of the bounds hold the truth, at every size: less five standard deviations of such a share at a
/// single size, less none over all sizes together.
#[test]
fn the_bounds_cover() {
    for (p, n_sketches) in [(4, 2000), (7, 2000), (10, 1000), (12, 500), (14, 300)] {
        let (mut n_covered_of_all, mut n_of_all) = (0, 0);
        for sample in samples(p, n_sketches, &sizes(p)) {
            let n_covered = sample
                .estimates
                .iter()
                .filter(|estimate| estimate.lower <= sample.n && sample.n <= estimate.upper)
                .count();
            let share = n_covered as f64 / n_sketches as f64;
            let deviation = (0.94 * 0.06 / n_sketches as f64).sqrt();
            assert!(share >= 0.94 - 5.0 * deviation, "{p} {}: {share}", sample.n);
            n_covered_of_all += n_covered;
            n_of_all += sample.estimates.len();
        }
        let share = n_covered_of_all as f64 / n_of_all as f64;
        assert!(share >= 0.94, "{p}: {share}");
    }
}

/// The largest coupon lists, where some 64 collisions are expected.
#[test]
fn the_bounds_of_long_coupon_lists_cover() {
    let n_sketches = 300;
    for sample in samples(18, n_sketches, &[1000, 10_000, 65_400]) {
        let n_covered = sample
            .estimates
            .iter()
            .filter(|estimate| estimate.lower <= sample.n && sample.n <= estimate.upper)
            .count();
        let share = n_covered as f64 / n_sketches as f64;
        assert!(share >= 0.94, "{}: {share}", sample.n);
        for estimate in &sample.estimates {
            assert!((estimate.value - sample.n).abs() <= 5.0 * 8.0, "{estimate:?}");
        }
    }
}

/// What dashboards show most: small numbers are whole and called exact, and what is not is never
/// called so.
#[test]
fn small_counts_are_exact() {
    for p in [4, 14, 18] {
        for n in 0..=20 {
            let [sample] = &samples(p, 1, &[n])[..] else { unreachable!("one size, one sample") };
            let estimate = sample.estimates[0];
            let is_small = n <= 8 && n <= (1 << p) / 4;
            assert_eq!(estimate.exact, is_small, "{p} {n}");
            if is_small {
                assert_eq!(estimate, Estimate::exact(n as u64));
            } else {
                assert!(estimate.lower < estimate.upper, "{p} {n}");
            }
        }
    }
}
