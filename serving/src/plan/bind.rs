//! Binds a query to a snapshot's model: every name is resolved, or refused with those that exist.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use clio_proto::{
    AskedMeasure, Code, ComparedMeasure, Direction, Extra, FieldRef, Filter, GroupKey,
    MAX_GROUP_BY, MAX_LIMIT, MAX_MEASURES, MAX_TRAILING_DAYS, Order, OrderBy, Query, QuestionPart,
    ServiceError, Shortened, TimeGrain, TimeWindow, of_comparison,
};

use super::ages::{bind_ages, check_ages, with_ages};
use super::by_day::{bind_by_day, rates};
use super::compare::{OfDays, bind_compare};
use super::filter::{bind_filter, check_filter};
use super::having::{Asked, bind_having, check_having};
use super::look_back::{bind_look_back, first_distinct, is_distinct};
use super::lookups::lookups;
use super::notices::notices;
use super::one_value::values_of_groups;
use super::range::{Asked as AskedDays, BoundRange, bind_range};
use super::seen::of_seen;
use super::{OrderTarget, Output, Plan, PlanKey, PlanMeasure, PlanOrder, Reading};
use crate::config::Limits;
use crate::snapshot::Snapshot;

/// Binds a query to a snapshot; `beside` is the one that it is compared with, if any.
pub(crate) fn bind(
    snapshot: &Snapshot,
    query: &Query,
    limits: &Limits,
    beside: Option<&Arc<Snapshot>>,
) -> Result<Plan, ServiceError> {
    let query = &*with_own_week(snapshot, query);
    let Alone { mut plan, grain, by_day, lookups } = bind_alone(snapshot, query, limits)?;
    let of_days = OfDays { snapshot, grain, by_day, lookups: &lookups, limits };
    plan.rates = rates(snapshot, &plan);
    plan.compare = bind_compare(query, &of_days, &plan, beside)?;
    plan.by_day = bind_by_day(query, &of_days, &plan)?;
    plan.look_back = bind_look_back(query, &of_days, &plan)?;
    Ok(plan)
}

/// A query bound to a snapshot, except for comparisons and the like.
pub(super) struct Alone {
    pub(super) plan: Plan,
    grain: Option<TimeGrain>,
    /// Whether only single days are read.
    by_day: bool,
    lookups: BTreeSet<String>,
}

/// Binds everything of a query except comparisons and the like.
pub(super) fn bind_alone(
    snapshot: &Snapshot,
    query: &Query,
    limits: &Limits,
) -> Result<Alone, ServiceError> {
    if query.limit > MAX_LIMIT {
        let message =
            format!("{} is above {MAX_LIMIT}; ask for one page after another", query.limit);
        return Err(ServiceError::new(Code::ResourceExhausted, message).of(QuestionPart::Limit));
    }
    check_lists(query)?;
    check_having(query)?;
    if let Some(filter) = &query.filter {
        // Before anything traverses it.
        check_filter(filter, limits).map_err(|error| error.of(QuestionPart::Filter))?;
    }
    let grain = time_grain(&query.group_by)?;
    let keys = bind_keys(snapshot, &query.group_by, snapshot.filter_of_groups(query).as_deref())?;
    let Asked { measures, n_answered, outputs, having, withholding } =
        bind_having(snapshot, query)?;
    let reach = bind_reach(snapshot, query, &outputs)?;
    let order = bind_order(query)?;
    let filter = query.filter.as_ref().map(|filter| bind_filter(snapshot, filter)).transpose();
    let filter = filter.map_err(|error| error.of(QuestionPart::Filter))?;
    let filter = of_seen(snapshot, filter)?;
    let (notices, n_notices) = notices(snapshot, query.filter.as_ref());
    let lookups = lookups(snapshot, query);
    check_window(query, grain)?;
    let has_age = check_ages(snapshot, query)?;
    let days = AskedDays { range: query.range, grain, window: query.window, by_day: has_age };
    let BoundRange { steps, total, coverage } = bind_range(snapshot, days, &lookups, limits)
        .map_err(|error| error.of(QuestionPart::From))?;
    let keys = keys.into_iter().map(|key| match key {
        PlanKey::Age(ages) => PlanKey::Age(ages.over(&steps)),
        PlanKey::Time | PlanKey::Field { .. } => key,
    });
    let keys: Vec<PlanKey> = keys.collect();
    let overlapping = keys.iter().filter_map(|key| match key {
        PlanKey::Field { field, .. } if field.multi => Some(field.reference.clone()),
        PlanKey::Field { .. } | PlanKey::Time | PlanKey::Age(_) => None,
    });
    let plan = Plan {
        overlapping: overlapping.collect(),
        steps,
        total,
        filter,
        keys,
        measures,
        n_answered,
        withholding,
        outputs,
        having,
        ranks_by: bind_ranks(query, &order)?,
        reach,
        has_shares: query.extras.contains(&Extra::Shares),
        has_others: query.extras.contains(&Extra::Others),
        has_intervals: query.extras.contains(&Extra::Intervals),
        rates: Vec::new(),
        by_day: None,
        compare: None,
        look_back: None,
        order,
        limit: query.limit,
        offset: query.offset,
        coverage,
        notices,
        n_notices,
    };
    Ok(Alone { plan, grain, by_day: has_age, lookups })
}

