//! The lake as a contract: the table of cells, the lookup tables beside it, and what a commit says.
//!
//! ```text
//! LAKE/cells/            Delta table, partitioned by grain and period
//!   grain=day/period=2026-01-31/…parquet      grain, period   partition columns (Utf8)
//!   grain=month/period=2026-01/…parquet       dimensions      Utf8, or a sorted List<Utf8> if multi-valued
//!   grain=year/period=2026/…parquet           stored measures Int64, Float64 or Binary (a sketch of either kind)
//!   grain=all/period=all/…parquet
//! LAKE/lookups/NAME/     Delta table: `key` (Utf8, not null, unique), then the columns that
//!                        dimensions use, each Utf8 or List<Utf8>
//! LAKE/runs/             JSON files, RUN.json: what a run says of itself when it has ended, [`RunRecord`]
//! LAKE/verifications/    JSON files, VERSION-RUN.json: exact recounts of a snapshot's days, [`Verification`]
//! LAKE/decisions/        JSON files, NUMBER.json: which snapshot is served, as people decided, [`Decision`]
//! ```
//!
//! Within a file, rows are sorted by the dimensions in the model's order, nulls first, lists by their
//! elements. A dimension's null is the null member; a multi-valued dimension has no null but the
//! empty list. A count or sum without events is 0, a sketch without events is the empty sketch. A file
//! that was written before a measure was added to the model lacks its column, which reads as 0 or as
//! empty sketches until the period is rebuilt.
//!
//! A month may be retired: its days have left the lake, while the month stays. The commit says so, and which days those
//! were ([`RetiredDays`]). A month either has all its days in the lake, or is retired and has none there. What ages
//! count from outlives the days in [`FirstDays`]; older lakes lack them, and such ages are then unknown.
//!
//! The commit of `cells` carries a [`SnapshotMetadata`] as JSON text, under the key [`SNAPSHOT_KEY`] of its commit
//! information. A snapshot's metadata is that of the newest commit at or before its version that changes data; another
//! engine's maintenance changes none, and carries none. A version whose commit changes data and carries no readable
//! metadata is not a snapshot.
//!
//! Since version 2 every `add` action, of any table, has the tag [`CHECKSUM_TAG`](crate::CHECKSUM_TAG) with the
//! checksum of its file's bytes, which is compared whenever the file is read. The metadata has the checksum of all
//! files of its snapshot, and the commit that of the metadata's text, under the same key. Files of version 1 have none,
//! and get none until they are rewritten. A program reads its own version and older ones; so upgrade readers before
//! writers.

mod columns;
mod decision;
mod first_days;
mod inputs;
mod run;
mod shape;
mod stored;
mod verification;

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Field, Schema};
use jiff::civil::Date;
use url::Url;

pub use columns::{KnownColumn, KnownColumns};
pub(crate) use decision::decision_file;
pub use decision::{DECISION_VERSION, DECISIONS_FOLDER, Decided, Decision};
pub use first_days::{FirstDays, MAX_FIRST_DAYS};
pub use inputs::{DayInputs, Digest, Recipe};
pub use run::{
    LeftOutRecord, MAX_FILES_LEFT_OUT, RUN_RECORD_VERSION, RUNS_FOLDER, RunRecord, StepRecord,
};
pub use shape::{ShapeDifference, differences};
pub use stored::{
    META_EDGES, META_ERROR, META_FAMILY, META_HASH, META_KIND, META_PRECISION, StoredType,
};
pub(crate) use verification::verification_prefix;
pub use verification::{
    MAX_MISMATCHES, Mismatch, ReferenceErrors, VERIFICATION_VERSION, VERIFICATIONS_FOLDER,
    Verification,
};

use crate::checksum::Checksum;
use crate::error::LakeError;
use crate::version::FORMAT_VERSION;
use clio_proto::{Dimension, Fingerprint, Model, RetiredDays, RunId, Unattributed};

/// The folder of the table of cells, below the lake.
pub const CELLS_TABLE: &str = "cells";
/// The folder of the table of bad rows, below the lake.
pub const QUARANTINE_TABLE: &str = "quarantine";
/// The folder of lookup tables, below the lake.
pub const LOOKUPS_FOLDER: &str = "lookups";
/// The partition column with a [`Grain`](clio_proto::Grain).
pub const GRAIN_COLUMN: &str = "grain";
/// The partition column with a [`Period`](clio_proto::Period).
pub const PERIOD_COLUMN: &str = "period";
/// The key of a commit's information that holds [`SnapshotMetadata`] as JSON text.
pub const SNAPSHOT_KEY: &str = "clio";

