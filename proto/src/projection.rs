//! The part of a lake that a service holds, for replicas that leave something out.

mod parse;

use std::fmt;
use std::num::NonZeroU32;

use jiff::Span;
use jiff::civil::Date;

use crate::field::FieldRef;
use crate::filter::{Filter, Test};

pub use parse::ProjectionError;

/// The metadata key of every gRPC answer of a service that holds a part of its lake: the text of [`Projection::setting`].
/// Replicas with different texts, or one with and one without, answer the same question differently.
pub const PROJECTION_METADATA: &str = "clio-projection-bin";

/// The part of a lake that a service holds. The default is everything.
///
/// Answers are those that a service of the whole lake gives to the same question with the projection as one more filter,
/// from the first day on that is held; questions about what is left out are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Projection {
    /// Only cells with one of these values in each of these fields are held; sorted by field, each once.
    pub only: Vec<KeptValues>,
    /// From which day on days are held; `None` for all days.
    pub since: Option<Since>,
    /// The dimensions that are left out, sorted: cells are united over them.
    pub without: Vec<String>,
    /// The first day that is not left out of the snapshot in question; `None` in a setting, and if all days are held.
    pub first_day: Option<Date>,
}

/// The values of one field of which cells are held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeptValues {
    /// A dimension, or an attribute of one.
    pub field: FieldRef,
    /// The values, sorted, each once; empty if whoever asks may not know them.
    pub values: Vec<String>,
}

/// From which day on days are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// From this day on.
    Day(Date),
    /// The newest days of each snapshot, up to and including its last one: `400d`.
    Days(NonZeroU32),
}

impl Since {
    /// The first day of a snapshot that is held, given the snapshot's last day.
    pub fn first_day(self, last: Date) -> Date {
        match self {
            Self::Day(day) => day,
            Self::Days(n_days) => {
                let back = Span::new().try_days(i64::from(n_days.get()) - 1);
                // Beyond the first day that can be written, all are held.
                let first = back.and_then(|back| last.checked_sub(back));
                first.unwrap_or(Date::MIN)
            }
        }
    }
}

impl Projection {
    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        let Self { only, since, without, first_day: _ } = self;
        only.is_empty() && since.is_none() && without.is_empty()
    }

    /// The same setting for every snapshot: without the first day that is held of one of them.
    pub fn setting(&self) -> Self {
        Self { first_day: None, ..self.clone() }
    }

    /// What must hold of every cell that is held.
    pub fn filter(&self) -> Filter {
        let kept = self.only.iter().map(|KeptValues { field, values }| Filter::Field {
            field: field.clone(),
            test: Test::AnyOf(values.clone()),
        });
        Filter::And(kept.collect())
    }

    /// The values of a field of which cells are held; `None` if the field does not matter.
    pub fn kept(&self, field: &FieldRef) -> Option<&[String]> {
        let own = self.only.iter().find(|own| own.field == *field)?;
        Some(&own.values)
    }

    /// Without the values of fields, for those who may not see all rows.
    pub fn without_values(&self) -> Self {
        let fields = self.only.iter().map(|KeptValues { field, values: _ }| KeptValues {
            field: field.clone(),
            values: Vec::new(),
        });
        Self { only: fields.collect(), ..self.clone() }
    }
}

/// What is held, in words: ``only `country` of `CA`, `US`; days from 2026-01-05 on (the last 400); nothing by `device` ``.
impl fmt::Display for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { only, since, without, first_day } = self;
        let names = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        let mut parts: Vec<String> = Vec::new();
        for KeptValues { field, values } in only {
            parts.push(match values.len() {
                0 => format!("only some values of `{field}`"),
                _ => format!("only `{field}` of {}", names(values)),
            });
        }
        parts.extend(since.map(|since| match (since, first_day) {
            (Since::Days(n_days), Some(first)) => {
                format!("days from {first} on (the last {n_days})")
            }
            (Since::Days(n_days), None) => format!("the last {n_days} days"),
            (Since::Day(day), first) => format!("days from {} on", first.unwrap_or(day)),
        }));
        if !without.is_empty() {
            parts.push(format!("nothing by {}", names(without)));
        }
        match parts.is_empty() {
            true => f.write_str("everything"),
            false => f.write_str(&parts.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_in_words() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(Projection::default().to_string(), "everything");
        assert!(Projection::default().is_whole());
        let mut own = Projection {
            only: Projection::parse_only("country=US,CA; asset.tags = new").unwrap(),
            since: Some("400d".parse().unwrap()),
            without: vec!["device".to_owned()],
            first_day: None,
        };
        let said = "only `asset.tags` of `new`; only `country` of `CA`, `US`; the last 400 days; nothing by `device`";
        assert_eq!(own.to_string(), said);
        own.first_day = Some(day("2026-01-05"));
        assert!(own.to_string().contains("; days from 2026-01-05 on (the last 400); "), "{own}");
        assert_eq!(own.setting().to_string(), said);
        let hidden = own.without_values().to_string();
        assert!(hidden.starts_with("only some values of `asset.tags`; only some"), "{hidden}");
        own.since = Some(Since::Day(day("2026-01-02")));
        assert!(own.to_string().contains("; days from 2026-01-05 on; "), "{own}");
        assert!(!own.is_whole());
    }

    #[test]
    fn the_newest_days_end_with_the_last_one() {
        let (one, last) = ("1d".parse::<Since>().unwrap(), "2026-03-01".parse::<Date>().unwrap());
        assert_eq!(one.first_day(last), last);
        assert_eq!("2d".parse::<Since>().unwrap().first_day(last).to_string(), "2026-02-28");
        let all = Since::Days(NonZeroU32::MAX).first_day(last);
        assert_eq!(all, Date::MIN);
    }

    #[test]
    fn its_filter_holds_of_what_is_kept() {
        let only = Projection::parse_only("country anyOf (US, \"C, A\")").unwrap();
        let own = Projection { only, ..Projection::default() };
        assert_eq!(own.filter().to_string(), r#"country anyOf ("C, A", "US")"#);
        let kept = own.kept(&FieldRef::parse("country")).unwrap();
        assert_eq!(kept, ["C, A", "US"]);
        assert_eq!(own.kept(&FieldRef::parse("country.name")), None);
    }
}
