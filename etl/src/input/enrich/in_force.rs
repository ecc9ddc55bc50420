//! The rows of a lookup with a history that are in force on some days, as numbers by key and day.
//!
//! If pieces are filed by day, states are read one at a time, only those of the requested days; a state needed
//! by the days in progress is kept until two others were read. Dated rows are read once for all days of a run,
//! clipped to them.

use std::sync::Arc;

use clio_proto::{AsOf, Lookup, Model, SqlColumn};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::Int32Type;
use datafusion::catalog::TableProvider;
use datafusion::logical_expr::{col, lit};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use futures::future::BoxFuture;
use jiff::civil::Date;
use tokio::sync::Mutex;

use super::history::{FROM, History, KEY, TO, dated_rows, located};
use super::lookup_rows::{Keys, LookupRows, STEP, Values};
use crate::config::Days;
use crate::engine::explained;
use crate::epoch::{date_of, number_of};
use crate::error::{During, EtlError, LookupError, TableName};
use crate::functions::sets::{EMPTY_SET, SetPool, ValuePool};
use crate::functions::{Dated, Key};
use crate::input::source::Table;
use crate::input::sweep::Sweep;

/// How many states are kept: the previous and the next day are in progress at once.
const N_KEPT: usize = 2;

/// A state that was read: the day that identifies it, the days on which it is in force, and its rows.
type KeptState = (Option<Date>, Days, Arc<Dated>);

/// What one dimension takes from a lookup with a history.
#[derive(Debug)]
pub(super) struct InForceRows {
    ctx: Ctx,
    model: Model,
    lookup: Lookup,
    history: History,
    /// The model's key of the column, and the column.
    value: (String, SqlColumn),
    pub(super) pool: Pool,
    /// The first and the last day of the run; `None` if any day may occur.
    span: Option<(Date, Date)>,
    kept: Mutex<Vec<KeptState>>,
}

/// The numbers of a dimension's values, over all states.
#[derive(Debug, Clone)]
pub(super) enum Pool {
    Values(Arc<ValuePool>),
    Sets(Arc<SetPool>),
}

/// A session, wrapped for its empty `Debug` output.
struct Ctx(SessionContext);

impl std::fmt::Debug for Ctx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("session")
    }
}

/// A dated row of a key.
struct DatedRow {
    from: i32,
    to: i32,
    values: Vec<u32>,
}

impl InForceRows {
    pub(super) fn new(
        ctx: &SessionContext,
        model: &Model,
        lookup: &Lookup,
        history: History,
        value: (String, SqlColumn),
        pool: Pool,
        sweeps: &[Sweep],
    ) -> Self {
        Self {
            ctx: Ctx(ctx.clone()),
            model: model.clone(),
            lookup: lookup.clone(),
            history,
            value,
            pool,
            span: span(sweeps),
            kept: Mutex::default(),
        }
    }

    /// No rows for any key.
    pub(super) fn none(&self) -> Arc<Dated> {
        let memory = Arc::clone(&self.ctx.0.runtime_env().memory_pool);
        Arc::new(Dated::new(&memory, &self.lookup.name, true))
    }

