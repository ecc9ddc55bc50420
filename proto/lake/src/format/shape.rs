//! Whether cells of two schemas can share a table.

use arrow::datatypes::{DataType, Field, Schema};

use super::META_KIND;

/// A difference between two schemas of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeDifference {
    /// The difference, as a sentence.
    pub what: String,
    /// Whether cells of both schemas can share a table: a measure was added, or measures are in another
    /// order.
    pub is_compatible: bool,
}

/// The differences between two schemas.
pub fn differences(old: &Schema, new: &Schema) -> Vec<ShapeDifference> {
    let mut found = Vec::new();
    let mut add = |what: String, is_compatible| found.push(ShapeDifference { what, is_compatible });
    for field in new.fields() {
        let Ok(known) = old.field_with_name(field.name()) else {
            add(format!("`{}` is new", field.name()), is_measure(field));
            continue;
        };
        if !same_type(known.data_type(), field.data_type()) {
            let (old, new) = (known.data_type(), field.data_type());
            add(format!("`{}` was {old} and is {new}", field.name()), false);
        }
        let mut keys: Vec<&String> = field.metadata().keys().collect();
        keys.extend(known.metadata().keys());
        keys.retain(|key| key.starts_with("clio."));
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (old, new) = (known.metadata().get(key), field.metadata().get(key));
            if old != new {
                let text =
                    |value: Option<&String>| value.map_or("nothing", String::as_str).to_owned();
                let (old, new) = (text(old), text(new));
                add(format!("`{}` had {key} {old} and has {new}", field.name()), false);
            }
        }
    }
    for field in old.fields() {
        if new.field_with_name(field.name()).is_err() {
            add(format!("`{}` is gone", field.name()), false);
        }
    }
    if found.is_empty() && names(old, |_| true) != names(new, |_| true) {
        let is_key = |field: &Field| !is_measure(field);
        found.push(ShapeDifference {
            what: format!("the columns' order was {}", names(old, |_| true).join(", ")),
            is_compatible: names(old, is_key) == names(new, is_key),
        });
    }
    found
}

/// Cells are sorted by all columns except measures.
fn is_measure(field: &Field) -> bool {
    field.metadata().contains_key(META_KIND)
}

fn names(schema: &Schema, is_wanted: impl Fn(&Field) -> bool) -> Vec<String> {
    let wanted = schema.fields().iter().filter(|field| is_wanted(field));
    wanted.map(|field| field.name().clone()).collect()
}

/// Ignores the name of a list's item and the width of its offsets, which depend on the engine that wrote
/// it.
fn same_type(a: &DataType, b: &DataType) -> bool {
    match (a, b) {
        (DataType::List(a), DataType::List(b)) => same_type(a.data_type(), b.data_type()),
        (a, b) => a == b,
    }
}
