//! From raw events to snapshots of cells: *what happened on these days, for every combination of
//! dimension values, so that any later question is answered without the events?*
//!
//! [`run`] rebuilds days of a lake as configured by a [`Config`] and a dataset model, [`inspect`] says what a run would
//! find, [`propose`] drafts a model for files that nobody has described, [`verify`] checks whether a lake's contents
//! are right. The binary's `etl` and `model` commands call them. This crate does not know of queries, gRPC or HTTP; it
//! meets serving only in the lake, whose files `clio-lake` writes and reads.
//!
//! # The life of a row
//!
//! ```text
//! look      run/plan.rs finds what changed since the last commit: files, lookups, the model;
//!                       run/damaged.rs, finds what is damaged in the lake
//! extract   input/source.rs  files are listed, pruned by day, and read as one table
//! attribute attribute.rs  an event takes the dimensions and the day of the one it is credited to, its target
//! enrich    input/enrich.rs  a lookup turns the event's key into the number of a value or a set
//! columns   input/frames.rs  the rows of sources (input/inputs.rs), and of both sides of an attribution, become
//!                       day, dimensions and the inputs of measures
//! roll up   rollup.rs   one day's events become cells, in one aggregate over all sources
//! fold      fold.rs     a month from its days, a year from its months, all time from its years
//! check     checks/invariants.rs  counts are the rows read, no cell has more values than events, …; and, before
//!                       the fold, checks/declared.rs: what the model declares
//! commit    run.rs      lookups first, then one commit of `cells` that is the snapshot
//! ```
//!
//! The same input gives the same bytes, whatever the number of threads: a run that changes nothing commits nothing. On
//! any error nothing is committed, and written files are deleted.

mod attribute;
mod cells;
mod checks;
mod clock;
mod config;
mod engine;
mod epoch;
mod error;
mod fold;
mod functions;
mod input;
mod inspect;
mod key_order;
mod measures;
mod propose;
mod reported;
mod rollup;
mod run;
mod sql;
mod verify;

pub use checks::invariants::INVARIANTS;
pub use config::{Config, Days, Progress, Retry, Silent};
pub use error::{
    CheckError, ColumnError, Conflict, EngineError, ErrorKind, EtlError, FailedCheck, LookupError,
    Place, PlanError, ProposeError, ReadError, ScheduleError, SqlError, StateError, TableName,
    TypeInFile,
};
pub use functions::register as register_sketch_functions;
pub use input::columns::AbsentColumn;
pub use input::left_out::LeftOut;
pub use inspect::{
    ColumnInspection, DayInspection, DimensionInspection, Inspection, StatesInspection,
    TableInspection, inspect,
};
pub use propose::{
    Actions, Choice, DayEstimate, Flag, FoundTable, Proposal, ProposedDimension, ProposedLookup,
    ProposedSource, Sum, TimeColumn, bound_of_looking, propose,
};
pub use reported::REPORTED;
pub use run::damaged::DamagedFile;
pub use run::journal::files_of_runs;
pub use run::model_change::{Difference, Effect, ModelChange};
pub use run::plan::{
    ChangedLookup, MANY_DAYS, MonthEffect, Plan, PlannedDay, PlannedMonth, Reason, plan,
};
pub use run::report::{RunReport, StepTime};
pub use run::run;
pub use run::schedule::{Arrival, Schedule, Times, Trigger};
pub use sql::{SqlAnswer, SqlConfig, sql};
pub use verify::{Sample, verify};