/// What the commit of a snapshot says about it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SnapshotMetadata {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// The version of the program that wrote it; commits of format version 1 do not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub writer: String,
    /// The checksum of all files of the snapshot, as the log describes them: path, period, size and checksum. Filled in
    /// by the commit; `None` for format version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Checksum>,
    /// The run that committed it.
    pub run: RunId,
    /// The model's fingerprint.
    pub fingerprint: Fingerprint,
    /// The model file's text.
    pub model: String,
    /// The days that the run rebuilt, in order.
    pub days: Vec<Date>,
    /// Days of the snapshot whose numbers may still change, in order.
    pub provisional_days: Vec<Date>,
    /// Events that the run read and counted, by source.
    pub rows_in: BTreeMap<String, u64>,
    /// Events found in a folder of a rebuilt day that happened on another day, by source.
    pub rows_out_of_day: BTreeMap<String, u64>,
    /// Events that no target could be credited with, by source and by the day on which they happened, for all days of
    /// the snapshot.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows_unattributed: BTreeMap<String, BTreeMap<Date, u64>>,
    /// Bad rows that the run left out and wrote to the table [`QUARANTINE_TABLE`], by source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows_quarantined: BTreeMap<String, u64>,
    /// Versions of the lookup tables that belong to the snapshot, by lookup.
    pub lookups: BTreeMap<String, u64>,
    /// Cells of each rebuilt period, by period.
    pub cells: BTreeMap<String, u64>,
    /// What was checked before the commit.
    pub checks: Vec<CheckOutcome>,
    /// Why it was committed although checks failed: the reason given by whoever accepted that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// The inputs of each day of the snapshot.
    #[serde(default, skip_serializing_if = "DayInputs::is_empty")]
    pub inputs: DayInputs,
    /// The months whose days have left the lake; `inputs` keeps the inputs of those days. Carried over from commit to
    /// commit.
    #[serde(default, skip_serializing_if = "RetiredDays::is_empty")]
    pub retired: RetiredDays,
    /// The first days of members within days that have left the lake, for dimensions whose ages count from them.
    /// Carried over from commit to commit, as long as their months are retired and the model has such ages.
    #[serde(default, skip_serializing_if = "FirstDays::is_empty")]
    pub first_days: FirstDays,
    /// The columns that key, measure or count people, as they were found in files. Carried over from commit to commit.
    #[serde(default, skip_serializing_if = "KnownColumns::is_empty")]
    pub columns: KnownColumns,
}

impl SnapshotMetadata {
    /// Parses what the commit information of a version has under [`SNAPSHOT_KEY`]; the only parser of it.
    ///
    /// # Errors
    ///
    /// [`LakeError::FormatVersion`] for a version that this build does not know, whatever the rest says, and
    /// [`LakeError::Metadata`] for anything unreadable.
    pub fn read(url: &Url, version: u64, value: &serde_json::Value) -> Result<Self, LakeError> {
        let refuse =
            |problem: String| LakeError::Metadata { url: url.to_string(), version, problem };
        let text = value.as_str().ok_or_else(|| refuse("it is not a text".to_owned()))?;
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
        // The version first: the rest of a newer one may not match our type.
        let found = value["format_version"].as_u64().and_then(|found| u32::try_from(found).ok());
        match found {
            Some(found) if !(1..=FORMAT_VERSION).contains(&found) => {
                let writer = value["writer"].as_str().unwrap_or_default().to_owned();
                Err(LakeError::FormatVersion { url: url.to_string(), version, found, writer })
            }
            _ => serde_json::from_value(value).map_err(|error| refuse(error.to_string())),
        }
    }

    /// The unattributed events, one item per source and day.
    pub fn unattributed(&self) -> Vec<Unattributed> {
        let of_source = |(source, by_day): (&String, &BTreeMap<Date, u64>)| {
            let source = source.clone();
            let days = by_day.clone().into_iter().filter(|(_, rows)| *rows > 0);
            days.map(move |(day, rows)| Unattributed { source: source.clone(), day, rows })
        };
        self.rows_unattributed.iter().flat_map(of_source).collect()
    }
}

/// The outcome of one check before a commit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CheckOutcome {
    /// The check's name.
    pub name: String,
    /// How many cells or days were checked.
    pub n_checked: u64,
    /// Where it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<CheckFinding>,
}

/// A day on which a check of the model failed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CheckFinding {
    /// The day.
    pub day: Date,
    /// Whether the check would have kept the day from being committed, had nobody accepted it; otherwise it only
    /// warned.
    pub is_failure: bool,
    /// What was expected and what was found.
    pub what: String,
}

/// The Arrow schema of the table of cells.
///
/// `float_sums` names the measures of kind `sum` whose column is not of an integer type: only the input tells.
pub fn cell_schema(model: &Model, float_sums: &[String]) -> Schema {
    let partition =
        [GRAIN_COLUMN, PERIOD_COLUMN].map(|name| Field::new(name, DataType::Utf8, true));
    let dimensions = model.dimensions().iter().map(dimension_field);
    let measures = model.stored_measures().filter_map(|measure| {
        StoredType::of(measure, float_sums).map(|stored| stored.field(&measure.name))
    });
    Schema::new(partition.into_iter().chain(dimensions).chain(measures).collect::<Vec<_>>())
}

fn dimension_field(dimension: &Dimension) -> Field {
    if dimension.multi {
        // Named `element` as in Delta and Parquet, so that other engines see no difference.
        let element = Field::new("element", DataType::Utf8, true);
        Field::new(&dimension.name, DataType::List(element.into()), true)
    } else {
        Field::new(&dimension.name, DataType::Utf8, true)
    }
}