    /// The rows in force on some days.
    pub(super) fn on(&self, days: Days) -> BoxFuture<'_, Result<Arc<Dated>, EtlError>> {
        Box::pin(self.find(days))
    }

    async fn find(&self, days: Days) -> Result<Arc<Dated>, EtlError> {
        let mut kept = self.kept.lock().await;
        let (start, days) = match (&self.lookup.as_of, days) {
            (Some(AsOf::Rows { .. }), _) => (None, Days::All),
            (Some(AsOf::Folders) | None, Days::Range(range)) if range.n_days() == 1 => {
                match self.history.start_on(range.first()) {
                    // The same state as on the previous days.
                    Some(start) => (Some(start), Days::one(start)),
                    None => return Ok(self.none()),
                }
            }
            (Some(AsOf::Folders) | None, days) => (None, days),
        };
        if let Some((_, _, known)) = kept.iter().find(|own| (own.0, own.1) == (start, days)) {
            return Ok(Arc::clone(known));
        }
        while kept.len() >= N_KEPT {
            kept.remove(0);
        }
        let dated = match (&self.lookup.as_of, start) {
            (Some(AsOf::Rows { .. }), _) => self.read_rows().await?,
            (_, Some(start)) => self.read_states(&[start]).await?,
            (_, None) => self.read_states(&self.starts_of(days)).await?,
        };
        let dated = Arc::new(dated);
        kept.push((start, days, Arc::clone(&dated)));
        Ok(dated)
    }

    /// The first days of the states in force on some days.
    fn starts_of(&self, days: Days) -> Vec<Date> {
        let Days::Range(range) = days else { return self.history.starts().collect() };
        let first = self.history.start_on(range.first()).unwrap_or(range.first());
        self.history.starts().filter(|start| (first..=range.last()).contains(start)).collect()
    }

    /// Reads states one after another, keeping what changes from one to the next.
    async fn read_states(&self, starts: &[Date]) -> Result<Dated, EtlError> {
        let memory = Arc::clone(&self.ctx.0.runtime_env().memory_pool);
        let mut dated: Option<Dated> = None;
        let mut has_int_keys = true;
        let mut tables = Vec::new();
        for start in starts {
            let files = self.history.pieces_of(*start);
            let table = Table::of(&self.ctx.0, self.history.listed.clone(), files).await?;
            has_int_keys &= LookupRows::has_int_keys(&self.ctx.0, &table, &self.lookup)?;
            tables.push((*start, table));
        }
        for (state, (start, table)) in (0_u32..).zip(tables) {
            let (at, column) = &self.value;
            let rows = LookupRows::of(&self.ctx.0, &table, at, &self.lookup, column, has_int_keys)?;
            let name = rows.name();
            let own = dated.get_or_insert_with(|| Dated::new(&memory, &name, has_int_keys));
            let from = number_of(start);
            rows.each_key(&mut OfState { rows: self, dated: own, start, state }).await?;
            own.end_others(from, state).map_err(|error| explained(STEP, error))?;
        }
        Ok(dated.unwrap_or_else(|| Dated::new(&memory, &self.lookup.name, true)))
    }

    fn repeated(&self, key: &Key, n_rows: usize, day: Date) -> LookupError {
        LookupError::Overlap {
            lookup: TableName::Lookup(self.lookup.name.clone()),
            key: key.to_string(),
            n_rows,
            day,
        }
    }

    /// Reads dated rows by key, as far as they are in force on the days of the run.
    async fn read_rows(&self) -> Result<Dated, EtlError> {
        let ctx = &self.ctx.0;
        let listed = self.history.listed.clone();
        let files = listed.pieces.clone();
        let table = Table::of(ctx, listed, files).await?;
        let values = std::slice::from_ref(&self.value);
        let plan = |provider: Arc<dyn TableProvider>| {
            dated_rows(ctx, &self.model, &self.lookup, &table, provider, values)
        };
        let n_threads = ctx.state().config().target_partitions();
        let mut rows = plan(table.provider(table.pieces().to_vec(), n_threads))?;
        if let Some((first, last)) = self.span {
            let is_near =
                col(FROM).lt_eq(lit(number_of(last))).and(col(TO).gt(lit(number_of(first))));
            rows = rows.filter(is_near).during(STEP)?;
        }
        let rows = rows.sort(vec![col(KEY).sort(true, true)]).during(STEP)?;
        let has_int_keys = LookupRows::has_int_keys(ctx, &table, &self.lookup)?;
        let memory = Arc::clone(&ctx.runtime_env().memory_pool);
        let mut dated = Dated::new(&memory, &table.name.to_string(), has_int_keys);
        let added = self.add_rows(&mut dated, rows).await;
        match added {
            Err(error) => Err(located(ctx, &table, error, plan).await),
            Ok(()) => Ok(dated),
        }
    }

    async fn add_rows(
        &self,
        dated: &mut Dated,
        rows: datafusion::dataframe::DataFrame,
    ) -> Result<(), EtlError> {
        let failed = |error| explained(STEP, error);
        let mut stream = rows.execute_stream().await.map_err(failed)?;
        let mut open: Option<(Key, Vec<DatedRow>)> = None;
        let mut n_keyless = 0;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(failed)?;
            let days = |index: usize| batch.column(index).as_primitive::<Int32Type>().clone();
            let (keys, from, to) = (batch.column(0), days(2), days(3));
            let values = Values::of(batch.column(1)).during(STEP)?;
            for row in 0..batch.num_rows() {
                if keys.is_null(row) {
                    n_keyless += 1;
                    continue;
                }
                let mut own = DatedRow { from: from.value(row), to: to.value(row), values: vec![] };
                values.each(row, |text| own.values.push(self.pool.number(text)));
                match &mut open {
                    Some((key, rows)) if key.is(keys, row) => rows.push(own),
                    open => {
                        if let Some((key, rows)) = open.replace((Key::of(keys, row), vec![own])) {
                            self.add_key(dated, &key, &rows)?;
                        }
                    }
                }
            }
        }
        if n_keyless > 0 {
            let lookup = TableName::Lookup(self.lookup.name.clone());
            let key = self.lookup.key.0.clone();
            return Err(LookupError::KeyMissing { lookup, key, n_rows: n_keyless }.into());
        }
        if let Some((key, rows)) = open {
            self.add_key(dated, &key, &rows)?;
        }
        Ok(())
    }

    /// Walks along the days on which a key's value changes.
    fn add_key(&self, dated: &mut Dated, key: &Key, rows: &[DatedRow]) -> Result<(), EtlError> {
        let mut days: Vec<i32> = rows.iter().flat_map(|row| [row.from, row.to]).collect();
        if let Some((first, last)) = self.span {
            let (first, last) = (number_of(first), number_of(last));
            days.iter_mut().for_each(|day| *day = (*day).max(first));
            days.retain(|day| *day <= last);
        }
        days.sort_unstable();
        days.dedup();
        dated.make_room(days.len()).map_err(|error| explained(STEP, error))?;
        for (state, day) in (0_u32..).zip(days) {
            let in_force: Vec<&DatedRow> =
                rows.iter().filter(|row| row.from <= day && day < row.to).collect();
            if in_force.len() > 1 && matches!(self.pool, Pool::Values(_)) {
                return Err(self.repeated(key, in_force.len(), date_of(day)).into());
            }
            let values: Vec<u32> = in_force.iter().flat_map(|row| &row.values).copied().collect();
            let number = self.pool.number_of(&values);
            dated.note(key.clone(), day, number, state);
        }
        Ok(())
    }
}

