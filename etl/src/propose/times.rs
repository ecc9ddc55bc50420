//! Which columns are times, and how a model writes them.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;

/// How the values of a column are times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Times {
    /// A column, or an expression over it, as `time` of a source takes it.
    pub(super) sql: String,
    /// The values name an instant, in whichever zone.
    pub(super) has_zone: bool,
    /// Days alone.
    pub(super) is_date: bool,
}

/// Numbers of seconds since 1970 between 2001 and 2100; those of finer units are a thousand times as large each.
const SECONDS: std::ops::Range<i64> = 1_000_000_000..4_102_444_800;
/// How many different texts are tried: what all of them are, the others are too, or a run names the first that is not.
const N_TRIED: usize = 2_000;

/// Formats of texts that the etl does not read as they are; whether they have a time of day.
const FORMATS: [(&str, bool); 14] = [
    ("%m/%d/%Y %H:%M:%S", true),
    ("%m/%d/%Y %H:%M", true),
    ("%d/%m/%Y %H:%M:%S", true),
    ("%d/%m/%Y %H:%M", true),
    ("%Y/%m/%d %H:%M:%S", true),
    ("%Y/%m/%d %H:%M", true),
    ("%Y-%m-%d %H:%M", true),
    ("%d.%m.%Y %H:%M:%S", true),
    ("%m/%d/%Y", false),
    ("%d/%m/%Y", false),
    ("%Y/%m/%d", false),
    ("%d.%m.%Y", false),
    ("%b %d %Y", false),
    ("%Y%m%d", false),
];

impl Times {
    /// Of a column of timestamps.
    pub(super) fn of_type(name: &str, zone: Option<&str>, texts: &[String]) -> Self {
        let is_midnight = |text: &String| {
            let time = text.split(['T', ' ']).nth(1).unwrap_or_default();
            time.starts_with("00:00:00")
                && !time.contains(['1', '2', '3', '4', '5', '6', '7', '8', '9'])
        };
        let is_date = texts.iter().all(is_midnight);
        Self { sql: name.to_owned(), has_zone: zone.is_some(), is_date }
    }

    /// Of a column of dates.
    pub(super) fn of_dates(name: &str) -> Self {
        Self { sql: name.to_owned(), has_zone: false, is_date: true }
    }
}

/// A name within an SQL expression.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whole numbers that count from 1970, as far as their name lets one think of it.
pub(super) fn since_1970(
    name: &str,
    is_text: bool,
    numbers: impl Iterator<Item = i64>,
) -> Option<Times> {
    let name_says =
        super::words::has_any(name, &["time", "timestamp", "ts", "epoch", "at", "date"]);
    // An expression cannot name what is nested.
    if !name_says || name.contains('.') {
        return None;
    }
    let (mut least, mut most) = (i64::MAX, i64::MIN);
    for number in numbers {
        (least, most) = (least.min(number), most.max(number));
    }
    let of = |factor: i64| {
        (SECONDS.start * factor..SECONDS.end * factor).contains(&least)
            && most < SECONDS.end * factor
    };
    let function = match () {
        () if of(1) => "to_timestamp_seconds",
        () if of(1_000) => "to_timestamp_millis",
        () if of(1_000_000) => "to_timestamp_micros",
        () => return None,
    };
    let column = quoted(name);
    let number = if is_text { format!("cast({column} as bigint)") } else { column };
    Some(Times { sql: format!("{function}({number})"), has_zone: true, is_date: false })
}

