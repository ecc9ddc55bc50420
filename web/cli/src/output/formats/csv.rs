//! Answers as CSV: for programs, and safe to open in a spreadsheet.
//!
//! A line has each key, its label where the dimension has labels, then each measure with its bounds. Null is an
//! empty field; the empty text is `""`. A text that a spreadsheet would take for a formula has an apostrophe before
//! it, and so has one that begins with an apostrophe, so that one can tell; `--raw` leaves texts as they are.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv::WriterBuilder;
use arrow::error::ArrowError;
use clio_etl::SqlAnswer;
use clio_proto::{
    Answer, Compared, Description, FieldInfo, GroupKey, Intervals, Key, MeasureClass, Newcomers,
    Rank, Row, Value, Verdict,
};

use super::sql_texts::{is_nested, nested_texts, with_texts};
use super::{Format, Options, Pages, Rows};

pub(super) struct CsvFormat;

impl Format for CsvFormat {
    fn rows(&self) -> Rows {
        Rows::All
    }

    fn has_rows_alone(&self) -> bool {
        true
    }

    /// Begins with a line that names the columns.
    fn begin(
        &self,
        out: &mut dyn Write,
        first: &Answer,
        dataset: &Description,
        options: Options,
    ) -> io::Result<Box<dyn Pages>> {
        let has_label = |key: &GroupKey| match key {
            GroupKey::Time(grain) if grain.is_reserved() => false,
            // By its text, since a dimension may be called `week`.
            key @ (GroupKey::Time(_) | GroupKey::Field(_)) => {
                let is_own = |info: &&FieldInfo| info.field.to_string() == key.to_string();
                dataset.fields.iter().find(is_own).is_some_and(|info| info.has_label)
            }
        };
        let Answer {
            group_by,
            measures,
            // The lines: `page`.
            rows: _,
            total: _,
            // Lines on standard error, beside those of this file: `output::notes`, `--explain`.
            coverage: _,
            compared_coverage: _,
            look_back: _,
            test: _,
            end: _,
            notices: _,
            n_notices: _,
            overlapping: _,
            others: _,
            work: _,
            // Of an answer, and of none of its rows: JSON has them.
            snapshot: _,
            reach: _,
            n_groups: _,
            elapsed: _,
        } = first;
        let has_label: Vec<bool> = group_by.iter().map(has_label).collect();
        let Options { has_ranks, has_newcomers, has_intervals, has_verdicts, ref asked, .. } =
            options;
        let has_compared = asked.compare.is_some();
        let has_share = |measure: &String| options.has_shares && has_share(measure, dataset);
        let has_share: Vec<bool> = measures.iter().map(has_share).collect();
        let mut names = Vec::new();
        if has_ranks {
            names.extend(["rank_best", "rank_worst"].map(str::to_owned));
        }
        for (key, has_label) in group_by.iter().zip(&has_label) {
            names.push(key.to_string());
            if *has_label {
                names.push(format!("{key}_label"));
            }
        }
        for (measure, has_share) in measures.iter().zip(&has_share) {
            let bounds = ["", "_lower", "_upper"];
            names.extend(bounds.map(|end| format!("{measure}{end}")));
            if *has_share {
                names.extend(bounds.map(|end| format!("{measure}_share{end}")));
            }
            if has_compared {
                for name in ["other", "difference", "ratio"] {
                    names.extend(bounds.map(|end| format!("{measure}_{name}{end}")));
                }
            }
        }
        for (has, columns) in
            [(has_intervals, &Intervals::COLUMNS[..]), (has_verdicts, &Verdict::COLUMNS[..])]
        {
            let of_measure =
                |measure| columns.iter().map(move |column| format!("{measure}_{column}"));
            names.extend(measures.iter().filter(|_| has).flat_map(of_measure));
        }
        if has_newcomers {
            for name in ["new", "returning"] {
                names.extend(["", "_lower", "_upper"].map(|end| format!("{name}{end}")));
            }
            names.push("days_missing_before".to_owned());
        }
        // Names are no data: they stay as the model has them.
        let head = CsvPages {
            is_raw: true,
            has_label,
            has_ranks,
            has_share,
            has_compared,
            has_newcomers,
            has_intervals,
            has_verdicts,
        };
        head.record(out, names.iter().map(|name| Field::Text(Some(name))))?;
        Ok(Box::new(CsvPages { is_raw: options.is_raw, ..head }))
    }

    /// Bytes are hexadecimal; lists, structs and maps are JSON texts.
    fn sql(&self, out: &mut dyn Write, answer: &SqlAnswer) -> Result<(), ArrowError> {
        let mut writer = WriterBuilder::new().with_header(true).build(out);
        let empty = [RecordBatch::new_empty(Arc::clone(answer.schema()))];
        let batches = if answer.batches().is_empty() { &empty } else { answer.batches() };
        batches
            .iter()
            .try_for_each(|batch| writer.write(&with_texts(batch, is_nested, nested_texts)?))
    }
}

/// Whether groups of a measure may be parts of its total: of what is counted and added up. Of quantiles and derived measures none is.
fn has_share(measure: &str, dataset: &Description) -> bool {
    let found = dataset.measures.iter().find(|info| info.name == measure);
    found.is_some_and(|info| match info.class {
        MeasureClass::Count | MeasureClass::Sum | MeasureClass::Distinct { .. } => true,
        MeasureClass::Quantile { .. } | MeasureClass::Derived { .. } => false,
    })
}

struct CsvPages {
    is_raw: bool,
    /// By key: whether a column with its label follows.
    has_label: Vec<bool>,
    has_ranks: bool,
    /// By measure: whether columns with its part of the total follow.
    has_share: Vec<bool>,
    has_compared: bool,
    has_newcomers: bool,
    has_intervals: bool,
    has_verdicts: bool,
}

