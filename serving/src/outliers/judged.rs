//! Compares members with their peers over some days.

use std::collections::HashMap;

use super::listed::Chance;
use super::peers::Peers;
use super::ratio::{Ratio, binomial};
use super::sightings::{OfDay, Sighted};
use super::spread::{Place, Spread};

/// The smallest expected number of events of a member: with fewer, the logarithm of the rate is not approximately
/// normal.
const MIN_EVENTS: f64 = 10.0;

/// The smallest number of plays (the denominator of watching) for comparing how people watch on.
const MIN_WATCHED: f64 = 30.0;

/// The smallest size of a group: with a single peer, nobody can say which of the two stands out.
const MIN_MEMBERS: usize = 3;

/// The compared quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// The rate, adjusted for mix and age.
    Rate,
    /// How long people watch on after they started.
    Watching { is_share: bool },
}

/// A member compared with its peers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    pub(super) place: Place,
    /// The member's value, and the one at the centre of its peers.
    pub(super) own: f64,
    pub(super) peers: f64,
    pub(super) n_peers: usize,
}

/// Compares members over some days, by position; `clustered` is the variance inflation of each member's events (the
/// design effect).
pub(super) fn judge(
    sighted: &[Sighted],
    days: std::ops::Range<usize>,
    peers: &Peers,
    clustered: &[f64],
    compared: Compared,
) -> HashMap<usize, Judged> {
    let seen = |own: &OfDay| match compared {
        Compared::Rate => (own.above, own.expected, own.below),
        Compared::Watching { .. } => (own.watched, own.watched_of, own.watched_of),
    };
    let sums = |member: &Sighted| {
        member.days[days.clone()]
            .iter()
            .map(seen)
            .fold((0.0, 0.0, 0.0), |sum, own| (sum.0 + own.0, sum.1 + own.1, sum.2 + own.2))
    };
    let mut of_pools = vec![(0.0, 0.0); peers.n_pools()];
    for member in sighted {
        let (above, expected, _) = sums(member);
        let (all_above, all_expected) = &mut of_pools[peers.pool(member.code)];
        *all_above += above;
        *all_expected += expected;
    }
    let mut of_groups: Vec<Vec<(usize, Ratio)>> = vec![Vec::new(); peers.n_groups()];
    for (at, member) in sighted.iter().enumerate() {
        let (above, expected, below) = sums(member);
        let (all_above, all_expected) = of_pools[peers.pool(member.code)];
        let is_enough = match compared {
            Compared::Rate => expected * all_above >= MIN_EVENTS * all_expected,
            Compared::Watching { .. } => below >= MIN_WATCHED,
        };
        let of_days = member.days[days.clone()].iter().map(seen);
        let of_days: Vec<(f64, f64)> =
            of_days.filter(|own| own.1 > 0.0).map(|own| (own.0, own.1)).collect();
        let least = match compared {
            Compared::Rate => binomial(above, below, clustered[at]),
            Compared::Watching { is_share: true } => binomial(above, below, 1.0),
            Compared::Watching { is_share: false } => 0.0,
        };
        let ratio = Ratio::of(&of_days, least).filter(|_| is_enough && all_expected > 0.0);
        of_groups[peers.group(member.code)].extend(ratio.map(|ratio| (at, ratio)));
    }
    of_groups.retain(|members| members.len() >= MIN_MEMBERS);
    let mut judged = HashMap::new();
    for pool in 0..peers.n_pools() {
        let is_of = |members: &&Vec<(usize, Ratio)>| peers.pool(sighted[members[0].0].code) == pool;
        let groups: Vec<&Vec<(usize, Ratio)>> = of_groups.iter().filter(is_of).collect();
        let members: Vec<(usize, Ratio)> = groups
            .iter()
            .enumerate()
            .flat_map(|(group, members)| members.iter().map(move |(_, ratio)| (group, *ratio)))
            .collect();
        if members.is_empty() {
            continue;
        }
        let spread = Spread::of(&members, groups.len());
        for (group, members) in groups.iter().enumerate() {
            for (at, ratio) in members.iter() {
                let (above, expected, below) = sums(&sighted[*at]);
                let centre = spread.centre(group).exp();
                let own = Judged {
                    place: spread.place(group, ratio),
                    own: above / below,
                    peers: centre * expected / below,
                    n_peers: members.len() - 1,
                };
                judged.insert(*at, own);
            }
        }
    }
    judged
}

