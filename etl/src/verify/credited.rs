//! Attribution by a second way: a join on equal keys, and of each play's impressions within the window the last
//! one. A run goes through both sides in order instead, a day at a time.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::common::Result as EngineResult;
use datafusion::logical_expr::{Expr, ExprSchemable, cast, col, lit};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::DataFrame;

use super::facts::{Events, Recount, STEP};
use crate::config::Days;
use crate::engine::explained;
use crate::engine::spilled::Spilled;
use crate::epoch::number_of;
use crate::error::{During, EtlError};
use crate::input::creditor::{Creditor, Side};
use crate::input::source::{FOLDER_DAY_COLUMN, Scope, Table};
use crate::input::sweep::Sweep;
use crate::input::times::time;

/// The columns of one side.
struct Columns {
    /// Where an event's keys, instant and day are, and what else is taken of it.
    exprs: Vec<Expr>,
    /// The names of what is taken of it.
    taken: Vec<String>,
    /// What decides between impressions of one instant, in this order.
    deciders: Vec<String>,
}

impl Events<'_> {
    /// Registers `events_S` of a source whose events are credited: those credited to the day.
    pub(super) async fn register_credited(
        &self,
        creditor: &Creditor,
        sweep: Sweep,
        not_compared: &mut Vec<String>,
    ) -> Result<Vec<(usize, Recount)>, EtlError> {
        let mut measures = Vec::new();
        let played = self.plays(creditor, sweep, &mut measures, not_compared).await?;
        let shown = self.impressions(creditor, sweep, &mut measures, not_compared).await?;
        measures.sort_unstable_by_key(|(index, _)| *index);
        let sql = self.credited_sql(creditor, sweep, &played, &shown);
        let rows = self.joined(&sql).await.map_err(|error| explained(STEP, error))?;
        self.ctx.register_table(format!("events_{}", self.source), rows).during(STEP)?;
        Ok(measures)
    }

    /// The rows of a query, joined once.
    async fn joined(&self, sql: &str) -> EngineResult<Arc<dyn TableProvider>> {
        // Both sides may be many times the memory: sorts spill, the tables of a hash join do not.
        let prefer_hash_join = |is_preferred: bool| {
            let state = self.ctx.state_ref();
            state.write().config_mut().options_mut().optimizer.prefer_hash_join = is_preferred;
        };
        prefer_hash_join(false);
        let planned = async { self.ctx.sql(sql).await?.create_physical_plan().await }.await;
        prefer_hash_join(true);
        Spilled::of(self.ctx, execute_stream(planned?, self.ctx.task_ctx())?).await
    }

    /// Registers `played_S`.
    async fn plays(
        &self,
        creditor: &Creditor,
        sweep: Sweep,
        measures: &mut Vec<(usize, Recount)>,
        not_compared: &mut Vec<String>,
    ) -> Result<Columns, EtlError> {
        let input = &self.inputs.sources()[self.source];
        let files = self.inputs.inventory().files(self.source, &sweep);
        let provider = input.table.recounted(files, self.inputs.n_threads);
        let frame = self.inputs.filtered(self.ctx, &input.table, &input.source, provider)?;
        let scope = Scope::new(self.ctx, &input.table, &frame);
        let mut columns = self.matched_by(&scope, &frame, creditor, Side::Play)?;
        self.measures(
            &scope,
            &frame,
            |at| !creditor.gives[at],
            &mut columns,
            measures,
            not_compared,
        )?;
        self.register_side("played", frame, (&input.table, input.has_folders), &columns).await?;
        Ok(columns)
    }

    /// Registers `shown_S`.
    async fn impressions(
        &self,
        creditor: &Creditor,
        sweep: Sweep,
        measures: &mut Vec<(usize, Recount)>,
        not_compared: &mut Vec<String>,
    ) -> Result<Columns, EtlError> {
        let (table, source) = (&creditor.table, &creditor.source);
        let files = self.inputs.inventory().creditor_files(self.source, &sweep);
        let provider = table.recounted(files, self.inputs.n_threads);
        let frame = self.inputs.filtered(self.ctx, table, source, provider)?;
        let scope = Scope::new(self.ctx, table, &frame);
        let mut columns = self.matched_by(&scope, &frame, creditor, Side::Impression)?;
        for (index, dimension) in self.model.dimensions().iter().enumerate() {
            let (value, decider) = self.dimension_and_decider(&scope, index, dimension)?;
            columns.take(format!("r{index}"), value);
            columns.decide(format!("o{index}"), decider);
        }
        let name = self.inputs.sources()[self.source].name();
        for position in (0..creditor.gives.len()).filter(|at| creditor.gives[*at]) {
            // As the run has it: what is counted once is compared by its hash.
            if let Some(value) = self.inputs.input(&scope, position, name, &frame)? {
                columns.decide(format!("t{position}"), value);
            }
        }
        self.measures(
            &scope,
            &frame,
            |at| creditor.gives[at],
            &mut columns,
            measures,
            not_compared,
        )?;
        self.register_side("shown", frame, (table, creditor.has_folders), &columns).await?;
        Ok(columns)
    }

    /// The measures of the source that one side gives.
    fn measures(
        &self,
        scope: &Scope<'_>,
        frame: &DataFrame,
        is_given: impl Fn(usize) -> bool,
        columns: &mut Columns,
        measures: &mut Vec<(usize, Recount)>,
        not_compared: &mut Vec<String>,
    ) -> Result<(), EtlError> {
        for (index, measure) in self.model.stored_measures().enumerate() {
            if !is_given(index) || !self.is_own(measure) {
                continue;
            }
            if let Some(recount) = self.measure(scope, frame, index, measure, not_compared)? {
                for (name, value) in recount.columns {
                    columns.take(name, value);
                }
                measures.push((index, recount.how));
            }
        }
        Ok(())
    }

    /// The keys, the instant and the day of a side's events.
    fn matched_by(
        &self,
        scope: &Scope<'_>,
        frame: &DataFrame,
        creditor: &Creditor,
        side: Side,
    ) -> Result<Columns, EtlError> {
        let (table, source): (&Table, _) = match side {
            Side::Play => {
                let input = &self.inputs.sources()[self.source];
                (&input.table, &input.source)
            }
            Side::Impression => (&creditor.table, &creditor.source),
        };
        let time = time(scope, table, source)?;
        let found = time.get_type(frame.schema()).during(STEP)?;
        let at = cast(self.inputs.instant_of(source, time.clone()), DataType::Int64);
        let day = cast(self.inputs.recounted_day(source, time, &found), DataType::Int32);
        let mut exprs = vec![at.alias("at"), day.alias("day")];
        for (index, key) in creditor.keys.iter().enumerate() {
            let key = cast(key.bind(side, scope)?, DataType::Utf8);
            exprs.push(key.alias(format!("k{index}")));
        }
        Ok(Columns { exprs, taken: Vec::new(), deciders: Vec::new() })
    }

    /// An event in the folder of another day is none: its own source does not count it either.
    async fn register_side(
        &self,
        name: &str,
        frame: DataFrame,
        (table, has_folders): (&Table, bool),
        columns: &Columns,
    ) -> Result<(), EtlError> {
        let mut exprs = columns.exprs.clone();
        exprs.push(cast(col(FOLDER_DAY_COLUMN), DataType::Int32).alias("folder"));
        let mut rows = frame.select(exprs).during(STEP)?;
        if has_folders {
            let (before, after) = self.inputs.folder_slack(table);
            let (first, last) = (col("folder") - lit(before), col("folder") + lit(after));
            let is_near = col("day").between(first, last);
            rows = rows.filter(is_near).during(STEP)?;
        }
        let rows = self.read(rows).await?;
        self.ctx.register_table(format!("{name}_{}", self.source), rows).during(STEP)?;
        Ok(())
    }

    fn credited_sql(
        &self,
        creditor: &Creditor,
        sweep: Sweep,
        played: &Columns,
        shown: &Columns,
    ) -> String {
        let source = self.source;
        let n_keys = creditor.keys.len();
        let keys = |of: &str| {
            let keys = (0..n_keys).map(|key| format!("{of}.k{key}"));
            keys.collect::<Vec<_>>().join(", ")
        };
        let same = |one: &str, other: &str| {
            let keys = (0..n_keys).map(|key| format!("{one}.k{key} = {other}.k{key}"));
            keys.collect::<Vec<_>>().join(" AND ")
        };
        let deciders: Vec<String> =
            shown.deciders.iter().map(|name| format!("{name} ASC NULLS FIRST")).collect();
        let order = if deciders.is_empty() { "at".to_owned() } else { deciders.join(", ") };
        let taken: Vec<String> = shown
            .taken
            .iter()
            .map(|name| format!("b.{name}"))
            .chain(played.taken.iter().map(|name| format!("p.{name}")))
            .chain(["1 AS one".to_owned()])
            .collect();
        let wanted = match sweep.days {
            Days::Range(days) => {
                format!("b.day BETWEEN {} AND {}", number_of(days.first()), number_of(days.last()))
            }
            Days::All | Days::OutOfDate => "true".to_owned(),
        };
        let window = creditor.reach.micros();
        format!(
            "WITH candidates AS (
               SELECT s.* FROM shown_{source} AS s LEFT SEMI JOIN played_{source} AS p ON {with_play}
             ), best AS (
               SELECT * FROM (
                 SELECT s.*, row_number() OVER (PARTITION BY {of_s}, s.at ORDER BY {order}) AS place
                 FROM candidates AS s) AS numbered WHERE place = 1
             ), credit AS (
               SELECT {of_p}, p.at, max(b.at) AS shown_at
               FROM (SELECT DISTINCT {of_e}, e.at FROM played_{source} AS e) AS p
               JOIN best AS b ON {found} AND b.at <= p.at AND b.at >= p.at - {window}
               GROUP BY {of_p}, p.at
             )
             SELECT {taken} FROM played_{source} AS p
             JOIN credit AS c ON {own} AND c.at = p.at
             JOIN best AS b ON {credited} AND b.at = c.shown_at
             WHERE {wanted}",
            with_play = same("s", "p"),
            of_s = keys("s"),
            of_p = keys("p"),
            of_e = keys("e"),
            found = same("b", "p"),
            own = same("c", "p"),
            credited = same("b", "c"),
            taken = taken.join(", "),
        )
    }
}

impl Columns {
    fn take(&mut self, name: String, value: Expr) {
        self.exprs.push(value.alias(&name));
        self.taken.push(name);
    }

    fn decide(&mut self, name: String, value: Expr) {
        self.exprs.push(value.alias(&name));
        self.deciders.push(name);
    }
}
