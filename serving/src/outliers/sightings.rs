//! Each member's events on each of the newest settled days, with the number expected from its mix and age.
//!
//! The cells of these days are read twice: once to fit the factors of mix and age, and once to compute each day's
//! expectation.

use std::collections::HashMap;

use clio_lake::StoredType;
use clio_proto::{Code, OutlierRules, Period, RateOfEvents, ServiceError, Watching};
use clio_sketch::{QuantileUnion, Scale};
use jiff::civil::Date;

use super::mix::{Factors, Seen, step_of_age};
use super::peers::Peers;
use crate::aggregate::Cancel;
use crate::config::Limits;
use crate::snapshot::{Chunk, MeasureColumn, NULL, QuantileArena, Snapshot, day_number};

/// The largest number of codes of a dimension used for strata: with more, most members have too few events.
const MAX_CODES: usize = 1_000;

/// The largest number of dimensions in strata: a stratum is encoded in 64 bits.
const MAX_DIMENSIONS: usize = 6;

/// One member's events on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct OfDay {
    pub(super) above: f64,
    pub(super) below: f64,
    /// The expected numerator, given mix and age, at a rate of 1.
    pub(super) expected: f64,
    pub(super) watched: f64,
    pub(super) watched_of: f64,
}

/// A member with events.
#[derive(Debug, Clone)]
pub(super) struct Sighted {
    pub(super) code: u32,
    pub(super) days: Vec<OfDay>,
}

