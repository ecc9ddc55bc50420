//! How often verdicts are wrong, and how often they find real differences, in simulated worlds at which somebody looks
//! every morning.
//!
//! `cargo test` runs a short form, `make accuracy` many worlds of each kind (`CLIO_TEST_WORLDS`); its figures are in
//! `docs/verdicts.md`.

#![expect(clippy::print_stdout, reason = "figures for people, who ask for them with `--nocapture`")]

use clio_proto::VerdictWord;

use super::worlds::{N_DAYS, Numbers, RATE, World, live};
use super::*;

pub(super) const SEED: u64 = 20_261_128;

/// The number of worlds of each kind.
#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn n_worlds(short: u64) -> u64 {
    std::env::var("CLIO_TEST_WORLDS").map_or(short, |number| number.parse().unwrap())
}

/// The verdicts at any look of thirty, over worlds of one kind.
#[derive(Debug, Default)]
struct Said {
    n_worlds: u64,
    /// Higher or lower, without reserve.
    n_sure: u64,
    /// Those and the ones with "probably".
    n_probably: u64,
    /// By two standard errors of the pooled rates, as if each look were the only one.
    n_by_wilson: u64,
    /// Without the variance of returning people, and without counting.
    half_widths: f64,
}

fn said(world: &World, n_worlds: u64, seed: u64) -> Said {
    let mut said = Said { n_worlds, ..Said::default() };
    for at in 0..n_worlds {
        let mut numbers = Numbers(seed.wrapping_add(at.wrapping_mul(0x1234_5678_9abc_def1)));
        let (mut is_sure, mut is_probable, mut is_by_wilson) = (false, false, false);
        live(world, &mut numbers, |day, sample| {
            let judged = judge(&[sample], 0.05)[0];
            is_sure |= matches!(judged.word, VerdictWord::Higher | VerdictWord::Lower);
            is_probable |=
                matches!(judged.word, VerdictWord::ProbablyHigher | VerdictWord::ProbablyLower);
            let (difference, half) = by_wilson(sample);
            is_by_wilson |= difference.abs() > half;
            if day == N_DAYS {
                said.half_widths += judged.half_width.unwrap_or(1.0) / judged.other;
            }
        });
        said.n_sure += u64::from(is_sure);
        said.n_probably += u64::from(is_sure || is_probable);
        said.n_by_wilson += u64::from(is_by_wilson);
    }
    said
}

/// The verdict of one look at the pooled rates of person-days, by Wilson's intervals of both (Newcombe, "Interval
/// estimation for the difference between independent proportions", 1998): the difference, and how far it may be from 0 by
/// chance.
pub(super) fn by_wilson(sample: &Sample) -> (f64, f64) {
    let of = |side: &dyn Fn(&Day) -> Rate| {
        let people: f64 = sample.days.iter().map(|day| side(day).people).sum();
        let played: f64 = sample.days.iter().map(|day| side(day).people * side(day).rate).sum();
        (played / people, wilson(played / people, people))
    };
    let ((own, of_own), (other, of_other)) = (of(&|day| day.own), of(&|day| day.other));
    let half = match own > other {
        true => (own - of_own.0).hypot(of_other.1 - other),
        false => (of_own.1 - own).hypot(other - of_other.0),
    };
    (own - other, half)
}

fn print(world: &World, said: &Said) {
    let percent = |n: u64| 100.0 * n as f64 / said.n_worlds as f64;
    println!(
        "{:<26} {:>6} a day, {:<12} {} worlds: {:>5.1} % told, {:>5.1} % told or probably, {:>5.1} % by Wilson at every look; \
         half-width on day {N_DAYS} {:.1} %",
        world.name,
        world.people,
        world.precision.map_or_else(|| "exact".to_owned(), |own| format!("precision {own}")),
        said.n_worlds,
        percent(said.n_sure),
        percent(said.n_probably),
        percent(said.n_by_wilson),
        100.0 * said.half_widths / said.n_worlds as f64,
    );
}

