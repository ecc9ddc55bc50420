//! The order of rows, and the page of them.

use std::cmp::Ordering;

use clio_proto::{Direction, ServiceError, Value};

use super::compare::Beside;
use super::evaluate;
use super::groups::Groups;
use super::measures::Measures;
use crate::plan::{OrderTarget, Output, Plan};
use crate::snapshot::NULL;

/// What groups are compared by.
enum Column<'a> {
    /// A measure's value, by group.
    Values(Vec<Option<f64>>),
    /// A key's text, by group.
    Texts(Vec<Option<&'a str>>),
    /// A key's string, or for ages the number, looked up only if all previous columns tie, which is rare.
    Ties { groups: &'a Groups<'a>, key: usize, is_age: bool },
}

/// A page of groups.
pub(super) struct Page {
    /// In order.
    pub(super) groups: Vec<u32>,
    /// Those that come after the last one, in any order.
    pub(super) below: Vec<u32>,
}

/// The requested page of the groups that stay, which are in ascending order.
pub(super) fn page(
    plan: &Plan,
    groups: &Groups<'_>,
    measures: &mut Measures<'_>,
    beside: &mut Beside<'_>,
    staying: Vec<u32>,
) -> Result<Page, ServiceError> {
    let compared = plan.order.iter().filter_map(|order| match order.by {
        OrderTarget::Compared(output, _) => Some(&plan.outputs[output]),
        OrderTarget::Output(_) | OrderTarget::Key(_) => None,
    });
    let compared: Vec<&Output> = compared.collect();
    let mut compared = beside.numbers(&compared, &staying, measures)?.into_iter();
    let mut columns = Vec::with_capacity(plan.order.len() + plan.keys.len());
    for order in &plan.order {
        let column = match order.by {
            OrderTarget::Key(key) => key_column(plan, groups, &staying, key),
            OrderTarget::Output(output) => {
                Column::Values(output_numbers(plan, output, groups, &staying, measures)?)
            }
            OrderTarget::Compared(_, part) => {
                let mut numbers = vec![None; groups.n_groups()];
                for (group, own) in staying.iter().zip(compared.next().unwrap_or_default()) {
                    numbers[*group as usize] = own.part(part);
                }
                Column::Values(numbers)
            }
        };
        columns.push((column, order.direction));
    }
    for key in 0..plan.keys.len() {
        let asked = plan.order.iter().any(|order| order.by == OrderTarget::Key(key));
        if !asked {
            let column = match columns.is_empty() {
                true => key_column(plan, groups, &staying, key),
                false => Column::Ties { groups, key, is_age: plan.keys[key].is_age() },
            };
            columns.push((column, Direction::Ascending));
        }
    }
    let compare = |a: &u32, b: &u32| {
        let orderings =
            columns.iter().map(|(column, direction)| column.compare(*a, *b, *direction));
        orderings.into_iter().find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    };
    let mut all = staying;
    let end = plan.offset.saturating_add(plan.limit);
    if end < all.len() && end > 0 {
        // Only the rows up to the page's end need an order.
        all.select_nth_unstable_by(end - 1, compare);
    }
    let below = all.split_off(end.min(all.len()));
    all.sort_unstable_by(compare);
    Ok(Page { groups: all.into_iter().skip(plan.offset).collect(), below })
}

/// A key for some groups, by group: its string, or for ages the number.
fn key_column<'a>(plan: &Plan, groups: &'a Groups<'_>, of: &[u32], key: usize) -> Column<'a> {
    let codes = of.iter().map(|group| (*group as usize, groups.code(*group, key)));
    if plan.keys[key].is_age() {
        let mut numbers = vec![None; groups.n_groups()];
        codes.for_each(|(group, code)| numbers[group] = age_number(code));
        Column::Values(numbers)
    } else {
        let mut texts = vec![None; groups.n_groups()];
        codes.for_each(|(group, code)| texts[group] = groups.text(key, code));
        Column::Texts(texts)
    }
}

/// The number by which ages are compared: codes grow with it.
fn age_number(code: u32) -> Option<f64> {
    (code != NULL).then_some(f64::from(code))
}

/// An output's number for some groups, by group.
fn output_numbers(
    plan: &Plan,
    output: usize,
    groups: &Groups<'_>,
    of: &[u32],
    measures: &mut Measures<'_>,
) -> Result<Vec<Option<f64>>, ServiceError> {
    let mut numbers = vec![None; groups.n_groups()];
    for (group, value) in of.iter().zip(output_values(plan, output, of, measures)?) {
        numbers[*group as usize] = value.value;
    }
    Ok(numbers)
}

/// An output's value for each of some groups, in ascending order.
pub(super) fn output_values(
    plan: &Plan,
    output: usize,
    of: &[u32],
    measures: &mut Measures<'_>,
) -> Result<Vec<Value>, ServiceError> {
    let output = &plan.outputs[output];
    let needs = output.needs();
    for measure in &needs {
        measures.prepare_groups(*measure, of)?;
    }
    let mut stored = vec![Value::undefined(); plan.measures.len()];
    let mut values = Vec::with_capacity(of.len());
    for group in of {
        for measure in &needs {
            stored[*measure] = measures.of(*measure, *group)?;
        }
        values.push(evaluate(output, &stored));
    }
    Ok(values)
}

impl Column<'_> {
    fn compare(&self, a: u32, b: u32, direction: Direction) -> Ordering {
        let by_text = |a: Option<&str>, b| missing_last(a, b, direction, |a, b| a.cmp(b));
        let (at_a, at_b) = (a as usize, b as usize);
        match self {
            Self::Values(values) => {
                missing_last(values[at_a], values[at_b], direction, f64::total_cmp)
            }
            Self::Texts(texts) => by_text(texts[at_a], texts[at_b]),
            Self::Ties { groups, key, is_age: false } => {
                let text = |group| groups.text(*key, groups.code(group, *key));
                by_text(text(a), text(b))
            }
            Self::Ties { groups, key, is_age: true } => {
                let number = |group| age_number(groups.code(group, *key));
                missing_last(number(a), number(b), direction, f64::total_cmp)
            }
        }
    }
}

/// Compares values that may be missing: those come last, in both directions.
fn missing_last<T>(
    a: Option<T>,
    b: Option<T>,
    direction: Direction,
    compare: impl FnOnce(&T, &T) -> Ordering,
) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => match direction {
            Direction::Ascending => compare(&a, &b),
            Direction::Descending => compare(&a, &b).reverse(),
        },
        (None, None) => Ordering::Equal,
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}
