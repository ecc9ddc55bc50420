//! Lowers GraphQL's input to a query in our own terms. Only names are looked up, and nothing is
//! decided: serving says what a query means, and whether it can be answered.

mod compare;
mod having;

use async_graphql::dynamic::ObjectAccessor;
use clio_proto::{
    Code, ComparedMeasure, ComparedPart, Cursor, CursorParseError, Direction, Extra, FieldRef,
    Filter, GroupKey, MembersRequest, Operator, Order, OrderBy, Percentile, Query, QueryRange,
    ServiceError, SnapshotId, Takes, TimeWindow, WholeRange, WholeRangeError,
};

use jiff::civil::Date;

use crate::argument::Argument;
use crate::names::{Names, QUANTILES, enum_name, quantile_name};

/// Rows of an answer when the query does not say how many.
pub(crate) const DEFAULT_LIMIT: usize = 100;
/// Members of a page when the query does not say how many.
pub(crate) const DEFAULT_MEMBERS: usize = 50;
/// Snapshots when the query does not say how many.
pub(crate) const DEFAULT_SNAPSHOTS: usize = 20;
/// Runs in a list when the query does not say how many.
pub(crate) const DEFAULT_RUNS: usize = 20;

/// The most entries of `measures`, `groupBy` and `orderBy`: more than models have.
const MAX_NAMES: usize = 256;

/// The entries of `CubeQuery`.
const ENTRIES: [&str; 16] = [
    "from",
    "to",
    "where",
    "groupBy",
    "measures",
    QUANTILES,
    "having",
    "orderBy",
    "extras",
    "window",
    "lookBackDays",
    "compare",
    "first",
    "limit",
    "after",
    "offset",
];

/// A `CubeQuery` that no schema has validated; for all rows unless it says how many.
pub(crate) fn all_rows(names: &Names, asked: &Argument<'_>) -> Result<Query, ServiceError> {
    asked.only(ENTRIES)?;
    let query = query(names, asked)?;
    let is_limited = asked.entry("first")?.is_some() || asked.entry("limit")?.is_some();
    Ok(Query { limit: if is_limited { query.limit } else { usize::MAX }, ..query })
}

/// The argument `query` of the field `cube`.
pub(crate) fn query(names: &Names, query: &Argument<'_>) -> Result<Query, ServiceError> {
    let date = |name: &str| query.entry(name)?.map(|date| date.date()).transpose();
    let conditions = match query.entry("where")? {
        Some(filter) => conditions(names, &filter)?,
        None => Vec::new(),
    };
    let limit = match (query.entry("first")?, query.entry("limit")?) {
        (Some(first), None) => first.page()?,
        (None, Some(limit)) => limit.page()?,
        (None, None) => DEFAULT_LIMIT,
        // An explicit value equal to the default does not contradict the other argument.
        (Some(first), Some(limit)) if limit.page()? == DEFAULT_LIMIT => first.page()?,
        (Some(first), Some(_)) => return Err(first.error("leave out `limit`, which it replaces")),
    };
    let after = query.entry("after")?.map(|after| cursor(&after)).transpose()?;
    let mut measures = list(query, "measures", |name| measure(names, name))?;
    measures.extend(list(query, QUANTILES, |own| asked_quantile(names, own))?);
    let offset = query.entry("offset")?.map_or(Ok(0), |offset| offset.page())?;
    Ok(Query {
        range: range(date("from")?, date("to")?),
        filter: (!conditions.is_empty()).then(|| all_of(conditions)),
        group_by: list(query, "groupBy", |key| group_key(names, key))?,
        measures,
        having: query
            .entry("having")?
            .map(|own| having::having(names, &own))
            .transpose()?
            .flatten(),
        order_by: list(query, "orderBy", |order| order_by(names, order))?,
        limit,
        offset,
        after,
        extras: list(query, "extras", extra)?,
        compare: query.entry("compare")?.map(|own| compare::comparison(names, &own)).transpose()?,
        window: query.entry("window")?.map(|own| window(&own)).transpose()?,
        look_back_days: query.entry("lookBackDays")?.map(|own| n_days(&own)).transpose()?,
    })
}

