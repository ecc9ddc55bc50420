//! The types of the columns of sources and lookups. The model may declare them; otherwise they are what the lake
//! remembers of earlier files, or else the type in the first file, ordered by path.
//!
//! Columns that key, measure or count people keep their type: values in later files are cast where nothing is
//! lost and are bad rows where something would be, and a column that a later file lacks is null. Columns that
//! are only summed may be integers in one file and not in the next. The engine's session carries what is known,
//! since every table is opened through it.

mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use clio_lake::{KnownColumn, KnownColumns};
use clio_proto::{ColumnType, Model};
use datafusion::prelude::SessionContext;

pub(crate) use self::uses::Use;
use crate::error::TableName;

/// What is known of the columns of all tables, and what a run finds.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    tables: BTreeMap<String, uses::OfTable>,
    known: KnownColumns,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    columns: KnownColumns,
    absent: BTreeSet<AbsentColumn>,
}

/// A column that the lake knows and some files of a run lack: it is null in those.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct AbsentColumn {
    /// The model's key of the source or lookup: `source.events`.
    pub table: String,
    /// The column.
    pub column: String,
    /// How many files lack it.
    pub n_files_without: u64,
    /// How many files were read.
    pub n_files: u64,
    /// The first file that lacks it.
    pub first_file: String,
}

impl std::fmt::Display for AbsentColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { table, column, n_files_without, n_files, first_file } = self;
        write!(
            f,
            "`{column}` of {table} is null in {n_files_without} of {n_files} files, which lack it; the first is \
             {first_file}"
        )
    }
}

/// What is known of one table.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableColumns {
    /// The key under which the lake knows the table.
    pub(crate) key: String,
    pub(crate) uses: BTreeMap<String, Use>,
    pub(crate) declared: BTreeMap<String, ColumnType>,
    pub(crate) known: BTreeMap<String, KnownColumn>,
}

impl Columns {
    /// Gives a session what a lake knows. Types are decided anew where every day is rebuilt.
    pub(crate) fn install(
        ctx: &SessionContext,
        model: &Model,
        known: Option<&KnownColumns>,
        decides_anew: bool,
    ) -> Arc<Self> {
        let mut known = known.cloned().unwrap_or_default();
        if decides_anew {
            let mut untyped = KnownColumns::default();
            for (table, column, _) in known.iter() {
                let nothing = KnownColumn { data_type: None, file: String::new() };
                untyped.set(table, column, nothing);
            }
            known = untyped;
        }
        let tables = uses::of_model(model);
        let columns = Arc::new(Self { tables, known, found: Mutex::default() });
        ctx.state_ref().write().config_mut().set_extension(Arc::clone(&columns));
        columns
    }

    /// What a session knows.
    pub(crate) fn of(ctx: &SessionContext) -> Arc<Self> {
        ctx.state_ref().read().config().get_extension::<Self>().unwrap_or_default()
    }

    /// What is known of a table, from the lake and from this run.
    pub(crate) fn of_table(&self, name: &TableName) -> TableColumns {
        let path = path_of(name);
        let Some(table) = self.tables.get(&path) else {
            return TableColumns { key: path, ..TableColumns::default() };
        };
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = BTreeMap::new();
        for key in table.same_files.iter().rev() {
            for (column, own) in self.known.of_table(key) {
                known.insert(column.clone(), own.clone());
            }
        }
        let key = table.same_files.first().cloned().unwrap_or(path);
        for (column, own) in found.columns.of_table(&key) {
            if own.data_type.is_some() || !known.contains_key(column) {
                known.insert(column.clone(), own.clone());
            }
        }
        let (uses, declared) = (table.uses.clone(), table.declared.clone());
        TableColumns { key, uses, declared, known }
    }

    /// Notes the columns that files of a table have.
    pub(crate) fn note(
        &self,
        table: &TableColumns,
        columns: Vec<(String, KnownColumn)>,
        absent: Vec<AbsentColumn>,
    ) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        for (column, known) in columns {
            found.columns.set(&table.key, &column, known);
        }
        found.absent.extend(absent);
    }

    /// The columns that the lake knows and files of this run lack.
    pub(crate) fn absent(&self) -> Vec<AbsentColumn> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.absent.iter().cloned().collect()
    }

    /// What the lake knows after this run, given what it knows by now.
    pub(crate) fn after(&self, known: Option<&KnownColumns>) -> KnownColumns {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = known.cloned().unwrap_or_default();
        for (table, column, own) in found.columns.iter() {
            let is_news = match after.get(table, column) {
                None => true,
                // The first file with a type stays on record.
                Some(before) => own.data_type.is_some() && before.data_type != own.data_type,
            };
            if is_news {
                after.set(table, column, own.clone());
            }
        }
        after
    }

    /// A key for which this run and a concurrent one, already committed, took different types.
    pub(crate) fn conflict(&self, newly_known: Option<&KnownColumns>) -> Option<String> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let newly_known = newly_known?;
        found.columns.iter().find_map(|(table, column, own)| {
            let is_key = self.tables.get(table)?.uses.get(column) == Some(&Use::Key);
            let other = newly_known.get(table, column)?.data_type.as_ref()?;
            let is_other = is_key && own.data_type.as_ref().is_some_and(|own| own != other);
            is_other.then(|| format!("{table}.{column}"))
        })
    }

    /// The types of keys as text, for a run that takes over the work of a dead one.
    pub(crate) fn describe(&self) -> String {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let types = found.columns.iter().filter_map(|(table, column, own)| {
            Some(format!("{table}.{column} {}", own.data_type.as_ref()?))
        });
        types.collect::<Vec<_>>().join(",")
    }
}

/// The key of a table in the model.
pub(crate) fn path_of(name: &TableName) -> String {
    match name {
        TableName::Source(name) => format!("source.{name}"),
        TableName::Lookup(name) => format!("lookup.{name}"),
    }
}
