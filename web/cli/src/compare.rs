//! What rows are compared with: the syntax of `--compare`.
//!
//! ```text
//! compare := "previous" | "rest" | "whole" | "snapshot=" NUMBER | DATE ".." DATE | FIELD "=" VALUE | FIELD "isNull"
//! ```
//!
//! A field may be called `snapshot`: its value is one that is no number, or stands in quotes.
//! A value is all that stands behind the sign, without blanks around it; in single or double quotes, in which the quote is written
//! twice, any text.

use clio_proto::{Comparison, DayRange, FieldRef, SnapshotId};

use crate::args::day;
use crate::usage::Usage;

/// Parses a comparison.
pub(crate) fn parse(text: &str) -> Result<Comparison, Usage> {
    let wrong = |what: &str| Usage(format!("--compare `{text}`: {what}"));
    match text.trim() {
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
    // A value may contain two dots, a range contains no `=`.
    if let Some((field, value)) = text.split_once('=') {
        if field.trim() == "snapshot"
            && let Ok(id) = value.trim().parse()
        {
            return Ok(Comparison::Snapshot(SnapshotId(id)));
        }
        let value = unquoted(value.trim());
        return member(field, Some(&value.ok_or_else(|| wrong("the quote is never closed"))?));
    }
    if let Some(field) = text.trim().strip_suffix(" isNull") {
        return member(field, None);
    }
    let Some((first, last)) = text.split_once("..") else {
        return Err(wrong(
            "expected `previous`, `rest`, `whole`, days (`2026-01-01..2026-01-07`), a snapshot (`snapshot=412`), a member \
             (`country=US`) or `country isNull`",
        ));
    };
    let date = |text: &str| day(text).map_err(|what| wrong(&format!("`{text}` is {what}")));
    let range = DayRange::try_new(date(first.trim())?, date(last.trim())?);
    range.map(Comparison::Days).ok_or_else(|| wrong("ends before it starts"))
}

/// A value without its quotes; `None` if the quote is not closed.
fn unquoted(value: &str) -> Option<String> {
    let Some(quote) = value.chars().next().filter(|letter| matches!(letter, '"' | '\'')) else {
        return Some(value.to_owned());
    };
    let inner = value[1..].strip_suffix(quote)?;
    let doubled = [quote, quote].iter().collect::<String>();
    let is_closed_before = inner.replace(&doubled, "").contains(quote);
    (!is_closed_before).then(|| inner.replace(&doubled, &quote.to_string()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

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
            ("snapshot=412", Comparison::Snapshot(SnapshotId(412))),
            ("snapshot = 0 ", Comparison::Snapshot(SnapshotId(0))),
            ("snapshot='412'", member("snapshot", Some("412"))),
            ("snapshot=newest", member("snapshot", Some("newest"))),
            ("country=US", member("country", Some("US"))),
            (" previous ", Comparison::PreviousPeriod),
            ("2026-01-01 .. 2026-01-07", Comparison::Days(days)),
            ("country = US ", member("country", Some("US"))),
            ("country=\"New \"\"Land\"\" \"", member("country", Some("New \"Land\" "))),
            ("country = 'it''s'", member("country", Some("it's"))),
            ("country=''", member("country", Some(""))),
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
            ("country='US", "the quote is never closed"),
            ("country='", "the quote is never closed"),
            ("country='a'b'", "the quote is never closed"),
        ] {
            let error = parse(text).unwrap_err().0;
            assert!(error.starts_with(&format!("--compare `{text}`: ")), "{error}");
            assert!(error.contains(said), "{error}");
        }
    }
}
