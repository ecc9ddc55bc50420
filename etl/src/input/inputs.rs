//! The opened sources of a run, and what they agree on before any row is read.

use std::collections::HashSet;
use std::sync::Arc;

use clio_proto::{Model, Source};
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::functions::regex::expr_fn::regexp_like;
use datafusion::logical_expr::{Expr, ExprSchemable, lit, not, try_cast};
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::scalar::ScalarValue;
use jiff::Span;
use url::Url;

use super::frames::Frames;
use super::inventory::Inventory;
use super::sweep::Sweep;
use super::taken::whole_or_not;
use crate::cells::CellShape;
use crate::config::Days;
use crate::engine::explained;
use crate::error::{During, EtlError, TableName};
use crate::input::enrich::{Enrichment, InForce};
use crate::input::source::{BadRow, Piece, PieceDays, Scope, Table};
use crate::input::target::Target;

/// How many rows of a text column are sampled to see whether its numbers are integers.
const N_SAMPLE_ROWS: usize = 10_000;

/// The opened sources of a run, with their expressions bound once to check them.
#[derive(Debug)]
pub(crate) struct Inputs {
    sources: Vec<Input>,
    inventory: Inventory,
    frames: Frames,
    pub(crate) n_threads: usize,
}

/// One opened source.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) table: Table,
    pub(crate) source: Source,
    pub(crate) is_by_day: bool,
    /// What its events are credited to, if they are; its files then include those of later days.
    pub(crate) target: Option<Target>,
}

impl Input {
    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    /// The table that a dimension's values come from.
    fn described(&self) -> (&Table, &Source) {
        match &self.target {
            None => (&self.table, &self.source),
            Some(target) => (&target.table, &target.source),
        }
    }

    /// The table that a measure's values come from.
    fn measured(&self, position: usize) -> (&Table, &Source) {
        match &self.target {
            Some(target) if target.gives[position] => (&target.table, &target.source),
            _ => (&self.table, &self.source),
        }
    }
}

