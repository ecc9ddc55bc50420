//! The contracts of Clio: what its parts exchange with each other and with disk.
//!
//! This crate answers one question: *what does a word mean?* It holds the dataset model, the shape
//! of the cell table, queries and answers, the service trait with its errors, and the gRPC wire
//! types. `etl`, `serving` and `web` meet only here; none of them sees another.
//!
//! It deliberately does not know how anything is computed, stored or served.

mod audit;
mod calls;
mod client;
mod convert;
mod digest;
mod error;
mod export;
mod field;
mod filter;
mod id;
mod keys;
mod model;
mod period;
mod principal;
mod projection;
mod query;
mod roles;
mod runs;
mod said;
mod secret;
mod service;
mod snapshot;
mod syntax;
mod tls;
mod toml_file;
pub mod wire;

pub use audit::{AuditEntry, AuditSink, Audited};
pub use calls::{CallKind, CallSink, Measured};
pub use client::{
    BreakerState, Reachability, RemoteConfig, RemoteCubes, ReplicaInfo, Replicated, RetryCounts,
};
pub use clio_sketch::Percentile;
pub use convert::{
    answer_from_bytes, answer_from_wire, answer_to_bytes, answer_to_wire, description_from_wire,
    description_to_wire, error_from_status, export_bytes_from_wire, export_bytes_to_wire,
    export_head_from_wire, export_head_to_wire, export_request_from_wire, export_request_to_wire,
    has_media_from_wire, has_media_request_from_wire, has_media_request_to_wire, has_media_to_wire,
    member_page_from_wire, member_page_to_wire, members_request_from_wire, members_request_to_wire,
    outliers_from_wire, outliers_request_from_wire, outliers_request_to_wire, outliers_to_wire,
    principal_from_bytes, principal_to_bytes, query_from_wire, query_to_wire, question_bytes,
    question_digest, runs_from_wire, runs_request_from_wire, runs_request_to_wire, runs_to_wire,
    search_digest, serving_status_from_wire, serving_status_to_wire, snapshots_from_wire,
    snapshots_request_from_wire, snapshots_request_to_wire, snapshots_to_wire, status_from_error,
};
pub use digest::stable_digest;
pub use error::{Code, ServiceError, Shortened};
pub use export::{Export, ExportFormat, ExportHead, Exported};
pub use field::FieldRef;
pub use filter::{Filter, MAX_FILTER_DEPTH, Operator, Takes, Test, WholeRange, WholeRangeError};
pub use id::{Fingerprint, RunId, SnapshotId};
pub use keys::{ApiKey, KEY_PREFIX, KeyFile, KeyFileError, KeyRing, is_key_name};
pub use model::{
    Age, AgeStep, AsOf, AskedMeasure, Attribution, Check, CheckKind, ColumnType, ColumnTypeError,
    Credit, CsvOptions, Dimension, DimensionColumn, Experiment, Expression, ExpressionError,
    FileSet, Format, LOOKUP_KEY_COLUMN, Lookup, MAX_MIN_PEOPLE, Measure, MeasureFormat,
    MeasureKind, MissingCheck, Model, ModelError, OnBadRows, OnChange, OnFailure, OutOfDayCheck,
    OutlierRules, Per, RESERVED_NAMES, RateOfEvents, RowsCheck, Share, SmallGroups, Source,
    SqlColumn, TimesAre, UnattributedCheck, Watching, WeekStart, Window, WindowError, WithinCheck,
    display_name,
};
pub use period::{
    DayRange, FIRST_DAY, Grain, LAST_DAY, MAX_LISTED_DAYS, Period, PeriodParseError, RetiredDays,
    cover, gaps, listed_days, n_days, runs,
};
pub use principal::{GATEWAY_TOKEN, PRINCIPAL_METADATA, Principal, PrincipalKind};
pub use projection::{KeptValues, PROJECTION_METADATA, Projection, ProjectionError, Since};
pub use query::{
    Answer, Arm, ColumnKind, ColumnValue, Compared, ComparedMeasure, ComparedPart, Comparison,
    Coverage, Cursor, CursorParseError, DeclaredTest, Direction, EarlierOutlier, EarlierOutliers,
    Exposure, Extra, GroupKey, Having, Interval, Intervals, Key, LookBack, MAX_GROUP_BY,
    MAX_HAVING_TESTS, MAX_LIMIT, MAX_LOOK_BACK_DAYS, MAX_MEASURES, MAX_NOTICES, MAX_REACH_ROWS,
    MAX_TRAILING_DAYS, MAX_VERDICT_DAYS, MAX_VERDICT_ROWS, MeasureTest, Mix, MixedLookup,
    Newcomers, Notice, Order, OrderBy, Outlier, OutlierContrast, OutlierKind, OutlierList, Overlap,
    Query, QueryRange, QuestionPart, Rank, Reach, ReachStep, Row, SamplingBasis, TimeGrain,
    TimeWindow, Value, Verdict, VerdictWord, Withheld, Work, WorkStep, of_comparison,
};
pub use roles::{MeasureRule, Policy, Right, Role, RoleLimits, Roles, RolesError, Who};
pub use runs::{FilesLeftOut, RunInfo, RunOutcome, RunStep, StepInfo};
pub use secret::{Secret, SecretError};
pub use service::{
    CubeService, Description, FieldInfo, MeasureClass, MeasureClassName, MeasureInfo, Member,
    MemberPage, MembersRequest, OutlierInfo, ServingState, ServingStatus, StatusStream,
};
pub use snapshot::{
    Pin, RefusedSnapshot, SnapshotInfo, SnapshotList, Unattributed, VerificationInfo,
};
pub use syntax::{SyntaxError, filter_keywords};
pub use tls::{ClientTls, Identity, Offered, ServerTls, WrongTls};
pub use toml_file::{TomlProblem, line_at, nearest, parse_toml, quoted};
