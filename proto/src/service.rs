//! The cube as a service: one trait that a local object and a remote client both implement, so that
//! the whole system also runs in one process.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use strum::{EnumCount, VariantArray};

use crate::error::ServiceError;
use crate::export::{Export, Exported};
use crate::field::FieldRef;
use crate::filter::Filter;
use crate::id::{Fingerprint, SnapshotId};
use crate::model::{MeasureFormat, WeekStart};
use crate::principal::Principal;
use crate::query::{Answer, Cursor, Query, QueryRange};
use crate::runs::RunInfo;
use crate::snapshot::{Pin, RefusedSnapshot, SnapshotInfo, SnapshotList};

/// Answers queries from snapshots that it holds.
///
/// Every method answers from one snapshot: the current one, or the one named. A snapshot that is
/// named and not held gives [`Code::NotFound`](crate::Code::NotFound) with those that are.
#[async_trait]
pub trait CubeService: Send + Sync {
    /// The same service as a principal may see it: every method below answers as that principal's roles say, or with
    /// [`Code::PermissionDenied`](crate::Code::PermissionDenied). The service itself is that of whoever holds it, on its own account.
    fn seen_by(self: Arc<Self>, principal: Arc<Principal>) -> Arc<dyn CubeService>;

    /// The dataset as the current snapshot's model describes it.
    async fn describe(&self) -> Result<Description, ServiceError>;

    /// Answers a query.
    async fn query(
        &self,
        query: Query,
        snapshot: Option<SnapshotId>,
    ) -> Result<Answer, ServiceError>;

    /// Answers all rows of a question as the bytes of a file; what can be wrong with it is an error here, before the first byte.
    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError>;

    /// Finds values of one field, or of all, for pickers.
    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError>;

    /// Whether the current snapshot's lookups have one of these addresses in a column that the model
    /// calls `media`: what may be shown as a preview. Costs one look into a table for each such column.
    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError>;

    /// The newest snapshots of the lake, newest first, at most so many; and the versions as new as they that are none.
    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError>;

    /// The newest runs of the etl that have ended in the lake, newest first: failed ones too.
    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError>;

    /// The status now.
    async fn status(&self) -> Result<ServingStatus, ServiceError>;

    /// The status now, then at every change. The stream ends when the service stops.
    async fn watch(&self) -> Result<StatusStream, ServiceError>;
}

/// A stream of statuses; an error is its last item.
pub type StatusStream = BoxStream<'static, Result<ServingStatus, ServiceError>>;

/// What a dataset offers, for those who build schemas, menus and pages from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The dataset's name.
    pub dataset: String,
    /// The IANA name of the time zone in which a day begins.
    pub timezone: String,
    /// The model's fingerprint.
    pub fingerprint: Fingerprint,
    /// On which day a week begins.
    pub week_starts: WeekStart,
    /// Dimensions, each followed by its attributes, in the model's order.
    pub fields: Vec<FieldInfo>,
    /// The steps of age that one can group and filter by: `asset.age_day`, `asset.age_week`. Their values are whole numbers.
    pub ages: Vec<FieldInfo>,
    /// Measures in the model's order.
    pub measures: Vec<MeasureInfo>,
}

/// A dimension or an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInfo {
    /// `asset` or `asset.title`.
    pub field: FieldRef,
    /// What people read: `Asset`, `Asset title`.
    pub label: String,
    /// Multi-valued: a cell holds a set of values, and groups overlap.
    pub multi: bool,
    /// Members carry a label besides their value.
    pub has_label: bool,
    /// Members carry a preview's address.
    pub has_media: bool,
}

/// A measure.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureInfo {
    /// The name.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What it is.
    pub class: MeasureClass,
    /// How it is shown.
    pub format: MeasureFormat,
}

/// The kinds of measures, with what a reader may want to know of each.
#[derive(Debug, Clone, PartialEq, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(MeasureClassName),
    derive(strum::VariantArray),
    doc = "A kind of measure, without what there is to know of it."
)]
pub enum MeasureClass {
    /// A number of events.
    Count,
    /// A sum of a column.
    Sum,
    /// A number of different values, estimated by a sketch.
    Distinct {
        /// The sketch family's name.
        family: String,
        /// Its precision.
        precision: u8,
        /// One standard error, relative.
        relative_error: f64,
    },
    /// A quantile of a column's values, in buckets.
    Quantile {
        /// The quantile measure: any other quantile of it may be asked for as `watch.p99.9`.
        measure: String,
        /// Which quantile, in per cent.
        percent: f64,
        /// How far it is off at the most, relative.
        relative_error: f64,
        /// At which numbers the share of values below is exact, upwards.
        edges: Vec<f64>,
    },
    /// An expression over other measures.
    Derived {
        /// The expression as the model has it.
        expression: String,
    },
}