impl Inputs {
    /// Opens the sources of measures, with the files that the sweeps read.
    pub(crate) async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        n_threads: usize,
        mut inventory: Inventory,
        sweeps: &[Sweep],
        known_float_sums: &[String],
    ) -> Result<(Self, CellShape), EtlError> {
        let mut sources = Vec::new();
        for index in 0..inventory.sources.len() {
            let input = Input::open(ctx, model, base, &inventory, index, sweeps).await?;
            for lookup in input.target.iter().flat_map(Target::lookups) {
                inventory.takes_from(lookup);
            }
            sources.push(input);
        }
        let enrichment = Enrichment::open(ctx, model, base, inventory.histories(), sweeps).await?;
        let names = sources.iter().map(|source| source.name().to_owned()).collect();
        let frames = Frames::new(model, names, enrichment);
        let mut inputs = Self { sources, inventory, frames, n_threads: n_threads.max(1) };
        inputs.frames.group_types = inputs.bind_dimensions(ctx, model)?;
        let float_sums = inputs.float_sums(ctx, known_float_sums).await?;
        let shape = CellShape::new(model, &float_sums);
        inputs.frames.rules = shape.measures.iter().map(|own| Arc::clone(&own.rules)).collect();
        inputs.bind_all(ctx)?;
        Ok((inputs, shape))
    }

    pub(crate) fn sources(&self) -> &[Input] {
        &self.sources
    }

    /// The existing files, whether opened or not.
    pub(crate) fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The sources with their addresses, for messages.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let address = |input: &Input| format!("{} at {}", input.table.name, input.table.url);
        self.sources.iter().map(address).collect()
    }

    /// Sets aside the bad rows of sources that quarantine them; returns how many are newly found.
    pub(crate) async fn set_aside(&self, sweep: &Sweep) -> Result<usize, EtlError> {
        let mut n_found = 0;
        for (index, input) in self.sources.iter().enumerate() {
            // For credited events, attribution does this.
            if input.target.is_none() && input.table.quarantines() {
                let files = self.inventory.pieces(index, sweep);
                // For all days: whether a row is bad does not depend on the day being read.
                let all = Sweep { days: Days::All };
                let none = self.frames.enrichment.none_in_force();
                let plan =
                    |ctx: &SessionContext, provider| self.events(ctx, index, provider, &all, &none);
                n_found += input.table.set_aside(&files, plan).await?;
            }
        }
        Ok(n_found)
    }

    /// Every table of events that is read; a source that others are credited to occurs more than once.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.sources.iter().flat_map(|input| {
            let target = input.target.as_ref().map(|target| &target.table);
            std::iter::once(&input.table).chain(target)
        })
    }

    /// The bad rows found so far in all sources, each once.
    pub(crate) fn bad_rows(&self) -> Vec<BadRow> {
        let mut known = HashSet::new();
        let mut rows: Vec<BadRow> = self.tables().flat_map(Table::bad_rows).collect();
        rows.retain(|row| known.insert((row.table.clone(), row.file.clone(), row.place)));
        rows
    }

    /// How rows of each source become columns.
    pub(crate) fn frames(&self) -> &Frames {
        &self.frames
    }

    pub(crate) fn enrichment(&self) -> &Enrichment {
        &self.frames.enrichment
    }

    /// Some of a source's files.
    pub(crate) fn provider(&self, index: usize, files: Vec<Piece>) -> Arc<dyn TableProvider> {
        self.sources[index].table.provider(files, self.n_threads)
    }

    /// A source's rows as day, dimensions, row marks of all sources, and inputs of all measures.
    pub(crate) fn events(
        &self,
        ctx: &SessionContext,
        index: usize,
        provider: Arc<dyn TableProvider>,
        sweep: &Sweep,
        in_force: &InForce,
    ) -> Result<DataFrame, EtlError> {
        let Input { table, source, is_by_day, .. } = &self.sources[index];
        let of = (table, source, *is_by_day);
        self.frames.events(ctx, (index, of), provider, sweep, in_force)
    }

    pub(crate) fn source_index(&self, name: &str) -> usize {
        self.sources.iter().position(|source| source.name() == name).unwrap_or_default()
    }

    /// A plan over no files: binds everything once, so that errors surface before any work. Columns that credited
    /// events take from other sources are bound by attribution.
    fn bind_all(&self, ctx: &SessionContext) -> Result<(), EtlError> {
        for (index, input) in self.sources.iter().enumerate() {
            if input.target.is_none() {
                let provider = self.provider(index, Vec::new());
                let none = self.frames.enrichment.none_in_force();
                self.events(ctx, index, provider, &Sweep { days: Days::All }, &none)?;
            }
        }
        Ok(())
    }

    /// The type that each dimension is grouped by. Where all sources agree, numbers are converted to text after
    /// grouping: there are fewer cells than events.
    fn bind_dimensions(
        &self,
        ctx: &SessionContext,
        model: &Model,
    ) -> Result<Vec<DataType>, EtlError> {
        let mut types: Vec<Option<DataType>> = vec![None; model.dimensions().len()];
        let none = self.frames.enrichment.none_in_force();
        let no_day = lit(ScalarValue::Date32(None));
        for input in &self.sources {
            let (table, source) = input.described();
            let frame = self.frames.filtered(ctx, table, source, table.provider(Vec::new(), 1))?;
            let scope = Scope::new(ctx, table, &frame);
            for (dimension, known) in types.iter_mut().enumerate() {
                let value = self.frames.enrichment.bind(dimension, &scope, &none, &no_day)?;
                let found = value.get_type(frame.schema()).during("binding a dimension")?;
                let found = group_type(&found);
                *known = Some(match known.take() {
                    Some(known) if known != found => DataType::Utf8View,
                    _ => found,
                });
            }
        }
        Ok(types.into_iter().map(|known| known.unwrap_or(DataType::Utf8View)).collect())
    }

    /// The sums that are not integers: by their type, by what the lake already holds, or, for text, by a look at the
    /// first rows.
    async fn float_sums(
        &self,
        ctx: &SessionContext,
        known: &[String],
    ) -> Result<Vec<String>, EtlError> {
        let mut float_sums = Vec::new();
        for (position, measure) in self.frames.measures.iter().enumerate() {
            let Some((source, of)) = whole_or_not(&measure.kind) else { continue };
            let (table, source) = self.sources[self.source_index(source)].measured(position);
            let first: Vec<Piece> = table.pieces().iter().take(1).cloned().collect();
            let frame =
                self.frames.filtered(ctx, table, source, table.provider(first.clone(), 1))?;
            let scope = Scope::new(ctx, table, &frame);
            let key = format!("measure.{}.of", measure.name);
            let value = scope.bind(&key, of)?;
            if known.contains(&measure.name) {
                float_sums.push(measure.name.clone());
                continue;
            }
            let is_float = match scope.type_of(&key, &of.0, &value)? {
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                    let has_fractions = async || match has_fractions(&frame, &value).await {
                        Err(error) if table.quarantines() && error.is_of_rows() => {
                            let plan = |ctx: &SessionContext, provider| {
                                self.frames.filtered(ctx, table, source, provider)
                            };
                            table.set_aside(&first, plan).await?;
                            let good = table.provider(first.clone(), 1);
                            let frame = self.frames.filtered(ctx, table, source, good)?;
                            has_fractions(&frame, &value).await
                        }
                        found => found,
                    };
                    has_fractions().await?
                }
                DataType::Float16 | DataType::Float32 | DataType::Float64 => true,
                DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => scale > 0,
                _ => false,
            };
            if is_float {
                float_sums.push(measure.name.clone());
            }
        }
        Ok(float_sums)
    }
}

