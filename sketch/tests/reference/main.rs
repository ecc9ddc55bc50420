//! Equal to the reference crates: coupons and registers always, through whatever tree of unions, and estimates
//! as far as the references' own go.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes, ranks and seeds are small and not negative"
)]

mod datasketches;
mod estimates;
mod hllpp;
mod reader;

use clio_sketch::{Family, Form, Precision, Sketch, decode_parts};
use proptest::prelude::*;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Coupons or registers, of whichever implementation.
#[derive(Debug, PartialEq)]
enum State {
    /// Slots and ranks, sorted.
    Coupons(Vec<(u32, u32)>),
    Registers(Vec<u32>),
}

impl State {
    fn of_coupons(coupons: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut coupons: Vec<_> = coupons.into_iter().collect();
        coupons.sort_unstable();
        Self::Coupons(coupons)
    }
}

/// Returns what is in a sketch of ours, through its bytes.
fn of_ours(sketch: &Sketch) -> State {
    let (mut coupons, mut registers) = (Vec::new(), Vec::new());
    let (family, precision) = (sketch.family(), sketch.precision());
    let form = decode_parts(family, precision, &sketch.encode(), &mut coupons, &mut registers);
    match form.expect("encoded above") {
        Form::Registers => State::Registers(registers.into_iter().map(u32::from).collect()),
        Form::Empty | Form::Coupons => {
            State::of_coupons(coupons.iter().map(|coupon| (coupon >> 6, coupon & 63)))
        }
    }
}

fn precision(p: u8) -> Precision {
    Precision::try_new(p).expect("4 to 21")
}

fn random_hashes(seed: u64, n: usize) -> Vec<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| rng.next_u64()).collect()
}

/// Part of a multiset: so many numbers from `first`, each a few times, `stride` apart.
#[derive(Clone, Debug)]
struct Run {
    first: u64,
    n: u64,
    stride: u64,
    n_times: u64,
}

impl Run {
    /// Each value as often as it is in the multiset, and not in order.
    fn values(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.n * self.n_times).map(|i| self.first + i * 7919 % self.n.max(1) * self.stride)
    }
}

/// A multiset in parts, and the unions that make one of them: each time the first index says which part is
/// added to which other.
#[derive(Clone, Debug)]
struct Tree {
    p: u8,
    runs: Vec<Run>,
    unions: Vec<(prop::sample::Index, prop::sample::Index)>,
}

/// Trees of every precision up to `max_precision`, with parts of every size from nothing to well above the
/// promotion.
fn trees(max_precision: u8) -> impl Strategy<Value = Tree> {
    let run = |p: u8| {
        // The exponent is what is even, and the large sizes of the large precisions are rare.
        let n = (0.0..f64::from(p) + 1.0, 0_u32..8).prop_map(move |(exponent, rarity)| {
            let most = if rarity == 0 { 18.5 } else { 12.0 };
            f64::exp2(exponent.min(most)).round() as u64 - 1
        });
        (n, 0_u64..5000, 1_u64..4, 1_u64..3).prop_map(|(n, first, stride, n_times)| Run {
            first,
            n,
            stride,
            n_times,
        })
    };
    (4..=max_precision).prop_flat_map(move |p| {
        let unions =
            prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 6);
        (prop::collection::vec(run(p), 1..6), unions).prop_map(move |(runs, unions)| Tree {
            p,
            runs,
            unions,
        })
    })
}

impl Tree {
    /// Builds the tree with both implementations, and compares what they hold before and after each union.
    fn check<R>(
        &self,
        family: Family,
        build: impl Fn(u8, &Run) -> R,
        unite: impl Fn(&mut R, &R),
        compare: impl Fn(u8, &Sketch, &R) -> Result<(), TestCaseError>,
    ) -> Result<(), TestCaseError> {
        let mut forest: Vec<(Sketch, R)> = self
            .runs
            .iter()
            .map(|run| {
                let mut ours = Sketch::new(family, precision(self.p));
                run.values().for_each(|value| ours.insert_hash(family.hash_u64(value)));
                (ours, build(self.p, run))
            })
            .collect();
        for (ours, reference) in &forest {
            compare(self.p, ours, reference)?;
        }
        for (from, to) in &self.unions {
            if forest.len() == 1 {
                break;
            }
            let (ours, reference) = forest.swap_remove(from.index(forest.len()));
            let to = to.index(forest.len());
            forest[to].0.union(&ours).expect("one kind");
            unite(&mut forest[to].1, &reference);
            compare(self.p, &forest[to].0, &forest[to].1)?;
        }
        Ok(())
    }
}
