//! How answers are printed: a table for people, JSON and CSV for programs.

use std::collections::BTreeMap;

use clio_proto::{Answer, Description, Key, MeasureClass, MeasureFormat, Row, Unattributed, Value};
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Table, TableComponent};
use serde_json::{Map, json};

/// The table, then in words what the numbers stand on.
pub(crate) fn table(answer: &Answer, description: &Description) -> String {
    let mut table = ruled_below_its_head();
    let keys = answer.group_by.iter().map(|key| Cell::new(key).add_attribute(Attribute::Bold));
    let measures = answer.measures.iter().map(|measure| {
        Cell::new(measure).add_attribute(Attribute::Bold).set_alignment(CellAlignment::Right)
    });
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
    let mut add = |row: &Row, keys: Vec<String>| {
        let values = row.values.iter().zip(&formats).map(|(value, format)| {
            Cell::new(number_with_bounds(value, *format)).set_alignment(CellAlignment::Right)
        });
        table.add_row(keys.into_iter().map(Cell::new).chain(values));
    };
    for row in &answer.rows {
        add(row, row.keys.iter().map(key_text).collect());
    }
    // The total has no keys; where there are key columns, its first cell says what it is.
    let total_keys = (0..answer.group_by.len())
        .map(|index| if index == 0 { "(total)".to_owned() } else { String::new() })
        .collect();
    add(&answer.total, total_keys);
    format!("{table}\n{}", notes(answer))
}

fn ruled_below_its_head() -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table.set_style(TableComponent::HeaderLines, '─');
    table.set_style(TableComponent::MiddleHeaderIntersections, '─');
    table
}

/// A plain table of texts.
pub(crate) fn table_of(heads: Vec<String>, rows: Vec<Vec<String>>) -> Table {
    let mut table = ruled_below_its_head();
    table.set_header(heads.into_iter().map(|head| Cell::new(head).add_attribute(Attribute::Bold)));
    table.add_rows(rows);
    table
}

fn key_text(key: &Key) -> String {
    match (&key.label, &key.value) {
        (Some(label), Some(value)) if label != value => format!("{label} ({value})"),
        (_, Some(value)) => value.clone(),
        (Some(label), None) => label.clone(),
        (None, None) => "(null)".to_owned(),
    }
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
            let days: Vec<_> = days.iter().map(ToString::to_string).collect();
            lines.push(format!("{what} ({}): {}{mend}", days.len(), shortened(&days)));
        }
    }
    let mut n_unattributed: BTreeMap<&str, u64> = BTreeMap::new();
    for of_day in unattributed(answer) {
        *n_unattributed.entry(&of_day.source).or_default() += of_day.rows;
    }
    for (source, n) in n_unattributed {
        let n = number(n as f64);
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
    let (Some(number), Some(lower), Some(upper)) = (value.value, value.lower, value.upper) else {
        return "n/a".to_owned();
    };
    let text = number_text(number, shown);
    if value.exact {
        return text;
    }
    let (lower, upper) = (number_text(lower, shown), number_text(upper, shown));
    if lower == upper { text } else { format!("{text}  [{lower} – {upper}]") }
}

fn number_text(number: f64, shown: Shown) -> String {
    let number = if shown.is_whole { number.round() } else { number };
    match shown.format {
        MeasureFormat::Percent => format!("{:.2} %", number * 100.0),
        MeasureFormat::Seconds => format!("{} s", grouped(number)),
        MeasureFormat::Number => grouped(number),
    }
}

/// A plain number for people.
pub(crate) fn number(number: f64) -> String {
    grouped(number)
}

