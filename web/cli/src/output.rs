//! How answers are printed: a table for people, JSON and CSV for programs.

mod csv;
mod json;
mod notes;

use std::collections::BTreeMap;

use clio_proto::{
    Answer, DayRange, Description, Key, MeasureClass, MeasureFormat, Row, Unattributed, Value,
    n_days,
};
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Table, TableComponent};

pub(crate) use csv::CsvWriter;
pub(crate) use json::JsonWriter;
pub(crate) use notes::for_programs;

use crate::terminal::{Lines, safe};

/// The table, then in words what the numbers stand on.
pub(crate) fn table(answer: &Answer, description: &Description) -> String {
    let mut table = ruled_below_its_head();
    let keys = answer.group_by.iter().map(Cell::new);
    let measures = answer
        .measures
        .iter()
        .map(|measure| Cell::new(measure).set_alignment(CellAlignment::Right));
    table.set_header(keys.chain(measures));
    let format_of = |measure: &String| {
        let found = description.measures.iter().find(|info| info.name == *measure);
        let format = found.map_or(MeasureFormat::Number, |info| info.format);
        // An estimated number of people is rounded like the whole number that it stands for.
        let counts = found.is_some_and(|info| {
            matches!(info.class, MeasureClass::Count | MeasureClass::Distinct { .. })
        });
        Shown { format, is_whole: counts && format == MeasureFormat::Number }
    };
    let formats: Vec<_> = answer.measures.iter().map(format_of).collect();
    let add = |table: &mut Table, row: &Row, keys: Vec<String>| {
        let values = row.values.iter().zip(&formats).map(|(value, format)| {
            Cell::new(number_with_bounds(value, *format)).set_alignment(CellAlignment::Right)
        });
        table.add_row(keys.into_iter().map(Cell::new).chain(values));
    };
    for row in &answer.rows {
        add(&mut table, row, row.keys.iter().map(key_text).collect());
    }
    let n_left_out = answer.n_groups.saturating_sub(answer.rows.len() as u64);
    if n_left_out > 0 && !answer.group_by.is_empty() {
        table.add_row([Cell::new(format!("… {} groups more", whole_text(n_left_out.into())))]);
    }
    // The total has no keys; where there are key columns, its first cell says what it is.
    let total_keys = (0..answer.group_by.len())
        .map(|index| if index == 0 { "(total)".to_owned() } else { String::new() })
        .collect();
    add(&mut table, &answer.total, total_keys);
    format!("{table}\n{}", notes(answer))
}

fn ruled_below_its_head() -> Table {
    let mut table = Table::new();
    // Plain also on a terminal: what is printed there is made safe as a whole.
    table.force_no_tty();
    table.load_preset(NOTHING);
    table.set_style(TableComponent::HeaderLines, '─');
    table.set_style(TableComponent::MiddleHeaderIntersections, '─');
    table
}

/// A plain table of texts.
#[expect(clippy::needless_pass_by_value, reason = "callers make them for this table")]
pub(crate) fn table_of(heads: Vec<String>, rows: Vec<Vec<String>>) -> Table {
    let mut table = ruled_below_its_head();
    // A head may be two lines, a name above its type; a cell is one, whatever its value holds.
    table.set_header(heads.iter().map(|head| safe(head, Lines::Kept)));
    table.add_rows(rows.iter().map(|row| row.iter().map(|value| safe(value, Lines::One))));
    table
}

fn key_text(key: &Key) -> String {
    let text = match (&key.label, &key.value) {
        (Some(label), Some(value)) if label != value => format!("{label} ({value})"),
        (_, Some(value)) => value.clone(),
        (Some(label), None) => label.clone(),
        (None, None) => "(null)".to_owned(),
    };
    safe(&text, Lines::One).into_owned()
}

