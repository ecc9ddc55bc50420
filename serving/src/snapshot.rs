//! One snapshot in memory: immutable, used by any number of queries at once.
//!
//! ```text
//! decode.rs  a file's bytes ─▶ chunk.rs        validated, coded, indexed; measure/ holds its measures, marginal/ unites its cells
//! load.rs    chunks + lookups ─▶ Snapshot      only what the log added; check.rs looks at the whole
//! projection.rs  what of it is held, where that is not all
//! field.rs   cell codes ─▶ values              dimensions and attributes, single or many
//! sums.rs    all of it ─▶ a sum                finds memory that changed by itself
//! ```

mod ages;
mod arena;
mod check;
mod chunk;
mod columns;
mod decode;
mod dictionary;
mod dimensions;
mod field;
mod fold;
mod histograms;
mod layout;
mod load;
mod lookup;
mod marginal;
mod measure;
mod members;
mod projection;
mod restriction;
mod states;
mod sums;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use clio_proto::{
    AskedMeasure, Description, FieldInfo, FieldRef, MeasureClass, MeasureInfo, MeasureKind, Model,
    OutlierInfo, OutlierList, Percentile, Period, RetiredDays, ServiceError, SnapshotInfo,
    display_name,
};
use jiff::civil::Date;
use tokio::sync::OnceCell;

use ages::FirstDays;
pub(crate) use ages::day_number;
pub(crate) use arena::{ColumnUnion, SketchArena, SketchParts};
pub(crate) use chunk::{Chunk, KeyColumn};
pub(crate) use dictionary::NULL;
use dictionary::Vocabulary;
pub(crate) use dimensions::Dimensions;
pub(crate) use field::Field;
use field::Labels;
pub(crate) use histograms::QuantileArena;
pub(crate) use layout::Layout;
pub(crate) use load::Loader;
use lookup::LookupTable;
pub(crate) use marginal::have as marginals_have;
pub(crate) use measure::MeasureColumn;
pub(crate) use members::{FoundMember, MemberIndex};
use projection::Projected;
pub(crate) use restriction::{Restriction, Seen};
pub(crate) use states::LookupStates;

/// A served snapshot.
///
/// Always true: every check passed; every period's parents are present; a month has all its days, or is retired and has
/// none; every code of a chunk is in the vocabulary of its dimension.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) info: SnapshotInfo,
    pub(crate) model: Arc<Model>,
    pub(crate) layout: Arc<Layout>,
    /// The days behind its numbers, including those of retired months, without those that are left out.
    pub(crate) days: BTreeSet<Date>,
    pub(crate) retired: RetiredDays,
    pub(crate) provisional: BTreeSet<Date>,
    pub(crate) lookup_states: LookupStates,
    /// The files of each period, by path.
    pub(crate) chunks: BTreeMap<Period, Vec<Arc<Chunk>>>,
    /// One for each dimension.
    vocabularies: Vec<Arc<Vocabulary>>,
    /// Lookups by name, with their versions.
    lookups: BTreeMap<String, (u64, Arc<LookupTable>)>,
    /// In the model's order: each dimension, followed by its attributes.
    pub(crate) fields: Vec<Arc<Field>>,
    /// The display texts of members, by dimension.
    pub(crate) labels: Vec<Option<Labels>>,
    /// The frequency of each field's values, computed on first use.
    members: Vec<OnceLock<MemberIndex>>,
    /// The first days of members that are kept beyond those of retired months.
    kept_first_days: clio_lake::FirstDays,
    /// By dimension, the first day of each member, computed when an age is first used.
    first_days: Vec<OnceLock<FirstDays>>,
    /// The part of the lake that is held, if not everything.
    projected: Option<Arc<Projected>>,
    /// What somebody sees of it, where that is not all.
    pub(crate) restriction: Option<Restriction>,
    /// What stands out, worked out when it is first asked for.
    pub(crate) outliers: OnceCell<OutlierList>,
    pub(crate) size_bytes: u64,
}

impl Snapshot {
    /// The position of a field; the error lists those that exist, or says that it is left out.
    pub(crate) fn field(&self, reference: &FieldRef) -> Result<usize, ServiceError> {
        self.fields.iter().position(|field| field.reference == *reference).ok_or_else(|| {
            if let Some(left_out) = self.left_out_field(reference) {
                return left_out;
            }
            let existing: Vec<String> =
                self.fields.iter().map(|field| field.reference.to_string()).collect();
            let existing = existing.iter().map(String::as_str);
            ServiceError::unknown("field", &reference.to_string(), existing)
        })
    }

    /// The bytes that it takes besides its chunks, which other snapshots may share.
    pub(crate) fn size_beside_chunks(&self) -> u64 {
        let chunks: usize = self.chunks.values().flatten().map(|chunk| chunk.size_bytes).sum();
        self.size_bytes - chunks as u64
    }

