//! Projections as people write them: `country=US,CA`, `400d`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::{KeptValues, Projection, Since};
use crate::field::FieldRef;
use crate::filter::{Filter, Test};

/// A text that says of no part of a lake; with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProjectionError(String);

const ONLY: &str = "write `FIELD=VALUE,VALUE`, fields apart by `;`, or, for values with such signs, a filter of `anyOf` \
                    tests joined by `and`: `country anyOf (US, \"A, B\")`";

impl Projection {
    /// The values of fields of which cells are held: `country=US,CA; asset.media_type=video`, or the same as a filter of
    /// `anyOf` tests joined by `and`. Sorted, each once.
    ///
    /// # Errors
    ///
    /// Another text, a field that is named twice, or one without a value.
    pub fn parse_only(text: &str) -> Result<Vec<KeptValues>, ProjectionError> {
        let fields = match short(text) {
            Some(fields) => fields,
            None => {
                let filter: Filter = text.parse().map_err(|error| {
                    ProjectionError(format!("`{text}` names no values: {error}; {ONLY}"))
                })?;
                let mut fields = Vec::new();
                add(filter, &mut fields).map_err(|part| {
                    ProjectionError(format!("`{part}` is no list of values to keep; {ONLY}"))
                })?;
                fields
            }
        };
        let mut kept: BTreeMap<FieldRef, Vec<String>> = BTreeMap::new();
        for (field, mut values) in fields {
            values.sort_unstable();
            values.dedup();
            if values.is_empty() {
                return Err(ProjectionError(format!("`{field}` has no value; {ONLY}")));
            }
            if let Some(_twice) = kept.insert(field.clone(), values) {
                let message = format!("`{field}` is named twice; name all its values together");
                return Err(ProjectionError(message));
            }
        }
        Ok(kept.into_iter().map(|(field, values)| KeptValues { field, values }).collect())
    }

    /// The text that [`parse_only`](Self::parse_only) parses to the same.
    pub fn only_text(only: &[KeptValues]) -> String {
        let test = |KeptValues { field, values }: &KeptValues| {
            format!("{field} {}", Test::AnyOf(values.clone()))
        };
        only.iter().map(test).collect::<Vec<_>>().join(" and ")
    }
}

type Named = (FieldRef, Vec<String>);

/// The form with `=`; `None` for another text.
fn short(text: &str) -> Option<Vec<Named>> {
    let part = |part: &str| {
        let (field, values) = part.split_once('=')?;
        let field = field.trim();
        let is_name = |sign: char| !sign.is_whitespace() && !"()\"',".contains(sign);
        if field.is_empty() || !field.chars().all(is_name) {
            return None;
        }
        let values = values.split(',').map(str::trim).filter(|value| !value.is_empty());
        Some((FieldRef::parse(field), values.map(str::to_owned).collect()))
    };
    text.split(';').map(str::trim).filter(|own| !own.is_empty()).map(part).collect()
}

/// Adds the tests of a filter; its first part that is something else is the error.
fn add(filter: Filter, fields: &mut Vec<Named>) -> Result<(), Filter> {
    match filter {
        Filter::And(parts) => parts.into_iter().try_for_each(|part| add(part, fields)),
        Filter::Field { field, test: Test::AnyOf(values) } => {
            fields.push((field, values));
            Ok(())
        }
        other @ (Filter::Or(_) | Filter::Not(_) | Filter::Field { .. }) => Err(other),
    }
}

/// A day, or a number of days: `2026-01-05`, `400d`.
impl FromStr for Since {
    type Err = ProjectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let days = text.strip_suffix('d').and_then(|number| number.parse().ok()).map(Self::Days);
        let day = || {
            let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text)?;
            Some(Self::Day(day))
        };
        days.or_else(day).ok_or_else(|| {
            let message = format!(
                "`{text}` is no first day; write a day such as `2026-01-05`, or how many of the newest days: `400d`"
            );
            ProjectionError(message)
        })
    }
}

/// As it is parsed.
impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Days(n_days) => write!(f, "{n_days}d"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> String {
        match Projection::parse_only(text) {
            Ok(only) => Projection::only_text(&only),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn values_are_kept_by_field_however_they_are_written() {
        let expected = r#"asset.tags anyOf ("new") and country anyOf ("CA", "US")"#;
        for text in [
            "country=US,CA;asset.tags=new",
            " asset.tags = new ; country = CA, US, CA ;",
            "country anyOf (US, CA) and asset.tags anyOf (new)",
            expected,
        ] {
            assert_eq!(only(text), expected, "{text}");
        }
        assert_eq!(only("title=a=b"), r#"title anyOf ("a=b")"#);
        assert_eq!(only("city anyOf (\"A, B\", 'c;d')"), r#"city anyOf ("A, B", "c;d")"#);
        assert_eq!(only(""), "");
    }

    #[test]
    fn what_is_no_list_of_values_is_refused_with_the_mend() {
        for (text, said) in [
            ("country", "names no values"),
            ("country=", "`country` has no value"),
            ("country=US;country=CA", "`country` is named twice"),
            ("country noneOf (US)", "`country noneOf (\"US\")` is no list of values"),
            ("country anyOf (US) or device anyOf (tv)", "is no list of values"),
            ("not country anyOf (US)", "is no list of values"),
        ] {
            let found = only(text);
            assert!(found.contains(said), "{text}: {found}");
        }
    }

    #[test]
    fn a_first_day_is_a_day_or_a_number_of_days() {
        for text in ["2026-01-05", "400d", "1d"] {
            assert_eq!(text.parse::<Since>().unwrap().to_string(), text);
        }
        for text in ["", "0d", "d", "-1d", "400", "1 d", "20260105", "2026-01-32", "1.5d", "4w"] {
            let error = text.parse::<Since>().unwrap_err().to_string();
            assert!(error.contains("write a day such as"), "{text}: {error}");
        }
    }
}