/// What people must know to trust the table: snapshot, days, gaps, overlaps, error.
fn notes(answer: &Answer) -> String {
    let snapshot = &answer.snapshot;
    let mut lines = vec![format!(
        "snapshot {} of {}, run {}",
        snapshot.id, snapshot.committed_at, snapshot.run
    )];
    match answer.coverage.range {
        Some((first, last)) => {
            let periods: Vec<_> = answer.coverage.periods.iter().map(ToString::to_string).collect();
            lines.push(format!("days {first} to {last}, read from {}", shortened(&periods)));
        }
        None => lines.push("no days: the lake is empty".to_owned()),
    }
    let coverage = &answer.coverage;
    for (what, days, mend) in [
        ("missing days", &coverage.missing, ""),
        (
            "of them in retired months",
            &coverage.retired,
            "; ask for the whole month, and not by day",
        ),
        ("provisional days", &coverage.provisional, ""),
    ] {
        if !days.is_empty() {
            let ranges: Vec<_> = days.iter().map(DayRange::to_string).collect();
            lines.push(format!("{what} ({}): {}{mend}", n_days(days), shortened(&ranges)));
        }
    }
    lines.extend(coverage.mixed.iter().map(ToString::to_string));
    if coverage.range.is_some() && coverage.n_days_present == 0 {
        lines.push("no data: none of these days is in the snapshot".to_owned());
    }
    lines.extend(answer.notices.iter().map(ToString::to_string));
    let n_more = answer.n_notices.saturating_sub(answer.notices.len() as u64);
    if n_more > 0 {
        lines.push(format!("and {n_more} more values that do not exist"));
    }
    let mut n_unattributed: BTreeMap<&str, u64> = BTreeMap::new();
    for of_day in unattributed(answer) {
        *n_unattributed.entry(&of_day.source).or_default() += of_day.rows;
    }
    for (source, n) in n_unattributed {
        let n = whole_text(n.into());
        lines.push(format!(
            "{n} events of {source} found none to be credited to: in no number here"
        ));
    }
    let n_rows = answer.rows.len() as u64;
    if n_rows < answer.n_groups {
        lines.push(format!("{n_rows} of {} groups; see --limit and --offset", answer.n_groups));
    }
    if !answer.overlapping.is_empty() {
        let fields: Vec<_> = answer.overlapping.iter().map(ToString::to_string).collect();
        lines.push(format!("groups by {} overlap: they do not add up", fields.join(", ")));
    }
    lines.push(format!(
        "± and ranges: 95 % bounds of sketch error, none for exact numbers; {:.1} ms",
        answer.elapsed.as_secs_f64() * 1e3
    ));
    lines.join("\n")
}

/// The events without credit of the days asked for.
fn unattributed(answer: &Answer) -> impl Iterator<Item = &Unattributed> {
    let range = answer.coverage.range;
    let is_asked = move |day| range.is_some_and(|(first, last)| (first..=last).contains(&day));
    answer.snapshot.unattributed.iter().filter(move |of_day| is_asked(of_day.day))
}

/// The first ten of a list, and how many there are beyond.
pub(crate) fn shortened(texts: &[String]) -> String {
    const N_SHOWN: usize = 10;
    if texts.is_empty() {
        return "nothing".to_owned();
    }
    let shown = texts[..texts.len().min(N_SHOWN)].join(", ");
    match texts.len().checked_sub(N_SHOWN) {
        Some(n_more) if n_more > 0 => format!("{shown} and {n_more} more"),
        _ => shown,
    }
}

/// How a measure's numbers are written.
#[derive(Debug, Clone, Copy)]
struct Shown {
    format: MeasureFormat,
    is_whole: bool,
}

fn number_with_bounds(value: &Value, shown: Shown) -> String {
    let Some(number) = value.value else { return "n/a".to_owned() };
    let text = match value.whole {
        Some(whole) if shown.format == MeasureFormat::Number => whole_text(whole),
        Some(whole) if shown.format == MeasureFormat::Seconds => format!("{} s", whole_text(whole)),
        _ => number_text(number, shown, number, Rounding::Nearest),
    };
    if value.exact {
        return text;
    }
    let (Some(lower), Some(upper)) = (value.lower, value.upper) else {
        return format!("{text}  [no bounds]");
    };
    let lower = number_text(lower, shown, number, Rounding::Down);
    let upper = number_text(upper, shown, number, Rounding::Up);
    if lower == upper { text } else { format!("{text}  [{lower} – {upper}]") }
}

/// Where the digits that are not printed go. Bounds go outwards, so that what is printed holds them.
#[derive(Debug, Clone, Copy)]
enum Rounding {
    Nearest,
    Down,
    Up,
}

impl Rounding {
    fn round(self, number: f64, n_decimals: i32) -> f64 {
        let scale = 10_f64.powi(n_decimals);
        let scaled = number * scale;
        let nearest = scaled.round();
        let rounded = match self {
            Self::Nearest => nearest,
            // What is whole but for the arithmetic of doubles is not pushed further.
            _ if (scaled - nearest).abs() <= scaled.abs() * 4.0 * f64::EPSILON => nearest,
            Self::Down => scaled.floor(),
            Self::Up => scaled.ceil(),
        };
        rounded / scale
    }
}

