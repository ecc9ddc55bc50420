//! What columns hold, judged by a sample of bounded size.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use super::times::{self, Times};
use crate::error::{During, EtlError};

const STEP: &str = "looking at a sample";
/// The texts by which other tools write missing values.
pub(super) const NOTHING: [&str; 9] =
    ["NA", "N/A", "NULL", "null", "NaN", "nan", "None", "\\N", "?"];
/// Text is taken for lists if at least this share of its distinct values contains a separator.
const MIN_LISTS: f64 = 0.2;

/// The kind of a column's values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Text,
    Whole,
    Fraction,
    /// True or false, in any spelling.
    Switch,
    /// Lists of texts or numbers.
    List,
    /// Text with a separator between parts.
    Parts(char),
    Time(Times),
    /// Bytes, structs, and columns that are always null.
    Other,
}

/// A column of a sample: for each row the index of its value, 0 for null.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Whether the files have it as text, whatever the text looks like.
    pub(super) is_text: bool,
    pub(super) codes: Vec<u32>,
    /// The distinct values; the first is null.
    pub(super) values: Vec<String>,
    /// The distinct elements of lists.
    pub(super) elements: BTreeSet<String>,
}

impl Column {
    /// The number of distinct values.
    pub(super) fn n_different(&self) -> usize {
        self.values.len() - 1
    }

    pub(super) fn n_known(&self) -> usize {
        self.codes.iter().filter(|&&code| code > 0).count()
    }

    /// The number of members if it were a dimension.
    pub(super) fn n_members(&self) -> usize {
        match self.kind {
            Kind::List | Kind::Parts(_) => self.elements.len(),
            _ => self.n_different(),
        }
    }

    pub(super) fn is_unique(&self) -> bool {
        self.n_different() > 1 && self.n_different() == self.n_known()
    }

    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.values.iter().skip(1).map(String::as_str)
    }

    /// A column computed from others, value by value.
    pub(super) fn computed(name: String, values: impl Iterator<Item = Option<String>>) -> Self {
        let mut coded = Coded::default();
        for value in values {
            coded.push(value.as_deref());
        }
        let mut column = coded.column(name, true);
        column.kind = Kind::Text;
        column
    }
}

/// The columns of a sample; nested ones are named as in the model, `user.country`.
///
/// # Errors
///
/// Where values cannot be converted to text.
pub(super) fn of_batches(batches: &[RecordBatch]) -> Result<Vec<Column>, EtlError> {
    let batches = batches.iter().map(flat).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let schema = first.schema();
    schema
        .fields()
        .iter()
        .enumerate()
        .map(|(index, field)| column(index, field, &batches))
        .collect()
}

/// The batch with the fields of structs as columns of their own.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, EtlError> {
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    let schema = batch.schema();
    let mut rest: Vec<_> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, array)| (field.name().clone(), Arc::clone(array)))
        .rev()
        .collect();
    while let Some((name, array)) = rest.pop() {
        match array.as_struct_opt() {
            Some(structs) => {
                let keys = structs.fields().iter().zip(structs.columns());
                let keys: Vec<_> = keys
                    .map(|(key, array)| (format!("{name}.{}", key.name()), Arc::clone(array)))
                    .collect();
                rest.extend(keys.into_iter().rev());
            }
            None => {
                fields.push(Field::new(name, array.data_type().clone(), true));
                arrays.push(array);
            }
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).during(STEP)
}

fn column(index: usize, field: &Arc<Field>, batches: &[RecordBatch]) -> Result<Column, EtlError> {
    let mut coded = Coded::default();
    let mut elements = BTreeSet::new();
    let data_type = plain(field.data_type());
    let is_list = matches!(data_type, DataType::List(_));
    for batch in batches {
        let array = batch.column(index);
        if is_list {
            let lists = cast(array, data_type).during(STEP)?;
            let values = cast(lists.as_list::<i32>().values(), &DataType::Utf8);
            if let Ok(values) = values {
                elements.extend(values.as_string::<i32>().iter().flatten().map(str::to_owned));
            }
        }
        match cast(array, &DataType::Utf8) {
            Ok(texts) if !is_list => {
                texts.as_string::<i32>().iter().for_each(|text| coded.push(text));
            }
            _ => {
                let options = FormatOptions::default();
                let texts = ArrayFormatter::try_new(array, &options).during(STEP)?;
                for row in 0..array.len() {
                    let text = array.is_valid(row).then(|| texts.value(row).to_string());
                    coded.push(text.as_deref());
                }
            }
        }
    }
    let is_text = matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let mut column = coded.column(field.name().clone(), is_text);
    column.kind = match data_type {
        DataType::List(item) if !item.data_type().is_nested() => Kind::List,
        DataType::Boolean => Kind::Switch,
        found if found.is_integer() => of_numbers(&column),
        found if found.is_floating() || found.is_decimal() => Kind::Fraction,
        DataType::Timestamp(_, zone) => {
            Kind::Time(Times::of_type(&column.name, zone.as_deref(), &column.values[1..]))
        }
        DataType::Date32 | DataType::Date64 => Kind::Time(Times::of_dates(&column.name)),
        _ if is_text => of_texts(&mut column),
        _ => Kind::Other,
    };
    if column.kind == Kind::List {
        column.elements = elements;
    }
    if column.n_different() == 0 {
        column.kind = Kind::Other;
    }
    Ok(column)
}

