//! The days of a query one by one, for results that depend on the variation between them.

use clio_lake::StoredType;
use clio_proto::{
    Code, Extra, MAX_VERDICT_DAYS, Measure, Query, QueryRange, ServiceError, TimeGrain,
};

use super::compare::{OfDays, beside};
use super::declared::declared;
use super::range::{Asked, bind_range};
use super::{ByDay, OtherSide, Output, Plan, PlanKey, PlanMeasure, RateOf, Reading, Step};
use crate::snapshot::Snapshot;

/// How each output may vary.
pub(super) fn rates(snapshot: &Snapshot, plan: &Plan) -> Vec<RateOf> {
    plan.outputs.iter().map(|output| rate(snapshot, plan, output)).collect()
}

fn rate(snapshot: &Snapshot, plan: &Plan, output: &Output) -> RateOf {
    let Output::Derived { expression, of, parts } = output else { return RateOf::Nothing };
    let Some((above, below)) = expression.as_ratio() else { return RateOf::Nothing };
    let at = |name: &str| of.iter().find(|(own, _)| own == name).map(|(_, at)| *at);
    let (Some(at_above), Some(at_below)) = (at(above), at(below)) else { return RateOf::Nothing };
    // How far a rate may vary tells of how many people it is.
    if ![above, below].into_iter().all(|name| snapshot.sees_measure(name)) {
        return RateOf::Nothing;
    }
    if parts.iter().any(|(part, whole)| part == above && whole == below) {
        let column = events_of(snapshot, below);
        let column = column.and_then(|events| column_of(snapshot, events));
        let is_it =
            |own: &PlanMeasure| Some(own.column) == column && own.reading == Reading::Number;
        let events = plan.measures[..plan.n_answered].iter().position(is_it);
        return RateOf::People { part: at_above, whole: at_below, events };
    }
    let adds_up = |at: usize| match plan.stored_type(snapshot, at) {
        StoredType::Count | StoredType::WholeSum | StoredType::FloatSum => {
            plan.measures[at].reading == Reading::Number
        }
        StoredType::Sketch { .. } | StoredType::Quantiles { .. } => false,
    };
    if adds_up(at_above) && adds_up(at_below) {
        RateOf::Sums { above: at_above, below: at_below }
    } else {
        RateOf::Nothing
    }
}

fn column_of(snapshot: &Snapshot, measure: &str) -> Option<usize> {
    snapshot.layout.measures.iter().position(|own| own.name == measure)
}

/// The measure that counts the events of a distinct measure's source.
fn events_of<'a>(snapshot: &'a Snapshot, distinct: &str) -> Option<&'a str> {
    let of = snapshot.model.measure(distinct)?.kind.source()?;
    let counts = |own: &&Measure| own.kind.counted_events() == Some(of);
    let found = snapshot.model.measures().iter().find(counts).map(|own| own.name.as_str());
    found.filter(|name| snapshot.sees_measure(name))
}

/// The measures that verdicts need besides the requested ones: the counts of events of each rate's denominator.
pub(super) fn beside_verdicts(snapshot: &Snapshot, query: &Query) -> Vec<String> {
    if !query.extras.contains(&Extra::Verdicts) {
        return Vec::new();
    }
    let below = |name: &String| {
        let expression = snapshot.model.measure(name)?.kind.expression()?;
        events_of(snapshot, expression.as_ratio()?.1)
    };
    query.measures.iter().filter_map(below).map(str::to_owned).collect()
}

/// Adds the days one by one to a plan, which lacks only these and look-backs.
pub(super) fn bind_by_day(
    query: &Query,
    of_days: &OfDays<'_>,
    plan: &Plan,
) -> Result<Option<ByDay>, ServiceError> {
    let has_verdicts = query.extras.contains(&Extra::Verdicts);
    let is_of_sums = |rate: &RateOf| matches!(rate, RateOf::Sums { .. });
    let has_days = plan.has_intervals && plan.rates.iter().any(is_of_sums);
    if !has_verdicts && !has_days {
        return Ok(None);
    }
    if has_verdicts {
        check_verdicts(plan)?;
    }
    let days = settled(of_days, query.range, plan)?;
    if has_verdicts && days.len() > MAX_VERDICT_DAYS {
        let message = format!(
            "`extras`: verdicts over {} days, but the limit is {MAX_VERDICT_DAYS}; ask for fewer days",
            days.len()
        );
        return Err(ServiceError::new(Code::ResourceExhausted, message));
    }
    let other_days = match &plan.compare {
        Some(OtherSide::Days(other)) if has_verdicts => {
            let range = other.coverage.range.map_or(QueryRange::AllTime, |(first, last)| {
                QueryRange::Days { from: Some(first), to: Some(last) }
            });
            let mut placed = beside(&days, settled(of_days, range, other)?);
            placed.truncate(days.len());
            Some(placed)
        }
        Some(
            OtherSide::Days(_)
            | OtherSide::Member { .. }
            | OtherSide::Rest { .. }
            | OtherSide::Whole { .. }
            | OtherSide::Snapshot(_),
        )
        | None => None,
    };
    let test = if has_verdicts { declared(of_days.snapshot, query, plan) } else { None };
    Ok(Some(ByDay { days, other_days, has_verdicts, test }))
}

/// Checks that there is something to judge.
fn check_verdicts(plan: &Plan) -> Result<(), ServiceError> {
    let is_time = |key: &PlanKey| matches!(key, PlanKey::Time);
    let is_of_people = |rate: &RateOf| matches!(rate, RateOf::People { .. });
    let problem = match &plan.compare {
        None => {
            "verdicts are about comparisons, but rows are not compared; say with what (`compare`)"
        }
        Some(OtherSide::Whole { .. }) => {
            "verdicts need two separate sides, but a row is part of the whole; compare with the `rest`"
        }
        Some(OtherSide::Snapshot(_)) => {
            "verdicts need different people or times, but two snapshots count the same ones; look at the differences"
        }
        Some(OtherSide::Days(_) | OtherSide::Member { .. } | OtherSide::Rest { .. })
            if plan.keys.iter().any(is_time) =>
        {
            "verdicts are over days, but rows are grouped by time; ask for the range instead"
        }
        Some(OtherSide::Days(_) | OtherSide::Member { .. } | OtherSide::Rest { .. })
            if !plan.rates.iter().any(is_of_people) =>
        {
            "verdicts are about rates of people, but none is requested: derived measures `a / b` of distinct measures, of \
             which the first counts a part of those that the second one counts"
        }
        Some(OtherSide::Days(_) | OtherSide::Member { .. } | OtherSide::Rest { .. }) => {
            return Ok(());
        }
    };
    Err(ServiceError::new(Code::InvalidArgument, format!("`extras`: {problem}")))
}

/// The days of a range that are present one by one and settled.
fn settled(
    of_days: &OfDays<'_>,
    range: QueryRange,
    plan: &Plan,
) -> Result<Vec<Step>, ServiceError> {
    let OfDays { snapshot, lookups, limits, .. } = *of_days;
    // Including what windows cover before the range.
    let range = match (plan.total.is_some(), plan.coverage.range) {
        (true, Some((first, last))) => QueryRange::Days { from: Some(first), to: Some(last) },
        _ => range,
    };
    let asked = Asked { range, grain: Some(TimeGrain::Day), window: None, by_day: true };
    let mut days = bind_range(snapshot, asked, lookups, limits)?.steps;
    days.retain(|day| !snapshot.provisional.contains(&day.days.first()));
    Ok(days)
}
