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
use crate::projection::Projection;
use crate::query::{Answer, Cursor, OutlierList, Query, QueryRange};
use crate::runs::RunInfo;
use crate::snapshot::{Pin, RefusedSnapshot, SnapshotInfo, SnapshotList};

/// Answers queries from snapshots that it holds.
///
/// Every method answers from one snapshot: the current one, or the one named. If the named snapshot is not held, the
/// error is [`Code::NotFound`](crate::Code::NotFound) with those that are.
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

    /// Answers all rows of a query as the bytes of a file; an invalid query is an error here, before the first byte.
    async fn export(
        &self,
        export: Export,
        snapshot: Option<SnapshotId>,
    ) -> Result<Exported, ServiceError>;

    /// Finds values of one field, or of all, for pickers.
    async fn members(&self, request: MembersRequest) -> Result<MemberPage, ServiceError>;

    /// What stands out among its peers on the newest settled days, where the model declares outliers. A snapshot's list is worked out
    /// when it is first asked for, and kept.
    async fn outliers(&self, snapshot: Option<SnapshotId>) -> Result<OutlierList, ServiceError>;

    /// Whether the current snapshot's lookups have one of these addresses in a column that the model calls `media`:
    /// what may be shown as a preview. Takes one table lookup for each such column.
    async fn has_media(&self, addresses: Vec<String>) -> Result<bool, ServiceError>;

    /// The newest snapshots of the lake, newest first, at most this many; and the refused versions in their range.
    async fn snapshots(&self, n_most: usize) -> Result<SnapshotList, ServiceError>;

    /// The newest finished runs of the etl in the lake, including failed ones, newest first.
    async fn runs(&self, n_most: usize) -> Result<Vec<RunInfo>, ServiceError>;

    /// The current status.
    async fn status(&self) -> Result<ServingStatus, ServiceError>;

    /// The current status, then every change. The stream ends when the service stops.
    async fn watch(&self) -> Result<StatusStream, ServiceError>;
}

/// A stream of statuses; an error is its last item.
pub type StatusStream = BoxStream<'static, Result<ServingStatus, ServiceError>>;

/// The description of a dataset, for building schemas, menus and pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The dataset's name.
    pub dataset: String,
    /// The IANA name of the time zone in which a day begins.
    pub timezone: String,
    /// The model's fingerprint.
    pub fingerprint: Fingerprint,
    /// The first day of a week.
    pub week_starts: WeekStart,
    /// Dimensions, each followed by its attributes, in the model's order.
    pub fields: Vec<FieldInfo>,
    /// The steps of age that one can group and filter by: `asset.age_day`, `asset.age_week`. Their values are whole
    /// numbers.
    pub ages: Vec<FieldInfo>,
    /// Measures in the model's order.
    pub measures: Vec<MeasureInfo>,
    /// What outliers are, where the model declares them, and whoever asks may see them.
    pub outliers: Option<OutlierInfo>,
}

/// What a model calls outliers.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlierInfo {
    /// The dimension whose members are compared.
    pub dimension: FieldRef,
    /// The attributes that peers have in common.
    pub peers: Vec<FieldRef>,
    /// The one of them by whose values the spread of peers is pooled; `None` for all members together.
    pub pool: Option<FieldRef>,
    /// What they are compared by, as the model writes it: `plays / impressions`.
    pub rate: String,
    /// How people watch on after they started, as the model writes it.
    pub watching: Option<String>,
    /// The relative difference from peers that makes an outlier: above 0.
    pub beyond: f64,
    /// The relative fall of a rate, and rise of the events per person, that make fatigue: above 0 and at most 1.
    pub worthwhile: f64,
}

/// A dimension or an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInfo {
    /// `asset` or `asset.title`.
    pub field: FieldRef,
    /// The text to display: `Asset`, `Asset title`.
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
    /// The text to display.
    pub label: String,
    /// The kind, with its properties.
    pub class: MeasureClass,
    /// How it is displayed.
    pub format: MeasureFormat,
}