/// Receives the keys of one state.
struct OfState<'a> {
    rows: &'a InForceRows,
    dated: &'a mut Dated,
    start: Date,
    state: u32,
}

impl Keys for OfState<'_> {
    fn number(&mut self, text: &str) -> u32 {
        self.rows.pool.number(text)
    }

    fn key(&mut self, key: Key, n_rows: usize, values: &[u32]) -> Result<(), EtlError> {
        self.dated.make_room(1).map_err(|error| explained(STEP, error))?;
        if n_rows > 1 && matches!(self.rows.pool, Pool::Values(_)) {
            return Err(self.rows.repeated(&key, n_rows, self.start).into());
        }
        let number = self.rows.pool.number_of(values);
        self.dated.note(key, number_of(self.start), number, self.state);
        Ok(())
    }
}

impl Pool {
    fn number(&self, text: &str) -> u32 {
        match self {
            Self::Values(pool) => pool.number(text),
            Self::Sets(pool) => pool.intern_value(text),
        }
    }

    /// The number of a key's values; `None` if there are none, as for a key without rows.
    fn number_of(&self, values: &[u32]) -> Option<u32> {
        match self {
            Self::Values(_) => values.first().copied(),
            Self::Sets(pool) => {
                Some(pool.intern_set(values.iter().copied())).filter(|set| *set != EMPTY_SET)
            }
        }
    }
}

/// The first and the last day of sweeps; `None` if one of them may find any day.
fn span(sweeps: &[Sweep]) -> Option<(Date, Date)> {
    let mut span: Option<(Date, Date)> = None;
    for sweep in sweeps {
        let Days::Range(range) = sweep.days else { return None };
        let (first, last) = span.unwrap_or((range.first(), range.last()));
        span = Some((first.min(range.first()), last.max(range.last())));
    }
    span
}
