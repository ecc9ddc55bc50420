//! Days from the last to the first, each handing on its events without a target to the previous day.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use clio_proto::Credit;
use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::{DataFusionError, Result as EngineResult};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use jiff::ToSpan;
use jiff::civil::Date;
use tokio::task::JoinSet;

use super::join::{Layout, Outcome, Rules, Walk};
use super::plan::{Sides, noting, reread, sorted};
use crate::config::Days;
use crate::engine::explained;
use crate::engine::spilled::Spilled;
use crate::epoch::date_of;
use crate::error::{During, EtlError};
use crate::functions::BloomFilter;
use crate::input::inputs::Inputs;
use crate::input::source::{Piece, Table};
use crate::input::sweep::Sweep;
use crate::input::target::Target;

const STEP: &str = "crediting events";

/// A row of events takes at least some eight bytes in Parquet, more in other formats.
const LEAST_ROW_BYTES: u64 = 8;

/// What attribution passes to the roll-up for one sweep of days.
#[derive(Debug, Default)]
pub(crate) struct Credited {
    /// Credited events, by the index of their source.
    events: BTreeMap<usize, Spilled>,
    /// Events without a target, by source and by the day on which they happened. The days may lie
    /// outside of the sweep: each requested day is counted once.
    pub(crate) rows_unattributed: BTreeMap<String, BTreeMap<Date, u64>>,
    /// Events filed under a day other than their own, by source.
    pub(crate) rows_out_of_day: BTreeMap<String, u64>,
}

impl Credited {
    /// The credited events of a source; `None` where there are none.
    pub(crate) fn events(&self, index: usize) -> Result<Option<Arc<dyn TableProvider>>, EtlError> {
        let events = self.events.get(&index).filter(|events| events.n_rows() > 0);
        events.map(Spilled::provider).transpose().during(STEP)
    }
}

/// The sweeps of a run, each with the events credited to its days; from the last to the first if any
/// source is attributed.
pub(crate) struct Credits<'a> {
    chains: Vec<Chain<'a>>,
    remaining: VecDeque<Sweep>,
}

impl<'a> Credits<'a> {
    pub(crate) fn new(
        ctx: &'a SessionContext,
        inputs: &'a Inputs,
        sweeps: &[Sweep],
    ) -> Result<Self, EtlError> {
        let mut chains = Vec::new();
        for sides in Sides::all(inputs) {
            chains.push(Chain::new(ctx, sides, sweeps)?);
        }
        let mut remaining = VecDeque::from(sweeps.to_vec());
        if !chains.is_empty() {
            remaining.make_contiguous().reverse();
        }
        Ok(Self { chains, remaining })
    }

    /// The next sweep.
    pub(crate) fn sweep(&self) -> Option<Sweep> {
        self.remaining.front().copied()
    }

    /// Advances to the next sweep. After an error it may be called again.
    pub(crate) async fn credit(&mut self) -> Result<Credited, EtlError> {
        let mut credited = Credited::default();
        let Some(sweep) = self.sweep() else { return Ok(credited) };
        for chain in &mut self.chains {
            chain.go_to(sweep, self.remaining.len() == 1).await?;
        }
        for chain in &mut self.chains {
            chain.give(sweep, &mut credited);
        }
        self.remaining.pop_front();
        Ok(credited)
    }
}

/// One source, from day to day.
struct Chain<'a> {
    ctx: &'a SessionContext,
    sides: Sides<'a>,
    layout: Arc<Layout>,
    /// From the last to the first.
    steps: VecDeque<Step>,
    /// The requested days; `None` for those of the only sweep.
    asked: Option<BTreeSet<Date>>,
    /// Events for which no later day has a target.
    waiting: Spilled,
    /// Credited events that have not been handed over yet.
    credited: Option<Spilled>,
    counts: Counts,
}

/// What is read in one step.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// The day; `None` for everything at once.
    day: Option<Date>,
    /// The days whose events are read; `None` if none of them matters to a requested day.
    events: Option<Days>,
    targets: Days,
    /// The requested days.
    wanted: Option<Days>,
}

impl<'a> Chain<'a> {
    fn new(ctx: &'a SessionContext, sides: Sides<'a>, sweeps: &[Sweep]) -> Result<Self, EtlError> {
        let Sides { inputs, target, .. } = sides;
        let layout = Arc::new(sides.layout(ctx)?);
        let waiting = Spilled::new(&ctx.runtime_env(), Arc::clone(&layout.events));
        let reach = &target.reach;
        let (steps, asked) = if inputs.inventory().is_by_day() {
            let asked = sweeps.iter().filter_map(|sweep| sweep.days.first());
            let asked: BTreeSet<Date> = asked.collect();
            (steps_by_day(&asked, target), Some(asked))
        } else {
            let step = |sweep: &Sweep| Step {
                day: None,
                events: Some(reach.event_days(sweep.days)),
                targets: reach.target_days(sweep.days),
                wanted: Some(sweep.days),
            };
            (sweeps.iter().map(step).collect(), None)
        };
        let counts = Counts::default();
        let credited = None;
        Ok(Self { ctx, sides, layout, steps, asked, waiting, credited, counts })
    }

