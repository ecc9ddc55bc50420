//! The share of false discoveries in lists, in simulated worlds.
//!
//! `cargo test` runs a short form, `make accuracy` many worlds of each kind (`CLIO_TEST_WORLDS`); its figures are in
//! `docs/verdicts.md`.

#![expect(clippy::print_stdout, reason = "figures for people, who ask for them with `--nocapture`")]

use std::collections::BTreeSet;

use super::super::judged::{Side, change};
use super::super::listed::{Chance, listed};
use super::super::ratio::{Ratio, binomial, clustered};
use super::super::spread::Spread;
use crate::verdict::Numbers;

const SEED: u64 = 20_261_128;
const WORTHWHILE: f64 = 0.05;
const N_GROUPS: usize = 12;
const N_DAYS: usize = 28;

/// The number of worlds of each kind.
#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn n_worlds(short: u64) -> u64 {
    std::env::var("CLIO_TEST_WORLDS").map_or(short, |number| number.parse().unwrap())
}

/// The true distances of members from their peers, in logarithms.
#[derive(Debug, Clone, Copy)]
enum Apart {
    /// Nobody stands out.
    None,
    /// All members differ, with this standard deviation.
    Spread(f64),
    /// These percentages of members are better and worse by `by`; all others are equal.
    Planted { stars: f64, weak: f64, by: f64 },
}

impl Apart {
    fn draw(self, numbers: &mut Numbers) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Spread(width) => width * numbers.normal(),
            Self::Planted { stars, weak, by } => match numbers.unit() * 100.0 {
                at if at < stars => by.ln_1p(),
                at if at < stars + weak => -by.ln_1p(),
                _ => 0.0,
            },
        }
    }
}

/// The world of a member.
#[derive(Debug, Clone, Copy)]
struct Live<'a> {
    people: usize,
    /// The sum of both parameters of the beta distribution of people's rates: the larger, the more alike they are.
    alike: f64,
    rate: f64,
    /// The factor of the rate in the second half of the days.
    later: f64,
    /// The effects of days on all members.
    common: &'a [f64],
}

/// A member's events by day, and their design effect.
struct Lived {
    days: Vec<(f64, f64)>,
    clustered: f64,
}

impl Live<'_> {
    /// People return, differ in how often they do and in how much they play, and days differ.
    fn draw(self, numbers: &mut Numbers) -> Lived {
        let Self { people, alike, rate, later, common } = self;
        let mut days = vec![(0.0, 0.0); N_DAYS];
        let mut shocks: Vec<f64> =
            common.iter().map(|own| (own + 0.03 * numbers.normal()).exp()).collect();
        shocks.iter_mut().skip(N_DAYS / 2).for_each(|own| *own *= later);
        let often = 2.0 + 3.0 * numbers.unit();
        let (mut n_seen, mut n_did) = (0.0, 0.0);
        for _ in 0..people {
            let likes = numbers.beta(rate * alike, (1.0 - rate) * alike);
            // A geometric distribution: an exponential one, rounded down.
            let n = (-numbers.unit().ln() * often).floor();
            let mut did = false;
            let mut left = n;
            while left > 0.0 {
                left -= 1.0;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "below 28"
                )]
                let day = (numbers.unit() * N_DAYS as f64) as usize;
                days[day].1 += 1.0;
                if numbers.unit() < (likes * shocks[day]).min(1.0) {
                    days[day].0 += 1.0;
                    did = true;
                }
            }
            n_seen += f64::from(u8::from(n > 0.0));
            n_did += f64::from(u8::from(did));
        }
        let (above, below) = sum(&days);
        let clustered = clustered(above / below, below / n_seen, n_did / n_seen);
        Lived { days, clustered }
    }
}

impl Lived {
    fn ratio(&self, days: std::ops::Range<usize>) -> Ratio {
        let days = &self.days[days];
        let (above, below) = sum(days);
        Ratio::of(days, binomial(above, below, self.clustered)).unwrap()
    }
}

fn sum(days: &[(f64, f64)]) -> (f64, f64) {
    days.iter().fold((0.0, 0.0), |sum, own| (sum.0 + own.0, sum.1 + own.1))
}

fn n_people(people: f64, numbers: &mut Numbers) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "thousands")]
    let n = (people * (0.8 * numbers.normal()).exp()).max(60.0) as usize;
    n
}

#[derive(Debug, Default)]
struct Found {
    n_listed: f64,
    n_there: f64,
    /// The sum of the false discovery proportions of all lists.
    wrong: f64,
    n_lists: f64,
}

impl Found {
    /// Adds one list, given the true distances, on one side.
    fn add(&mut self, members: &[(usize, Ratio)], spread: &Spread, truth: &[f64], side: Side) {
        let chance = |(member, (group, own)): (usize, &(usize, Ratio))| {
            let place = spread.place(*group, own);
            let error = |share: f64| side.error(&place, share);
            Chance { member, error: error(WORTHWHILE), error_of_half: error(WORTHWHILE / 2.0) }
        };
        let chances: Vec<Chance> = members.iter().enumerate().map(chance).collect();
        let is_there = |off: f64| match side {
            Side::Above => off > WORTHWHILE.ln_1p(),
            Side::Below => off < -WORTHWHILE.ln_1p(),
        };
        let listed = listed(&chances, &BTreeSet::new());
        let n_wrong = listed.iter().filter(|member| !is_there(truth[**member])).count() as f64;
        self.n_listed += listed.len() as f64;
        self.n_there += truth.iter().filter(|off| is_there(**off)).count() as f64;
        self.wrong += n_wrong / (listed.len() as f64).max(1.0);
        self.n_lists += 1.0;
    }