#[test]
fn without_a_difference_none_is_told() {
    let n_worlds = n_worlds(3);
    println!("without a true difference, seed {SEED}");
    let mut all = Said::default();
    let dense = World { people: 20_000.0, precision: Some(14), ..World::PLAIN };
    let mut worlds = World::all();
    worlds.push(World {
        precision: Some(12),
        name: "shared, by sketches",
        is_shared: true,
        ..World::PLAIN
    });
    if n_worlds >= 100 {
        let with = |own: World| World { people: dense.people, precision: dense.precision, ..own };
        worlds.extend(World::all().into_iter().map(with));
    }
    for world in worlds {
        let said = said(&world, n_worlds, SEED);
        print(&world, &said);
        // Of many worlds of one kind 5 % may be wrong; with a few worlds, the total over all kinds tells more.
        assert!(said.n_sure as f64 <= 0.05 * said.n_worlds as f64, "{world:?} {said:?}");
        all.n_worlds += said.n_worlds;
        all.n_probably += said.n_probably;
        all.n_by_wilson += said.n_by_wilson;
    }
    assert!(all.n_probably as f64 <= 0.2 * all.n_worlds as f64, "{all:?}");
    // The same looks without any of this, to show why it is needed.
    assert!(all.n_by_wilson as f64 > 0.3 * all.n_worlds as f64, "{all:?}");
}

#[test]
fn a_difference_is_told() {
    let n_worlds = n_worlds(3);
    println!("with a lift, seed {SEED}");
    let mut lifts =
        vec![(0.2, World::PLAIN), (0.2, World { is_shared: true, name: "shared", ..World::PLAIN })];
    if n_worlds >= 100 {
        let dense = World { people: 20_000.0, precision: Some(14), ..World::PLAIN };
        lifts.extend([0.05, 0.1, 0.15].map(|lift| (lift, World::PLAIN)));
        lifts.extend([0.05, 0.1, 0.15, 0.2].map(|lift| (lift, dense)));
    }
    for (lift, plain) in lifts {
        let world = World { lift, ..plain };
        let said = said(&world, n_worlds, SEED + 1);
        print!("lift {:>3.0} %: ", lift * 100.0);
        print(&world, &said);
        let is_large = lift >= 0.2;
        assert!(!is_large || said.n_sure as f64 >= 0.9 * n_worlds as f64, "{world:?} {said:?}");
    }
}

/// Of twelve rows four differ; verdicts on the other eight are false.
#[test]
fn false_discoveries_are_few() {
    let n_worlds = n_worlds(2);
    let (mut n_false, mut n_told, mut share) = (0, 0, 0.0);
    for at in 0..n_worlds {
        let mut looks: Vec<Vec<Sample>> = vec![Vec::new(); N_DAYS];
        for row in 0..12_u64 {
            let lift = if row < 4 { 0.25 } else { 0.0 };
            let world = World { people: 1_000.0, lift, ..World::PLAIN };
            let seed = SEED ^ (at * 100 + row).wrapping_mul(0xdead_beef_cafe_f00d);
            live(&world, &mut Numbers(seed), |day, sample| looks[day - 1].push(sample.clone()));
        }
        // The worst look of all, at which somebody stops who wishes to find something.
        let mut worst = 0.0_f64;
        for samples in &looks {
            let judged = judge(&samples.iter().collect::<Vec<_>>(), 0.05);
            let is_told =
                |own: &Judged| matches!(own.word, VerdictWord::Higher | VerdictWord::Lower);
            let told: Vec<usize> = (0..judged.len()).filter(|row| is_told(&judged[*row])).collect();
            let of_none = told.iter().filter(|row| **row >= 4).count();
            (n_false, n_told) = (n_false + of_none, n_told + told.len());
            worst = worst.max(of_none as f64 / told.len().max(1) as f64);
        }
        share += worst / n_worlds as f64;
    }
    println!(
        "twelve rows, four with a lift of 25 %, {n_worlds} worlds, seed {SEED}: {n_false} of {n_told} told at some look are false; at \
         the worst look {:.2} % on average",
        share * 100.0
    );
    assert!(n_told > 0 && share <= 0.1, "{share}");
}

