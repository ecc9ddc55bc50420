//! The types of an NDJSON file's keys, over all rows.
//!
//! A number keeps its value: integers are `Int64` or `UInt64`, or a decimal without fraction if larger. Integers
//! and fractions of one key are `Float64`, since JSON has 120 in one row and 120.5 in the next, unless one of the
//! integers is not exactly a float: ids would change. In that case, and wherever a key's values have no common
//! type, it is text, and the first row with anything else is an error when it is read.

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use object_store::ObjectStore;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use crate::engine::explained;
use crate::error::{EtlError, Place, ReadError, TableName};
use crate::input::source::files::SourceFile;
use crate::input::source::files::lines::{LineChunks, not_utf8, numbered_lines};

/// Field metadata that says why a field is text.
const WHY: &str = "clio.why";
/// Up to here, every integer is exactly a float.
const MAX_EXACT: u64 = 1 << 53;
/// An integer of this size or more may need more than 64 bits.
const BEYOND_64_BITS: f64 = 9_223_372_036_854_775_808.0;

/// The values seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Scalars(u16);

impl Scalars {
    const BOOL: Self = Self(1);
    const TEXT: Self = Self(2);
    const FLOAT: Self = Self(4);
    /// An integer that is exactly a float.
    const WHOLE: Self = Self(8);
    /// An integer below 2^63 that is not exactly a float.
    const ID: Self = Self(16);
    const NEGATIVE: Self = Self(32);
    /// An integer from 2^63 to 2^64.
    const LONG: Self = Self(64);
    /// An integer beyond 64 bits.
    const HUGE: Self = Self(128);

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn of_unsigned(value: u64) -> Self {
        let exact = if is_float(value) { Self::WHOLE } else { Self::ID };
        if i64::try_from(value).is_ok() { exact } else { exact.with(Self::LONG) }
    }

    fn of_signed(value: i64) -> Self {
        let size = if is_float(value.unsigned_abs()) { Self::WHOLE } else { Self::ID };
        if value < 0 { size.with(Self::NEGATIVE) } else { size }
    }

    /// The type that holds all values unchanged, if there is one.
    fn common(self) -> Option<DataType> {
        let whole =
            Self::WHOLE.with(Self::ID).with(Self::NEGATIVE).with(Self::LONG).with(Self::HUGE);
        let number = whole.with(Self::FLOAT);
        Some(match self {
            Self::BOOL => DataType::Boolean,
            Self::TEXT => DataType::Utf8,
            all if all.0 & !number.0 != 0 => return None,
            all if all.has(Self::FLOAT) => {
                if all.has(Self::ID.with(Self::HUGE)) {
                    return None;
                }
                DataType::Float64
            }
            all if all.has(Self::HUGE) || (all.has(Self::LONG) && all.has(Self::NEGATIVE)) => {
                DataType::Decimal128(38, 0)
            }
            all if all.has(Self::LONG) => DataType::UInt64,
            _ => DataType::Int64,
        })
    }

    /// Why no type holds all values, if they are all numbers.
    fn why(self) -> Option<&'static str> {
        (self.has(Self::FLOAT)
            && self.has(Self::ID.with(Self::HUGE))
            && !self.has(Self::BOOL.with(Self::TEXT)))
        .then_some("holds whole numbers beyond 2^53 and fractions, and no type holds both exactly")
    }
}

/// Whether an integer is exactly a float.
fn is_float(value: u64) -> bool {
    value <= MAX_EXACT || value.trailing_zeros() + 53 >= 64 - value.leading_zeros()
}

/// The kind of a key's values, in one row or in all.
#[derive(Debug, Clone, PartialEq, Default)]
enum Kind {
    /// Only nulls.
    #[default]
    Any,
    Scalar(Scalars),
    List(Box<Self>),
    Object(Vec<(String, Self)>),
    /// Values without a common kind.
    Mixed,
}