impl Input {
    async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        inventory: &Inventory,
        index: usize,
        sweeps: &[Sweep],
    ) -> Result<Self, EtlError> {
        let listed = &inventory.sources[index];
        let source = model
            .sources()
            .iter()
            .find(|source| TableName::Source(source.name.clone()) == listed.listed.name)
            .expect("the inventory is of this model");
        let files = in_order(sweeps.iter().flat_map(|sweep| inventory.pieces(index, sweep)));
        let is_by_day = listed.listed.is_by_day();
        let table = Table::of(ctx, listed.listed.clone(), files).await?;
        let target = match (&source.attribution, &listed.target) {
            (Some(attribution), Some((to, reach))) => {
                let files = sweeps.iter().flat_map(|sweep| inventory.target_pieces(index, sweep));
                let is_by_day = to.is_by_day();
                let to = (Table::of(ctx, to.clone(), in_order(files)).await?, is_by_day);
                let event = (&table, source);
                let at = Target::open(ctx, model, base, event, attribution, to, reach.clone());
                Some(at.await?)
            }
            _ => None,
        };
        Ok(Self { table, source: source.clone(), is_by_day, target })
    }
}

/// Each file once, ordered by path.
fn in_order(files: impl Iterator<Item = Piece>) -> Vec<Piece> {
    let mut files: Vec<Piece> = files.collect();
    files.sort_by(Piece::compare);
    files.dedup_by(|a, b| a.compare(b).is_eq());
    files
}

/// The days that events of some days are filed under: the same ones in UTC, also one day on either side in other
/// zones; where events may be late, also this many days after.
pub(crate) fn piece_days(days: Days, is_utc: bool, late_days: i32) -> PieceDays {
    let Days::Range(range) = days else { return None };
    let slack = i32::from(!is_utc);
    let first = range.first().saturating_sub(Span::new().days(slack));
    let last = range.last().saturating_add(Span::new().days(slack + late_days));
    Some(first..=last)
}

fn group_type(found: &DataType) -> DataType {
    match found {
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Boolean
        | DataType::Date32 => found.clone(),
        _ => DataType::Utf8View,
    }
}

/// Whether one of the first values is a number but not an integer. One that occurs later makes the run fail.
async fn has_fractions(frame: &DataFrame, value: &Expr) -> Result<bool, EtlError> {
    // Integers of more digits are integers too.
    let is_whole = regexp_like(value.clone(), lit("^[+-]?[0-9]+$"), None);
    let is_fraction = try_cast(value.clone(), DataType::Float64).is_not_null().and(not(is_whole));
    let found = frame
        .clone()
        .limit(0, Some(N_SAMPLE_ROWS))
        .and_then(|frame| frame.filter(is_fraction))
        .during("looking at a column of texts")?
        .limit(0, Some(1))
        .during("looking at a column of texts")?
        .collect()
        .await
        .map_err(|error| explained("looking at a column of texts", error))?;
    Ok(found.iter().any(|batch| batch.num_rows() > 0))
}
