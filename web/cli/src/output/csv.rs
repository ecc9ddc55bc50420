//! Answers as CSV: for programs, and safe to open in a spreadsheet.
//!
//! A line has each key, its label where the dimension has labels, then each measure with its bounds. Null is an
//! empty field; the empty text is `""`. A text that a spreadsheet would take for a formula has an apostrophe before
//! it, and so has one that begins with an apostrophe, so that one can tell; `--raw` leaves texts as they are.

use std::io::{self, Write};

use clio_proto::{Answer, Description, FieldInfo, GroupKey, Row, Value};

/// Writes pages of one answer.
pub(crate) struct CsvWriter<W> {
    out: W,
    is_raw: bool,
    /// By key: whether a column with its label follows.
    has_label: Vec<bool>,
}

impl<W: Write> CsvWriter<W> {
    /// Begins with a line that names the columns.
    pub(crate) fn begin(
        out: W,
        is_raw: bool,
        answer: &Answer,
        dataset: &Description,
    ) -> io::Result<Self> {
        let has_label = |key: &GroupKey| match key {
            GroupKey::Time(_) => false,
            GroupKey::Field(field) => {
                let is_own = |info: &&FieldInfo| info.field == *field;
                dataset.fields.iter().find(is_own).is_some_and(|info| info.has_label)
            }
        };
        let has_label: Vec<bool> = answer.group_by.iter().map(has_label).collect();
        let mut writer = Self { out, is_raw: true, has_label };
        let mut names = Vec::new();
        for (key, has_label) in answer.group_by.iter().zip(&writer.has_label) {
            names.push(key.to_string());
            if *has_label {
                names.push(format!("{key}_label"));
            }
        }
        for measure in &answer.measures {
            let bounds = ["", "_lower", "_upper"].map(|end| format!("{measure}{end}"));
            names.extend(bounds);
        }
        writer.record(names.iter().map(|name| Field::Text(Some(name))))?;
        writer.is_raw = is_raw;
        Ok(writer)
    }

    /// Writes the rows of a page, or the total where nothing is grouped.
    pub(crate) fn page(&mut self, answer: &Answer) -> io::Result<()> {
        if answer.group_by.is_empty() {
            return self.row(&answer.total);
        }
        answer.rows.iter().try_for_each(|row| self.row(row))
    }

    pub(crate) fn end(mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        let mut fields = Vec::new();
        for (key, has_label) in row.keys.iter().zip(&self.has_label) {
            fields.push(Field::Text(key.value.as_deref()));
            if *has_label {
                fields.push(Field::Text(key.label.as_deref()));
            }
        }
        for value in &row.values {
            let Value { value: number, lower, upper, whole, .. } = value;
            let digits = whole.map(|whole| whole.to_string());
            // Both bounds of an exact number are the number.
            fields.extend([number, lower, upper].map(|number| match &digits {
                Some(digits) => Field::Number(Some(digits.clone())),
                None => Field::Number(number.map(|number| number.to_string())),
            }));
        }
        self.record(fields.into_iter())
    }

    fn record<'a>(&mut self, fields: impl Iterator<Item = Field<'a>>) -> io::Result<()> {
        for (at, field) in fields.enumerate() {
            if at > 0 {
                self.out.write_all(b",")?;
            }
            match field {
                Field::Text(Some(text)) => self.text(text)?,
                Field::Number(Some(number)) => self.out.write_all(number.as_bytes())?,
                Field::Text(None) | Field::Number(None) => {}
            }
        }
        self.out.write_all(b"\n")
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
        let apostrophe = if is_formula && !self.is_raw { "'" } else { "" };
        if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
            return write!(self.out, "\"{apostrophe}{}\"", text.replace('"', "\"\""));
        }
        write!(self.out, "{apostrophe}{text}")
    }
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
        let mut writer = CsvWriter { out: &mut out, is_raw, has_label: Vec::new() };
        writer.record([Field::Text(text), Field::Number(None)].into_iter()).unwrap();
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