/// Texts that are times, as they are or in one of the formats.
pub(super) fn of_texts(name: &str, texts: &[&str]) -> Option<Times> {
    // From all over the sample: files may differ.
    let step = texts.len().div_ceil(N_TRIED).max(1);
    let texts: Vec<&str> = texts.iter().step_by(step).copied().collect();
    let texts = texts.as_slice();
    let all = |is: &dyn Fn(&str) -> bool| !texts.is_empty() && texts.iter().all(|text| is(text));
    if all(&|text| text.len() == 10 && text.parse::<Date>().is_ok()) {
        return Some(Times::of_dates(name));
    }
    let is_instant =
        |text: &str| text.len() > 10 && as_jiff(text).parse::<jiff::Timestamp>().is_ok();
    let is_civil = |text: &str| text.len() > 10 && as_jiff(text).parse::<DateTime>().is_ok();
    let is_date_first = |text: &str| text.as_bytes().get(4) == Some(&b'-');
    if all(&|text| is_date_first(text) && (is_instant(text) || is_civil(text)))
        && all_seconds(texts)
    {
        let has_zone = all(&is_instant);
        // A model cannot say that some have a zone and others are local.
        return Some(Times { sql: name.to_owned(), has_zone, is_date: false });
    }
    // Eight digits are a date where the name says so; else they may be anything.
    let is_named =
        super::words::has_any(name, &["time", "timestamp", "ts", "date", "day", "at", "on"]);
    let may_be = is_named || texts[0].contains(['/', '.', ' ', ':']);
    if !may_be || texts.is_empty() || name.contains('.') {
        return None;
    }
    let of = |function: &str, formats: &[&str], has_time: bool| {
        let formats: String = formats.iter().map(|format| format!(", '{format}'")).collect();
        let sql = format!("{function}({}{formats})", quoted(name));
        Times { sql, has_zone: false, is_date: !has_time }
    };
    if let Some((format, has_time)) =
        FORMATS.iter().find(|(format, has_time)| all(&|text| fits(format, *has_time, text)))
    {
        let function = if *has_time { "to_timestamp" } else { "to_date" };
        return Some(of(function, &[format], *has_time));
    }
    // Files may differ in whether they write seconds. Any other two formats may read one day as another.
    FORMATS.iter().find_map(|(format, _)| {
        let without = format.strip_suffix(":%S")?;
        let is_one = |text: &str| fits(format, true, text) || fits(without, true, text);
        all(&is_one).then(|| of("to_timestamp", &[format, without], true))
    })
}

fn fits(format: &str, has_time: bool, text: &str) -> bool {
    strtime::parse(format, text).is_ok_and(|found| match has_time {
        true => found.to_datetime().is_ok(),
        false => found.to_date().is_ok(),
    })
}

/// The etl reads times to the second; without them they need a format.
fn all_seconds(texts: &[&str]) -> bool {
    texts.iter().all(|text| text.matches(':').count() >= 2)
}

/// With the `T` between day and time, and `+00:00` for a space before a zone.
fn as_jiff(text: &str) -> String {
    let mut text = text.replacen(' ', "T", 1);
    if let Some(at) = text.rfind(" +").or_else(|| text.rfind(" -")) {
        text.remove(at);
    }
    if let Some(stripped) = text.strip_suffix(" UTC") {
        text = format!("{stripped}Z");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_times_in_the_formats_of_people() {
        for (texts, sql, has_zone, is_date) in [
            (&["2019-11-24 00:00:04.101800+00:00"][..], "at", true, false),
            (&["2026-01-01T10:00:00Z", "2026-01-02T10:00:00+09:00"], "at", true, false),
            (&["2026-01-01 10:00:00"], "at", false, false),
            (&["2026-01-01"], "at", false, true),
            (&["2026-01-01 10:00"], "to_timestamp(\"at\", '%Y-%m-%d %H:%M')", false, false),
            (&["1/31/2026", "12/1/2026"], "to_date(\"at\", '%m/%d/%Y')", false, true),
            (&["31/1/2026", "1/12/2026"], "to_date(\"at\", '%d/%m/%Y')", false, true),
            (
                &["2010/01/01 00:00", "2010/01/01 00:00:00"],
                "to_timestamp(\"at\", '%Y/%m/%d %H:%M:%S', '%Y/%m/%d %H:%M')",
                false,
                false,
            ),
            // One of these is a day in December, whichever way one reads it.
            (
                &["13/01/2026 10:00", "01/12/2026 10:00"],
                "to_timestamp(\"at\", '%d/%m/%Y %H:%M')",
                false,
                false,
            ),
            (&["20260131"], "to_date(\"at\", '%Y%m%d')", false, true),
        ] {
            let expected = Times { sql: sql.to_owned(), has_zone, is_date };
            assert_eq!(of_texts("at", texts), Some(expected), "{texts:?}");
        }
        for texts in [
            &["abc"][..],
            &["1/13/2026", "13/1/2026"],
            &["12345678"],
            &["2026-01-01", "x"],
            &["1.5"],
        ] {
            assert_eq!(of_texts("number", texts), None, "{texts:?}");
        }
    }

    #[test]
    fn numbers_are_times_where_name_and_size_say_so() {
        let found = |name, number| since_1970(name, false, [number].into_iter()).map(|it| it.sql);
        assert_eq!(found("ts", 1_700_000_000).as_deref(), Some("to_timestamp_seconds(\"ts\")"));
        assert_eq!(
            found("event_time", 1_700_000_000_000).as_deref(),
            Some("to_timestamp_millis(\"event_time\")")
        );
        assert_eq!(found("user_id", 1_700_000_000), None);
        assert_eq!(found("ts", 17), None);
    }
}
