//! What rows are compared with, as `--compare` has it.
//!
//! ```text
//! compare := "previous" | "rest" | "whole" | DATE ".." DATE | FIELD "=" VALUE | FIELD "isNull"
//! ```

use clio_proto::{Comparison, DayRange, FieldRef};
use jiff::civil::Date;

use crate::usage::Usage;

/// Reads a comparison.
pub(crate) fn parse(text: &str) -> Result<Comparison, Usage> {
    let wrong = |what: &str| Usage(format!("--compare `{text}`: {what}"));
    match text {
        "previous" => return Ok(Comparison::PreviousPeriod),
        "rest" => return Ok(Comparison::Rest),
        "whole" => return Ok(Comparison::Whole),
        _ => {}
    }
    let member = |field: &str, value: Option<&str>| match field.trim() {
        "" => Err(wrong("names no field")),
        field => Ok(Comparison::Member {
            field: FieldRef::parse(field),
            value: value.map(str::to_owned),
        }),
    };
    // A value may hold two dots, and a range no `=`.
    if let Some((field, value)) = text.split_once('=') {
        return member(field, Some(value));
    }
    if let Some(field) = text.strip_suffix(" isNull") {
        return member(field, None);
    }
    let Some((first, last)) = text.split_once("..") else {
        return Err(wrong(
            "expected `previous`, `rest`, `whole`, days (`2026-01-01..2026-01-07`), a member (`country=US`) or `country isNull`",
        ));
    };
    let date = |text: &str| {
        let found = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
        found.ok_or_else(|| {
            wrong(&format!("`{text}` is not a date; expected a day like `2026-01-31`"))
        })
    };
    let range = DayRange::try_new(date(first)?, date(last)?);
    range.map(Comparison::Days).ok_or_else(|| wrong("ends before it starts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_comparison_is_read() {
        let member = |field: &str, value: Option<&str>| Comparison::Member {
            field: FieldRef::parse(field),
            value: value.map(str::to_owned),
        };
        let day = |text: &str| text.parse::<Date>().unwrap();
        let days = DayRange::try_new(day("2026-01-01"), day("2026-01-07")).unwrap();
        for (text, expected) in [
            ("previous", Comparison::PreviousPeriod),
            ("rest", Comparison::Rest),
            ("whole", Comparison::Whole),
            ("2026-01-01..2026-01-07", Comparison::Days(days)),
            ("country=US", member("country", Some("US"))),
            ("country=", member("country", Some(""))),
            ("asset.title=a..b = c", member("asset.title", Some("a..b = c"))),
            ("country isNull", member("country", None)),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
        for (text, said) in [
            ("country", "expected `previous`, `rest`, `whole`, days"),
            ("=US", "names no field"),
            ("2026-01-07..2026-01-01", "ends before it starts"),
            ("2026-01-07..x", "`x` is not a date"),
        ] {
            let error = parse(text).unwrap_err().0;
            assert!(error.starts_with(&format!("--compare `{text}`: ")), "{error}");
            assert!(error.contains(said), "{error}");
        }
    }
}
