//! Ages as keys and in filters, computed from a member's first day and the day of a cell.
//!
//! Only cells of single days have ages, so that a query with an age reads these alone; a month whose days are retired
//! has none.

use std::collections::BTreeSet;
use std::sync::Arc;

use clio_proto::{
    AgeStep, Code, FieldRef, Filter, GroupKey, Period, Query, ServiceError, Shortened, Test,
    WholeRange,
};

use super::Step;
use super::seen::{seen_of, seen_rows};
use crate::snapshot::{NULL, Snapshot, day_number};

/// The range of ages; anything beyond a hundred years either way is probably a mistake in the data, and counts as
/// unknown.
const MOST: i32 = 36_525;

/// The number of codes of ages, including that of unknown ones.
pub(crate) const N_AGE_CODES: usize = 2 * MOST as usize + 2;

/// The number of a period's day; `None` for a longer period.
pub(crate) fn day_of(period: Period) -> Option<i32> {
    match period {
        Period::Day(day) => Some(day_number(day)),
        Period::Month(..) | Period::Year(_) | Period::All => None,
    }
}

/// The age of one dimension's members.
#[derive(Debug, Clone)]
pub(crate) struct Ages {
    /// The dimension's position.
    pub(crate) dimension: usize,
    step: AgeStep,
    /// By cell code.
    first: Arc<[Option<i32>]>,
    /// The texts of the ages that rows may have, beginning with the smallest.
    texts: Arc<[String]>,
    least: i32,
}

impl Ages {
    fn bind(
        snapshot: &Snapshot,
        (dimension, step): (usize, AgeStep),
    ) -> Result<Self, ServiceError> {
        let rows = seen_rows(snapshot)?;
        let first = snapshot.first_days(dimension, &seen_of(rows.as_ref()))?.as_slice().into();
        Ok(Self { dimension, step, first, texts: [].into(), least: 0 })
    }

    /// With the texts of the possible ages on the days of some steps of time.
    pub(super) fn over(mut self, steps: &[Step]) -> Self {
        let days = steps.iter().flat_map(|step| [step.days.first(), step.days.last()]);
        let days: Vec<i32> = days.map(day_number).collect();
        let known = || self.first.iter().flatten();
        let ends = (days.iter().min(), days.iter().max(), known().min(), known().max());
        if let (Some(first), Some(last), Some(earliest), Some(latest)) = ends {
            let of_days = |n_days: i32| self.step.of_days(n_days).clamp(-MOST, MOST);
            self.least = of_days(first.saturating_sub(*latest));
            let most = of_days(last.saturating_sub(*earliest));
            self.texts = (self.least..=most).map(|age| age.to_string()).collect();
        }
        self
    }

    /// The age of a member on a day; `None` if unknown.
    fn of(&self, cell_code: usize, day: Option<i32>) -> Option<i32> {
        let age = self.step.of_days(day?.checked_sub(self.first[cell_code]?)?);
        (-MOST..=MOST).contains(&age).then_some(age)
    }

    /// The code of each member's age on a day, ascending with age; [`NULL`] if unknown.
    pub(crate) fn codes(&self, day: Option<i32>) -> Vec<u32> {
        let code = |at: usize| {
            let above = self.of(at, day).map(|age| age.abs_diff(-MOST) + 1);
            above.unwrap_or(NULL)
        };
        (0..self.first.len()).map(code).collect()
    }

    /// The text of an age's code.
    pub(crate) fn text(&self, code: u32) -> Option<&str> {
        let age = i32::try_from(code.checked_sub(1)?).ok()? - MOST;
        let at = usize::try_from(age.checked_sub(self.least)?).ok()?;
        self.texts.get(at).map(String::as_str)
    }
}

/// A test of an age.
#[derive(Debug, Clone)]
pub(crate) struct AgeTest {
    ages: Ages,
    holds: Holds,
}

#[derive(Debug, Clone)]
enum Holds {
    AnyOf(BTreeSet<i32>),
    AllOf(BTreeSet<i32>),
    NoneOf(BTreeSet<i32>),
    Between(WholeRange),
    IsNull(bool),
}

