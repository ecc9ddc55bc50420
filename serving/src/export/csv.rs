//! CSV: for programs, and safe to open in a spreadsheet.
//!
//! A line has each key, its label if the dimension has labels, then each measure with its bounds. Null is an empty
//! field; the empty string is `""`. A string that a spreadsheet would interpret as a formula is prefixed with an
//! apostrophe, and so is one that begins with an apostrophe, so that they can be distinguished; with raw strings
//! nothing is prefixed.

use std::fmt::Write as _;

use clio_proto::{Answer, ServiceError};

use super::columns::{Cell, Columns, rows};
use super::encoder::Encoder;

pub(super) struct CsvEncoder {
    columns: Columns,
    is_raw: bool,
    /// The notes before the first row, until they are written.
    head: Option<String>,
}

impl CsvEncoder {
    pub(super) fn new(columns: Columns, comments: &[(String, String)], is_raw: bool) -> Self {
        let mut head = String::new();
        for (word, what) in comments {
            // One line each, whatever characters a value of a filter contains.
            let what = what.replace(['\n', '\r'], " ");
            let line = if what.is_empty() { word.clone() } else { format!("{word}={what}") };
            head.push_str("# ");
            head.push_str(&line);
            head.push('\n');
        }
        // Names are not data: they stay as in the model.
        let names = columns.all.iter().map(|column| Cell::Text(Some(column.name.as_str().into())));
        record(&mut head, names, true);
        Self { columns, is_raw, head: Some(head) }
    }
}

impl Encoder for CsvEncoder {
    fn rows(&mut self, page: &Answer) -> Result<Vec<u8>, ServiceError> {
        let mut out = self.head.take().unwrap_or_default();
        for row in rows(page) {
            record(&mut out, self.columns.cells(row).into_iter(), self.is_raw);
        }
        Ok(out.into_bytes())
    }

    fn end(&mut self) -> Result<Vec<u8>, ServiceError> {
        Ok(self.head.take().unwrap_or_default().into_bytes())
    }
}

fn record<'a>(out: &mut String, cells: impl Iterator<Item = Cell<'a>>, is_raw: bool) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(',');
        }
        // Writing to a string never fails.
        let _ = match cell {
            Cell::Text(Some(own)) => {
                text(out, &own, is_raw);
                Ok(())
            }
            Cell::Number(Some(_), Some(digits)) => write!(out, "{digits}"),
            Cell::Number(Some(number), None) => write!(out, "{number}"),
            Cell::Place(Some(place)) => write!(out, "{place}"),
            Cell::Flag(Some(flag)) => write!(out, "{flag}"),
            Cell::Text(None) | Cell::Number(None, _) | Cell::Place(None) | Cell::Flag(None) => {
                Ok(())
            }
        };
    }
    out.push('\n');
}

fn text(out: &mut String, text: &str, is_raw: bool) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
    let apostrophe = if is_formula && !is_raw { "'" } else { "" };
    if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(apostrophe);
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(apostrophe);
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(own: Option<&str>, is_raw: bool) -> String {
        let mut out = String::new();
        record(
            &mut out,
            [Cell::Text(own.map(Into::into)), Cell::Number(None, None)].into_iter(),
            is_raw,
        );
        out
    }

    /// Null and the empty string were both an empty field, and a spreadsheet ran a member `=1+1` when it opened the
    /// file.
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

    /// A number beyond 2^53 has all its digits, and an undefined one is empty, whatever the digits beside it.
    #[test]
    fn numbers_have_their_digits() {
        let mut out = String::new();
        let large = (1_i128 << 70) + 1;
        let cells = [
            Cell::Number(Some(large as f64), Some(large)),
            Cell::Number(Some(0.25), None),
            Cell::Place(Some(3)),
            Cell::Flag(Some(false)),
        ];
        record(&mut out, cells.into_iter(), false);
        assert_eq!(out, "1180591620717411303425,0.25,3,false\n");
    }
}
