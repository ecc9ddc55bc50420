//! What a lake remembers of the columns of sources and lookups, so that later files are read like the earlier
//! ones.
//!
//! A column is identified by the model's key of its table and its name: `source.events`, `user`. Its type decides
//! how values are hashed and written as members; the fields of the cell table say which hash that is.

use std::collections::BTreeMap;

use clio_proto::ColumnType;

/// The columns that key, measure or count people, as they were found in files.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct KnownColumns(BTreeMap<String, BTreeMap<String, KnownColumn>>);

/// A column that some file had.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KnownColumn {
    /// The type of its values; `None` as long as all of them were null.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<ColumnType>,
    /// The first file with this type, below the table's address; empty where the model declares it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
}

impl KnownColumns {
    /// What is remembered of a table's column.
    pub fn get(&self, table: &str, column: &str) -> Option<&KnownColumn> {
        self.0.get(table)?.get(column)
    }

    /// What is remembered of a table, by column.
    pub fn of_table(&self, table: &str) -> impl Iterator<Item = (&String, &KnownColumn)> {
        self.0.get(table).into_iter().flatten()
    }

    /// Every column, with its table's key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &KnownColumn)> {
        self.0.iter().flat_map(|(table, columns)| {
            columns.iter().map(move |(column, known)| (table.as_str(), column.as_str(), known))
        })
    }

    /// Remembers a column, replacing what was remembered of it.
    pub fn set(&mut self, table: &str, column: &str, known: KnownColumn) {
        self.0.entry(table.to_owned()).or_default().insert(column.to_owned(), known);
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
