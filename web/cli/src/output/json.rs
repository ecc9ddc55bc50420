//! Answers as one JSON object, a row a line, written as the pages come.

use std::io::{self, Write};

use clio_proto::{Answer, DayRange, MixedLookup, Row, n_days};
use serde_json::{Map, Value, json};

/// The most days that the lists name which ranges replaced.
const MAX_LISTED_DAYS: usize = 1_000;

/// Writes pages of one answer.
pub(crate) struct JsonWriter<W> {
    out: W,
    n_rows: usize,
}

impl<W: Write> JsonWriter<W> {
    /// Begins with all that is known before the rows.
    pub(crate) fn begin(mut out: W, answer: &Answer) -> io::Result<Self> {
        out.write_all(b"{\n")?;
        let coverage = coverage(answer);
        let entries = [
            ("snapshot", snapshot(answer)),
            ("coverage", coverage),
            ("notices", answer.notices.iter().map(notice).collect()),
            ("n_notices", json!(answer.n_notices)),
            ("n_groups", json!(answer.n_groups)),
            ("overlapping", texts(answer.overlapping.iter())),
            ("elapsed_ms", json!(answer.elapsed.as_secs_f64() * 1e3)),
            ("total", row(answer, &answer.total)),
        ];
        for (name, entry) in entries {
            writeln!(out, "  \"{name}\": {entry},")?;
        }
        out.write_all(b"  \"rows\": [")?;
        Ok(Self { out, n_rows: 0 })
    }

    /// Writes the rows of a page.
    pub(crate) fn page(&mut self, answer: &Answer) -> io::Result<()> {
        for own in &answer.rows {
            let before = if self.n_rows == 0 { "" } else { "," };
            write!(self.out, "{before}\n    {}", row(answer, own))?;
            self.n_rows += 1;
        }
        Ok(())
    }

    pub(crate) fn end(mut self) -> io::Result<()> {
        self.out.write_all(if self.n_rows == 0 { b"]\n}\n" } else { b"\n  ]\n}\n" })?;
        self.out.flush()
    }
}

fn snapshot(answer: &Answer) -> Value {
    json!({
        "version": answer.snapshot.id.0,
        "committed_at": answer.snapshot.committed_at.to_string(),
        "run": answer.snapshot.run.as_str(),
        "fingerprint": answer.snapshot.fingerprint.as_str(),
    })
}

fn notice(notice: &clio_proto::Notice) -> Value {
    json!({
        "field": notice.field.to_string(),
        "value": notice.value,
        "is_prefix": notice.is_prefix,
        "nearest": notice.nearest,
    })
}

fn coverage(answer: &Answer) -> Value {
    let coverage = &answer.coverage;
    let days = |ranges: &[DayRange]| {
        let days = ranges.iter().flat_map(|range| range.days()).take(MAX_LISTED_DAYS);
        days.map(|day| day.to_string()).collect::<Vec<_>>()
    };
    let ranges = |ranges: &[DayRange]| {
        let range = |range: &DayRange| json!({ "from": range.first().to_string(), "to": range.last().to_string() });
        ranges.iter().map(range).collect::<Vec<_>>()
    };
    let unattributed: Vec<_> = super::unattributed(answer)
        .map(|of_day| {
            json!({
                "source": of_day.source, "day": of_day.day.to_string(), "rows": of_day.rows,
            })
        })
        .collect();
    let mixed: Vec<_> = coverage
        .mixed
        .iter()
        .map(|MixedLookup { lookup, n_states, others }| {
            json!({ "lookup": lookup, "n_states": n_states, "other_ranges": ranges(others) })
        })
        .collect();
    json!({
        "from": coverage.range.map(|range| range.0.to_string()),
        "to": coverage.range.map(|range| range.1.to_string()),
        "n_days_present": coverage.n_days_present,
        "n_missing": n_days(&coverage.missing),
        "missing_ranges": ranges(&coverage.missing),
        "retired_ranges": ranges(&coverage.retired),
        "provisional_ranges": ranges(&coverage.provisional),
        "missing": days(&coverage.missing),
        "retired": days(&coverage.retired),
        "provisional": days(&coverage.provisional),
        "unattributed": unattributed,
        "periods": texts(coverage.periods.iter()),
        "mixed_lookups": mixed,
    })
}

fn texts(of: impl Iterator<Item = impl ToString>) -> Value {
    of.map(|own| own.to_string()).collect()
}

fn row(answer: &Answer, row: &Row) -> Value {
    let keys = answer.group_by.iter().zip(&row.keys).map(|(key, value)| {
        let mut object = Map::new();
        object.insert("value".to_owned(), json!(value.value));
        if let Some(label) = &value.label {
            object.insert("label".to_owned(), json!(label));
        }
        if let Some(media) = &value.media {
            object.insert("media".to_owned(), json!(media));
        }
        (key.to_string(), Value::from(object))
    });
    let values = answer.measures.iter().zip(&row.values).map(|(measure, value)| {
        let mut numbers = json!({
            "value": value.value, "lower": value.lower, "upper": value.upper, "exact": value.exact,
        });
        if let Some(whole) = value.whole {
            numbers["exact_text"] = json!(whole.to_string());
        }
        (measure.clone(), numbers)
    });
    json!({ "keys": keys.collect::<Map<_, _>>(), "values": values.collect::<Map<_, _>>() })
}
