//! The day from which the age of each member counts.

use clio_proto::{Age, AgeStep, Code, FieldInfo, FieldRef, Period, ServiceError, display_name};
use jiff::civil::Date;
use roaring::RoaringBitmap;

use super::{Chunk, NULL, Snapshot};

/// First days by cell code of one dimension, as [`day_number`]s; `None` if unknown.
pub(crate) type FirstDays = Vec<Option<i32>>;

/// The rows of a file of a period that are seen; `None` for all.
pub(crate) type SeenRows<'a> = &'a dyn Fn(&Chunk, Period) -> Option<RoaringBitmap>;

/// A day as a number that grows by 1 from day to day.
pub(crate) fn day_number(day: Date) -> i32 {
    (day - Date::ZERO).get_days()
}

impl Snapshot {
    /// What a reference to a step of age means: the dimension's position, and the step. `None` for any other reference.
    pub(crate) fn age(&self, reference: &FieldRef) -> Option<(usize, AgeStep)> {
        let attribute = reference.attribute.as_deref()?;
        let step = AgeStep::ALL.into_iter().find(|step| step.as_str() == attribute)?;
        let dimensions = self.model.dimensions();
        let at = dimensions.iter().position(|own| own.name == reference.dimension)?;
        dimensions[at].age.as_ref().filter(|_| !self.leaves_out(at)).map(|_| (at, step))
    }

    /// The steps of age that one can group and filter by.
    pub(crate) fn age_fields(&self) -> impl Iterator<Item = FieldInfo> {
        let dimensions = self.model.dimensions().iter().enumerate();
        let dimensions = dimensions.filter(|(at, own)| own.age.is_some() && !self.leaves_out(*at));
        dimensions.flat_map(|(_, dimension)| {
            AgeStep::ALL.map(|step| FieldInfo {
                field: FieldRef {
                    dimension: dimension.name.clone(),
                    attribute: Some(step.as_str().to_owned()),
                },
                label: format!(
                    "{} {}",
                    dimension.display,
                    display_name(step.as_str()).to_lowercase()
                ),
                multi: false,
                has_label: false,
                has_media: false,
            })
        })
    }

    /// The first day of each member of a dimension with an age; computed on first use. If not all rows are seen, they are
    /// the first days of those that are, as `seen` says for each file.
    ///
    /// # Errors
    ///
    /// The attribute that the model names is a list; or cells of earlier days are left out.
    pub(crate) fn first_days(
        &self,
        dimension: usize,
        seen: SeenRows<'_>,
    ) -> Result<&FirstDays, ServiceError> {
        if let Some(known) = self.first_days[dimension].get() {
            return Ok(known);
        }
        let found = match &self.model.dimensions()[dimension].age {
            Some(Age::Attribute(attribute)) => self.days_of_attribute(dimension, attribute)?,
            Some(Age::FirstDay) | None => {
                self.refuse_first_days(dimension)?;
                self.days_of_cells(dimension, seen)
            }
        };
        Ok(self.first_days[dimension].get_or_init(|| found))
    }

    /// The days in an attribute: unknown where the text is not a day.
    fn days_of_attribute(
        &self,
        dimension: usize,
        attribute: &str,
    ) -> Result<FirstDays, ServiceError> {
        let name = self.model.dimensions()[dimension].name.clone();
        let reference = FieldRef { dimension: name, attribute: Some(attribute.to_owned()) };
        let field = &self.fields[self.field(&reference)?];
        if field.multi {
            let message =
                format!("`{reference}` has several values, but an age counts from one day");
            return Err(ServiceError::new(Code::InvalidArgument, message));
        }
        let mut own = [NULL];
        let day_of = |code: u32, own: &mut [u32; 1]| {
            let value = field.values(code, own).first().copied()?;
            day(field.texts().text(value)?).map(day_number)
        };
        let codes = (0_u32..).take(field.n_cell_codes());
        Ok(codes.map(|code| day_of(code, &mut own)).collect())
    }

    /// The first days with cells, including days that have left the lake if they were kept. Members that were present
    /// on the first day of all may have been there before; so may those in a retired month of which nothing was kept,
    /// unless an earlier day is known. What was kept covers all rows, so it is not used for callers who do not see all of them.
    fn days_of_cells(&self, dimension: usize, seen: SeenRows<'_>) -> FirstDays {
        let vocabulary = &self.vocabularies[dimension];
        let mut first: FirstDays = vec![None; vocabulary.n_cell_codes()];
        let mut note = |code: u32, day: i32| {
            let known = &mut first[code as usize];
            *known = Some(known.map_or(day, |known| known.min(day)));
        };
        let name = &self.model.dimensions()[dimension].name;
        let kept = self.kept_first_days.of(name);
        for (member, day) in kept.filter(|_| self.seen_rows().is_none()) {
            // Nobody asks for members that are in no cell any more.
            let code = vocabulary.members.code(member);
            if let Some(code) = code.filter(|_| self.retired.contains(day)) {
                note(code, day_number(day));
            }
        }
        for (day, code) in self.members_of(dimension, seen, Period::day) {
            note(code, day_number(day));
        }
        let mut is_known: Vec<bool> = vec![true; first.len()];
        let last_day_of = |month| self.retired.days_of(month).last();
        for (last, code) in self.members_of(dimension, seen, last_day_of) {
            let is_kept = first[code as usize].is_some_and(|known| known <= day_number(last));
            is_known[code as usize] &= is_kept;
        }
        is_known[NULL as usize] = false;
        let first_of_all = self.days.first().copied().map(day_number);
        let known = first.into_iter().zip(is_known);
        known.map(|(day, is_known)| day.filter(|_| is_known && day != first_of_all)).collect()
    }

    /// The codes in the cells of some periods, each with the day that its period stands for.
    fn members_of<'a>(
        &'a self,
        dimension: usize,
        seen: SeenRows<'a>,
        day_of: impl Fn(Period) -> Option<Date> + 'a,
    ) -> impl Iterator<Item = (Date, u32)> + 'a {
        let periods = self
            .chunks
            .iter()
            .filter_map(move |(period, own)| Some((day_of(*period)?, *period, own)));
        periods.flat_map(move |(day, period, chunks)| {
            let codes = chunks.iter().flat_map(move |chunk| {
                let rows = seen(chunk, period);
                let codes = chunk.keys[dimension].index();
                codes
                    .filter(move |(_, own)| rows.as_ref().is_none_or(|rows| !rows.is_disjoint(own)))
            });
            codes.map(move |(code, _)| (day, code))
        })
    }
}

/// The day at the beginning of a text: a date, or a timestamp.
fn day(text: &str) -> Option<Date> {
    let (day, rest) = text.split_at_checked("2026-01-31".len())?;
    let is_time = rest.is_empty() || rest.starts_with(['T', ' ']);
    let found: Date = day.parse().ok().filter(|_| is_time)?;
    (found.to_string() == day).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_with_a_day_is_one() {
        let of = |text: &str| day(text).map(|day| day.to_string());
        for text in ["2026-01-31", "2026-01-31T10:00:00Z", "2026-01-31 10:00:00"] {
            assert_eq!(of(text).as_deref(), Some("2026-01-31"), "{text}");
        }
        for text in ["", "2026-1-31", "2026-01-32", "2026-01-311", "soon", "20260131", "é2026-01-3"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