/// Whether a name is a path of keys.
pub(super) fn is_nested(name: &str) -> bool {
    name.contains('.')
}

/// The type of a dictionary's values.
fn plain(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, value) => value,
        other => other,
    }
}

/// Integers are times since 1970 if their name and size suggest it.
fn of_numbers(column: &Column) -> Kind {
    let numbers = || column.known().filter_map(|text| text.parse::<i64>().ok());
    times::since_1970(&column.name, column.is_text, numbers()).map_or(Kind::Whole, Kind::Time)
}

/// What text looks like. Words for missing values are ignored if all others are numbers or times.
fn of_texts(column: &mut Column) -> Kind {
    let known: Vec<&str> = column.known().filter(|text| !NOTHING.contains(text)).collect();
    if known.is_empty() {
        return Kind::Text;
    }
    let all = |is: &dyn Fn(&str) -> bool| known.iter().all(|text| is(text));
    let is_whole = |text: &str| {
        // A leading zero is part of an id.
        let digits = text.strip_prefix('-').unwrap_or(text);
        text.parse::<i64>().is_ok() && (digits == "0" || !digits.starts_with('0'))
    };
    let is_switch = |text: &str| ["true", "false"].contains(&text.to_ascii_lowercase().as_str());
    let kind = if all(&is_whole) {
        let numbers = known.iter().filter_map(|text| text.parse::<i64>().ok());
        match times::since_1970(&column.name, true, numbers) {
            Some(found) => Kind::Time(found),
            None => times::of_texts(&column.name, &known).map_or(Kind::Whole, Kind::Time),
        }
    } else if all(&is_switch) {
        Kind::Switch
    } else if all(&|text| text.parse::<f64>().is_ok_and(f64::is_finite)) {
        Kind::Fraction
    } else if let Some(found) = times::of_texts(&column.name, &known) {
        Kind::Time(found)
    } else {
        let sign = ['|', ';'].into_iter().find(|&sign| {
            let n_lists = known.iter().filter(|text| text.contains(sign)).count();
            known.len() > 1 && n_lists as f64 >= MIN_LISTS * known.len() as f64
        });
        // An expression cannot refer to nested columns.
        match sign.filter(|_| !is_nested(&column.name)) {
            Some(sign) => {
                let parts = known.iter().flat_map(|text| text.split(sign));
                let elements = parts.map(str::to_owned).collect();
                column.elements = elements;
                return Kind::Parts(sign);
            }
            None => return Kind::Text,
        }
    };
    column.forget(&NOTHING);
    kind
}

impl Column {
    /// Replaces some values by null.
    fn forget(&mut self, texts: &[&str]) {
        let mut renumbered = vec![0_u32];
        let mut values = vec![String::new()];
        for value in self.values.drain(..).skip(1) {
            if texts.contains(&value.as_str()) {
                renumbered.push(0);
            } else {
                renumbered.push(u32::try_from(values.len()).unwrap_or(u32::MAX));
                values.push(value);
            }
        }
        self.values = values;
        for code in &mut self.codes {
            *code = renumbered[*code as usize];
        }
    }
}

/// Values as numbers.
#[derive(Default)]
struct Coded {
    codes: Vec<u32>,
    values: Vec<String>,
    known: HashMap<String, u32>,
}

impl Coded {
    fn push(&mut self, value: Option<&str>) {
        // As in CSV files, empty text is a missing value.
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            self.codes.push(0);
            return;
        };
        if let Some(code) = self.known.get(value) {
            self.codes.push(*code);
            return;
        }
        self.values.push(value.to_owned());
        let code = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.known.insert(value.to_owned(), code);
        self.codes.push(code);
    }

    fn column(self, name: String, is_text: bool) -> Column {
        let values = std::iter::once(String::new()).chain(self.values).collect();
        Column {
            name,
            kind: Kind::Other,
            is_text,
            codes: self.codes,
            values,
            elements: BTreeSet::new(),
        }
    }
}