    /// Advances to a sweep, and to the end after the last one. After an error it resumes where it
    /// stopped.
    async fn go_to(&mut self, sweep: Sweep, is_last: bool) -> Result<(), EtlError> {
        let first = sweep.days.first();
        let is_due = |step: &Step| is_last || step.day >= first;
        while let Some(step) = self.steps.front().copied().filter(is_due) {
            if let Some(Joined { events, waiting, outcome }) = self.join(step).await? {
                self.waiting = waiting;
                merge(&mut self.counts.n_unattributed, outcome.n_unattributed);
                if step.wanted.is_some() {
                    self.credited = Some(events);
                    self.counts.n_out_of_day += outcome.n_out_of_day;
                }
            }
            self.steps.pop_front();
        }
        Ok(())
    }

    /// Hands over what was found for a sweep.
    fn give(&mut self, sweep: Sweep, credited: &mut Credited) {
        let name = || self.sides.input.name().to_owned();
        let Counts { n_unattributed, n_out_of_day } = std::mem::take(&mut self.counts);
        let is_asked = |day: &Date| match &self.asked {
            Some(asked) => asked.contains(day),
            None => sweep.days.contains(*day),
        };
        let by_day = n_unattributed.into_iter().map(|(day, n)| (date_of(day), n));
        credited
            .rows_unattributed
            .insert(name(), by_day.filter(|(day, _)| is_asked(day)).collect());
        credited.rows_out_of_day.insert(name(), n_out_of_day);
        if let Some(events) = self.credited.take() {
            credited.events.insert(self.sides.index, events);
        }
    }

    /// Joins what a step reads; `None` if there are no events.
    async fn join(&self, step: Step) -> Result<Option<Joined>, EtlError> {
        let Sides { inputs, input, target, .. } = self.sides;
        let files = |table: &Table, days: Option<Days>| {
            let inventory = inputs.inventory();
            days.map(|days| inventory.pieces_of(table.pieces(), table.late_days(), days))
                .unwrap_or_default()
        };
        let events = files(&input.table, step.events);
        if events.is_empty() && self.waiting.n_rows() == 0 {
            return Ok(None);
        }
        let targets = files(&target.table, Some(step.targets));
        loop {
            let failed = match self.try_join(step, &events, &targets).await {
                Ok(joined) => return Ok(Some(joined)),
                Err(Failure::Planned(error)) => return Err(error),
                Err(Failure::Engine(error)) => explained(STEP, error),
            };
            // Each failed round sets aside more bad rows than the one before.
            if !(failed.is_of_rows() && self.sides.set_aside(&events, &targets).await? > 0) {
                return Err(self.locate(step, events, targets, failed).await);
            }
        }
    }

    /// Names the row that made a step fail, if a row did.
    async fn locate(
        &self,
        step: Step,
        events: Vec<Piece>,
        targets: Vec<Piece>,
        failed: EtlError,
    ) -> EtlError {
        if !failed.is_unexplained() {
            return failed;
        }
        let Sides { inputs, index, input, target } = self.sides;
        let (ctx, days) = (self.ctx, step.events.unwrap_or(Days::All));
        let plan = |provider| self.sides.events(ctx, provider, days);
        let key_of = |column: &str| inputs.frames().key_of(index, column);
        let failed = input.table.locate(ctx, events, failed, plan, &key_of).await;
        if !failed.is_unexplained() {
            return failed;
        }
        let noted = BloomFilter::for_about(0);
        let in_force = inputs.enrichment().none_in_force();
        let days = (step.targets, &in_force);
        let plan = |provider| self.sides.targets(ctx, provider, days, &noted);
        let time = target.table.name.key("time");
        let key_of = |column: &str| match inputs.frames().key_of(index, column)? {
            key if key.ends_with(".time") => Some(time.clone()),
            key => Some(key),
        };
        target.table.locate(ctx, targets, failed, plan, &key_of).await
    }

