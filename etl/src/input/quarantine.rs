//! The table of bad rows beside the lake: `quarantine`, with one row for each bad row of each run that found it.
//!
//! | column | |
//! | --- | --- |
//! | `run` | the run that left the row out |
//! | `source` | the source of the model |
//! | `file` | the file's path |
//! | `line`, `row` | where in the file, from 1: the line of a text, the row of a Parquet file |
//! | `reason` | what is wrong with it |
//! | `content` | the row: a text's own text, others as JSON |
//!
//! Rows are only ever added, before the days they belong to are recorded as done: so the rows of a killed run
//! are written, and the next run adds those that it finds again under its own name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clio_lake::QUARANTINE_TABLE;
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::config::Config;
use crate::error::{During, EtlError, Place, ReadError, TableName};
use crate::input::inputs::Inputs;
use crate::input::source::BadRow;
use clio_lake::{Change, DeltaFolder, Journal, LakeError, Outcome, Written};

const STEP: &str = "writing bad rows";
/// How many times to retry the table's commit after another writer's.
const MAX_ATTEMPTS: usize = 10;

/// A bad row's source, file, and line or row.
pub(crate) type RowKey = (String, String, u64);

/// The bad rows that a run has found, each once.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    noted: BTreeSet<RowKey>,
    n_rows: BTreeMap<String, u64>,
}

impl Quarantine {
    /// The number of bad rows by source; sources without any are absent.
    pub(crate) fn n_rows(&self) -> &BTreeMap<String, u64> {
        &self.n_rows
    }

    /// Writes the bad rows found since the last call; returns them.
    pub(crate) async fn store(
        &mut self,
        config: &Config,
        inputs: &Inputs,
        journal: Option<&Arc<impl Journal + 'static>>,
    ) -> Result<Vec<RowKey>, EtlError> {
        let mut found = inputs.bad_rows();
        found.retain(|row| !self.noted.contains(&key(row)));
        if !found.is_empty() {
            write(config, &found, journal).await?;
        }
        let keys: Vec<RowKey> = found.iter().map(key).collect();
        self.take_over(&keys);
        Ok(keys)
    }

    /// Takes over rows that a dead run found and wrote.
    pub(crate) fn take_over(&mut self, rows: &[RowKey]) {
        for row in rows {
            if self.noted.insert(row.clone()) {
                *self.n_rows.entry(row.0.clone()).or_default() += 1;
            }
        }
    }

    /// Rejects a source with more bad rows than its model allows.
    ///
    /// The share is relative to the rows of the source that the run counted. Where it counted fewer than the
    /// good rows of the files with bad ones (since a `where` excludes some, or they are only targets), it is
    /// relative to those.
    pub(crate) fn refuse_too_many(
        &self,
        inputs: &Inputs,
        rows_in: &BTreeMap<String, u64>,
    ) -> Result<(), ReadError> {
        for table in inputs.tables() {
            let TableName::Source(source) = &table.name else { continue };
            let n_bad = self.n_rows.get(source).copied().unwrap_or_default();
            let n_counted = rows_in.get(source).copied().unwrap_or_default();
            let n_rows = n_bad + n_counted.max(table.n_good_beside_bad());
            let Some(at_most) = table.max_bad_rows() else { continue };
            if n_bad as f64 > at_most * n_rows as f64
                && let Some(first) = table.bad_rows().first()
            {
                return Err(table.too_many(format!("{n_bad} of {n_rows}"), first));
            }
        }
        Ok(())
    }
}

/// A row is the same whether it is read for its own source or for one whose events are credited to it.
fn key(row: &BadRow) -> RowKey {
    (source_of(row).to_owned(), row.file.clone(), number(row.place).unwrap_or_default())
}

fn source_of(row: &BadRow) -> &str {
    match &row.table {
        TableName::Source(name) | TableName::Lookup(name) => name,
    }
}

fn number(place: Place) -> Option<u64> {
    match place {
        Place::Line(n) | Place::Row(n) => Some(n),
        Place::Unknown => None,
    }
}

fn schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, true);
    let whole = |name| Field::new(name, DataType::Int64, true);
    Arc::new(Schema::new(vec![
        text("run"),
        text("source"),
        text("file"),
        whole("line"),
        whole("row"),
        text("reason"),
        text("content"),
    ]))
}

fn batch(config: &Config, rows: &[BadRow]) -> Result<RecordBatch, EtlError> {
    let text = |of: &dyn Fn(&BadRow) -> String| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(of(row))).collect::<StringArray>())
    };
    let place = |of: &dyn Fn(Place) -> Option<u64>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| of(row.place)).collect::<UInt64Array>())
    };
    let columns = [
        text(&|_| config.run.to_string()),
        text(&|row| source_of(row).to_owned()),
        text(&|row| row.file.clone()),
        place(&|place| if let Place::Line(n) = place { Some(n) } else { None }),
        place(&|place| if let Place::Row(n) = place { Some(n) } else { None }),
        text(&|row| row.reason.clone()),
        text(&|row| row.content.clone()),
    ];
    let schema = schema();
    let columns = columns
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| cast(column, field.data_type()).during(STEP));
    RecordBatch::try_new(schema.clone(), columns.collect::<Result<_, _>>()?).during(STEP)
}

async fn write(
    config: &Config,
    rows: &[BadRow],
    journal: Option<&Arc<impl Journal + 'static>>,
) -> Result<(), EtlError> {
    let folder = DeltaFolder::open(&config.lake, QUARANTINE_TABLE)?;
    let mut staging = folder.staging(&config.lake, &config.run, journal);
    let written = staging.write(&schema(), std::iter::once(batch(config, rows)), &[]).await;
    let (Written::New(file) | Written::Same(file)) = match written {
        Ok(written) => written,
        Err(error) => {
            staging.discard().await;
            return Err(error);
        }
    };
    let change = Change { added: vec![file], ..Change::default() };
    for _ in 0..MAX_ATTEMPTS {
        let state = folder.state().await?;
        let now = config.now.as_millisecond();
        match folder.commit(state.as_ref(), &schema(), &change, now).await {
            Ok(Outcome::Committed(_)) => {
                staging.committed(&change.added);
                return Ok(());
            }
            Ok(Outcome::Overtaken) => {}
            Ok(Outcome::Unclear) => {
                staging.committed(&change.added);
                return Err(folder.unclear().into());
            }
            Err(error) => {
                staging.discard().await;
                return Err(error.into());
            }
        }
    }
    staging.discard().await;
    Err(EtlError::Lake(LakeError::Storage {
        url: config.lake.to_string(),
        reason: format!("other runs keep committing table `{QUARANTINE_TABLE}`; run again"),
        is_transient: true,
    }))
}