impl Kind {
    /// The kind that holds both; [`Mixed`](Self::Mixed) if there is none.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, other) | (other, Self::Any) => other,
            (Self::Scalar(a), Self::Scalar(b)) => Self::Scalar(a.with(b)),
            (Self::List(a), Self::List(b)) => Self::List(Box::new(a.and(*b))),
            (Self::Object(mut all), Self::Object(others)) => {
                for (key, kind) in others {
                    add(&mut all, key, kind);
                }
                Self::Object(all)
            }
            _ => Self::Mixed,
        }
    }

    /// Whether a type holds all of it.
    fn is_sound(&self) -> bool {
        match self {
            Self::Any => true,
            Self::Scalar(scalars) => scalars.common().is_some(),
            Self::List(item) => item.is_sound(),
            Self::Object(keys) => keys.iter().all(|(_, kind)| kind.is_sound()),
            Self::Mixed => false,
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Any => DataType::Null,
            Self::Scalar(scalars) => scalars.common().unwrap_or(DataType::Utf8),
            Self::List(item) => DataType::new_list(item.data_type(), true),
            Self::Object(keys) => {
                DataType::Struct(keys.iter().map(|(key, kind)| kind.field(key)).collect())
            }
            Self::Mixed => DataType::Utf8,
        }
    }

    fn field(&self, key: &str) -> Field {
        let field = Field::new(key, self.data_type(), true);
        match self {
            Self::Scalar(scalars) => match scalars.why() {
                Some(why) => {
                    let why = format!("key `{key}` {why}; write it as texts");
                    field.with_metadata([(WHY.to_owned(), why)].into())
                }
                None => field,
            },
            _ => field,
        }
    }
}

/// Widens a key's kind by another occurrence.
fn add(all: &mut Vec<(String, Kind)>, key: String, kind: Kind) {
    match all.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => *known = std::mem::take(known).and(kind),
        None => all.push((key, kind)),
    }
}

/// Why a column's values have no type, as far as that was noted when all rows were read.
pub(in crate::input::source::files) fn types_differ(field: &Field) -> Option<String> {
    field.metadata().get(WHY).cloned()
}

/// Determines the kind of a value.
#[derive(Clone, Copy)]
struct KindOf<'a>(&'a Numbers);

/// What the text shows of a row's numbers, which a JSON reader turns into floats beyond 64 bits.
#[derive(Default)]
struct Numbers {
    /// Whether a float was so large that it may have been written as an integer.
    has_large: Cell<bool>,
    /// Whether each number is written as an integer, in order; empty if none is large.
    is_whole: Vec<bool>,
    next: Cell<usize>,
}

impl Numbers {
    fn of(line: &[u8]) -> Self {
        let (mut is_whole, mut at) = (Vec::new(), 0);
        while at < line.len() {
            match line[at] {
                b'"' => {
                    at += 1;
                    while at < line.len() && line[at] != b'"' {
                        at += if line[at] == b'\\' { 2 } else { 1 };
                    }
                    at += 1;
                }
                b'-' | b'0'..=b'9' => {
                    let is_of_number =
                        |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                    let rest = &line[at..];
                    let n_bytes = rest.iter().take_while(|byte| is_of_number(byte)).count();
                    is_whole.push(!rest[..n_bytes].iter().any(|byte| b".eE".contains(byte)));
                    at += n_bytes;
                }
                _ => at += 1,
            }
        }
        Self { is_whole, ..Self::default() }
    }

    fn next_is_whole(&self) -> bool {
        let at = self.next.replace(self.next.get() + 1);
        self.is_whole.get(at).copied().unwrap_or_default()
    }
}

