//! Answers as one JSON object, a row a line, written as the pages come.

use std::io::{self, Write};

use arrow::error::ArrowError;
use arrow::json::LineDelimitedWriter;
use clio_etl::SqlAnswer;
use clio_proto::{Answer, DayRange, Description, MixedLookup, Rank, Row, n_days};
use serde_json::{Map, Value, json};

use super::sql_texts::{has_union, shown_texts, with_texts};
use super::{Format, Options, Pages, Rows};
use crate::output::notes::unattributed;
use crate::output::{explain, reach};

/// The most days that the lists name which ranges replaced.
const MAX_LISTED_DAYS: usize = 1_000;

pub(super) struct JsonFormat;

impl Format for JsonFormat {
    fn rows(&self) -> Rows {
        Rows::All
    }

    fn begin(
        &self,
        out: &mut dyn Write,
        first: &Answer,
        _dataset: &Description,
        options: Options,
    ) -> io::Result<Box<dyn Pages>> {
        out.write_all(b"{\n")?;
        let entries = [
            ("snapshot", snapshot(first)),
            ("coverage", coverage(first)),
            ("notices", first.notices.iter().map(notice).collect()),
            ("n_notices", json!(first.n_notices)),
            ("n_groups", json!(first.n_groups)),
            ("overlapping", texts(first.overlapping.iter())),
            ("elapsed_ms", json!(first.elapsed.as_secs_f64() * 1e3)),
            ("total", row(first, &first.total)),
        ];
        for (name, entry) in entries {
            writeln!(out, "  \"{name}\": {entry},")?;
        }
        if options.explains {
            writeln!(out, "  \"work\": {},", explain::json(first.work.as_ref()))?;
        }
        out.write_all(b"  \"rows\": [")?;
        Ok(Box::new(JsonPages { n_rows: 0 }))
    }

    /// One object a row, a line each; bytes are hexadecimal, and unions are texts.
    fn sql(&self, out: &mut dyn Write, answer: &SqlAnswer) -> Result<(), ArrowError> {
        let mut writer = LineDelimitedWriter::new(out);
        answer
            .batches()
            .iter()
            .try_for_each(|batch| writer.write(&with_texts(batch, has_union, shown_texts)?))?;
        writer.finish()
    }
}

struct JsonPages {
    n_rows: usize,
}

impl Pages for JsonPages {
    fn page(&mut self, out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
        for own in &answer.rows {
            let before = if self.n_rows == 0 { "" } else { "," };
            write!(out, "{before}\n    {}", row(answer, own))?;
            self.n_rows += 1;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, last: &Answer) -> io::Result<()> {
        out.write_all(if self.n_rows == 0 { b"]" } else { b"\n  ]" })?;
        if let Some(others) = &last.others {
            write!(out, ",\n  \"others\": {}", row(last, others))?;
        }
        if let Some(reach) = &last.reach {
            write!(out, ",\n  \"reach\": {}", reach::json(reach))?;
        }
        out.write_all(b"\n}\n")
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
    let unattributed: Vec<_> = unattributed(answer)
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
    let numbers = |value: &clio_proto::Value| {
        let mut numbers = json!({
            "value": value.value, "lower": value.lower, "upper": value.upper, "exact": value.exact,
        });
        if let Some(whole) = value.whole {
            numbers["exact_text"] = json!(whole.to_string());
        }
        numbers
    };
    let values =
        answer.measures.iter().zip(&row.values).enumerate().map(|(at, (measure, value))| {
            let mut own = numbers(value);
            if let Some(share) = row.shares.get(at) {
                own["share"] = numbers(share);
            }
            (measure.clone(), own)
        });
    let mut object =
        json!({ "keys": keys.collect::<Map<_, _>>(), "values": values.collect::<Map<_, _>>() });
    if let Some(Rank { best, worst }) = row.rank {
        object["rank"] = json!({ "best": best, "worst": worst });
    }
    object
}
