//! Answers as one JSON object, one line per row, written as the pages arrive.

use std::io::{self, Write};

use arrow::error::ArrowError;
use arrow::json::LineDelimitedWriter;
use clio_etl::SqlAnswer;
use clio_proto::{
    Answer, Compared, Coverage, DayRange, Description, KeptValues, Key, LookBack, MixedLookup,
    Newcomers, Notice, Projection, Rank, Row, SnapshotInfo, Unattributed, Withheld, listed_days,
    n_days,
};
use serde_json::{Map, Value, json};

use super::sql_texts::{has_union, shown_texts, with_texts};
use super::{Format, Options, Pages, Rows};
use crate::output::notes::unattributed;
use crate::output::{explain, reach, verdicts};

pub(super) struct JsonFormat;

impl Format for JsonFormat {
    fn rows(&self) -> Rows {
        Rows::All
    }

    fn has_rows_alone(&self) -> bool {
        false
    }

    fn begin(
        &self,
        out: &mut dyn Write,
        first: &Answer,
        _dataset: &Description,
        options: Options,
    ) -> io::Result<Box<dyn Pages>> {
        let Answer {
            snapshot,
            // The names of what is in rows.
            group_by: _,
            measures: _,
            // Page by page: `page`.
            rows: _,
            total,
            // After the rows, from the last page: `end`.
            others: _,
            reach: _,
            end: _,
            n_groups,
            overlapping,
            coverage,
            compared_coverage,
            look_back,
            test,
            notices,
            n_notices,
            withheld,
            elapsed,
            work,
        } = first;
        out.write_all(b"{\n")?;
        let entries = [
            ("snapshot", snapshot_json(snapshot)),
            ("coverage", coverage_json(coverage, first)),
            ("notices", notices.iter().map(notice).collect()),
            ("n_notices", json!(n_notices)),
            ("n_groups", json!(n_groups)),
            ("overlapping", texts(overlapping.iter())),
            ("elapsed_ms", json!(elapsed.as_secs_f64() * 1e3)),
            ("total", row(first, total)),
        ];
        for (name, entry) in entries {
            writeln!(out, "  \"{name}\": {entry},")?;
        }
        if let Some(compared) = compared_coverage {
            writeln!(out, "  \"compared_coverage\": {},", coverage_json(compared, first))?;
        }
        if let Some(LookBack { measure, n_days, coverage }) = look_back {
            let look_back = json!({
                "measure": measure, "days": n_days, "coverage": coverage_json(coverage, first),
            });
            writeln!(out, "  \"look_back\": {look_back},")?;
        }
        for (name, entry) in options.asked.json() {
            writeln!(out, "  \"{name}\": {entry},")?;
        }
        if let Some(test) = test {
            writeln!(out, "  \"test\": {},", verdicts::test_json(test))?;
        }
        if let Some(Withheld { min_people, n_rows }) = withheld {
            let withheld = json!({ "min_people": min_people, "n_rows": n_rows });
            writeln!(out, "  \"withheld\": {withheld},")?;
        }
        if options.explains {
            writeln!(out, "  \"work\": {},", explain::json(work.as_ref()))?;
        }
        out.write_all(b"  \"rows\": [")?;
        Ok(Box::new(JsonPages { n_rows: 0 }))
    }

    /// One object per row and line; bytes are hexadecimal, and unions are text.
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
        if let Some(end) = last.end {
            let has_next = last.has_next_page();
            write!(out, ",\n  \"end_cursor\": \"{end}\",\n  \"has_next_page\": {has_next}")?;
        }
        out.write_all(b"\n}\n")
    }
}

/// What identifies a snapshot; `clio lake snapshots` lists its contents.
fn snapshot_json(snapshot: &SnapshotInfo) -> Value {
    let SnapshotInfo {
        id,
        committed_at,
        run,
        fingerprint,
        days: _,
        n_days: _,
        n_cells: _,
        rows_in: _,
        // Those of the requested days are in the coverage.
        unattributed: _,
        verification: _,
        is_withheld: _,
    } = snapshot;
    json!({
        "version": id.0,
        "committed_at": committed_at.to_string(),
        "run": run.as_str(),
        "fingerprint": fingerprint.as_str(),
    })
}

fn notice(notice: &Notice) -> Value {
    let Notice { field, value, is_prefix, nearest } = notice;
    json!({
        "field": field.to_string(), "value": value, "is_prefix": is_prefix, "nearest": nearest,
    })
}

