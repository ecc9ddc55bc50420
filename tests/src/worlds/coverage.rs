//! How many of the bounds that serving answers contain the true number.

use std::collections::BTreeMap;

use clio_proto::{
    Answer, Comparison, CubeService, DayRange, Extra, FieldRef, Filter, Order, OrderBy, Query,
    QueryRange, RemoteCubes, Row, Test, TimeWindow, Value,
};
use jiff::civil::Date;

use super::{N_DAYS, Part, World, Worlds};

/// The tally of one kind of number.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// The numbers that were requested.
    pub n: u64,
    /// Those whose bounds contain the true number.
    pub n_held: u64,
    /// Those that could not be determined: their bounds count.
    pub n_untold: u64,
}

impl Tally {
    /// The share of bounds that hold.
    pub fn share(&self) -> f64 {
        self.n_held as f64 / self.n as f64
    }
}

/// By kind of number.
#[derive(Debug, Default)]
pub struct Coverage(BTreeMap<&'static str, Tally>);

impl Coverage {
    /// Each kind, by its name.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, Tally)> {
        self.0.iter().map(|(name, tally)| (*name, *tally))
    }

    /// All kinds together, except ranks, all of which hold simultaneously in an answer.
    pub fn all(&self) -> Tally {
        let mut all = Tally::default();
        for (_, tally) in self.kinds().filter(|(name, _)| *name != PLACES) {
            all.n += tally.n;
            all.n_held += tally.n_held;
            all.n_untold += tally.n_untold;
        }
        all
    }

    fn add(&mut self, kind: &'static str, value: Value, truth: f64) {
        // 0 / 0 is undefined, and if a divisor may be 0 there are no bounds.
        let (Some(lower), Some(upper)) = (value.lower, value.upper) else { return };
        let tally = self.0.entry(kind).or_default();
        let slack = 1e-9 * truth.abs();
        let is_held = lower - slack <= truth && truth <= upper + slack;
        tally.n += 1;
        tally.n_held += u64::from(is_held);
        tally.n_untold += u64::from(value.value.is_none());
    }
}

/// The kind whose single number is a whole answer: whether all of its ranks hold simultaneously.
pub const PLACES: &str = "places, all of an answer";

/// Queries everything about every world.
///
/// # Errors
///
/// The error of serving.
///
/// # Panics
///
/// An answer lacks what was requested.
pub async fn coverage(cubes: &RemoteCubes, worlds: &Worlds) -> anyhow::Result<Coverage> {
    let mut coverage = Coverage::default();
    for (name, world) in worlds.named() {
        let ask = async |query: Query| -> anyhow::Result<Answer> {
            let test = Test::AnyOf(vec![name.clone()]);
            let filter = Some(Filter::Field { field: FieldRef::parse("world"), test });
            Ok(cubes.query(Query { filter, ..query }, None).await?)
        };
        let by_country = by(&["country"], &["viewers", "take_rate"]);
        let extras = vec![Extra::Shares, Extra::Ranks, Extra::Reach];
        let order_by = vec![OrderBy {
            by: Order::Measure("viewers".to_owned()),
            direction: clio_proto::Direction::Descending,
        }];
        let answer = ask(Query { extras, order_by, ..by_country.clone() }).await?;
        of_rows(world, &answer, &mut coverage);
        of_reach(world, &answer, &mut coverage);
        for (compare, range, other) in comparisons() {
            let days = days_of(range);
            let query = Query { compare: Some(compare), range, ..by_country.clone() };
            of_comparison(world, &ask(query).await?, days, &*other, &mut coverage);
        }
        let by_day = by(&["day"], &["viewers"]);
        let window = Some(TimeWindow::TrailingDays(2));
        let answer = ask(Query { window, ..by_day.clone() }).await?;
        for (day, row) in answer.rows.iter().enumerate() {
            let part = Part::of(|_| true, day.saturating_sub(1)..day + 1);
            coverage.add("windows", row.values[0], world.viewers(part));
        }
        let answer = ask(Query { look_back_days: Some(2), ..by_day }).await?;
        for (day, row) in answer.rows.iter().enumerate() {
            let Some(newcomers) = row.newcomers else { continue };
            let own = Part::of(|_| true, day..day + 1);
            let before = Part::of(|_| true, day.saturating_sub(2)..day);
            let returning = world.both(own, before);
            coverage.add("new people", newcomers.fresh, world.viewers(own) - returning);
            coverage.add("returning people", newcomers.returning, returning);
        }
    }
    Ok(coverage)
}

fn by(keys: &[&str], measures: &[&str]) -> Query {
    let key = |key: &&str| {
        let Ok(key) = key.parse();
        key
    };
    Query {
        group_by: keys.iter().map(key).collect(),
        ..Query::total(measures.iter().map(|name| (*name).to_owned()))
    }
}

