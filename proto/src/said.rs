//! Filters and conditions in the language of the command line, to describe what an answer is about.

use std::fmt;

use crate::filter::{Filter, Takes, Test};
use crate::query::{Comparison, Having, MeasureTest, TimeWindow};

/// The filter in the language of `clio query --where`, which parses back to the same meaning: `country anyOf ("US",
/// "CA") and not (device isNull)`. Filters that hold for all or for no cell become `()` and `not ()`, which the
/// language does not have.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(all) => joined(f, all, "and"),
            Self::Or(any) => joined(f, any, "or"),
            Self::Not(own) => write!(f, "not ({own})"),
            Self::Field { field, test } => write!(f, "{field} {test}"),
        }
    }
}

/// The test, to follow its field: `anyOf ("US")`, `isNotNull`.
impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.operator().name();
        match self {
            Self::AnyOf(values) | Self::AllOf(values) | Self::NoneOf(values) => {
                let values: Vec<_> = values.iter().map(|value| quoted(value)).collect();
                write!(f, "{name} ({})", values.join(", "))
            }
            Self::Prefix(prefix) => write!(f, "{name} {}", quoted(prefix)),
            Self::Between(range) => match (range.from(), range.to()) {
                (Some(from), Some(to)) => write!(f, "{name} {from} and {to}"),
                (Some(from), None) => write!(f, ">= {from}"),
                (None, to) => write!(f, "<= {}", to.unwrap_or(i64::MAX)),
            },
            Self::IsNull(true) => f.write_str(name),
            Self::IsNull(false) => match self.operator().takes() {
                Takes::Flag { denied, .. } => f.write_str(denied),
                Takes::Values(_) | Takes::Text(_) | Takes::Range(_) => write!(f, "not {name}"),
            },
        }
    }
}

/// The condition in the language of `clio query --having`: `plays >= 100 and viewers.ratio > 1.5`.
impl fmt::Display for Having {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(all) => joined(f, all, "and"),
            Self::Or(any) => joined(f, any, "or"),
            Self::Not(own) => write!(f, "not ({own})"),
            Self::Measure { measure, test } => write!(f, "{measure} {test}"),
            Self::Compared { of, test } => write!(f, "{of} {test}"),
        }
    }
}

/// The test, to follow its measure: `>= 100`, `between 1 and 2`.
impl fmt::Display for MeasureTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, ">= {least}"),
            Self::AtMost(most) => write!(f, "<= {most}"),
            Self::Above(bound) => write!(f, "> {bound}"),
            Self::Below(bound) => write!(f, "< {bound}"),
            Self::Between { from, to } => write!(f, "between {from} and {to}"),
            Self::IsNull(true) => f.write_str("isNull"),
            Self::IsNull(false) => f.write_str("isNotNull"),
        }
    }
}

/// The other side in the language of `clio query --compare`: `previous`, `2026-01-01..2026-01-07`, `country=US`,
/// `country isNull`, `snapshot=412`.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PreviousPeriod => f.write_str("previous"),
            Self::Days(days) => days.fmt(f),
            // Quoted if it would be read as a snapshot's number.
            Self::Member { field, value: Some(value) }
                if field.to_string() == "snapshot" && value.parse::<u64>().is_ok() =>
            {
                write!(f, "{field}='{value}'")
            }
            Self::Member { field, value: Some(value) } => write!(f, "{field}={value}"),
            Self::Member { field, value: None } => write!(f, "{field} isNull"),
            Self::Rest => f.write_str("rest"),
            Self::Whole => f.write_str("whole"),
            Self::Snapshot(id) => write!(f, "snapshot={id}"),
        }
    }
}

/// The days of a row in the language of `clio query --window`: how many, or `cumulative`.
impl fmt::Display for TimeWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TrailingDays(n_days) => n_days.fmt(f),
            Self::Cumulative => f.write_str("cumulative"),
        }
    }
}

fn joined<T: fmt::Display>(f: &mut fmt::Formatter<'_>, parts: &[T], word: &str) -> fmt::Result {
    match parts {
        [] if word == "or" => f.write_str("not ()"),
        [] => f.write_str("()"),
        [only] => only.fmt(f),
        parts => {
            for (at, part) in parts.iter().enumerate() {
                let before = if at == 0 { String::new() } else { format!(" {word} ") };
                write!(f, "{before}({part})")?;
            }
            Ok(())
        }
    }
}

/// A value in quotes, with quotes inside doubled.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FieldRef;
    use crate::filter::WholeRange;
    use crate::query::ComparedMeasure;

    #[test]
    fn filters_and_conditions_are_said_as_they_are_written() {
        let of = |field: &str, test| Filter::Field { field: FieldRef::parse(field), test };
        let us = || of("country", Test::AnyOf(vec!["US".to_owned(), "a \"b\"".to_owned()]));
        let whole = |from, to| WholeRange::try_new(from, to).unwrap();
        let null = || of("asset.title", Test::IsNull(false));
        for (filter, said) in [
            (us(), r#"country anyOf ("US", "a ""b""")"#),
            (null(), "asset.title isNotNull"),
            (of("device", Test::Prefix("tv".to_owned())), r#"device prefix "tv""#),
            (
                of("asset.age_day", Test::Between(whole(Some(-1), Some(6)))),
                "asset.age_day between -1 and 6",
            ),
            (of("asset.age_day", Test::Between(whole(Some(7), None))), "asset.age_day >= 7"),
            (of("asset.age_day", Test::Between(whole(None, Some(27)))), "asset.age_day <= 27"),
            (Filter::Not(Box::new(null())), "not (asset.title isNotNull)"),
            (
                Filter::And(vec![null(), Filter::Or(vec![null(), null()])]),
                "(asset.title isNotNull) and ((asset.title isNotNull) or (asset.title isNotNull))",
            ),
            (Filter::And(vec![null()]), "asset.title isNotNull"),
            (Filter::And(Vec::new()), "()"),
            (Filter::Or(Vec::new()), "not ()"),
        ] {
            assert_eq!(filter.to_string(), said);
        }
        let ratio = ComparedMeasure::parse("plays.ratio").unwrap();
        let having = Having::And(vec![
            Having::Compared { of: ratio, test: MeasureTest::Above(1.5) },
            Having::Measure {
                measure: "plays".to_owned(),
                test: MeasureTest::Between { from: -1.0, to: 1e21 },
            },
        ]);
        let said = "(plays.ratio > 1.5) and (plays between -1 and 1000000000000000000000)";
        assert_eq!(having.to_string(), said);
    }
}