/// The query with the dimension `week` in place of the step of time, if the model has such a dimension.
pub(super) fn with_own_week<'a>(snapshot: &Snapshot, query: &'a Query) -> Cow<'a, Query> {
    let mut query = Cow::Borrowed(query);
    let is_own = |key: &GroupKey| {
        let GroupKey::Time(grain) = key else { return false };
        !grain.is_reserved() && snapshot.model.dimension(grain.as_str()).is_some()
    };
    let own = |key: &GroupKey| GroupKey::Field(FieldRef::parse(&key.to_string()));
    if query.group_by.iter().any(is_own) {
        let query = query.to_mut();
        let orders = query.order_by.iter_mut().filter_map(|order| match &mut order.by {
            Order::Key(key) => Some(key),
            Order::Measure(_) | Order::Compared(_) => None,
        });
        let keys = query.group_by.iter_mut().chain(orders);
        keys.filter(|key| is_own(key)).for_each(|key| *key = own(key));
    }
    query
}

/// Checks that no list is too long or has duplicates.
fn check_lists(query: &Query) -> Result<(), ServiceError> {
    let Query { group_by, measures, order_by, .. } = query;
    check_list(QuestionPart::GroupBy, group_by, MAX_GROUP_BY, ToString::to_string)?;
    check_list(QuestionPart::Measures, measures, MAX_MEASURES, Clone::clone)?;
    let order_name = |order: &OrderBy| match &order.by {
        Order::Measure(measure) => measure.clone(),
        Order::Key(key) => key.to_string(),
        Order::Compared(of) => of.to_string(),
    };
    check_list(QuestionPart::Extras, &query.extras, Extra::ALL.len(), |extra| {
        extra.as_str().to_owned()
    })?;
    check_list(QuestionPart::OrderBy, order_by, MAX_GROUP_BY + MAX_MEASURES, order_name)
}

fn check_list<T>(
    part: QuestionPart,
    list: &[T],
    n_most: usize,
    name_of: impl Fn(&T) -> String,
) -> Result<(), ServiceError> {
    if list.len() > n_most {
        let message = format!("{} names, the limit is {n_most}", list.len());
        return Err(ServiceError::new(Code::ResourceExhausted, message).of(part));
    }
    let mut seen = BTreeSet::new();
    for name in list.iter().map(name_of) {
        if seen.contains(&name) {
            let message = format!("`{}` is given twice; once is enough", Shortened(&name));
            return Err(ServiceError::new(Code::InvalidArgument, message).of(part));
        }
        seen.insert(name);
    }
    Ok(())
}

/// Checks that a window applies to steps of time, and that nothing is requested that overlapping steps do not have.
fn check_window(query: &Query, grain: Option<TimeGrain>) -> Result<(), ServiceError> {
    let Some(window) = query.window else { return Ok(()) };
    let problem = match (window, grain) {
        (_, None) => "rows are not grouped by time; name `day` in `group_by`".to_owned(),
        (TimeWindow::TrailingDays(n_days), _) if !(2..=MAX_TRAILING_DAYS).contains(&n_days) => {
            format!("{n_days} days; from 2 to {MAX_TRAILING_DAYS} are allowed")
        }
        (TimeWindow::TrailingDays(_), Some(grain)) if grain != TimeGrain::Day => {
            let grain = grain.as_str();
            format!("trailing days need rows by `day`, but rows are grouped by `{grain}`")
        }
        _ if query.compare.is_some() => "not together with `compare`".to_owned(),
        _ if query.extras.contains(&Extra::Shares) || query.extras.contains(&Extra::Others) => {
            "not together with shares or others, which overlapping rows do not have".to_owned()
        }
        _ => return Ok(()),
    };
    Err(ServiceError::new(Code::InvalidArgument, format!("`window`: {problem}")))
}

