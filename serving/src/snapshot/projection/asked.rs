//! Questions about a part of a lake: answered as if of all with the projection as one more filter, or refused because they
//! name what is left out.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use clio_proto::{
    Code, DayRange, FieldRef, Filter, Projection, Query, ServiceError, Shortened, Test, runs,
};
use jiff::civil::Date;

use crate::snapshot::Snapshot;

/// What to do instead.
const MEND: &str = "ask a service that holds it";

fn refused(what: impl std::fmt::Display) -> ServiceError {
    ServiceError::new(Code::InvalidArgument, format!("{what} left out of this service; {MEND}"))
}

impl Snapshot {
    /// The part of the lake that is held; `None` for everything.
    pub(crate) fn projection(&self) -> Option<&Arc<Projection>> {
        self.projected.as_ref().map(|own| &own.projection)
    }

    /// The same, as whoever asks may know it: values are those of rows that may be hidden.
    pub(crate) fn told_projection(&self) -> Option<Arc<Projection>> {
        let own = self.projection()?;
        Some(match self.seen_rows() {
            None => Arc::clone(own),
            Some(_) => Arc::new(own.without_values()),
        })
    }

    /// All days of the lake, held or not: a range of days that are held is covered by periods that are.
    pub(crate) fn days_of_lake(&self) -> &BTreeSet<Date> {
        self.projected.as_ref().map_or(&self.days, |own| &own.days_of_lake)
    }

    /// Whether cells are united over a dimension.
    pub(in crate::snapshot) fn leaves_out(&self, dimension: usize) -> bool {
        self.layout.dimensions[dimension].is_left_out
    }

    /// The error for a field of a dimension that is left out.
    pub(crate) fn left_out_field(&self, reference: &FieldRef) -> Option<ServiceError> {
        let at = self.layout.dimensions.iter().position(|own| own.name == reference.dimension)?;
        self.leaves_out(at).then(|| refused(format_args!("`{}` is", reference.dimension)))
    }

    /// Refuses days that are left out.
    pub(crate) fn refuse_days(&self, range: DayRange) -> Result<(), ServiceError> {
        let Some(own) = &self.projected else { return Ok(()) };
        let left_out = own.days_left_out.range(range.first()..=range.last()).copied();
        let left_out = runs(left_out);
        let Some((first, last)) = left_out.first().zip(left_out.last()) else { return Ok(()) };
        let from =
            own.projection.first_day.map_or_else(String::new, |day| format!(" from {day} on, or"));
        let days = DayRange::try_new(first.first(), last.last()).unwrap_or(*first);
        let message = format!(
            "days of {days} are left out of this service; ask for days{from} {}",
            &MEND[4..]
        );
        Err(ServiceError::new(Code::InvalidArgument, message))
    }

    /// The filter by which values of multi-valued fields make groups: that of the query, and what holds of all cells.
    pub(crate) fn filter_of_groups<'q>(&self, query: &'q Query) -> Option<Cow<'q, Filter>> {
        let kept = self.projected.as_ref().map(|own| own.filter.clone());
        match (kept, &query.filter) {
            (None, own) => own.as_ref().map(Cow::Borrowed),
            (Some(kept), None) => Some(Cow::Owned(kept)),
            (Some(kept), Some(own)) => Some(Cow::Owned(Filter::And(vec![kept, own.clone()]))),
        }
    }

    /// Whether a value of a field is not left out; null is, if values are named.
    pub(crate) fn keeps_value(&self, field: &FieldRef, value: Option<&str>) -> bool {
        let kept = self.projected.as_ref().and_then(|own| own.projection.kept(field));
        let is_kept =
            |kept: &[String]| value.is_some_and(|value| kept.iter().any(|own| own == value));
        kept.is_none_or(is_kept)
    }

    /// Refuses a value that is left out.
    pub(crate) fn refuse_value(
        &self,
        field: &FieldRef,
        value: Option<&str>,
    ) -> Result<(), ServiceError> {
        if self.keeps_value(field, value) {
            return Ok(());
        }
        let value =
            value.map_or_else(|| "null".to_owned(), |value| format!("`{}`", Shortened(value)));
        Err(refused(format_args!("{value} of `{field}` is")))
    }

    /// Refuses a filter that asks for values which are left out; it may exclude them. It was checked not to be too deep.
    pub(crate) fn refuse_values(&self, filter: &Filter) -> Result<(), ServiceError> {
        match self.projected {
            None => Ok(()),
            Some(_) => self.refuse_asked(filter, true),
        }
    }

    /// The same of a filter, or of its negation.
    fn refuse_asked(&self, filter: &Filter, is_wanted: bool) -> Result<(), ServiceError> {
        let (field, test) = match filter {
            Filter::And(parts) | Filter::Or(parts) => {
                return parts.iter().try_for_each(|part| self.refuse_asked(part, is_wanted));
            }
            Filter::Not(part) => return self.refuse_asked(part, !is_wanted),
            Filter::Field { field, test } => (field, test),
        };
        let refuse = |value: &String| self.refuse_value(field, Some(value));
        match test {
            Test::AnyOf(values) if is_wanted => values.iter().try_for_each(refuse),
            Test::NoneOf(values) if !is_wanted => values.iter().try_for_each(refuse),
            // Cells are kept whole: of several members at least one is that of all cells.
            Test::AllOf(values) if is_wanted => {
                let is_kept = |value: &String| self.keeps_value(field, Some(value));
                if values.iter().any(is_kept) { Ok(()) } else { values.iter().try_for_each(refuse) }
            }
            Test::Prefix(prefix) if is_wanted => {
                let kept = self.projected.as_ref().and_then(|own| own.projection.kept(field));
                let has =
                    |kept: &[String]| kept.iter().any(|value| value.starts_with(prefix.as_str()));
                if kept.is_none_or(has) {
                    return Ok(());
                }
                let prefix = Shortened(prefix);
                Err(refused(format_args!("what begins with `{prefix}` of `{field}` is")))
            }
            Test::IsNull(is_null) if *is_null == is_wanted => self.refuse_value(field, None),
            Test::AnyOf(_)
            | Test::NoneOf(_)
            | Test::AllOf(_)
            | Test::Prefix(_)
            | Test::Between(_)
            | Test::IsNull(_) => Ok(()),
        }
    }

    /// Refuses the first days of a dimension's members if cells are left out that may be earlier.
    pub(in crate::snapshot) fn refuse_first_days(
        &self,
        dimension: usize,
    ) -> Result<(), ServiceError> {
        let Some(own) = &self.projected else { return Ok(()) };
        let layout = &self.layout.dimensions[dimension];
        // Which cells of a member are kept depends on the member alone.
        let is_of_member = |field: &FieldRef| field.dimension == layout.name && !layout.multi;
        let has_all = own.projection.only.iter().all(|kept| is_of_member(&kept.field));
        if own.days_left_out.is_empty() && has_all {
            return Ok(());
        }
        let name = &layout.name;
        Err(refused(format_args!(
            "the age of `{name}` counts from its first day of all, and cells that may be earlier are"
        )))
    }

    /// Refuses what is told of everything.
    pub(crate) fn refuse_outliers(&self) -> Result<(), ServiceError> {
        let Some(own) = self.projection() else { return Ok(()) };
        let own = match self.seen_rows() {
            None => own.to_string(),
            Some(_) => own.without_values().to_string(),
        };
        let message = format!(
            "outliers are told of a whole lake, and this service holds a part ({own}); ask one that holds all"
        );
        Err(ServiceError::new(Code::InvalidArgument, message))
    }
}
