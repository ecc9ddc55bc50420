//! Bad rows: those that cannot be read, or whose values cannot be used. Found one by one after a failure, and
//! left out of everything read from then on.
//!
//! ```text
//! a plan fails ─▶ each file alone ─▶ halves of what fails, down to the row ─▶ bad rows, with place and reason
//!                                                                      └────▶ good rows, in a temporary file
//! ```
//!
//! A row is bad if the plan fails on it alone. That depends on the row and the model, and not on the order of
//! files, the number of threads or what failed first, so the same input gives the same cells. Where nothing is
//! bad, this costs nothing; a file with bad rows is read twice more.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use clio_proto::OnBadRows;
use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result as EngineResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{DataFrame, SessionContext};
use futures::StreamExt;

use super::{Piece, Table};
use crate::engine::spilled::Spilled;
use crate::engine::{self, root_message};
use crate::error::{During, EtlError, Place, ReadError, TableName};
use crate::functions::NotWhole;

const STEP: &str = "looking for bad rows";
/// More bad rows than this are no accident, and would soon not fit in memory.
const MAX_BAD_ROWS: usize = 100_000;

/// A row that cannot be read, or whose values cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// The source.
    pub(crate) table: TableName,
    /// The file's path, or another name of its piece.
    pub(crate) file: String,
    pub(crate) place: Place,
    /// What is wrong with it.
    pub(crate) reason: String,
    /// The row: a text file's own text, other rows as JSON.
    pub(crate) content: String,
}

/// The bad rows of a table's pieces found so far, by name.
#[derive(Debug, Default)]
pub(super) struct BadRows {
    pieces: Mutex<BTreeMap<String, Arc<Cleaned>>>,
}

/// A piece without its bad rows.
#[derive(Debug)]
struct Cleaned {
    bad: Vec<BadRow>,
    good: Spilled,
}

impl BadRows {
    fn of(&self, piece: &Piece) -> Option<Arc<Cleaned>> {
        self.lock().get(piece.name()).cloned()
    }

