//! What a lake knows of the columns of sources and lookups, so that a later file is read as the earlier ones were.
//!
//! A column is known by the model's key of its table and its name: `source.events`, `user`. The type decides how
//! values are hashed and written as members; which hash that is, the cell table's fields say.

use std::collections::BTreeMap;

use clio_proto::ColumnType;

/// The columns that key, measure or count people, as files had them.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct KnownColumns(BTreeMap<String, BTreeMap<String, KnownColumn>>);

/// A column that a file had.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KnownColumn {
    /// What its values are; `None` as long as all of them were null.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<ColumnType>,
    /// The file that said so first, below the table's address; empty where the model says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
}

impl KnownColumns {
    /// What is known of a table's column.
    pub fn get(&self, table: &str, column: &str) -> Option<&KnownColumn> {
        self.0.get(table)?.get(column)
    }

    /// What is known of a table, by column.
    pub fn of_table(&self, table: &str) -> impl Iterator<Item = (&String, &KnownColumn)> {
        self.0.get(table).into_iter().flatten()
    }

    /// Every column, with its table's key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &KnownColumn)> {
        self.0.iter().flat_map(|(table, columns)| {
            columns.iter().map(move |(column, known)| (table.as_str(), column.as_str(), known))
        })
    }

    /// Notes a column; what was known of it before is replaced.
    pub fn set(&mut self, table: &str, column: &str, known: KnownColumn) {
        self.0.entry(table.to_owned()).or_default().insert(column.to_owned(), known);
    }

    /// Nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