/// A number with as many decimals as its scale calls for: the value's own, for the value and its bounds.
fn number_text(number: f64, shown: Shown, scale: f64, rounding: Rounding) -> String {
    let n_decimals = if shown.is_whole { 0 } else { decimals(scale) };
    let plain = || grouped(rounding.round(number, n_decimals));
    match shown.format {
        MeasureFormat::Percent => format!("{:.2} %", rounding.round(number * 100.0, 2)),
        MeasureFormat::Seconds => format!("{} s", plain()),
        MeasureFormat::Number => plain(),
    }
}

/// Two decimals only where a number of this size needs them.
fn decimals(scale: f64) -> i32 {
    if scale.abs() >= 1000.0 { 0 } else { 2 }
}

/// A plain number for people.
pub(crate) fn number(number: f64) -> String {
    grouped(number)
}

/// Thousands apart; two decimals only where a number of this size needs them.
fn grouped(number: f64) -> String {
    let is_whole = (number - number.round()).abs() < 1e-9 || number.abs() >= 1000.0;
    let text = if is_whole { format!("{number:.0}") } else { format!("{number:.2}") };
    apart(&text)
}

/// A whole number for people, with all its digits.
fn whole_text(number: i128) -> String {
    apart(&number.to_string())
}

/// A number's text with its thousands apart.
fn apart(text: &str) -> String {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (text, String::new()),
    };
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_rounded_for_people() {
        let check = |number: f64, expected: &str| assert_eq!(grouped(number), expected);
        check(0.0, "0");
        check(999.0, "999");
        check(1234.56, "1,235");
        check(-1_234_567.0, "-1,234,567");
        check(3.25, "3.25");
        let nearest =
            |number: f64, shown: Shown| number_text(number, shown, number, Rounding::Nearest);
        let percent = Shown { format: MeasureFormat::Percent, is_whole: false };
        assert_eq!(nearest(0.12345, percent), "12.35 %");
        let people = Shown { format: MeasureFormat::Number, is_whole: true };
        assert_eq!(nearest(238.004, people), "238");
    }

    /// A lower bound of 8,886.7 was printed as 8,887: the interval did not hold it.
    #[test]
    fn bounds_are_rounded_outwards() {
        let people = Shown { format: MeasureFormat::Number, is_whole: true };
        let percent = Shown { format: MeasureFormat::Percent, is_whole: false };
        let plain = Shown { format: MeasureFormat::Number, is_whole: false };
        let check = |value: (f64, f64, f64), shown: Shown, expected: &str| {
            let value = Value::estimate(value.0, value.1, value.2, false);
            assert_eq!(number_with_bounds(&value, shown), expected);
        };
        check((9000.2, 8886.7, 9113.2), people, "9,000  [8,886 – 9,114]");
        check((0.14523, 0.140_009, 0.150_001), percent, "14.52 %  [14.00 % – 15.01 %]");
        check((0.3, 0.29, 0.31), percent, "30.00 %  [29.00 % – 31.00 %]");
        check((3.2, 3.123, 3.456), plain, "3.20  [3.12 – 3.46]");
        check((1234.5, 999.9, 1300.1), plain, "1,235  [999 – 1,301]");
        check((-3.2, -3.456, -3.123), plain, "-3.20  [-3.46 – -3.12]");
        let unbounded = Value { lower: None, upper: None, ..Value::estimate(5.0, 4.0, 6.0, false) };
        assert_eq!(number_with_bounds(&unbounded, plain), "5  [no bounds]");
    }

    #[test]
    fn bounds_show_unless_the_number_is_exact() {
        let value = Value::estimate(1000.0, 990.0, 1010.0, false);
        let plain = Shown { format: MeasureFormat::Number, is_whole: false };
        assert_eq!(number_with_bounds(&value, plain), "1,000  [990 – 1,010]");
        assert_eq!(number_with_bounds(&Value::exact(5.0), plain), "5");
        assert_eq!(number_with_bounds(&Value::undefined(), plain), "n/a");
        let large = Value::whole(180_143_985_094_819_860);
        assert_eq!(number_with_bounds(&large, plain), "180,143,985,094,819,860");
    }
}
