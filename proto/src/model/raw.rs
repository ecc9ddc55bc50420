//! The model file as written: every value with its line, validated only by type.
//!
//! It is read by hand from the TOML tree instead of through serde, since serde stops at the first unknown key or wrong
//! type, and a bad file must report all its problems at once.

mod reader;

pub(super) use reader::read;

/// A value with the line of its key.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) line: usize,
}

/// The entry at a key.
#[derive(Debug)]
pub(super) enum Entry<T> {
    /// No entry.
    Absent,
    /// A value of the wrong type, which has been reported: it must not be reported as missing as well.
    Bad,
    /// A value.
    Given(At<T>),
}

impl<T> Entry<T> {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(super) fn given(&self) -> Option<&At<T>> {
        match self {
            Self::Given(at) => Some(at),
            Self::Absent | Self::Bad => None,
        }
    }

    pub(super) fn value(&self) -> Option<&T> {
        self.given().map(|at| &at.value)
    }

    /// The line of the entry, valid or not; `otherwise` if there is none.
    pub(super) fn line_or(&self, otherwise: usize) -> usize {
        self.given().map_or(otherwise, |at| at.line)
    }
}

/// The whole file. Tables are in the file's order.
#[derive(Debug)]
pub(super) struct RawModel {
    pub(super) dataset: Option<RawDataset>,
    pub(super) sources: Vec<RawSource>,
    pub(super) lookups: Vec<RawLookup>,
    pub(super) dimensions: Vec<RawDimension>,
    pub(super) measures: Vec<RawMeasure>,
    pub(super) checks: Vec<RawCheck>,
    pub(super) experiments: Vec<RawExperiment>,
    pub(super) outliers: Option<RawOutliers>,
}

/// A table's name, its line, and its dotted path (`source.plays`).
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) path: String,
}

impl Place {
    /// The dotted path of a key of the table.
    pub(super) fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }
}

#[derive(Debug)]
pub(super) struct RawDataset {
    pub(super) place: Place,
    pub(super) name: Entry<String>,
    pub(super) timezone: Entry<String>,
    pub(super) week_starts: Entry<String>,
    pub(super) worthwhile: Entry<RawShare>,
    pub(super) min_people: Entry<i64>,
    pub(super) people: Entry<Vec<String>>,
    pub(super) first_day: Entry<String>,
    pub(super) last_day: Entry<String>,
}

/// The keys that sources and lookups have in common.
#[derive(Debug)]
pub(super) struct RawFiles {
    pub(super) url: Entry<String>,
    pub(super) format: Entry<String>,
    pub(super) files: Entry<Vec<String>>,
    pub(super) columns: Entry<Vec<(String, String)>>,
    pub(super) types: Entry<Vec<(String, At<String>)>>,
    pub(super) csv: Entry<RawCsv>,
}

#[derive(Debug)]
pub(super) struct RawCsv {
    pub(super) place: Place,
    pub(super) header: Entry<bool>,
    pub(super) delimiter: Entry<String>,
    pub(super) quote: Entry<String>,
    pub(super) null: Entry<Vec<String>>,
}

#[derive(Debug)]
pub(super) struct RawSource {
    pub(super) place: Place,
    pub(super) files: RawFiles,
    pub(super) from: Entry<String>,
    pub(super) time: Entry<String>,
    pub(super) times_are: Entry<String>,
    pub(super) days: Entry<String>,
    pub(super) late: Entry<String>,
    pub(super) predicate: Entry<String>,
    pub(super) on_bad_rows: Entry<String>,
    pub(super) max_bad_rows: Entry<RawShare>,
    pub(super) attribute: Entry<RawAttribute>,
}

/// How events are credited to others.
#[derive(Debug)]
pub(super) struct RawAttribute {
    pub(super) place: Place,
    pub(super) event: Entry<String>,
    pub(super) to: Entry<String>,
    pub(super) by: Entry<Vec<String>>,
    pub(super) within: Entry<String>,
    pub(super) credit: Entry<String>,
}

#[derive(Debug)]
pub(super) struct RawLookup {
    pub(super) place: Place,
    pub(super) files: RawFiles,
    pub(super) key: Entry<String>,
    pub(super) as_of: Entry<String>,
    pub(super) valid_from: Entry<String>,
    pub(super) valid_to: Entry<String>,
    pub(super) on_change: Entry<String>,
}

#[derive(Debug)]
pub(super) struct RawDimension {
    pub(super) place: Place,
    pub(super) column: Entry<String>,
    pub(super) lookup: Entry<String>,
    pub(super) on: Entry<String>,
    pub(super) multi: Entry<bool>,
    pub(super) attributes: Entry<Vec<String>>,
    pub(super) label: Entry<String>,
    pub(super) media: Entry<String>,
    pub(super) age: Entry<String>,
    pub(super) display: Entry<String>,
}

#[derive(Debug)]
pub(super) struct RawMeasure {
    pub(super) place: Place,
    pub(super) source: Entry<String>,
    pub(super) kind: Entry<String>,
    pub(super) of: Entry<RawOf>,
    pub(super) precision: Entry<i64>,
    pub(super) error: Entry<RawShare>,
    pub(super) edges: Entry<Vec<f64>>,
    pub(super) family: Entry<String>,
    pub(super) from_sketch: Entry<bool>,
    pub(super) expr: Entry<String>,
    pub(super) format: Entry<String>,
    pub(super) display: Entry<String>,
}

#[derive(Debug)]
pub(super) struct RawCheck {
    pub(super) place: Place,
    pub(super) kind: Entry<String>,
    pub(super) source: Entry<String>,
    pub(super) trailing_days: Entry<i64>,
    pub(super) at_least: Entry<RawShare>,
    pub(super) at_most: Entry<RawShare>,
    pub(super) dimension: Entry<String>,
    pub(super) measure: Entry<String>,
    pub(super) within: Entry<String>,
    pub(super) per: Entry<String>,
    pub(super) on_failure: Entry<String>,
}

/// A declared test.
#[derive(Debug)]
pub(super) struct RawExperiment {
    pub(super) place: Place,
    pub(super) dimension: Entry<String>,
    pub(super) arms: Entry<Vec<String>>,
    pub(super) shares: Entry<Vec<RawShare>>,
    pub(super) assigned: Entry<String>,
    pub(super) first_day: Entry<String>,
    pub(super) last_day: Entry<String>,
}

/// What stands out among its peers.
#[derive(Debug)]
pub(super) struct RawOutliers {
    pub(super) place: Place,
    pub(super) dimension: Entry<String>,
    pub(super) peers: Entry<Vec<String>>,
    pub(super) pool: Entry<String>,
    pub(super) rate: Entry<String>,
    pub(super) watching: Entry<String>,
    pub(super) beyond: Entry<RawShare>,
}

/// One column, or several together.
#[derive(Debug)]
pub(super) enum RawOf {
    One(String),
    Several(Vec<String>),
}

/// `0.01`, or `"1%"`.
#[derive(Debug)]
pub(super) enum RawShare {
    Number(f64),
    Text(String),
}