impl AgeTest {
    /// The dimension's position.
    pub(crate) fn dimension(&self) -> usize {
        self.ages.dimension
    }

    /// Whether it holds on a day, by cell code.
    pub(crate) fn holds(&self, day: Option<i32>) -> Vec<bool> {
        let holds = |at: usize| match (&self.holds, self.ages.of(at, day)) {
            (Holds::IsNull(is_null), age) => age.is_none() == *is_null,
            (Holds::AnyOf(ages), age) => age.is_some_and(|age| ages.contains(&age)),
            (Holds::Between(range), age) => age.is_some_and(|age| range.contains(age.into())),
            (Holds::NoneOf(ages), age) => age.is_none_or(|age| !ages.contains(&age)),
            (Holds::AllOf(ages), age) => ages.iter().all(|own| Some(*own) == age),
        };
        (0..self.ages.first.len()).map(holds).collect()
    }
}

/// The ages that a reference means, if it means ages.
pub(super) fn bind_ages(
    snapshot: &Snapshot,
    reference: &FieldRef,
) -> Result<Option<Ages>, ServiceError> {
    snapshot.age(reference).map(|age| Ages::bind(snapshot, age)).transpose()
}

/// The test of an age, if the field is one.
pub(super) fn bind_age_test(
    snapshot: &Snapshot,
    field: &FieldRef,
    test: &Test,
) -> Result<Option<AgeTest>, ServiceError> {
    let Some(ages) = bind_ages(snapshot, field)? else { return Ok(None) };
    let invalid = |message: String| ServiceError::new(Code::InvalidArgument, message);
    let numbers = |values: &[String]| -> Result<BTreeSet<i32>, ServiceError> {
        let number = |value: &String| {
            let found = value.parse::<i32>().ok().filter(|found| found.to_string() == *value);
            found.ok_or_else(|| {
                let value = Shortened(value);
                invalid(format!("`{field}` is a whole number, but `{value}` is not"))
            })
        };
        values.iter().map(number).collect()
    };
    let holds = match test {
        Test::AnyOf(values) => Holds::AnyOf(numbers(values)?),
        Test::AllOf(values) => Holds::AllOf(numbers(values)?),
        Test::NoneOf(values) => Holds::NoneOf(numbers(values)?),
        Test::Between(range) => Holds::Between(*range),
        Test::IsNull(is_null) => Holds::IsNull(*is_null),
        Test::Prefix(_) => {
            return Err(invalid(format!(
                "`{field}` is a number, which has no prefixes; list ages with `any_of`, or name a range with `between`"
            )));
        }
    };
    Ok(Some(AgeTest { ages, holds }))
}

/// Adds the steps of age to the fields listed in an error.
pub(super) fn with_ages(snapshot: &Snapshot, mut error: ServiceError) -> ServiceError {
    for info in snapshot.age_fields() {
        error.message = format!("{}, `{}`", error.message, info.field);
    }
    error
}

/// Whether a query groups or filters by an age, so that it reads single days alone; refuses parts that need longer
/// periods.
pub(super) fn check_ages(snapshot: &Snapshot, query: &Query) -> Result<bool, ServiceError> {
    let is_key = |key: &GroupKey| match key {
        GroupKey::Field(field) => snapshot.age(field).is_some(),
        GroupKey::Time(_) => false,
    };
    let has_age = query.group_by.iter().any(is_key)
        || query.filter.as_ref().is_some_and(|filter| tests_age(snapshot, filter));
    let beside = match () {
        () if !has_age => return Ok(false),
        () if query.window.is_some() => "`window`",
        () if query.look_back_days.is_some() => "`look_back_days`",
        () => return Ok(true),
    };
    let message = format!("{beside}: not together with ages, which need single days");
    Err(ServiceError::new(Code::InvalidArgument, message))
}

fn tests_age(snapshot: &Snapshot, filter: &Filter) -> bool {
    match filter {
        Filter::And(nodes) | Filter::Or(nodes) => {
            nodes.iter().any(|node| tests_age(snapshot, node))
        }
        Filter::Not(node) => tests_age(snapshot, node),
        Filter::Field { field, .. } => snapshot.age(field).is_some(),
    }
}