/// The step of time among the keys.
fn time_grain(group_by: &[GroupKey]) -> Result<Option<TimeGrain>, ServiceError> {
    let mut found = None;
    for key in group_by {
        let GroupKey::Time(grain) = key else { continue };
        if let Some(first) = found.replace(*grain) {
            let (first, second) = (TimeGrain::as_str(first), grain.as_str());
            let message =
                format!("rows can be grouped by at most one step of time: `{first}` or `{second}`");
            return Err(ServiceError::new(Code::InvalidArgument, message).of(QuestionPart::GroupBy));
        }
    }
    Ok(found)
}

fn bind_keys(
    snapshot: &Snapshot,
    group_by: &[GroupKey],
    filter: Option<&Filter>,
) -> Result<Vec<PlanKey>, ServiceError> {
    group_by
        .iter()
        .map(|key| match key {
            GroupKey::Time(_) => Ok(PlanKey::Time),
            GroupKey::Field(reference) => bind_key(snapshot, reference, filter),
        })
        .collect()
}

fn bind_key(
    snapshot: &Snapshot,
    reference: &FieldRef,
    filter: Option<&Filter>,
) -> Result<PlanKey, ServiceError> {
    if let Some(ages) = bind_ages(snapshot, reference)? {
        return Ok(PlanKey::Age(ages));
    }
    if let Some(left_out) = snapshot.left_out_field(reference) {
        return Err(left_out.of(QuestionPart::GroupBy));
    }
    let unknown = |error| with_time(with_ages(snapshot, error));
    let field = &snapshot.fields[snapshot.field(reference).map_err(unknown)?];
    let filter = filter.filter(|_| field.multi);
    let only = filter.and_then(|filter| values_of_groups(filter, field));
    Ok(PlanKey::Field { field: Arc::clone(field), only })
}

/// Adds the steps of time to the keys listed in an error.
fn with_time(mut error: ServiceError) -> ServiceError {
    for grain in TimeGrain::ALL {
        error.message = format!("{}, `{}`", error.message, grain.as_str());
    }
    error.of(QuestionPart::GroupBy)
}

/// The required stored measures, and how each requested measure is computed from them.
pub(super) fn bind_measures(
    snapshot: &Snapshot,
    names: &[String],
) -> Result<(Vec<PlanMeasure>, Vec<Output>), ServiceError> {
    let model = &snapshot.model;
    if names.is_empty() {
        let names = snapshot.asked_names();
        let existing: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("no measure is requested; there are: {}", existing.join(", "));
        return Err(ServiceError::new(Code::InvalidArgument, message));
    }
    let mut needed: Vec<PlanMeasure> = Vec::new();
    let mut need = |name: &str, reading: Reading| {
        let column = snapshot.layout.measures.iter().position(|own| own.name == name);
        let unknown = || {
            let existing = snapshot.asked_names();
            ServiceError::unknown("measure", name, existing.iter().map(String::as_str))
        };
        let measure = PlanMeasure { column: column.ok_or_else(unknown)?, reading };
        let known = needed.iter().position(|known| *known == measure);
        Ok::<usize, ServiceError>(known.unwrap_or_else(|| {
            needed.push(measure);
            needed.len() - 1
        }))
    };
    let mut outputs = Vec::with_capacity(names.len());
    for name in names {
        let (measure, reading) = match snapshot.asked(name)? {
            AskedMeasure::Number(measure) => (measure, Reading::Number),
            AskedMeasure::Quantile(measure, percentile) => (measure, Reading::Quantile(percentile)),
        };
        let Some(expression) = measure.kind.expression() else {
            outputs.push(Output::Stored(need(&measure.name, reading)?));
            continue;
        };
        let shares = expression.shares();
        let mut of = Vec::new();
        for term in expression.terms() {
            let at = match shares.iter().find(|share| share.term() == term) {
                None => need(term, Reading::Number)?,
                Some(share) if share.is_below() => {
                    need(share.measure(), Reading::Below(share.threshold()))?
                }
                Some(share) => need(share.measure(), Reading::Above(share.threshold()))?,
            };
            of.push((term.to_owned(), at));
        }
        let pairs = of
            .iter()
            .flat_map(|(part, _)| of.iter().map(move |(whole, _)| (part.clone(), whole.clone())));
        let is_part = |(part, whole): &(String, String)| model.is_part_of(part, whole);
        let parts = pairs.filter(is_part).collect();
        outputs.push(Output::Derived { expression: expression.clone(), of, parts });
    }
    Ok((needed, outputs))
}

