//! NDJSON by `serde_json`, a line at a time, each number as written.

use std::io::{BufRead, BufReader};

use datafusion::common::Result;

use super::text::{failed, of_file};
use super::{Opened, Rows, Value};
use crate::error::Place;

/// Prefixes numbers passed on as text: a noncharacter, which no text contains.
const NUMBER: char = '\u{fdd0}';

pub(super) fn read(opened: &Opened<'_>) -> Result<()> {
    let mut text = BufReader::new(of_file(opened)?);
    let (mut line, mut number) = (Vec::new(), 0);
    let mut rows = Rows::new(opened);
    loop {
        line.clear();
        if text.read_until(b'\n', &mut line).map_err(|error| failed(opened, error))? == 0 {
            return rows.flush().map(|_| ());
        }
        number += 1;
        let own = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf") } else { None };
        let own = own.unwrap_or(&line).trim_ascii();
        if own.is_empty() {
            continue;
        }
        let bad = |reason: String| opened.bad_row(Place::Line(number), reason);
        let object = match serde_json::from_slice(&with_numbers_as_texts(own)) {
            Ok(serde_json::Value::Object(object)) => object,
            Ok(_) => return Err(bad("expected a JSON object".to_owned())),
            Err(error) => return Err(bad(error.to_string())),
        };
        if !rows.push(number, |_, key| object.get(key).map_or(Value::Null, value_of))? {
            return Ok(());
        }
    }
}

/// Quotes the numbers of a line of JSON: `serde_json` reads numbers beyond 64 bits as floats.
fn with_numbers_as_texts(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len() + line.len() / 4);
    let mut rest = line;
    while let Some(&byte) = rest.first() {
        let n_bytes = match byte {
            b'"' => text_bytes(rest),
            b'-' | b'0'..=b'9' => {
                let is_of_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                rest.iter().take_while(|byte| is_of_number(byte)).count()
            }
            _ => 1,
        };
        let (token, behind) = rest.split_at(n_bytes);
        if byte == b'-' || byte.is_ascii_digit() {
            out.push(b'"');
            out.extend_from_slice(NUMBER.encode_utf8(&mut [0; 4]).as_bytes());
            out.extend_from_slice(token);
            out.push(b'"');
        } else {
            out.extend_from_slice(token);
        }
        rest = behind;
    }
    out
}

/// The length of the string that begins here, including its quotes.
fn text_bytes(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn value_of(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(number.to_string()),
        serde_json::Value::String(text) => match text.strip_prefix(NUMBER) {
            Some(number) => Value::Number(number.to_owned()),
            None => Value::Text(text.clone()),
        },
        serde_json::Value::Array(items) => Value::List(items.iter().map(value_of).collect()),
        serde_json::Value::Object(object) => {
            let keys = object.iter().map(|(key, value)| (key.clone(), value_of(value)));
            Value::Object(keys.collect())
        }
    }
}