impl MeasureClassName {
    /// Every kind.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name: `count`, `sum`, `distinct`, `quantile`, `derived`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Distinct => "distinct",
            Self::Quantile => "quantile",
            Self::Derived => "derived",
        }
    }
}

/// A search of the values of one field, or of all.
#[derive(Debug, Clone, PartialEq)]
pub struct MembersRequest {
    /// The field; `None` for all fields at once.
    pub field: Option<FieldRef>,
    /// Text that the value or the label must contain. Case, accents and Unicode's forms of one letter make no difference. Without
    /// it the values come by frequency; with it those that start with it come first, then by frequency.
    pub search: Option<String>,
    /// The most members in the page.
    pub limit: usize,
    /// Members to skip before the first one; 0 where the page begins after another one.
    pub offset: usize,
    /// The end of the page before: the page begins there, on the same snapshot. Field, text, days and filter have to be the same.
    pub after: Option<Cursor>,
    /// The snapshot to search; `None` for that of `after`, or the current one.
    pub snapshot: Option<SnapshotId>,
    /// The days of which the answer says what is left of each member.
    pub range: QueryRange,
    /// Which cells are left, but for what it says of the member's own field: of the parts that all have to hold, those that test this
    /// field anywhere are left out.
    pub filter: Option<Filter>,
}

impl MembersRequest {
    /// The most frequent values of one field, or of all: a start to change from.
    pub fn of(field: Option<FieldRef>) -> Self {
        Self {
            field,
            search: None,
            limit: 50,
            offset: 0,
            snapshot: None,
            range: QueryRange::AllTime,
            filter: None,
            after: None,
        }
    }

    /// Whether the answer says what is left of each member.
    pub fn is_narrowed(&self) -> bool {
        self.filter.is_some() || self.range != QueryRange::AllTime
    }
}

/// A page of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPage {
    /// The members.
    pub members: Vec<Member>,
    /// How many match in all.
    pub n_total: u64,
    /// Behind the last member of the page; `None` from a service that does not say yet.
    pub end: Option<Cursor>,
}

impl MemberPage {
    /// Whether members come behind the last one of the page.
    pub fn has_next_page(&self) -> bool {
        self.end.is_some_and(|end| end.n_before < self.n_total)
    }
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The field.
    pub field: FieldRef,
    /// The value; `None` for the null member.
    pub value: Option<String>,
    /// What people read, where it is not the value.
    pub label: Option<String>,
    /// The address of a preview.
    pub media: Option<String>,
    /// All-time cells that hold it: its frequency, for ordering.
    pub n_cells: u64,
    /// Where days or a filter are given, the cells that hold it, of the periods that make up these days, as far as the filter's other
    /// tests leave them. Members come in its order then.
    pub n_cells_left: Option<u64>,
}

/// Whether serving can be trusted to be current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount)]
pub enum ServingState {
    /// It serves the newest snapshot of the lake.
    Serving,
    /// It serves the last good snapshot: a newer one was refused, or the lake does not answer.
    Stale,
    /// It has no snapshot to serve, or does not answer at all.
    Down,
}

impl ServingState {
    /// Every state.
    pub const ALL: [Self; Self::COUNT] = [Self::Serving, Self::Stale, Self::Down];

    /// The name: `serving`, `stale`, `down`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Stale => "stale",
            Self::Down => "down",
        }
    }
}

/// What serving says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ServingStatus {
    /// The state.
    pub state: ServingState,
    /// Why it is not `Serving`, in words.
    pub message: Option<String>,
    /// What it serves.
    pub snapshot: Option<SnapshotInfo>,
    /// The newest version of the lake, where it is refused.
    pub refused: Option<RefusedSnapshot>,
    /// The newest version of the lake, as far as serving has looked; what is served is behind it where that is refused or a
    /// snapshot is pinned.
    pub newest: Option<SnapshotId>,
    /// The snapshot that is pinned, served or not.
    pub pin: Option<Pin>,
}

impl ServingStatus {
    /// How many versions of the lake are newer than what is served; 0 where nothing is known of one or the other.
    pub fn versions_behind(&self) -> u64 {
        let served = self.snapshot.as_ref().map(|info| info.id.0);
        let newest = self.newest.map(|newest| newest.0);
        newest.zip(served).map_or(0, |(newest, served)| newest.saturating_sub(served))
    }
}