/// Thousands apart; two decimals only where a number of this size needs them.
fn grouped(number: f64) -> String {
    let is_whole = (number - number.round()).abs() < 1e-9 || number.abs() >= 1000.0;
    let text = if is_whole { format!("{number:.0}") } else { format!("{number:.2}") };
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (text.as_str(), String::new()),
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

/// The whole answer as one JSON object.
pub(crate) fn json(answer: &Answer) -> serde_json::Value {
    let row = |row: &Row| {
        let keys: Map<_, _> = answer
            .group_by
            .iter()
            .zip(&row.keys)
            .map(|(key, value)| {
                let mut object = Map::new();
                object.insert("value".to_owned(), json!(value.value));
                if let Some(label) = &value.label {
                    object.insert("label".to_owned(), json!(label));
                }
                if let Some(media) = &value.media {
                    object.insert("media".to_owned(), json!(media));
                }
                (key.to_string(), object.into())
            })
            .collect();
        let values: Map<_, _> = answer
            .measures
            .iter()
            .zip(&row.values)
            .map(|(measure, value)| {
                let numbers = json!({
                    "value": value.value, "lower": value.lower, "upper": value.upper,
                    "exact": value.exact,
                });
                (measure.clone(), numbers)
            })
            .collect();
        json!({ "keys": keys, "values": values })
    };
    let days =
        |days: &[jiff::civil::Date]| days.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "snapshot": {
            "version": answer.snapshot.id.0,
            "committed_at": answer.snapshot.committed_at.to_string(),
            "run": answer.snapshot.run.as_str(),
            "fingerprint": answer.snapshot.fingerprint.as_str(),
        },
        "rows": answer.rows.iter().map(row).collect::<Vec<_>>(),
        "total": row(&answer.total),
        "n_groups": answer.n_groups,
        "overlapping": answer.overlapping.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "coverage": {
            "from": answer.coverage.range.map(|range| range.0.to_string()),
            "to": answer.coverage.range.map(|range| range.1.to_string()),
            "missing": days(&answer.coverage.missing),
            "retired": days(&answer.coverage.retired),
            "provisional": days(&answer.coverage.provisional),
            "unattributed": unattributed(answer).map(|of_day| json!({
                "source": of_day.source, "day": of_day.day.to_string(), "rows": of_day.rows,
            })).collect::<Vec<_>>(),
            "periods": answer.coverage.periods.iter().map(ToString::to_string).collect::<Vec<_>>(),
        },
        "elapsed_ms": answer.elapsed.as_secs_f64() * 1e3,
    })
}

/// The rows as CSV with a header: keys, then each measure with its bounds. Without groups: the total.
pub(crate) fn csv(answer: &Answer) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let keys = answer.group_by.iter().map(ToString::to_string);
    let measures = answer.measures.iter().flat_map(|measure| {
        [measure.clone(), format!("{measure}_lower"), format!("{measure}_upper")]
    });
    writer.write_record(keys.chain(measures))?;
    let total = [answer.total.clone()];
    let rows = if answer.group_by.is_empty() { &total[..] } else { &answer.rows };
    let plain = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    for row in rows {
        let keys = row.keys.iter().map(|key| key.value.clone().unwrap_or_default());
        let values = row
            .values
            .iter()
            .flat_map(|value| [plain(value.value), plain(value.lower), plain(value.upper)]);
        writer.write_record(keys.chain(values))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
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
        let percent = Shown { format: MeasureFormat::Percent, is_whole: false };
        assert_eq!(number_text(0.12345, percent), "12.35 %");
        let people = Shown { format: MeasureFormat::Number, is_whole: true };
        assert_eq!(number_text(238.004, people), "238");
    }

    #[test]
    fn bounds_show_unless_the_number_is_exact() {
        let value =
            Value { value: Some(1000.0), lower: Some(990.0), upper: Some(1010.0), exact: false };
        let plain = Shown { format: MeasureFormat::Number, is_whole: false };
        assert_eq!(number_with_bounds(&value, plain), "1,000  [990 – 1,010]");
        assert_eq!(number_with_bounds(&Value::exact(5.0), plain), "5");
        assert_eq!(number_with_bounds(&Value::undefined(), plain), "n/a");
    }
}