    async fn try_join(
        &self,
        step: Step,
        events: &[Piece],
        targets: &[Piece],
    ) -> Result<Joined, Failure> {
        let ctx = self.ctx;
        let Sides { inputs, input, target, .. } = self.sides;
        let n_bytes: u64 = events.iter().map(Piece::size_bytes).sum();
        let noted = BloomFilter::for_about(n_bytes / LEAST_ROW_BYTES + self.waiting.n_rows());
        let provider = input.table.provider(events.to_vec(), inputs.n_threads);
        let days = step.events.unwrap_or(Days::All);
        let mut rows = self.sides.events(ctx, provider, days)?;
        if self.waiting.n_rows() > 0 {
            let waiting = reread(ctx, self.waiting.provider()?)?;
            rows = rows.union(waiting)?;
        }
        let rows = noting(rows, &noted)?;
        let n_keys = target.keys.len();
        // By the time each part returns its first rows, all events have been read and all keys noted.
        let parts = first_rows(sorted(ctx, rows, n_keys, inputs.n_threads).await?).await?;
        let mut others: Vec<Option<SendableRecordBatchStream>> = Vec::new();
        if parts.iter().any(|(first, _)| first.is_some()) && !targets.is_empty() {
            let table = &target.table;
            let provider = table.provider(targets.to_vec(), inputs.n_threads);
            // Events credited to other days are dropped.
            let in_force = match step.wanted {
                Some(days) => inputs.enrichment().in_force(days).await?,
                None => inputs.enrichment().none_in_force(),
            };
            let days = (step.targets, &in_force);
            let rows = self.sides.targets(ctx, provider, days, &noted)?;
            let streams = sorted(ctx, rows, n_keys, inputs.n_threads).await?;
            others.extend(streams.into_iter().map(Some));
        }
        others.resize_with(parts.len(), || None);
        let rules = Rules {
            credit: target.credit,
            window_micros: target.reach.micros(),
            wanted: step.wanted,
            handed_on_before: step
                .day
                .map(|day| target.reach.start(day).as_microsecond())
                .filter(|_| self.steps.len() > 1),
        };
        Ok(self.join_parts(rules, parts, others).await?)
    }

    /// Joins all parts in parallel.
    async fn join_parts(
        &self,
        rules: Rules,
        parts: Vec<Part>,
        others: Vec<Option<SendableRecordBatchStream>>,
    ) -> EngineResult<Joined> {
        let env = &self.ctx.runtime_env();
        let mut events = Spilled::new(env, Arc::clone(&self.layout.credited));
        let mut waiting = Spilled::new(env, Arc::clone(&self.layout.events));
        let mut tasks = JoinSet::new();
        for ((first, rest), targets) in parts.into_iter().zip(others) {
            let Some(first) = first else { continue };
            let layout = Arc::clone(&self.layout);
            let outcome = Outcome {
                credited: events.writer(),
                handed_on: waiting.writer(),
                n_unattributed: BTreeMap::new(),
                n_out_of_day: 0,
            };
            let walk = Walk::new(layout, rules, targets, outcome)?;
            tasks.spawn(walk.along(first, rest));
        }
        let mut total = Counts::default();
        while let Some(outcome) = tasks.join_next().await {
            let outcome = outcome.map_err(|error| DataFusionError::External(Box::new(error)))??;
            events.add(outcome.credited)?;
            waiting.add(outcome.handed_on)?;
            merge(&mut total.n_unattributed, outcome.n_unattributed);
            total.n_out_of_day += outcome.n_out_of_day;
        }
        Ok(Joined { events, waiting, outcome: total })
    }
}

/// The days to read for the requested days, from the last to the first.
fn steps_by_day(asked: &BTreeSet<Date>, target: &Target) -> VecDeque<Step> {
    let reach = &target.reach;
    let mut has_events: BTreeMap<Date, bool> = BTreeMap::new();
    for day in asked {
        let days =
            reach.first_day(*day).series(1.day()).take_while(|at| *at <= reach.last_day(*day));
        for at in days {
            *has_events.entry(at).or_default() |= at >= *day;
        }
    }
    let step = |(day, has_events): (&Date, &bool)| Step {
        day: Some(*day),
        events: has_events.then(|| Days::one(*day)),
        targets: Days::one(*day),
        wanted: asked.contains(day).then(|| Days::one(*day)),
    };
    match target.credit {
        // A target on a later day is a later target: only an event without one goes on to the previous
        // day.
        Credit::Last => has_events.iter().rev().map(step).collect(),
    }
}

/// A part's first rows, and the rest of them.
type Part = (Option<RecordBatch>, SendableRecordBatchStream);

/// Waits for the first rows of all parts, which have to be polled concurrently.
async fn first_rows(parts: Vec<SendableRecordBatchStream>) -> EngineResult<Vec<Part>> {
    let mut tasks = JoinSet::new();
    for (index, mut part) in parts.into_iter().enumerate() {
        tasks.spawn(async move {
            let first = part.next().await.transpose()?;
            Ok::<_, DataFusionError>((index, (first, part)))
        });
    }
    let mut parts = BTreeMap::new();
    while let Some(part) = tasks.join_next().await {
        let (index, part) = part.map_err(|error| DataFusionError::External(Box::new(error)))??;
        parts.insert(index, part);
    }
    Ok(parts.into_values().collect())
}

/// The result of a step.
struct Joined {
    events: Spilled,
    waiting: Spilled,
    outcome: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    n_unattributed: BTreeMap<i32, u64>,
    n_out_of_day: u64,
}

fn merge(total: &mut BTreeMap<i32, u64>, more: BTreeMap<i32, u64>) {
    for (day, n) in more {
        *total.entry(day).or_default() += n;
    }
}

/// Why a step failed: an error that explains itself, or one that a row may explain.
enum Failure {
    Planned(EtlError),
    Engine(DataFusionError),
}

impl From<EtlError> for Failure {
    fn from(error: EtlError) -> Self {
        Self::Planned(error)
    }
}

impl From<DataFusionError> for Failure {
    fn from(error: DataFusionError) -> Self {
        Self::Engine(error)
    }
}