fn range(from: Option<Date>, to: Option<Date>) -> QueryRange {
    match (from, to) {
        (None, None) => QueryRange::AllTime,
        (from, to) => QueryRange::Days { from, to },
    }
}

/// The arguments of the field `members`.
pub(crate) fn members(
    names: &Names,
    arguments: &ObjectAccessor<'_>,
) -> Result<MembersRequest, ServiceError> {
    let field = Argument::of(arguments, "field").map(|field| {
        let found = names.field(field.name()?).cloned();
        found.ok_or_else(|| field.is_not("a field"))
    });
    let filter = match Argument::of(arguments, "where") {
        Some(filter) => conditions(names, &filter)?,
        None => Vec::new(),
    };
    let date = |name: &str| Argument::of(arguments, name).map(|date| date.date()).transpose();
    let search = Argument::of(arguments, "search").map(|search| search.text()).transpose()?;
    Ok(MembersRequest {
        field: field.transpose()?,
        search: search.filter(|text| !text.is_empty()).map(str::to_owned),
        limit: page(arguments, "first", DEFAULT_MEMBERS)?,
        offset: page(arguments, "offset", 0)?,
        after: Argument::of(arguments, "after").map(|after| cursor(&after)).transpose()?,
        snapshot: snapshot(arguments)?,
        range: range(date("from")?, date("to")?),
        filter: (!filter.is_empty()).then(|| all_of(filter)),
    })
}

/// The argument `snapshot` of several fields.
pub(crate) fn snapshot(arguments: &ObjectAccessor<'_>) -> Result<Option<SnapshotId>, ServiceError> {
    Argument::of(arguments, "snapshot").map(|version| version.count().map(SnapshotId)).transpose()
}

/// An argument with the number of things that a page holds or skips.
pub(crate) fn page(
    arguments: &ObjectAccessor<'_>,
    name: &str,
    default: usize,
) -> Result<usize, ServiceError> {
    Argument::of(arguments, name).map_or(Ok(default), |number| number.page())
}

/// An argument that the schema requires.
pub(crate) fn required<'a>(
    arguments: &'a ObjectAccessor<'_>,
    name: &str,
) -> Result<Argument<'a>, ServiceError> {
    Argument::of(arguments, name)
        .ok_or_else(|| ServiceError::new(Code::InvalidArgument, format!("`{name}`: is missing")))
}

/// The argument `window`: exactly one of its entries.
fn window(argument: &Argument<'_>) -> Result<TimeWindow, ServiceError> {
    argument.conditions()?;
    argument.only(["trailingDays", "cumulative"])?;
    match (argument.entry("trailingDays")?, argument.entry("cumulative")?) {
        (Some(own), None) => n_days(&own).map(TimeWindow::TrailingDays),
        (None, Some(flag)) if flag.flag()? => Ok(TimeWindow::Cumulative),
        _ => Err(argument.error("give exactly one of `trailingDays` and `cumulative: true`")),
    }
}

fn n_days(argument: &Argument<'_>) -> Result<u32, ServiceError> {
    u32::try_from(argument.count()?).map_err(|_| argument.is_not("a number of days"))
}

/// A cursor that an answer returned.
fn cursor(after: &Argument<'_>) -> Result<Cursor, ServiceError> {
    after.text()?.parse().map_err(|error: CursorParseError| after.error(&error.to_string()))
}

/// An entry that the schema requires.
pub(crate) fn required_entry<'a>(
    of: &Argument<'a>,
    name: &str,
) -> Result<Argument<'a>, ServiceError> {
    of.entry(name)?.ok_or_else(|| of.error(&format!("`{name}` is missing")))
}