    /// The first and the last day.
    pub(crate) fn first_and_last(&self) -> Option<(Date, Date)> {
        Some((*self.days.first()?, *self.days.last()?))
    }

    /// The label and the preview of a field's value.
    pub(crate) fn labels_of(&self, field: &Field) -> Option<&Labels> {
        let is_dimension = field.reference.attribute.is_none();
        self.labels[field.dimension].as_ref().filter(|_| is_dimension)
    }

    /// Whether a lookup names a preview of this address.
    ///
    /// Where not all members are seen, of one that is.
    pub(crate) fn has_media(&self, address: &str) -> bool {
        if self.restriction.as_ref().is_none_or(|restriction| restriction.rows().is_none()) {
            return self.labels.iter().flatten().any(|labels| labels.names_media(address));
        }
        let own = self.fields.iter().filter(|field| field.reference.attribute.is_none());
        own.filter_map(|field| Some((field, self.labels_of(field)?))).any(|(field, labels)| {
            let is_it = |(code, _): (u32, &str)| labels.media(code) == Some(address);
            labels.names_media(address) && field.values_with_texts().any(is_it)
        })
    }

    /// The dataset as the model describes it.
    pub(crate) fn describe(&self) -> Description {
        let dimensions = self.model.dimensions();
        let fields = self.fields.iter().map(|field| {
            let dimension = &dimensions[field.dimension];
            let attribute = field.reference.attribute.as_deref();
            let label = match attribute {
                None => dimension.display.clone(),
                Some(attribute) => {
                    let attribute = display_name(attribute).to_lowercase();
                    format!("{} {attribute}", dimension.display)
                }
            };
            FieldInfo {
                field: field.reference.clone(),
                label,
                multi: field.multi,
                has_label: attribute.is_none() && dimension.label.is_some(),
                has_media: attribute.is_none() && dimension.media.is_some(),
            }
        });
        let names = self.asked_names();
        let measures =
            names.iter().filter_map(|name| Some(measure_info(self.model.asked(name).ok()?)));
        Description {
            week_starts: self.model.week_starts(),
            dataset: self.model.name().to_owned(),
            timezone: self.model.timezone_name().to_owned(),
            fingerprint: self.model.fingerprint().clone(),
            fields: fields.collect(),
            ages: self.age_fields().collect(),
            measures: measures.collect(),
            outliers: self.describe_outliers(),
        }
    }

    /// What outliers are, if the model declares them and they are shown.
    fn describe_outliers(&self) -> Option<OutlierInfo> {
        let rules = self.model.outliers()?;
        if self.outliers_withheld(rules).is_some() || self.projection().is_some() {
            return None;
        }
        let attribute = |name: &String| FieldRef {
            dimension: rules.dimension.clone(),
            attribute: Some(name.clone()),
        };
        Some(OutlierInfo {
            dimension: FieldRef { dimension: rules.dimension.clone(), attribute: None },
            peers: rules.peers.iter().map(attribute).collect(),
            pool: rules.pool.as_ref().map(attribute),
            rate: rules.rate.to_string(),
            watching: rules.watching.as_ref().map(ToString::to_string),
            beyond: rules.beyond,
            worthwhile: self.model.worthwhile(),
        })
    }
}

/// A measure as queries ask for it.
fn measure_info(asked: AskedMeasure<'_>) -> MeasureInfo {
    let measure = asked.measure();
    let number = |class: MeasureClass| MeasureInfo {
        name: measure.name.clone(),
        label: measure.display.clone(),
        class,
        format: measure.format,
    };
    match (&measure.kind, asked) {
        (MeasureKind::Count { .. }, _) => number(MeasureClass::Count),
        (MeasureKind::Sum { .. }, _) => number(MeasureClass::Sum),
        (MeasureKind::Distinct { family, precision, .. }, _) => number(MeasureClass::Distinct {
            family: family.name().to_owned(),
            precision: precision.get(),
            relative_error: precision.relative_standard_error(),
        }),
        (MeasureKind::Derived { expression }, _) => {
            number(MeasureClass::Derived { expression: expression.text().to_owned() })
        }
        (MeasureKind::Quantile { buckets, .. }, asked) => {
            let percentile = match asked {
                AskedMeasure::Quantile(_, percentile) => percentile,
                AskedMeasure::Number(_) => Percentile::MEDIAN,
            };
            let class = MeasureClass::Quantile {
                measure: measure.name.clone(),
                percent: percentile.percent(),
                relative_error: buckets.error(),
                edges: buckets.edges().collect(),
            };
            let name = format!("{}.{percentile}", measure.name);
            let label = match percentile {
                Percentile::MEDIAN => format!("{}, median", measure.display),
                other => format!("{}, {other}", measure.display),
            };
            MeasureInfo { name, label, ..number(class) }
        }
    }
}