    /// The bad rows of a piece found so far.
    pub(super) fn known(&self, piece: &Piece) -> Vec<BadRow> {
        self.of(piece).map_or_else(Vec::new, |cleaned| cleaned.bad.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Cleaned>>> {
        // Entries are replaced as a whole, so a panic elsewhere corrupts none.
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Whether bad rows are set aside instead of being an error.
    pub(crate) fn quarantines(&self) -> bool {
        self.max_bad_rows().is_some()
    }

    /// The largest share of bad rows that are set aside; `None` where any bad row is an error.
    pub(crate) fn max_bad_rows(&self) -> Option<f64> {
        match self.declared.on_bad_rows {
            OnBadRows::Quarantine { at_most } => Some(at_most),
            OnBadRows::Fail => None,
        }
    }

    /// The number of good rows in pieces with bad ones.
    pub(crate) fn n_good_beside_bad(&self) -> u64 {
        self.bad_rows.lock().values().map(|cleaned| cleaned.good.n_rows()).sum()
    }

    /// The bad rows found so far, ordered by piece and place.
    pub(crate) fn bad_rows(&self) -> Vec<BadRow> {
        self.bad_rows.lock().values().flat_map(|cleaned| cleaned.bad.clone()).collect()
    }

    /// Finds the rows that make `plan` fail on their own, and leaves them out of all later
    /// [`provider`](Self::provider)s; returns how many are newly found.
    ///
    /// # Errors
    ///
    /// Any failure not caused by a bad row, and more bad rows than a quarantine should hold.
    pub(crate) async fn set_aside<F>(&self, pieces: &[Piece], plan: F) -> Result<usize, EtlError>
    where
        F: Fn(&SessionContext, Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
    {
        // One thread, so that a plan is a chain of steps that can be run repeatedly.
        let ctx = engine::session(1, None)?;
        self.origin.prepare(&ctx);
        let schema = self.columns.all();
        let probe = Probe::new(&ctx, Arc::clone(&schema), &plan).await?;
        let mut n_found = 0;
        for piece in pieces {
            let provider = self.provider(vec![piece.clone()], 1);
            if run(&ctx, plan(&ctx, provider)?).await.is_ok() {
                continue;
            }
            let n_known = self.bad_rows.of(piece).map_or(0, |cleaned| cleaned.bad.len());
            let cleaned = self.clean(&ctx, piece, &schema, &probe).await?;
            n_found += cleaned.bad.len().saturating_sub(n_known);
            self.bad_rows.lock().insert(piece.name().to_owned(), Arc::new(cleaned));
        }
        Ok(n_found)
    }

    /// Splits a piece's rows into bad and good ones.
    async fn clean(
        &self,
        ctx: &SessionContext,
        piece: &Piece,
        schema: &SchemaRef,
        probe: &Probe,
    ) -> Result<Cleaned, EtlError> {
        let mut good = Spilled::new(&ctx.runtime_env(), Arc::clone(schema));
        let mut writer = good.writer();
        let mut bad = Vec::new();
        let mut note = |place, reason, content| {
            let (table, file) = (self.name.clone(), piece.name().to_owned());
            bad.push(BadRow { table, file, place, reason, content });
            match bad.len() {
                n if n <= MAX_BAD_ROWS => Ok(()),
                n_rows => Err(self.too_many(format!("at least {n_rows}"), &bad[0]).into()),
            }
        };
        let mut rows = self.origin.rows(ctx, &self.columns, piece).await?;
        while let Some(some) = rows.next(&mut note).await? {
            let n_rows = some.batch.num_rows();
            let mut is_good = vec![true; n_rows];
            for (row, error) in probe.failures(&some.batch).await? {
                let (place, reason) = (some.places[row], root_message(&error));
                if NotWhole::is_behind(&error) {
                    let (table, file) = (self.name.clone(), piece.name().to_owned());
                    return Err(ReadError::BadRow { table, file, place, reason }.into());
                }
                is_good[row] = false;
                note(place, reason, some.content(row)?)?;
            }
            let kept = filter_record_batch(&some.batch, &BooleanArray::from(is_good));
            writer.write(&kept.during(STEP)?).during(STEP)?;
        }
        good.add(writer).during(STEP)?;
        bad.sort_by_key(|row| match row.place {
            Place::Line(n) | Place::Row(n) => n,
            Place::Unknown => 0,
        });
        Ok(Cleaned { bad, good })
    }

    /// The error of a source with more bad rows than its model allows.
    pub(crate) fn too_many(&self, n_bad: String, first: &BadRow) -> ReadError {
        ReadError::TooManyBadRows {
            table: self.name.clone(),
            n_bad,
            first: format!("{}{}: {}", first.file, first.place, first.reason),
        }
    }

    /// Pieces, some of which are read without their bad rows.
    pub(super) fn patched(
        &self,
        pieces: Vec<Piece>,
        n_partitions: usize,
    ) -> Arc<dyn TableProvider> {
        let (mut whole, mut cleaned) = (Vec::new(), Vec::new());
        for piece in pieces {
            match self.bad_rows.of(&piece) {
                Some(found) => cleaned.push(found),
                None => whole.push(piece),
            }
        }
        let whole = self.whole(&whole, n_partitions);
        if cleaned.is_empty() { whole } else { Arc::new(Patched { whole, cleaned }) }
    }
}

/// Whole pieces, and the good rows of others.
#[derive(Debug)]
struct Patched {
    whole: Arc<dyn TableProvider>,
    cleaned: Vec<Arc<Cleaned>>,
}

#[async_trait::async_trait]
impl TableProvider for Patched {
    fn schema(&self) -> SchemaRef {
        self.whole.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let mut parts = vec![self.whole.scan(state, projection, filters, limit).await?];
        for cleaned in &self.cleaned {
            let rows = cleaned.good.provider()?;
            parts.push(rows.scan(state, projection, filters, limit).await?);
        }
        UnionExec::try_new(parts)
    }
}

/// A plan over arbitrary rows, made once and run many times.
struct Probe {
    plan: Arc<dyn ExecutionPlan>,
    rows: Arc<Mutex<Option<RecordBatch>>>,
    ctx: Arc<TaskContext>,
}

impl Probe {
    async fn new<F>(ctx: &SessionContext, schema: SchemaRef, plan: &F) -> Result<Self, EtlError>
    where
        F: Fn(&SessionContext, Arc<dyn TableProvider>) -> Result<DataFrame, EtlError>,
    {
        let rows = Arc::new(Mutex::new(None));
        let slot = Slot { schema: Arc::clone(&schema), rows: Arc::clone(&rows) };
        let table = StreamingTable::try_new(schema, vec![Arc::new(slot)]).during(STEP)?;
        let plan = plan(ctx, Arc::new(table))?.create_physical_plan().await.during(STEP)?;
        Ok(Self { plan, rows, ctx: ctx.task_ctx() })
    }

    /// The rows of a batch that make the plan fail, in order, with reasons.
    async fn failures(
        &self,
        batch: &RecordBatch,
    ) -> Result<Vec<(usize, DataFusionError)>, EtlError> {
        let mut found = Vec::new();
        let mut waiting: Vec<Range<usize>> = std::iter::once(0..batch.num_rows()).collect();
        while let Some(range) = waiting.pop().filter(|range| !range.is_empty()) {
            let Some(error) = self.failure(batch, &range).await else { continue };
            if range.len() == 1 {
                found.push((range.start, error));
                continue;
            }
            let middle = range.start + range.len() / 2;
            waiting.push(middle..range.end);
            waiting.push(range.start..middle);
        }
        Ok(found)
    }

    async fn failure(&self, batch: &RecordBatch, range: &Range<usize>) -> Option<DataFusionError> {
        let rows = batch.slice(range.start, range.len());
        *self.rows.lock().unwrap_or_else(PoisonError::into_inner) = Some(rows);
        drain(execute_stream(Arc::clone(&self.plan), Arc::clone(&self.ctx))).await.err()
    }
}

/// The place from which a probe's plan reads its rows.
struct Slot {
    schema: SchemaRef,
    rows: Arc<Mutex<Option<RecordBatch>>>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slot")
    }
}

impl PartitionStream for Slot {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rows = futures::stream::iter(rows.map(Ok));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows))
    }
}

async fn run(ctx: &SessionContext, frame: DataFrame) -> EngineResult<()> {
    let plan = frame.create_physical_plan().await?;
    drain(execute_stream(plan, ctx.task_ctx())).await
}

async fn drain(stream: EngineResult<SendableRecordBatchStream>) -> EngineResult<()> {
    let mut stream = stream?;
    while let Some(batch) = stream.next().await {
        batch?;
    }
    Ok(())
}