    /// Prints and checks the results for the worlds of one kind: with many worlds, at most a tenth may be wrong; with a
    /// few, that only holds over all kinds together.
    fn told(&self, name: &str, people: f64, alike: f64, n_worlds: u64) {
        println!(
            "{name:<40} {people:>6} people, alike {alike:>3}: {n_worlds} worlds, {:.1} listed of {:.1}, {:.1} % wrong",
            self.n_listed / n_worlds as f64,
            self.n_there / n_worlds as f64,
            100.0 * self.wrong / self.n_lists,
        );
        assert!(n_worlds < 50 || self.wrong <= 0.1 * self.n_lists, "{name} {self:?}");
    }
}

fn seed(at: u64) -> u64 {
    SEED.wrapping_add(at.wrapping_mul(0x1234_5678_9abc_def1))
}

fn world(apart: Apart, people: f64, alike: f64, seed: u64, found: &mut Found) {
    let mut numbers = Numbers(seed);
    let common: Vec<f64> = (0..N_DAYS).map(|_| 0.03 * numbers.normal()).collect();
    let (mut members, mut truth) = (Vec::new(), Vec::new());
    for group in 0..N_GROUPS {
        let rate = 0.1 * (0.3 * numbers.normal()).exp();
        for _ in 0..4 + group % 5 {
            let off = apart.draw(&mut numbers);
            let people = n_people(people, &mut numbers);
            let rate = (rate * off.exp()).min(0.6);
            let live = Live { people, alike, rate, later: 1.0, common: &common };
            members.push((group, live.draw(&mut numbers).ratio(0..N_DAYS)));
            truth.push(off);
        }
    }
    let spread = Spread::of(&members, N_GROUPS);
    for side in [Side::Above, Side::Below] {
        found.add(&members, &spread, &truth, side);
    }
}

const PEOPLE: [(f64, f64); 3] = [(600.0, 20.0), (1_500.0, 20.0), (800.0, 3.0)];

#[test]
fn few_of_those_listed_are_wrong() {
    let n_worlds = n_worlds(2);
    println!("lists of stars and of weak ones, seed {SEED}");
    let planted = |stars, weak, by| Apart::Planted { stars, weak, by };
    let kinds = [
        ("nobody stands out", Apart::None),
        ("spread of 5 %", Apart::Spread(0.05)),
        ("spread of 15 %", Apart::Spread(0.15)),
        ("8 % are stars by 35 %", planted(8.0, 0.0, 0.35)),
        ("7 % stars, 7 % weak, by 40 %", planted(7.0, 7.0, 0.4)),
    ];
    let mut all = Found::default();
    for (people, alike) in PEOPLE {
        for (name, apart) in kinds {
            let mut found = Found::default();
            (0..n_worlds).for_each(|at| world(apart, people, alike, seed(at), &mut found));
            found.told(name, people, alike, n_worlds);
            if let (Apart::Planted { .. }, true) = (apart, alike > 10.0) {
                assert!(found.n_listed > 0.3 * found.n_there, "{name} {found:?}");
            }
            all.wrong += found.wrong;
            all.n_lists += found.n_lists;
        }
    }
    assert!(all.wrong <= 0.1 * all.n_lists, "{all:?}");
}

/// A pool whose members change individually between the halves of the days, and all of them fall by a tenth.
fn changing_world(apart: Apart, people: f64, alike: f64, seed: u64, found: &mut Found) {
    let mut numbers = Numbers(seed);
    let mut common: Vec<f64> = (0..N_DAYS).map(|_| 0.03 * numbers.normal()).collect();
    common.iter_mut().skip(N_DAYS / 2).for_each(|own| *own -= 0.1);
    let (mut changes, mut truth) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        let off = apart.draw(&mut numbers);
        let rate = (0.1 * (0.3 * numbers.normal()).exp()).min(0.6);
        let people = n_people(people, &mut numbers);
        let live = Live { people, alike, rate, later: off.exp(), common: &common };
        let lived = live.draw(&mut numbers);
        changes.push((0, change(&lived.ratio(0..N_DAYS / 2), &lived.ratio(N_DAYS / 2..N_DAYS))));
        truth.push(off);
    }
    found.add(&changes, &Spread::of(&changes, 1), &truth, Side::Below);
}

/// Takes the rise of the frequency for certain, so that only the fall of the rate can be wrong.
#[test]
fn few_of_those_called_worn_are_wrong() {
    let n_worlds = n_worlds(3);
    println!("lists of rates that fell, seed {SEED}");
    let kinds = [
        ("nobody's rate falls but all of them", Apart::None),
        ("changes of 5 %", Apart::Spread(0.05)),
        ("changes of 15 %", Apart::Spread(0.15)),
        ("a tenth falls by 30 %", Apart::Planted { stars: 0.0, weak: 10.0, by: 0.43 }),
    ];
    let mut all = Found::default();
    for (people, alike) in PEOPLE {
        for (name, apart) in kinds {
            let mut found = Found::default();
            (0..n_worlds).for_each(|at| changing_world(apart, people, alike, seed(at), &mut found));
            found.told(name, people, alike, n_worlds);
            all.wrong += found.wrong;
            all.n_lists += found.n_lists;
            all.n_listed += found.n_listed;
        }
    }
    assert!(all.n_listed > 0.0 && all.wrong <= 0.1 * all.n_lists, "{all:?}");
}