impl Pages for CsvPages {
    /// Writes the rows of a page, or the total where nothing is grouped.
    fn page(&mut self, out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
        if answer.group_by.is_empty() {
            return self.row(out, &answer.total);
        }
        answer.rows.iter().try_for_each(|row| self.row(out, row))
    }

    fn end(&mut self, _out: &mut dyn Write, _last: &Answer) -> io::Result<()> {
        Ok(())
    }
}

impl CsvPages {
    fn row(&self, out: &mut dyn Write, row: &Row) -> io::Result<()> {
        let Row { keys, values, shares, rank, compared, newcomers, intervals, verdicts } = row;
        let mut fields = Vec::new();
        if self.has_ranks {
            let places = rank.map_or([None; 2], |Rank { best, worst }| [Some(best), Some(worst)]);
            fields.extend(places.map(|place| Field::Number(place.map(|place| place.to_string()))));
        }
        for (Key { value, label, media: _ }, has_label) in keys.iter().zip(&self.has_label) {
            fields.push(Field::Text(value.as_deref()));
            if *has_label {
                fields.push(Field::Text(label.as_deref()));
            }
        }
        let shares = shares.iter().copied().map(Some).chain(std::iter::repeat(None));
        let compared = compared.iter().copied().map(Some).chain(std::iter::repeat(None));
        for ((at, value), (share, compared)) in values.iter().enumerate().zip(shares.zip(compared))
        {
            fields.extend(numbers(Some(*value)));
            if self.has_share.get(at).is_some_and(|has_share| *has_share) {
                fields.extend(numbers(share));
            }
            if self.has_compared {
                let parts = compared
                    .map(|Compared { other, difference, ratio }| [other, difference, ratio]);
                (0..3).for_each(|at| fields.extend(numbers(parts.map(|parts| parts[at]))));
            }
        }
        if self.has_intervals {
            let of_measure = |at| Intervals::columns(intervals.get(at));
            let own = (0..values.len()).flat_map(of_measure);
            fields.extend(own.map(|own| Field::Number(own.text())));
        }
        if self.has_verdicts {
            let of_measure = |at| Verdict::columns(verdicts.get(at).and_then(Option::as_ref));
            let own = (0..values.len()).flat_map(of_measure);
            fields.extend(own.map(|own| Field::Number(own.text())));
        }
        if self.has_newcomers {
            let parts = newcomers.map(|own| [own.fresh, own.returning]);
            (0..2).for_each(|at| fields.extend(numbers(parts.map(|parts| parts[at]))));
            let missing =
                newcomers.map(|Newcomers { n_days_missing, .. }| n_days_missing.to_string());
            fields.push(Field::Number(missing));
        }
        self.record(out, fields.into_iter())
    }

    fn record<'a>(
        &self,
        out: &mut dyn Write,
        fields: impl Iterator<Item = Field<'a>>,
    ) -> io::Result<()> {
        for (at, field) in fields.enumerate() {
            if at > 0 {
                out.write_all(b",")?;
            }
            match field {
                Field::Text(Some(text)) => self.text(out, text)?,
                Field::Number(Some(number)) => out.write_all(number.as_bytes())?,
                Field::Text(None) | Field::Number(None) => {}
            }
        }
        out.write_all(b"\n")
    }

    fn text(&self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
        let apostrophe = if is_formula && !self.is_raw { "'" } else { "" };
        if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
            return write!(out, "\"{apostrophe}{}\"", text.replace('"', "\"\""));
        }
        write!(out, "{apostrophe}{text}")
    }
}

/// A number with its bounds; both bounds of an exact one are the number.
fn numbers<'a>(value: Option<Value>) -> [Field<'a>; 3] {
    let Value { value, lower, upper, whole, exact: _ } = value.unwrap_or(Value::undefined());
    let digits = whole.map(|whole| whole.to_string());
    [value, lower, upper].map(|number| match &digits {
        Some(digits) => Field::Number(Some(digits.clone())),
        None => Field::Number(number.map(|number| number.to_string())),
    })
}

enum Field<'a> {
    Text(Option<&'a str>),
    Number(Option<String>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: Option<&str>, is_raw: bool) -> String {
        let mut out = Vec::new();
        let pages = CsvPages {
            is_raw,
            has_label: Vec::new(),
            has_ranks: false,
            has_share: Vec::new(),
            has_compared: false,
            has_newcomers: false,
            has_intervals: false,
            has_verdicts: false,
        };
        pages.record(&mut out, [Field::Text(text), Field::Number(None)].into_iter()).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Null and the empty text were both an empty field, and a member `=1+1` was run by the spreadsheet that
    /// opened the file.
    #[test]
    fn null_empty_texts_and_formulas_are_told_apart() {
        let check = |text: Option<&str>, safe: &str, raw: &str| {
            assert_eq!(written(text, false), format!("{safe},\n"));
            assert_eq!(written(text, true), format!("{raw},\n"));
        };
        check(None, "", "");
        check(Some(""), "\"\"", "\"\"");
        check(Some("US"), "US", "US");
        check(Some("a,\"b\""), "\"a,\"\"b\"\"\"", "\"a,\"\"b\"\"\"");
        for start in ["=", "+", "-", "@", "\t", "'"] {
            check(Some(&format!("{start}1")), &format!("'{start}1"), &format!("{start}1"));
        }
        check(Some("\r1"), "\"'\r1\"", "\"\r1\"");
        check(Some("=a,b"), "\"'=a,b\"", "\"=a,b\"");
    }
}