fn bind_order(query: &Query) -> Result<Vec<PlanOrder>, ServiceError> {
    if query.order_by.is_empty() {
        let time = query.group_by.iter().position(|key| matches!(key, GroupKey::Time(_)));
        return Ok(vec![match time {
            Some(at) => PlanOrder { by: OrderTarget::Key(at), direction: Direction::Ascending },
            None => PlanOrder { by: OrderTarget::Output(0), direction: Direction::Descending },
        }]);
    }
    query
        .order_by
        .iter()
        .map(|OrderBy { by, direction }| {
            let by = match by {
                Order::Measure(name) => OrderTarget::Output(ordered_by(query, name)?),
                Order::Compared(ComparedMeasure { measure, part }) if query.compare.is_some() => {
                    OrderTarget::Compared(ordered_by(query, measure)?, *part)
                }
                Order::Compared(of) => {
                    let message = format!(
                        "`{of}` is part of a comparison, but rows are not compared; give `compare`"
                    );
                    let error = ServiceError::new(Code::InvalidArgument, message);
                    return Err(error.of(QuestionPart::OrderBy));
                }
                Order::Key(key) => {
                    let at = query.group_by.iter().position(|asked| asked == key);
                    let asked: Vec<String> =
                        query.group_by.iter().map(ToString::to_string).collect();
                    let asked = asked.iter().map(String::as_str);
                    OrderTarget::Key(at.ok_or_else(|| not_asked("key", &key.to_string(), asked))?)
                }
            };
            Ok(PlanOrder { by, direction: *direction })
        })
        .collect()
}

/// The position of a measure that rows are ordered by among the requested ones.
fn ordered_by(query: &Query, name: &str) -> Result<usize, ServiceError> {
    let asked = || query.measures.iter().map(String::as_str);
    asked().position(|own| own == name).ok_or_else(|| {
        let mut error = not_asked("measure", name, asked());
        // Perhaps a misspelled word after the dot.
        if let Some((measure, word)) = name.rsplit_once('.')
            && asked().any(|own| own == measure)
        {
            error.message = format!("{}{}", error.message, of_comparison(measure, word));
        }
        error
    })
}

/// The distinct measure of the reach: the first one requested.
fn bind_reach(
    snapshot: &Snapshot,
    query: &Query,
    outputs: &[Output],
) -> Result<Option<(usize, String)>, ServiceError> {
    if !query.extras.contains(&Extra::Reach) {
        return Ok(None);
    }
    let invalid = |message: String| ServiceError::new(Code::InvalidArgument, message);
    if query.group_by.is_empty() {
        let message = "`extras`: reach needs rows, but nothing is grouped; name keys in `group_by`";
        return Err(invalid(message.to_owned()));
    }
    first_distinct(snapshot, query, outputs).map(Some).ok_or_else(|| {
        let names = snapshot.model.measures().iter().map(|own| own.name.as_str());
        let names = names.filter(|name| is_distinct(snapshot, name) && snapshot.sees_measure(name));
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        invalid(format!(
            "`extras`: reach needs a distinct measure, but none is requested; there are: {}",
            names.join(", ")
        ))
    })
}

/// What ranks are determined by: the first measure of the order.
fn bind_ranks(
    query: &Query,
    order: &[PlanOrder],
) -> Result<Option<(usize, Direction)>, ServiceError> {
    if !query.extras.contains(&Extra::Ranks) {
        return Ok(None);
    }
    let by_measure = |order: &&PlanOrder| !matches!(order.by, OrderTarget::Key(_));
    let found = order.iter().find(by_measure).and_then(|order| match order.by {
        OrderTarget::Output(output) => Some((output, order.direction)),
        OrderTarget::Key(_) | OrderTarget::Compared(..) => None,
    });
    if found.is_none() && order.iter().any(|order| by_measure(&order)) {
        let message = "`extras`: ranks are by values of rows, but rows are ordered by a comparison; name a measure first";
        return Err(ServiceError::new(Code::InvalidArgument, message));
    }
    let message = "`extras`: ranks are by the first measure that rows are ordered by, but rows are ordered by keys \
                   alone; name a measure in `order_by`";
    found.map(Some).ok_or_else(|| ServiceError::new(Code::InvalidArgument, message))
}

fn not_asked<'a>(what: &str, name: &str, asked: impl Iterator<Item = &'a str>) -> ServiceError {
    let asked: Vec<String> = asked.map(|name| format!("`{name}`")).collect();
    let asked = if asked.is_empty() { "none".to_owned() } else { asked.join(", ") };
    let name = Shortened(name);
    ServiceError::new(
        Code::InvalidArgument,
        format!(
            "rows cannot be ordered by the {what} `{name}`, which the query does not ask for: {asked}"
        ),
    )
    .of(QuestionPart::OrderBy)
}
