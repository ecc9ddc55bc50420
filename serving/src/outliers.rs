//! Outliers among peers over the newest settled days: stars, weak members, misleading ones, which promise more than
//! they hold, and worn ones, which people have seen too often.
//!
//! ```text
//! peers.rs      groups of peers, from the lookups' attributes of members
//! mix.rs        the rate expected from strata and age: factors fitted per pool
//! sightings.rs  cells of days ─▶ each member's events by day, observed and expected from its mix and age
//! people.rs     clustering of events by person, events per person, and which members are withheld
//! ratio.rs      days ─▶ the logarithm of observed over expected events, with its variance
//! spread.rs     all members of a pool ─▶ each one's distance from its peers, shrunk by how similar peers are
//! judged.rs     the probability that a member is not beyond its peers, or its rate did not fall, by a share
//! listed.rs     probabilities ─▶ the longest list with little error; members stay while beyond half the threshold
//! replay.rs     the lists of successive days, to know who was listed, and since when
//! shown.rs      listed members, with their numbers
//! became.rs     those of an earlier list, and what they are now
//! ```
//!
//! Nothing is remembered: the lists of earlier days are computed from their own data, so that equal snapshots have
//! equal lists. That costs two passes over the cells of [`N_DAYS`] and [`N_REPLAYED`] days, a query for the people of
//! all members, and, where rates fell, one for each half of their windows; it is done once per snapshot, at the first
//! request.

mod became;
mod judged;
mod listed;
mod mix;
mod peers;
mod people;
mod ratio;
mod replay;
mod shown;
mod sightings;
mod spread;

use std::time::Instant;

use clio_proto::{Code, FieldRef, OutlierList, Period, ServiceError};
use jiff::civil::Date;

use crate::aggregate::Cancel;
use crate::config::Limits;
use crate::snapshot::Snapshot;
use peers::Peers;
use people::{Asking, OfPeople};
use ratio::MIN_DAYS;
use replay::{Replay, Replayed};
use sightings::{Sighted, sightings};

/// The number of settled days over which members are compared: four of each weekday.
const N_DAYS: usize = 28;

/// The number of earlier days for which lists are computed, to know who was listed on them, and since when.
const N_REPLAYED: usize = 13;

/// The number of settled days between the newest list and the earlier one that is shown beside it: a week.
const N_BETWEEN: usize = 7;

/// Computes the outliers of a snapshot; may take long, so call it on a thread that may block.
pub(crate) fn outliers(
    snapshot: &Snapshot,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<OutlierList, ServiceError> {
    let started = Instant::now();
    let Some(rules) = snapshot.model.outliers() else {
        let message = "the model of this snapshot declares no outliers; add `[outliers]`, which says what is compared with what, and run the etl";
        return Err(ServiceError::new(Code::InvalidArgument, message));
    };
    snapshot.refuse_outliers()?;
    if let Some(why) = snapshot.outliers_withheld(rules) {
        return Err(ServiceError::new(Code::PermissionDenied, why));
    }
    let days = settled(snapshot);
    if days.len() < MIN_DAYS {
        let message = format!(
            "outliers are told from {MIN_DAYS} settled days on, and the snapshot has {}; ask again when there are more",
            days.len()
        );
        return Err(ServiceError::new(Code::InvalidArgument, message));
    }
    let peers = Peers::new(snapshot, rules)?;
    let sighted = sightings(snapshot, rules, &peers, &days, limits, cancel)?;
    let newest = days.len().saturating_sub(N_DAYS)..days.len();
    let (first, last) = (days[newest.start], days[newest.end - 1]);
    let is_seen = |own: &&Sighted| own.days[newest.clone()].iter().any(|day| day.below > 0.0);
    let n_seen = sighted.iter().filter(is_seen).count();
    let asking = Asking { snapshot, rules, limits, cancel };
    let of_people = asking.newest(&sighted, (first, last))?;
    // Members with a withheld rate are not peers either.
    let told = sighted.into_iter().zip(of_people).filter(|(_, people)| people.is_told);
    let (sighted, of_people): (Vec<Sighted>, Vec<OfPeople>) = told.unzip();
    let replay =
        Replay { asking, peers: &peers, sighted: &sighted, of_people: &of_people, days: &days };
    let Replayed { today, found, earlier } = replay.run()?;
    let n_judged = today.rates.len();
    Ok(OutlierList {
        snapshot: snapshot.info.clone(),
        dimension: FieldRef { dimension: rules.dimension.clone(), attribute: None },
        days: (first, last),
        n_days: u32::try_from(newest.len()).unwrap_or(u32::MAX),
        n_judged: n_judged as u64,
        n_not_judged: n_seen.saturating_sub(n_judged) as u64,
        outliers: replay.shown(&today, &found)?,
        earlier: earlier.map(|earlier| replay.became(&today, &found, &earlier)).transpose()?,
        elapsed: started.elapsed(),
    })
}

/// The newest settled days that are stored individually.
fn settled(snapshot: &Snapshot) -> Vec<Date> {
    let is_settled = |day: &&Date| {
        !snapshot.provisional.contains(*day) && snapshot.chunks.contains_key(&Period::Day(**day))
    };
    let newest = snapshot.days.iter().rev().filter(is_settled).take(N_DAYS + N_REPLAYED);
    let mut days: Vec<Date> = newest.copied().collect();
    days.reverse();
    days
}

/// The day, by position, whose list is shown beside the newest one; `None` if there is none before it.
fn earlier_of(n_days: usize) -> Option<usize> {
    let last = n_days - 1;
    let day = last.saturating_sub(N_BETWEEN).max(first_looked_at(n_days));
    (day < last).then_some(day)
}

/// The first of so many days for which a list is computed: the first one whose whole window is available, or at least
/// the last one.
fn first_looked_at(n_days: usize) -> usize {
    n_days.saturating_sub(N_REPLAYED + 1).max(N_DAYS.min(n_days) - 1)
}

#[cfg(test)]
mod tests;