impl<'de> DeserializeSeed<'de> for KindOf<'_> {
    type Value = Kind;

    fn deserialize<D: serde::Deserializer<'de>>(self, value: D) -> Result<Kind, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KindOf<'_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Any)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Kind, E> {
        Ok(Kind::Scalar(Scalars::BOOL))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        self.0.next_is_whole();
        Ok(Kind::Scalar(Scalars::of_unsigned(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        self.0.next_is_whole();
        Ok(Kind::Scalar(Scalars::of_signed(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        if value.abs() >= BEYOND_64_BITS {
            self.0.has_large.set(true);
        }
        let is_whole = self.0.next_is_whole();
        Ok(Kind::Scalar(if is_whole { Scalars::HUGE } else { Scalars::FLOAT }))
    }

    fn visit_str<E>(self, _: &str) -> Result<Kind, E> {
        Ok(Kind::Scalar(Scalars::TEXT))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        let mut all = Kind::Any;
        while let Some(item) = items.next_element_seed(self)? {
            all = all.and(item);
        }
        Ok(Kind::List(Box::new(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Kind, A::Error> {
        let mut all: Vec<(String, Kind)> = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            if all.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom(format!("key `{key}` occurs twice in one object")));
            }
            let kind = entries.next_value_seed(self)?;
            all.push((key, kind));
        }
        // Independent of the order in which a writer has them.
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Kind::Object(all))
    }
}

/// The keys of a row, which must be a JSON object; otherwise what is wrong with it.
fn keys_of(line: &[u8]) -> Result<Vec<(String, Kind)>, String> {
    let numbers = Numbers::default();
    let keys = keys_with(line, &numbers)?;
    if numbers.has_large.get() { keys_with(line, &Numbers::of(line)) } else { Ok(keys) }
}

fn keys_with(line: &[u8], numbers: &Numbers) -> Result<Vec<(String, Kind)>, String> {
    let mut reader = serde_json::Deserializer::from_slice(line);
    let kind = KindOf(numbers).deserialize(&mut reader);
    match kind.and_then(|kind| reader.end().map(|()| kind)) {
        Ok(Kind::Object(keys)) => Ok(keys),
        Ok(_) => Err("expected a JSON object".to_owned()),
        Err(error) => Err(not_utf8(line).unwrap_or_else(|| {
            // The line is already known: only the column is missing.
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or_default();
            let kind = if error.is_data() { "" } else { "not JSON: " };
            format!("{kind}{what} (column {})", error.column())
        })),
    }
}

/// What is wrong with a line that is not a row; `None` for a row or a blank line.
pub(in crate::input::source::files) fn bad_json(line: &[u8]) -> Option<String> {
    if line.trim_ascii().is_empty() { None } else { keys_of(line).err() }
}

/// The keys of all rows with the kind of all their values; if `lenient`, the kind of most values where they
/// disagree.
pub(super) async fn columns(
    store: &dyn ObjectStore,
    table: &TableName,
    file: &SourceFile,
    is_lenient: bool,
) -> Result<SchemaRef, EtlError> {
    let failed = |error| explained("reading the keys of rows", error);
    let mut chunks = LineChunks::open(table, store, file).await.map_err(failed)?;
    let mut all: Vec<(String, Kind)> = Vec::new();
    let mut votes = Votes::default();
    let mut is_first = true;
    while let Some((first_line, lines)) = chunks.next().await.map_err(failed)? {
        for (number, line) in numbered_lines(first_line, &lines) {
            if std::mem::take(&mut is_first) && line.trim_ascii_start().starts_with(b"[") {
                return Err(ReadError::BadFile {
                    table: table.clone(),
                    file: file.path(),
                    format: "ndjson",
                    reason: "it is a JSON array; write one object a line (`jq -c '.[]'`)"
                        .to_owned(),
                }
                .into());
            }
            match keys_of(line) {
                Ok(keys) if is_lenient => votes.count(keys),
                Ok(keys) => {
                    for (key, kind) in keys {
                        add(&mut all, key, kind);
                    }
                }
                Err(_) if is_lenient => {}
                Err(reason) => {
                    return Err(ReadError::BadRow {
                        table: table.clone(),
                        file: file.path(),
                        place: Place::Line(number),
                        reason,
                    }
                    .into());
                }
            }
        }
    }
    let all = if is_lenient { votes.keys() } else { all };
    let fields: Fields = all.iter().map(|(key, kind)| kind.field(key)).collect();
    Ok(Arc::new(Schema::new(fields)))
}

/// The kinds of each key, and in how many rows: a row that differs from most is bad.
#[derive(Debug, Default)]
struct Votes(Vec<(String, Vec<(Kind, u64)>)>);

impl Votes {
    fn count(&mut self, keys: Vec<(String, Kind)>) {
        for (key, kind) in keys {
            let at = match self.0.iter().position(|(known, _)| *known == key) {
                Some(at) => at,
                None => {
                    self.0.push((key, Vec::new()));
                    self.0.len() - 1
                }
            };
            let kinds = &mut self.0[at].1;
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, n)) => *n += 1,
                None => kinds.push((kind, 1)),
            }
        }
    }

    /// The kind of most rows, widened by the kinds compatible with it.
    fn keys(self) -> Vec<(String, Kind)> {
        let of_most = |mut kinds: Vec<(Kind, u64)>| {
            // The first one seen among equally frequent kinds; nulls are compatible with any kind.
            kinds.sort_by_key(|(kind, n)| (*kind == Kind::Any, std::cmp::Reverse(*n)));
            kinds.into_iter().fold(Kind::Any, |all, (kind, _)| {
                let both = all.clone().and(kind);
                if both.is_sound() || all == Kind::Any { both } else { all }
            })
        };
        self.0.into_iter().map(|(key, kinds)| (key, of_most(kinds))).collect()
    }
}