/// The country of a row.
fn country(row: &Row) -> &str {
    row.keys[0].value.as_deref().expect("no event is without a country")
}

fn own_part(row: &Row, days: std::ops::Range<usize>) -> Part {
    Part::of(|name| name == country(row), days)
}

fn of_rows(world: &World, answer: &Answer, coverage: &mut Coverage) {
    let all = world.viewers(Part::ALL);
    let truths: Vec<f64> =
        answer.rows.iter().map(|row| world.viewers(own_part(row, 0..N_DAYS))).collect();
    for (row, truth) in answer.rows.iter().zip(&truths) {
        let players = world.players(own_part(row, 0..N_DAYS));
        coverage.add("distinct counts", row.values[0], *truth);
        coverage.add("rates", row.values[1], players / truth);
        coverage.add("shares", row.shares[0], truth / all);
    }
    let holds = answer.rows.iter().zip(&truths).all(|(row, own)| {
        let n_above = truths.iter().filter(|other| *other > own).count() as u64;
        let n_below = truths.iter().filter(|other| *other < own).count() as u64;
        row.rank.is_some_and(|rank| {
            rank.best <= n_above + 1 && truths.len() as u64 - n_below <= rank.worst
        })
    });
    let places = coverage.0.entry(PLACES).or_default();
    places.n += 1;
    places.n_held += u64::from(holds);
}

fn of_reach(world: &World, answer: &Answer, coverage: &mut Coverage) {
    let reach = answer.reach.as_ref().expect("it is asked for");
    let part = |row: u32| own_part(&answer.rows[row as usize], 0..N_DAYS);
    for overlap in &reach.overlaps {
        let (left, right) = (part(overlap.left), part(overlap.right));
        let both = world.both(left, right);
        coverage.add("overlaps", overlap.both, both);
        coverage.add("Jaccard indexes", overlap.jaccard, both / world.viewers(left.or(right)));
    }
    let mut covered = Part::of(|_| false, 0..0);
    for step in &reach.steps {
        let own = part(step.row);
        let others = Part::of(|name| name != country(&answer.rows[step.row as usize]), 0..N_DAYS);
        let beyond = |part: Part| world.viewers(own) - world.both(own, part);
        coverage.add("increments", step.incremental, beyond(covered));
        coverage.add("alone", step.alone, beyond(others));
        covered = covered.or(own);
        coverage.add("cumulative reach", step.cumulative, world.viewers(covered));
    }
}

type OtherPart = Box<dyn Fn(&str) -> Part>;

/// What rows are compared with, over which days, and the part of a world for a country's row.
fn comparisons() -> Vec<(Comparison, QueryRange, OtherPart)> {
    let member =
        Comparison::Member { field: FieldRef::parse("country"), value: Some("A".to_owned()) };
    let days = DayRange::try_new(day(0), day(1)).expect("they are in order");
    let later = QueryRange::Days { from: Some(day(2)), to: Some(day(3)) };
    let of = |name: &str, days: std::ops::Range<usize>| {
        let name = name.to_owned();
        Part::of(|own| own == name, days)
    };
    vec![
        (
            Comparison::Rest,
            QueryRange::AllTime,
            Box::new(|own| Part::of(|name| name != own, 0..N_DAYS)),
        ),
        (Comparison::Whole, QueryRange::AllTime, Box::new(|_| Part::ALL)),
        (member, QueryRange::AllTime, Box::new(move |_| of("A", 0..N_DAYS))),
        (Comparison::Days(days), later, Box::new(move |own| of(own, 0..2))),
    ]
}

fn day(at: i8) -> Date {
    Date::constant(2026, 1, at + 1)
}

fn days_of(range: QueryRange) -> std::ops::Range<usize> {
    match range {
        QueryRange::AllTime => 0..N_DAYS,
        QueryRange::Days { .. } => 2..N_DAYS,
    }
}

fn of_comparison(
    world: &World,
    answer: &Answer,
    days: std::ops::Range<usize>,
    other: &dyn Fn(&str) -> Part,
    coverage: &mut Coverage,
) {
    for row in &answer.rows {
        let (own, other) = (own_part(row, days.clone()), other(country(row)));
        let viewers = [own, other].map(|part| world.viewers(part));
        let rates = [own, other].map(|part| world.players(part) / world.viewers(part));
        for (compared, [own, other], [difference, ratio]) in [
            (row.compared[0], viewers, ["differences", "ratios"]),
            (row.compared[1], rates, ["differences of rates", "ratios of rates"]),
        ] {
            // A row compared with itself is not an estimate.
            if !compared.difference.exact {
                coverage.add(difference, compared.difference, own - other);
                coverage.add(ratio, compared.ratio, own / other);
            }
        }
    }
}