/// The kinds of measures, with the properties of each that matter to readers.
#[derive(Debug, Clone, PartialEq, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(MeasureClassName),
    derive(strum::VariantArray),
    doc = "A kind of measure, without its properties."
)]
pub enum MeasureClass {
    /// The number of events.
    Count,
    /// The sum of a column.
    Sum,
    /// The number of different values, estimated by a sketch.
    Distinct {
        /// The sketch family's name.
        family: String,
        /// Its precision.
        precision: u8,
        /// The relative standard error.
        relative_error: f64,
    },
    /// A quantile of a column's values, in buckets.
    Quantile {
        /// The quantile measure: any other quantile of it can be requested, such as `watch.p99.9`.
        measure: String,
        /// The quantile in per cent.
        percent: f64,
        /// The largest relative error.
        relative_error: f64,
        /// The numbers at which the fraction of values below is exact, in ascending order.
        edges: Vec<f64>,
    },
    /// An expression over other measures.
    Derived {
        /// The expression as written in the model.
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
    /// Text that the value or the label must contain. Case, accents and Unicode variants of a letter are ignored.
    /// Without it the values are ordered by frequency; with it those that start with it come first, then by frequency.
    pub search: Option<String>,
    /// The largest number of members on the page.
    pub limit: usize,
    /// The number of members to skip before the first one; 0 if the page begins after another one.
    pub offset: usize,
    /// The end of the previous page: the page begins there, on the same snapshot. Field, text, days and filter must be
    /// the same.
    pub after: Option<Cursor>,
    /// The snapshot to search; `None` for that of `after`, or the current one.
    pub snapshot: Option<SnapshotId>,
    /// The days that count for the remaining cells of each member.
    pub range: QueryRange,
    /// Which cells count as remaining, except for its tests of the member's own field: of the parts that must all hold,
    /// those that test this field anywhere are ignored.
    pub filter: Option<Filter>,
}

impl MembersRequest {
    /// The most frequent values of one field, or of all: a starting point to modify.
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

    /// Whether the answer counts the remaining cells of each member.
    pub fn is_narrowed(&self) -> bool {
        self.filter.is_some() || self.range != QueryRange::AllTime
    }
}

/// A page of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPage {
    /// The members.
    pub members: Vec<Member>,
    /// The number of all that match.
    pub n_total: u64,
    /// The position after the last member of the page; `None` from a service that does not send it yet.
    pub end: Option<Cursor>,
}

impl MemberPage {
    /// Whether more members follow the last one of the page.
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
    /// The text to display, if it differs from the value.
    pub label: Option<String>,
    /// The address of a preview.
    pub media: Option<String>,
    /// The number of all-time cells that hold it: how frequent it is, for ordering.
    pub n_cells: u64,
    /// If days or a filter are given, the number of cells that hold it, among the periods that make up these days, that
    /// pass the filter's tests of other fields. Members are ordered by it then.
    pub n_cells_left: Option<u64>,
}

/// Whether serving is up to date.
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

/// The status of serving.
#[derive(Debug, Clone, PartialEq)]
pub struct ServingStatus {
    /// The state.
    pub state: ServingState,
    /// Why it is not `Serving`.
    pub message: Option<String>,
    /// The snapshot that it serves.
    pub snapshot: Option<SnapshotInfo>,
    /// The newest version of the lake, if it is refused.
    pub refused: Option<RefusedSnapshot>,
    /// The newest version of the lake that serving has seen; it is newer than the served one if it is refused or
    /// another snapshot is pinned.
    pub newest: Option<SnapshotId>,
    /// The pinned snapshot, served or not.
    pub pin: Option<Pin>,
    /// A newer snapshot has been refused, or the lake has not answered, for longer than a setting allows: someone has to
    /// look. Never set because a snapshot was marked as bad, nor for a lake without a snapshot.
    pub is_stuck: bool,
    /// The part of the lake that it holds; `None` if it holds everything.
    pub projection: Option<Arc<Projection>>,
}

impl ServingStatus {
    /// The number of versions of the lake that are newer than the served one; 0 if either is unknown.
    pub fn versions_behind(&self) -> u64 {
        let served = self.snapshot.as_ref().map(|info| info.id.0);
        let newest = self.newest.map(|newest| newest.0);
        newest.zip(served).map_or(0, |(newest, served)| newest.saturating_sub(served))
    }
}