/// All members with events on some days.
pub(super) fn sightings(
    snapshot: &Snapshot,
    rules: &OutlierRules,
    peers: &Peers,
    days: &[Date],
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Vec<Sighted>, ServiceError> {
    let own = peers.dimension;
    let read = Read::new(snapshot, rules)?;
    let dimensions: Vec<usize> = (0..snapshot.layout.dimensions.len())
        .filter(|at| *at != own && peers.n_codes(snapshot, *at) <= MAX_CODES)
        .take(MAX_DIMENSIONS)
        .collect();
    let n_codes: Vec<usize> = dimensions.iter().map(|at| peers.n_codes(snapshot, *at)).collect();
    // All rows are visible: snapshots with hidden ones are refused before.
    let first_days = snapshot.first_days(own, &|_, _| None)?;
    let mut strata = Strata { codes: Vec::new(), known: HashMap::new() };
    let mut members: HashMap<u32, u32> = HashMap::new();
    let mut sighted: Vec<Sighted> = Vec::new();
    let mut seen: HashMap<(u32, usize, u32), (f64, f64)> = HashMap::new();
    let chunks = |day: Date| snapshot.chunks.get(&Period::Day(day)).into_iter().flatten();
    let step_of = |code: u32, day: Date| {
        step_of_age(first_days[code as usize].map(|first| day_number(day) - first))
    };
    for day in days {
        for chunk in chunks(*day) {
            cancel.check()?;
            for row in 0..chunk.n_rows as usize {
                let code = chunk.keys[own].codes[row];
                if code == NULL {
                    continue;
                }
                let member = *members.entry(code).or_insert_with(|| {
                    sighted.push(Sighted { code, days: Vec::new() });
                    u32::try_from(sighted.len() - 1).unwrap_or(u32::MAX)
                });
                let stratum = strata.of(chunk, row, &dimensions, &n_codes);
                let cell = seen.entry((member, step_of(code, *day), stratum)).or_default();
                cell.0 += number(&chunk.measures[read.above], row);
                cell.1 += number(&chunk.measures[read.below], row);
            }
        }
        let n_bytes =
            seen.len() * 2 * size_of::<Seen>() + sighted.len() * days.len() * size_of::<OfDay>();
        if n_bytes as u64 > limits.query_bytes {
            let message = format!(
                "outliers take more than {} bytes, the limit of a query: {} members in {} strata; allow more",
                limits.query_bytes,
                sighted.len(),
                strata.codes.len()
            );
            return Err(ServiceError::new(Code::ResourceExhausted, message));
        }
    }
    let factors = fit(&sighted, seen, &strata, peers, &n_codes);
    for member in &mut sighted {
        member.days = vec![OfDay::default(); days.len()];
    }
    let mut watched = Watched::new(snapshot, &read);
    for (at, day) in days.iter().enumerate() {
        for chunk in chunks(*day) {
            cancel.check()?;
            for row in 0..chunk.n_rows as usize {
                let code = chunk.keys[own].codes[row];
                let Some(member) = members.get(&code) else { continue };
                let stratum = strata.of(chunk, row, &dimensions, &n_codes) as usize;
                let member = &mut sighted[*member as usize];
                let of_day = &mut member.days[at];
                let below = number(&chunk.measures[read.below], row);
                of_day.above += number(&chunk.measures[read.above], row);
                of_day.below += below;
                let factors = &factors[peers.pool(code)];
                of_day.expected += below * factors.of(step_of(code, *day), &strata.codes[stratum]);
                let (watched, of) = watched.of(chunk, row)?;
                of_day.watched += watched;
                of_day.watched_of += of;
            }
        }
    }
    Ok(sighted)
}

/// Fits the factors of each pool. Cells come in a fixed order, so that sums are reproducible.
fn fit(
    sighted: &[Sighted],
    seen: HashMap<(u32, usize, u32), (f64, f64)>,
    strata: &Strata,
    peers: &Peers,
    n_codes: &[usize],
) -> Vec<Factors> {
    let mut pools: Vec<Vec<Seen>> = vec![Vec::new(); peers.n_pools()];
    seen.into_iter().for_each(|((member, age, stratum), (above, below))| {
        let pool = peers.pool(sighted[member as usize].code);
        pools[pool].push(Seen { member, age, stratum, above, below });
    });
    for pool in &mut pools {
        pool.sort_unstable_by_key(|own| (own.member, own.age, own.stratum));
    }
    pools.iter().map(|seen| Factors::fit(seen, &strata.codes, n_codes)).collect()
}

/// Strata, by the codes of their dimensions.
struct Strata {
    codes: Vec<Vec<u32>>,
    known: HashMap<u64, u32>,
}

impl Strata {
    fn of(&mut self, chunk: &Chunk, row: usize, dimensions: &[usize], n_codes: &[usize]) -> u32 {
        let codes = || dimensions.iter().map(|at| chunk.keys[*at].codes[row]);
        let key =
            codes().zip(n_codes).fold(0_u64, |key, (code, n)| key * *n as u64 + u64::from(code));
        *self.known.entry(key).or_insert_with(|| {
            self.codes.push(codes().collect());
            u32::try_from(self.codes.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

/// The columns that are read.
struct Read {
    above: usize,
    below: usize,
    watching: Option<ReadWatching>,
}

#[derive(Clone, Copy)]
enum ReadWatching {
    Rate { above: usize, below: usize },
    Share { column: usize, threshold: f64 },
}

impl Read {
    fn new(snapshot: &Snapshot, rules: &OutlierRules) -> Result<Self, ServiceError> {
        let column = |name: &str| {
            let found = snapshot.layout.measures.iter().position(|own| own.name == name);
            // A valid model names only stored measures.
            found.ok_or_else(|| ServiceError::new(Code::Internal, format!("no measure `{name}`")))
        };
        let watching = match &rules.watching {
            None => None,
            Some(Watching::Rate(RateOfEvents { above, below })) => {
                Some(ReadWatching::Rate { above: column(above)?, below: column(below)? })
            }
            // Both sides are treated alike: the values at or above the threshold are counted.
            Some(Watching::Share(share)) => Some(ReadWatching::Share {
                column: column(share.measure())?,
                threshold: share.threshold(),
            }),
        };
        let RateOfEvents { above, below } = &rules.rate;
        Ok(Self { above: column(above)?, below: column(below)?, watching })
    }
}

/// How people watch on, row by row.
struct Watched {
    read: Option<ReadWatching>,
    union: Option<QuantileUnion>,
}

impl Watched {
    fn new(snapshot: &Snapshot, read: &Read) -> Self {
        let buckets = match read.watching {
            Some(ReadWatching::Share { column, .. }) => {
                match snapshot.layout.measures[column].stored {
                    StoredType::Quantiles { buckets } => Some(buckets),
                    StoredType::Count
                    | StoredType::WholeSum
                    | StoredType::FloatSum
                    | StoredType::Sketch { .. } => None,
                }
            }
            Some(ReadWatching::Rate { .. }) | None => None,
        };
        let union = buckets.map(|buckets| QuantileUnion::new(&Scale::new(buckets)));
        Self { read: read.watching, union }
    }

    fn of(&mut self, chunk: &Chunk, row: usize) -> Result<(f64, f64), ServiceError> {
        match (self.read, &mut self.union) {
            (Some(ReadWatching::Rate { above, below }), _) => {
                Ok((number(&chunk.measures[above], row), number(&chunk.measures[below], row)))
            }
            (Some(ReadWatching::Share { column, threshold }), Some(union)) => {
                let MeasureColumn::Quantiles(arena) = &chunk.measures[column] else {
                    return Ok((0.0, 0.0));
                };
                above(arena, row, threshold, union)
            }
            (Some(ReadWatching::Share { .. }) | None, _) => Ok((0.0, 0.0)),
        }
    }
}

/// The number of a row's values at or above a threshold, and the number of all its values.
fn above(
    arena: &QuantileArena,
    row: usize,
    threshold: f64,
    union: &mut QuantileUnion,
) -> Result<(f64, f64), ServiceError> {
    let n_values = arena.n_values()[row] as f64;
    if n_values == 0.0 {
        return Ok((0.0, 0.0));
    }
    union.clear();
    let row = u32::try_from(row).unwrap_or(u32::MAX);
    let internal =
        |error: clio_sketch::SketchError| ServiceError::new(Code::Internal, error.to_string());
    arena.union_into(row, union).map_err(internal)?;
    let share = union.share_above(threshold).map_or(0.0, |share| share.value);
    Ok((share * n_values, n_values))
}

/// The value of a row.
fn number(column: &MeasureColumn, row: usize) -> f64 {
    match column {
        MeasureColumn::Int { values, .. } => values[row] as f64,
        MeasureColumn::Float { values, .. } => values[row],
        MeasureColumn::Sketch { .. } | MeasureColumn::Quantiles(_) => 0.0,
    }
}