/// A list of names without duplicates, and with no more than a model could sensibly have.
fn list<T: PartialEq>(
    query: &Argument<'_>,
    name: &str,
    lower: impl Fn(&Argument<'_>) -> Result<T, ServiceError>,
) -> Result<Vec<T>, ServiceError> {
    let Some(list) = query.entry(name)? else { return Ok(Vec::new()) };
    if list.n_items() > MAX_NAMES {
        let message = format!("has {} entries; at most {MAX_NAMES} are answered", list.n_items());
        return Err(ServiceError::new(Code::ResourceExhausted, list.error(&message).message));
    }
    let mut found = Vec::new();
    for item in list.items()? {
        let one = lower(&item)?;
        if found.contains(&one) {
            return Err(item.error("is given twice; name each once"));
        }
        found.push(one);
    }
    Ok(found)
}

fn group_key(names: &Names, key: &Argument<'_>) -> Result<GroupKey, ServiceError> {
    names.group_key(key.name()?).ok_or_else(|| key.is_not("a group key"))
}

fn measure(names: &Names, name: &Argument<'_>) -> Result<String, ServiceError> {
    let measure = names.measure(name.name()?).ok_or_else(|| name.is_not("a measure"))?;
    Ok(measure.to_owned())
}

/// A requested quantile, without conditions.
fn asked_quantile(names: &Names, own: &Argument<'_>) -> Result<String, ServiceError> {
    own.only(["measure", "percent"])?;
    quantile(names, own)
}

/// A quantile of a quantile measure, by its name in queries.
fn quantile(names: &Names, own: &Argument<'_>) -> Result<String, ServiceError> {
    let missing = |name: &str| own.error(&format!("`{name}` is missing"));
    // In a condition there are tests beside them.
    let measure = own.entry("measure")?.ok_or_else(|| missing("measure"))?;
    let percent = own.entry("percent")?.ok_or_else(|| missing("percent"))?;
    let name =
        names.quantile(measure.name()?).ok_or_else(|| measure.is_not("a quantile measure"))?;
    let percentile = Percentile::try_new(percent.number()?)
        .map_err(|_| percent.is_not("a number from 0 to 100 with up to two decimals"))?;
    Ok(quantile_name(name, percentile))
}

fn extra(extra: &Argument<'_>) -> Result<Extra, ServiceError> {
    let name = extra.name()?;
    let found = Extra::ALL.into_iter().find(|own| enum_name(own.as_str()) == name);
    found.ok_or_else(|| extra.is_not("SHARES, OTHERS, RANKS, REACH, INTERVALS or VERDICTS"))
}

fn order_by(names: &Names, order: &Argument<'_>) -> Result<OrderBy, ServiceError> {
    order.only(["measure", "key", "quantile", "part", "direction"])?;
    let by = (order.entry("measure")?, order.entry("key")?, order.entry("quantile")?);
    let by = match by {
        (Some(name), None, None) => Order::Measure(measure(names, &name)?),
        (None, Some(key), None) => Order::Key(group_key(names, &key)?),
        (None, None, Some(own)) => Order::Measure(asked_quantile(names, &own)?),
        _ if names.has_quantiles() => {
            return Err(order.error("give exactly one of `measure`, `key` and `quantile`"));
        }
        _ => return Err(order.error("give exactly one of `measure` and `key`")),
    };
    let by = match (order.entry("part")?, by) {
        (None, by) => by,
        (Some(own), Order::Measure(measure)) => {
            Order::Compared(ComparedMeasure { measure, part: part(&own)? })
        }
        (Some(own), Order::Key(_) | Order::Compared(_)) => {
            return Err(own.error("a key is not compared; leave it out"));
        }
    };
    let direction = match order.entry("direction")? {
        None => Direction::Descending,
        Some(direction) => match direction.name()? {
            "ASC" => Direction::Ascending,
            "DESC" => Direction::Descending,
            _ => return Err(direction.is_not("ASC or DESC")),
        },
    };
    Ok(OrderBy { by, direction })
}

fn part(part: &Argument<'_>) -> Result<ComparedPart, ServiceError> {
    let name = part.name()?;
    let found = ComparedPart::ALL.into_iter().find(|own| enum_name(own.as_str()) == name);
    found.ok_or_else(|| part.is_not("OTHER, DIFFERENCE or RATIO"))
}

/// The conditions of one `CubeFilter`, all of which must hold.
fn conditions(names: &Names, filter: &Argument<'_>) -> Result<Vec<Filter>, ServiceError> {
    let nested = |filter: &Argument<'_>| conditions(names, filter).map(all_of);
    let mut found = Vec::new();
    for (name, entry) in filter.conditions()? {
        match name {
            "and" => {
                let all = entry.items()?.iter().map(nested).collect::<Result<_, _>>()?;
                found.push(all_of(all));
            }
            "or" => {
                let any = entry.items()?.iter().map(nested).collect::<Result<_, _>>()?;
                found.push(Filter::Or(any));
            }
            "not" => found.push(Filter::Not(Box::new(nested(&entry)?))),
            _ => {
                let field = names.filter(name).ok_or_else(|| filter.is_not("a filter"))?;
                tests(field, &entry, &mut found)?;
            }
        }
    }
    Ok(found)
}

/// The conditions of one `ValueFilter`, `SetFilter` or `AgeFilter`, in the order of the schema.
fn tests(
    field: &FieldRef,
    filter: &Argument<'_>,
    found: &mut Vec<Filter>,
) -> Result<(), ServiceError> {
    filter.conditions()?;
    filter.only(Operator::ALL.iter().flat_map(|operator| entries_of(*operator)).copied())?;
    for operator in Operator::ALL {
        let entry = || filter.entry(operator.name());
        let test = match operator.takes() {
            Takes::Values(test) => entry()?.map(|own| own.texts().map(test)),
            Takes::Text(test) => entry()?.map(|own| own.text().map(|own| test(own.to_owned()))),
            Takes::Range(test) => range_of(filter)?.map(|own| Ok(test(own))),
            Takes::Flag { test, .. } => entry()?.map(|own| own.flag().map(test)),
        };
        let test = test.transpose()?.into_iter();
        found.extend(test.map(|test| Filter::Field { field: field.clone(), test }));
    }
    Ok(())
}

/// The entries of a filter that form a test with an operator.
pub(crate) fn entries_of(operator: Operator) -> &'static [&'static str] {
    match operator {
        Operator::AnyOf => &["anyOf"],
        Operator::AllOf => &["allOf"],
        Operator::NoneOf => &["noneOf"],
        Operator::Prefix => &["prefix"],
        Operator::Between => &["atLeast", "atMost", "above", "below"],
        Operator::IsNull => &["isNull"],
    }
}

/// The range of whole numbers that satisfy a filter.
fn range_of(filter: &Argument<'_>) -> Result<Option<WholeRange>, ServiceError> {
    let whole = |name: &str| filter.entry(name)?.map(|own| own.whole()).transpose();
    let above = whole("above")?.map(|number| number.saturating_add(1));
    let below = whole("below")?.map(|number| number.saturating_sub(1));
    let from = whole("atLeast")?.into_iter().chain(above).max();
    let to = whole("atMost")?.into_iter().chain(below).min();
    match WholeRange::try_new(from, to) {
        Ok(range) => Ok(Some(range)),
        Err(WholeRangeError::Open) => Ok(None),
        Err(error @ WholeRangeError::Empty { .. }) => Err(filter.error(&error.to_string())),
    }
}

fn all_of(mut conditions: Vec<Filter>) -> Filter {
    match conditions.pop() {
        Some(only) if conditions.is_empty() => only,
        Some(last) => {
            conditions.push(last);
            Filter::And(conditions)
        }
        None => Filter::And(conditions),
    }
}

#[cfg(test)]
mod tests;
