//! Attribution by a second way: a join on equal keys, choosing for each event the last of its targets within
//! the window. A run merges both sides in order instead, a day at a time.

use std::sync::Arc;

use clio_proto::Credit;
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
use crate::input::source::{PIECE_DAY_COLUMN, Scope, Table};
use crate::input::sweep::Sweep;
use crate::input::target::{Side, Target};
use crate::input::times::time;

/// The columns of one side.
struct Columns {
    /// An event's keys, instant and day, and what else is taken from it.
    exprs: Vec<Expr>,
    /// The names of what is taken from it.
    taken: Vec<String>,
    /// The columns that break ties between targets of the same instant, in order.
    deciders: Vec<String>,
}

impl Events<'_> {
    /// Registers `events_S` for an attributed source: the events credited to the day.
    pub(super) async fn register_credited(
        &self,
        target: &Target,
        sweep: Sweep,
        not_compared: &mut Vec<String>,
    ) -> Result<Vec<(usize, Recount)>, EtlError> {
        let mut measures = Vec::new();
        let events = self.events(target, sweep, &mut measures, not_compared).await?;
        let targets = self.targets(target, sweep, &mut measures, not_compared).await?;
        measures.sort_unstable_by_key(|(index, _)| *index);
        let sql = self.credited_sql(target, sweep, &events, &targets);
        let rows = self.joined(&sql).await.map_err(|error| explained(STEP, error))?;
        self.ctx.register_table(format!("events_{}", self.source), rows).during(STEP)?;
        Ok(measures)
    }

    /// The rows of a query, joined once.
    async fn joined(&self, sql: &str) -> EngineResult<Arc<dyn TableProvider>> {
        // Both sides may be many times larger than memory: sorts spill, hash joins do not.
        let prefer_hash_join = |is_preferred: bool| {
            let state = self.ctx.state_ref();
            state.write().config_mut().options_mut().optimizer.prefer_hash_join = is_preferred;
        };
        prefer_hash_join(false);
        let planned = async { self.ctx.sql(sql).await?.create_physical_plan().await }.await;
        prefer_hash_join(true);
        Spilled::of(self.ctx, execute_stream(planned?, self.ctx.task_ctx())?).await
    }

    /// Registers `own_S`.
    async fn events(
        &self,
        target: &Target,
        sweep: Sweep,
        measures: &mut Vec<(usize, Recount)>,
        not_compared: &mut Vec<String>,
    ) -> Result<Columns, EtlError> {
        let input = &self.inputs.sources()[self.source];
        let files = self.inputs.inventory().pieces(self.source, &sweep);
        let provider = input.table.recounted(files, self.inputs.n_threads);
        let frame =
            self.inputs.frames().filtered(self.ctx, &input.table, &input.source, provider)?;
        let scope = Scope::new(self.ctx, &input.table, &frame);
        let mut columns = self.matched_by(&scope, &frame, target, Side::Event)?;
        self.measures(
            &scope,
            &frame,
            |at| !target.gives[at],
            &mut columns,
            measures,
            not_compared,
        )?;
        self.register_side("own", frame, (&input.table, input.is_by_day), &columns).await?;
        Ok(columns)
    }

    /// Registers `target_S`.
    async fn targets(
        &self,
        target: &Target,
        sweep: Sweep,
        measures: &mut Vec<(usize, Recount)>,
        not_compared: &mut Vec<String>,
    ) -> Result<Columns, EtlError> {
        let (table, source) = (&target.table, &target.source);
        let files = self.inputs.inventory().target_pieces(self.source, &sweep);
        let provider = table.recounted(files, self.inputs.n_threads);
        let frame = self.inputs.frames().filtered(self.ctx, table, source, provider)?;
        let scope = Scope::new(self.ctx, table, &frame);
        let mut columns = self.matched_by(&scope, &frame, target, Side::Target)?;
        for (index, dimension) in self.model.dimensions().iter().enumerate() {
            let (value, decider) = self.dimension_and_decider(&scope, index, dimension)?;
            columns.take(format!("r{index}"), value);
            columns.decide(format!("o{index}"), decider);
        }
        let name = self.inputs.sources()[self.source].name();
        for position in (0..target.gives.len()).filter(|at| target.gives[*at]) {
            // As in the run: distinct values are compared by hash.
            if let Some(value) = self.inputs.frames().input(&scope, position, name, &frame)? {
                columns.decide(format!("t{position}"), value);
            }
        }
        self.measures(&scope, &frame, |at| target.gives[at], &mut columns, measures, not_compared)?;
        self.register_side("target", frame, (table, target.is_by_day), &columns).await?;
        Ok(columns)
    }

    /// The source's measures that one side provides.
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
        target: &Target,
        side: Side,
    ) -> Result<Columns, EtlError> {
        let (table, source): (&Table, _) = match side {
            Side::Event => {
                let input = &self.inputs.sources()[self.source];
                (&input.table, &input.source)
            }
            Side::Target => (&target.table, &target.source),
        };
        let time = time(scope, table, source)?;
        let found = time.get_type(frame.schema()).during(STEP)?;
        let at = cast(self.inputs.frames().instant_of(source, time.clone()), DataType::Int64);
        let day = cast(self.inputs.frames().recounted_day(source, time, &found), DataType::Int32);
        let mut exprs = vec![at.alias("at"), day.alias("day")];
        for (index, key) in target.keys.iter().enumerate() {
            let key = cast(key.bind(side, scope)?, DataType::Utf8);
            exprs.push(key.alias(format!("k{index}")));
        }
        Ok(Columns { exprs, taken: Vec::new(), deciders: Vec::new() })
    }

    /// An event in the folder of another day is ignored: its own source does not count it either.
    async fn register_side(
        &self,
        name: &str,
        frame: DataFrame,
        (table, is_by_day): (&Table, bool),
        columns: &Columns,
    ) -> Result<(), EtlError> {
        let mut exprs = columns.exprs.clone();
        exprs.push(cast(col(PIECE_DAY_COLUMN), DataType::Int32).alias("folder"));
        let mut rows = frame.select(exprs).during(STEP)?;
        if is_by_day {
            let (before, after) = self.inputs.frames().day_slack(table);
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
        target: &Target,
        sweep: Sweep,
        events: &Columns,
        targets: &Columns,
    ) -> String {
        let source = self.source;
        let n_keys = target.keys.len();
        let keys = |of: &str| {
            let keys = (0..n_keys).map(|key| format!("{of}.k{key}"));
            keys.collect::<Vec<_>>().join(", ")
        };
        let same = |one: &str, other: &str| {
            let keys = (0..n_keys).map(|key| format!("{one}.k{key} = {other}.k{key}"));
            keys.collect::<Vec<_>>().join(" AND ")
        };
        let deciders: Vec<String> =
            targets.deciders.iter().map(|name| format!("{name} ASC NULLS FIRST")).collect();
        let order = if deciders.is_empty() { "at".to_owned() } else { deciders.join(", ") };
        let taken: Vec<String> = targets
            .taken
            .iter()
            .map(|name| format!("b.{name}"))
            .chain(events.taken.iter().map(|name| format!("p.{name}")))
            .chain(["1 AS one".to_owned()])
            .collect();
        let wanted = match sweep.days {
            Days::Range(days) => {
                format!("b.day BETWEEN {} AND {}", number_of(days.first()), number_of(days.last()))
            }
            Days::All | Days::OutOfDate => "true".to_owned(),
        };
        let window = target.reach.micros();
        let which = match target.credit {
            Credit::Last => "max",
        };
        format!(
            "WITH candidates AS (
               SELECT s.* FROM target_{source} AS s LEFT SEMI JOIN own_{source} AS p ON {with_event}
             ), best AS (
               SELECT * FROM (
                 SELECT s.*, row_number() OVER (PARTITION BY {of_s}, s.at ORDER BY {order}) AS place
                 FROM candidates AS s) AS numbered WHERE place = 1
             ), credit AS (
               SELECT {of_p}, p.at, {which}(b.at) AS target_at
               FROM (SELECT DISTINCT {of_e}, e.at FROM own_{source} AS e) AS p
               JOIN best AS b ON {found} AND b.at <= p.at AND b.at >= p.at - {window}
               GROUP BY {of_p}, p.at
             )
             SELECT {taken} FROM own_{source} AS p
             JOIN credit AS c ON {own} AND c.at = p.at
             JOIN best AS b ON {credited} AND b.at = c.target_at
             WHERE {wanted}",
            with_event = same("s", "p"),
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
