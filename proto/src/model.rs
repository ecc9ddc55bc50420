//! The dataset model: what the data means. Read from one TOML file, validated once, then used
//! everywhere; nothing downstream validates it again.
//!
//! ```text
//! TOML text ──raw.rs──▶ every value with its line ──validate.rs──▶ Model ──fingerprint.rs──▶ Fingerprint
//!                └── problems.rs: every problem at once, each with file, line, key, mend ──┘
//! ```

mod asked;
mod attribution;
mod checks;
mod columns;
mod dimension;
mod experiment;
mod expression;
mod files;
mod fingerprint;
mod lookup;
mod measure;
mod outliers;
mod problems;
mod raw;
mod small_groups;
mod source;
mod validate;
mod week;

use std::fmt;

pub use asked::AskedMeasure;
pub use attribution::{Attribution, Credit, Window, WindowError};
pub use checks::{
    Check, CheckKind, MissingCheck, OnFailure, OutOfDayCheck, Per, RowsCheck, UnattributedCheck,
    WithinCheck,
};
pub use columns::{ColumnType, ColumnTypeError};
pub use dimension::{Age, AgeStep, Dimension, DimensionColumn};
pub use experiment::Experiment;
pub use expression::{Expression, ExpressionError, Share};
pub use files::{CsvOptions, FileSet, Format, OnBadRows};
use jiff::civil::Date;
use jiff::tz::TimeZone;
pub use lookup::{AsOf, LOOKUP_KEY_COLUMN, Lookup, OnChange};
use measure::Counted;
pub use measure::{Measure, MeasureFormat, MeasureKind, display_name};
pub use outliers::{OutlierRules, RateOfEvents, Watching};
pub use small_groups::{MAX_MIN_PEOPLE, SmallGroups};
pub use source::{Source, TimesAre};
pub use validate::RESERVED_NAMES;
pub use week::WeekStart;

use crate::field::FieldRef;
use crate::id::Fingerprint;
use crate::period::{DayRange, FIRST_DAY, LAST_DAY};
use crate::toml_file::TomlProblem;

/// The smallest worthwhile difference of a model that does not set one: 5 %.
pub(crate) const DEFAULT_WORTHWHILE: f64 = 0.05;

/// A valid dataset model.
///
/// Always true: every reference resolves; names of dimensions and measures are distinct, are not reserved words, and
/// remain distinct as GraphQL names; a derived measure refers only to stored ones; there is at least one dimension and
/// one stored measure.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) name: String,
    pub(crate) timezone_name: String,
    pub(crate) timezone: TimeZone,
    pub(crate) week_starts: WeekStart,
    pub(crate) worthwhile: f64,
    pub(crate) small_groups: Option<SmallGroups>,
    pub(crate) first_day: Option<Date>,
    pub(crate) last_day: Option<Date>,
    pub(crate) sources: Vec<Source>,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) dimensions: Vec<Dimension>,
    pub(crate) measures: Vec<Measure>,
    pub(crate) checks: Vec<Check>,
    pub(crate) experiments: Vec<Experiment>,
    pub(crate) outliers: Option<OutlierRules>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) text: String,
}

impl Model {
    /// Reads and validates a model.
    ///
    /// `file` is named in errors. Addresses in the model stay as written; the etl resolves relative ones against the
    /// model file's folder.
    ///
    /// # Errors
    ///
    /// All problems, each with its place and how to fix it.
    pub fn parse(file: &str, text: &str) -> Result<Self, ModelError> {
        validate::parse(file, text)
    }

    /// The dataset's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The IANA name of the time zone in which a day begins.
    pub fn timezone_name(&self) -> &str {
        &self.timezone_name
    }

    /// The time zone in which a day begins.
    pub fn timezone(&self) -> &TimeZone {
        &self.timezone
    }

    /// The first day of a week.
    pub fn week_starts(&self) -> WeekStart {
        self.week_starts
    }

    /// The smallest worthwhile difference of two rates, relative to the other one: above 0 and at most 1.
    pub fn worthwhile(&self) -> f64 {
        self.worthwhile
    }

    /// The number of people below which groups are withheld; `None` if none are.
    pub fn small_groups(&self) -> Option<&SmallGroups> {
        self.small_groups.as_ref()
    }

    /// The first and the last day that events may have, if the model sets them.
    pub fn day_bounds(&self) -> (Option<Date>, Option<Date>) {
        (self.first_day, self.last_day)
    }