/// Compares the change of rates from the first half of some days to the second with that of the other members of a
/// pool: a change common to all, from the season or a fault, is not the member's own. Members whose rate did not fall
/// are left out.
pub(super) fn judge_change(
    sighted: &[Sighted],
    days: std::ops::Range<usize>,
    peers: &Peers,
    clustered: &[f64],
) -> HashMap<usize, Judged> {
    let (first, second) = halves(&days);
    let mut of_pools: Vec<Vec<(usize, Ratio, [f64; 3])>> = vec![Vec::new(); peers.n_pools()];
    for (at, member) in sighted.iter().enumerate() {
        let half = |days: std::ops::Range<usize>| {
            let days = member.days[days].iter().filter(|own| own.expected > 0.0);
            let days: Vec<&OfDay> = days.collect();
            let sum = |of: fn(&OfDay) -> f64| days.iter().map(|own| of(own)).sum::<f64>();
            let (above, below, expected) =
                (sum(|own| own.above), sum(|own| own.below), sum(|own| own.expected));
            let of_days: Vec<(f64, f64)> =
                days.iter().map(|own| (own.above, own.expected)).collect();
            let ratio = Ratio::of(&of_days, binomial(above, below, clustered[at]));
            ratio.map(|ratio| (ratio, above, below, expected))
        };
        let Some((before, after)) = half(first.clone()).zip(half(second.clone())) else { continue };
        if before.1 < MIN_EVENTS {
            continue;
        }
        let change = change(&before.0, &after.0);
        // The expected events of the second half at the rate of the first.
        let expected = before.1 / before.3 * after.3;
        of_pools[peers.pool(member.code)].push((at, change, [after.1, after.2, expected]));
    }
    let mut judged = HashMap::new();
    for members in of_pools.iter().filter(|members| members.len() >= MIN_MEMBERS) {
        let changes: Vec<(usize, Ratio)> = members.iter().map(|own| (0, own.1)).collect();
        let spread = Spread::of(&changes, 1);
        for (at, change, [above, below, expected]) in members {
            let own = Judged {
                place: spread.place(0, change),
                own: above / below,
                peers: spread.centre(0).exp() * expected / below,
                n_peers: members.len() - 1,
            };
            if change.log < 0.0 {
                judged.insert(*at, own);
            }
        }
    }
    judged
}

/// The change of the logarithm of a rate. The same people are in both halves, so that the sum of both variances
/// overstates the variance.
pub(super) fn change(before: &Ratio, after: &Ratio) -> Ratio {
    Ratio { log: after.log - before.log, variance: after.variance + before.variance }
}

/// The first and the second half of some days, by position.
pub(super) fn halves(
    days: &std::ops::Range<usize>,
) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let middle = days.end - days.len() / 2;
    (days.start..middle, middle..days.end)
}

/// The side of the peers on which members are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Below,
}

impl Side {
    /// The posterior probability that a member does not exceed its peers by this share on this side.
    pub(super) fn error(self, place: &Place, share: f64) -> f64 {
        match self {
            Self::Above => 1.0 - place.above(share.ln_1p()),
            Self::Below => 1.0 - place.below(-share.ln_1p()),
        }
    }
}

/// The probability that a member, by position, does not exceed its peers by a share; `None` if nothing is known of it.
pub(super) type ErrorOf<'a> = &'a dyn Fn(usize, f64) -> Option<f64>;

/// The probability, for some members, of not exceeding their peers by a share.
pub(super) fn error_of(
    judged: &HashMap<usize, Judged>,
    side: Side,
) -> impl Fn(usize, f64) -> Option<f64> {
    move |member, share| judged.get(&member).map(|own| side.error(&own.place, share))
}

/// The error probabilities for a list, in order of members, given conditions with their thresholds. The probability
/// that any of several conditions fails is at most the sum of their probabilities.
pub(super) fn chances(
    members: &HashMap<usize, Judged>,
    conditions: &[(ErrorOf<'_>, f64)],
) -> Vec<Chance> {
    let mut members: Vec<usize> = members.keys().copied().collect();
    members.sort_unstable();
    let chance = |member: usize| {
        let error = |part: f64| {
            let errors = conditions.iter().map(|(error, bar)| error(member, bar * part));
            errors.sum::<Option<f64>>().map(|error| error.clamp(0.0, 1.0))
        };
        Some(Chance { member, error: error(1.0)?, error_of_half: error(0.5)? })
    };
    members.into_iter().filter_map(chance).collect()
}