fn coverage_json(coverage: &Coverage, answer: &Answer) -> Value {
    let Coverage {
        range,
        n_days_present,
        missing,
        retired,
        provisional,
        periods,
        mixed,
        projection,
    } = coverage;
    let days = |ranges: &[DayRange]| {
        let days = listed_days(ranges.iter().copied());
        days.map(|day| day.to_string()).collect::<Vec<_>>()
    };
    let ranges = |ranges: &[DayRange]| {
        let range = |range: &DayRange| json!({ "from": range.first().to_string(), "to": range.last().to_string() });
        ranges.iter().map(range).collect::<Vec<_>>()
    };
    let unattributed: Vec<_> = unattributed(answer, coverage)
        .map(|Unattributed { source, day, rows }| {
            json!({ "source": source, "day": day.to_string(), "rows": rows })
        })
        .collect();
    let mixed: Vec<_> = mixed
        .iter()
        .map(|MixedLookup { lookup, n_states, others }| {
            json!({ "lookup": lookup, "n_states": n_states, "other_ranges": ranges(others) })
        })
        .collect();
    json!({
        "from": range.map(|range| range.0.to_string()),
        "to": range.map(|range| range.1.to_string()),
        "n_days_present": n_days_present,
        "n_missing": n_days(missing),
        "missing_ranges": ranges(missing),
        "retired_ranges": ranges(retired),
        "provisional_ranges": ranges(provisional),
        "missing": days(missing),
        "retired": days(retired),
        "provisional": days(provisional),
        "unattributed": unattributed,
        "periods": texts(periods.iter()),
        "mixed_lookups": mixed,
        "projection": projection.as_deref().map(projection_json),
    })
}

fn projection_json(projection: &Projection) -> Value {
    let Projection { only, since, without, first_day } = projection;
    let kept = |KeptValues { field, values }: &KeptValues| json!({ "field": field.to_string(), "values": values });
    json!({
        "only": only.iter().map(kept).collect::<Vec<_>>(),
        "since": since.map(|since| since.to_string()),
        "first_day": first_day.map(|day| day.to_string()),
        "without": without,
        "text": projection.to_string(),
    })
}

fn texts(of: impl Iterator<Item = impl ToString>) -> Value {
    of.map(|own| own.to_string()).collect()
}

fn row(answer: &Answer, row: &Row) -> Value {
    let Row { keys, values, shares, rank, compared, newcomers, intervals, verdicts: judged } = row;
    let keys = answer.group_by.iter().zip(keys).map(|(key, Key { value, label, media })| {
        let mut object = Map::new();
        object.insert("value".to_owned(), json!(value));
        if let Some(label) = label {
            object.insert("label".to_owned(), json!(label));
        }
        if let Some(media) = media {
            object.insert("media".to_owned(), json!(media));
        }
        (key.to_string(), Value::from(object))
    });
    let numbers = |number: &clio_proto::Value| {
        let clio_proto::Value { value, lower, upper, exact, whole, withheld } = number;
        let mut numbers = json!({ "value": value, "lower": lower, "upper": upper, "exact": exact });
        if let Some(whole) = whole {
            numbers["exact_text"] = json!(whole.to_string());
        }
        if *withheld {
            numbers["withheld"] = json!(true);
        }
        numbers
    };
    let values = answer.measures.iter().zip(values).enumerate().map(|(at, (measure, value))| {
        let mut own = numbers(value);
        if let Some(share) = shares.get(at) {
            own["share"] = numbers(share);
        }
        if let Some(Compared { other, difference, ratio }) = compared.get(at) {
            own["compared"] = json!({
                "other": numbers(other), "difference": numbers(difference), "ratio": numbers(ratio),
            });
        }
        if let Some(intervals) = intervals.get(at) {
            own["intervals"] = verdicts::intervals_json(intervals);
        }
        if let Some(Some(verdict)) = judged.get(at) {
            own["verdict"] = verdicts::verdict_json(verdict);
        }
        (measure.clone(), own)
    });
    let mut object =
        json!({ "keys": keys.collect::<Map<_, _>>(), "values": values.collect::<Map<_, _>>() });
    if let Some(Newcomers { fresh, returning, n_days_missing }) = newcomers {
        object["newcomers"] = json!({
            "fresh": reach::number(fresh), "returning": reach::number(returning),
            "n_days_missing": n_days_missing,
        });
    }
    if let Some(Rank { best, worst }) = rank {
        object["rank"] = json!({ "best": best, "worst": worst });
    }
    object
}
