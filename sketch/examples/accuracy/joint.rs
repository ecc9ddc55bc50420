//! How well two sketches tell what they have in common.

use clio_sketch::{Estimate, Family, Joint, Precision, Sketch};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Values in the left sketch alone, in the right one alone, and in both: sets of equal size with a hundredth, a tenth and
/// half in common; a small one among a large one, in part and as a whole; sets that are apart.
const SIZES: [[u32; 3]; 8] = [
    [300_000, 300_000, 3_000],
    [100_000, 100_000, 10_000],
    [100_000, 100_000, 100_000],
    [100_000, 30_000, 20_000],
    [500_000, 20_000, 2_000],
    [500_000, 500, 500],
    [300_000, 0, 20_000],
    [300_000, 300_000, 0],
];

/// What one number was: how often its bounds held it, and how far it was off.
#[derive(Clone, Copy, Default)]
struct Told {
    n_held: f64,
    squared_error: f64,
    half_width: f64,
}

impl Told {
    fn add(&mut self, estimate: Estimate, truth: f64) {
        let slack = 1e-12 * truth;
        let is_held = estimate.lower <= truth + slack && truth <= estimate.upper + slack;
        self.n_held += f64::from(u8::from(is_held));
        self.squared_error += (estimate.value - truth).powi(2);
        self.half_width += (estimate.upper - estimate.lower) / 2.0;
    }
}

/// Prints shares and errors of `n_pairs` pairs of each size.
pub(crate) fn print(n_pairs: u64) {
    println!("joint estimates: of the values in both, and held of the other numbers");
    println!(
        "| precision | left | right | both | held | error | half of the bounds | held left | right | Jaccard |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for precision in [12, 14].map(|p| Precision::try_new(p).expect("4 to 18")) {
        for sizes in SIZES {
            let told = measure(precision, sizes, n_pairs);
            let n = n_pairs as f64;
            let held = told.map(|told| 100.0 * told.n_held / n);
            let [left, right, both] = sizes;
            println!(
                "| {precision} | {left} | {right} | {both} | {:.1} % | {:.0} | {:.0} | {:.1} % | {:.1} % | {:.1} % |",
                held[2],
                (told[2].squared_error / n).sqrt(),
                told[2].half_width / n,
                held[0],
                held[1],
                held[3],
            );
        }
    }
    println!();
}

fn measure(precision: Precision, sizes: [u32; 3], n_pairs: u64) -> [Told; 4] {
    let [left, right, both] = sizes.map(f64::from);
    let truths = [left, right, both, both / (left + right + both)];
    let mut told = [Told::default(); 4];
    for seed in 0..n_pairs {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let empty = || Sketch::new(Family::HllPlusPlus, precision);
        let (mut left, mut right) = (empty(), empty());
        (0..sizes[0]).for_each(|_| left.insert_hash(rng.next_u64()));
        (0..sizes[1]).for_each(|_| right.insert_hash(rng.next_u64()));
        for _ in 0..sizes[2] {
            let hash = rng.next_u64();
            left.insert_hash(hash);
            right.insert_hash(hash);
        }
        let joint = Joint::of(&left, &right).expect("of one kind");
        let found = [joint.left_only, joint.right_only, joint.both, joint.jaccard];
        for ((told, estimate), truth) in told.iter_mut().zip(found).zip(truths) {
            told.add(estimate, truth);
        }
    }
    told
}