    /// The days that events may have: an event on any other day is a bad row. Without `first_day` and `last_day` in the
    /// model, all that the lake can hold.
    ///
    /// # Panics
    ///
    /// Never: a valid model's last day is not before its first.
    pub fn days(&self) -> DayRange {
        let (first, last) =
            (self.first_day.unwrap_or(FIRST_DAY), self.last_day.unwrap_or(LAST_DAY));
        DayRange::try_new(first, last).expect("a valid model's last day is not before its first")
    }

    /// The sources, in the file's order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// A source by name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// Whether cells depend on a source: a measure is computed from it, or from one that is credited to it.
    pub fn is_read(&self, source: &str) -> bool {
        let measured = self.stored_measures().filter_map(|measure| measure.kind.source());
        let mut measured = measured.filter_map(|name| self.source(name));
        measured.any(|read| {
            let to = read.attribution.as_ref().map(|attribution| attribution.to.as_str());
            read.name == source || to == Some(source)
        })
    }

    /// The lookups, in the file's order.
    pub fn lookups(&self) -> &[Lookup] {
        &self.lookups
    }

    /// A lookup by name.
    pub fn lookup(&self, name: &str) -> Option<&Lookup> {
        self.lookups.iter().find(|lookup| lookup.name == name)
    }

    /// The dimensions, in the file's order, which is also the sort order of cells.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// A dimension by name.
    pub fn dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|dimension| dimension.name == name)
    }

    /// Whether the people counted by one distinct measure are always among those counted by another, in every cell and
    /// by sketches of the same kind. That holds for events credited to others, if the people counted are a key of the
    /// attribution, and for the events of a source with a `where` among those of the same source without it.
    pub fn is_part_of(&self, part: &str, whole: &str) -> bool {
        let is_other = part != whole;
        let counted = |name: &str| self.measure(name).and_then(|measure| measure.kind.counted());
        let (Some(part), Some(whole)) = (counted(part), counted(whole)) else { return false };
        let attribution = self.source(part.source).and_then(|source| source.attribution.as_ref());
        let is_credited = attribution.is_some_and(|attribution| {
            attribution.to == *whole.source
                && part.of.iter().all(|column| attribution.by.contains(column))
        });
        let sources = self.source(part.source).zip(self.source(whole.source));
        let is_some = sources.is_some_and(|(part, whole)| part.is_some_of(whole));
        let same = |counted: &Counted<'_>| (counted.family, counted.precision);
        is_other && (is_credited || is_some) && part.of == whole.of && same(&part) == same(&whole)
    }

    /// The measures, in the file's order.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// A measure by name.
    pub fn measure(&self, name: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.name == name)
    }

    /// The measures that cells hold: all but the derived ones.
    pub fn stored_measures(&self) -> impl Iterator<Item = &Measure> {
        self.measures.iter().filter(|measure| measure.kind.is_stored())
    }

    /// What must hold of days before they are committed: the checks of every model that this one does not replace, then
    /// those that it declares, in the file's order. They do not affect what cells mean.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The declared tests, in the file's order.
    pub fn experiments(&self) -> &[Experiment] {
        &self.experiments
    }

    /// What stands out among its peers, where the model declares it.
    pub fn outliers(&self) -> Option<&OutlierRules> {
        self.outliers.as_ref()
    }

    /// Every dimension followed by its attributes, in the model's order.
    pub fn fields(&self) -> impl Iterator<Item = FieldRef> {
        self.dimensions.iter().flat_map(|dimension| {
            let own = FieldRef { dimension: dimension.name.clone(), attribute: None };
            std::iter::once(own).chain(dimension.attributes.iter().map(|attribute| FieldRef {
                dimension: dimension.name.clone(),
                attribute: Some(attribute.clone()),
            }))
        })
    }

    /// The meaning of the model, as a short string: equal for files that differ only in comments, order of tables or
    /// display names.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The meaning of cells, as a short string: equal for models that make the same cells from the same events,
    /// whatever they add to them (attributes, labels, derived measures).
    pub fn cells_fingerprint(&self) -> Fingerprint {
        fingerprint::of_cells(self)
    }

    /// The file's text, as stored in every commit.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A column's name, or an SQL expression over the columns of its table.
///
/// Whether a text is a column or an expression is decided where the columns are known: a column with exactly this name
/// takes precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlColumn(pub String);

impl fmt::Display for SqlColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An invalid model file; the text lists every problem, one per line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ModelError {
    /// The file's name.
    pub file: String,
    /// At least one problem, in the file's order.
    pub problems: Vec<TomlProblem>,
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{}: ", self.file, problem.line)?;
            if !problem.key.is_empty() {
                write!(f, "`{}`: ", problem.key)?;
            }
            write!(f, "{}; {}", problem.what, problem.mend)?;
        }
        Ok(())
    }
}