fn ln_choose(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

/// The probability that an interval contains a rate, over all numbers of people who play, without counting.
fn coverage(n: u32, rate: f64) -> f64 {
    let holds = |k: &u32| {
        let (lower, upper) = wilson(f64::from(*k) / f64::from(n), f64::from(n));
        lower <= rate && rate <= upper
    };
    let chance = |k: u32| {
        let (k, n) = (f64::from(k), f64::from(n));
        (ln_choose(n, k) + k * rate.ln() + (n - k) * (1.0 - rate).ln()).exp()
    };
    (0..=n).filter(holds).map(chance).sum()
}

#[test]
fn intervals_of_rates_hold() {
    let rates: Vec<f64> = (1..200).map(|at| f64::from(at) / 200.0).collect();
    for n in [5, 10, 20, 50, 100, 300] {
        let mean = rates.iter().map(|rate| coverage(n, *rate)).sum::<f64>() / rates.len() as f64;
        let usual = (20..=500).map(|at| coverage(n, f64::from(at) / 1_000.0));
        let least = usual.fold(1.0, f64::min);
        println!(
            "Wilson, {n} people: {:.1} % on average, {:.1} % at the least from 0.02 to 0.5",
            mean * 100.0,
            least * 100.0
        );
        assert!((0.94..=0.97).contains(&mean), "{n}: {mean}");
        assert!(n < 10 || least >= 0.88, "{n}: {least}");
    }
}

/// With counting errors of half, as large as, and twice as large as sampling errors; for few people at most half, which
/// is far more than the errors of sketches.
#[test]
fn combined_intervals_hold() {
    let n_draws = 200 * n_worlds(2);
    let mut numbers = Numbers(SEED);
    for (n, ratios) in
        [(5_u32, &[0.5][..]), (10, &[0.5]), (100, &[0.5, 1.0]), (1_000, &[0.5, 1.0, 2.0])]
    {
        for ratio in ratios {
            let (mut n_held, mut n_all, mut least) = (0.0, 0.0, 1.0_f64);
            for rate in [0.02, 0.05, 0.1, RATE, 0.3, 0.5, 0.8] {
                let people = f64::from(n);
                let counting = ratio * (rate * (1.0 - rate) / people).sqrt();
                let mut n_of_rate = 0.0;
                for _ in 0..n_draws {
                    let played = (0..n).filter(|_| numbers.unit() < rate).count() as f64;
                    let found = played / people + counting * numbers.normal();
                    let (lower, upper) =
                        combined(found.clamp(0.0, 1.0), people, counting * counting);
                    n_of_rate += f64::from(u8::from(lower <= rate && rate <= upper));
                }
                least = least.min(n_of_rate / n_draws as f64);
                (n_held, n_all) = (n_held + n_of_rate, n_all + n_draws as f64);
            }
            let mean = n_held / n_all;
            println!(
                "combined, {n} people, counting {ratio} of sampling: {:.1} % on average, {:.1} % at the least",
                mean * 100.0,
                least * 100.0
            );
            // Within the random variation of so many draws.
            let by_chance = 3.0 * (0.05 * 0.95 / n_all).sqrt();
            assert!((0.94 - by_chance..=0.97 + by_chance).contains(&mean), "{n} {ratio}: {mean}");
            let by_chance = 3.0 * (0.12 * 0.88 / n_draws as f64).sqrt();
            assert!(n < 10 || least >= 0.88 - by_chance, "{n} {ratio}: {least}");
        }
    }
}
