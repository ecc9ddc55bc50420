//! The aggregates for each kind of sketch: over events (for a day's cells), and over sketches (for a fold).
//!
//! ```text
//! hashes   UInt64  ──distinct──▶ state: one sketch's bytes a group ──▶ result: the same bytes
//! values   Float64 ──quantiles─▶ state: one sketch's bytes a group ──▶ result: the same bytes
//! sketches Binary  ──union─────▶ state: one sketch's bytes a group ──▶ result: the same bytes
//! ```
//!
//! State and result are `LargeBinary`: a day's dense sketches together may exceed 2 GiB, the limit of the
//! 32-bit offsets of `Binary`.

mod states;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use clio_sketch::{Family, GroupedQuantiles, GroupedSketches, Precision, Scale, SketchError};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, LargeBinaryBuilder};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use self::states::GroupStates;

/// The sketch of a column of hashes; nulls are ignored.
pub(crate) fn distinct(family: Family, precision: Precision) -> AggregateUDF {
    SketchAggregate::of(Input::Hashes, Kind::Distinct(family, precision))
}

/// The union of a column of sketches; nulls are ignored.
pub(crate) fn union(family: Family, precision: Precision) -> AggregateUDF {
    SketchAggregate::of(Input::Sketches, Kind::Distinct(family, precision))
}

/// The quantile sketch of a column of doubles; nulls are ignored.
pub(crate) fn quantiles(scale: &Scale) -> AggregateUDF {
    SketchAggregate::of(Input::Values, Kind::Quantiles(scale.clone()))
}

/// The union of a column of quantile sketches; nulls are ignored.
pub(crate) fn union_of_quantiles(scale: &Scale) -> AggregateUDF {
    SketchAggregate::of(Input::Sketches, Kind::Quantiles(scale.clone()))
}

/// The contents of the input rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Input {
    Hashes,
    Values,
    Sketches,
}

/// The kind of the sketches.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Kind {
    Distinct(Family, Precision),
    Quantiles(Scale),
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SketchAggregate {
    input: Input,
    kind: Kind,
    name: String,
    signature: Signature,
}

impl SketchAggregate {
    fn of(input: Input, kind: Kind) -> AggregateUDF {
        let (verb, input_type) = match input {
            Input::Hashes => ("distinct", DataType::UInt64),
            Input::Values => ("quantiles", DataType::Float64),
            Input::Sketches => ("union", DataType::LargeBinary),
        };
        let of = match &kind {
            Kind::Distinct(family, precision) => format!("{family}_{precision}"),
            Kind::Quantiles(scale) => {
                let buckets = scale.buckets();
                let edges = buckets.edges().map(|edge| format!("_{edge}"));
                format!("{}{}", buckets.error_ppm(), edges.collect::<String>())
            }
        };
        AggregateUDF::new_from_impl(Self {
            input,
            kind,
            name: format!("clio_{verb}_{of}"),
            signature: Signature::exact(vec![input_type], Volatility::Immutable),
        })
    }
}

impl AggregateUDFImpl for SketchAggregate {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::LargeBinary)
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let name = format!("{}[sketch]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::LargeBinary, false))])
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(match &self.kind {
            Kind::Distinct(family, precision) => {
                Box::new(OneGroup::new(SketchGroups::new(self.input, *family, *precision)))
            }
            Kind::Quantiles(scale) => {
                Box::new(OneGroup::new(QuantileGroups::new(self.input, scale)))
            }
        })
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(match &self.kind {
            Kind::Distinct(family, precision) => {
                Box::new(SketchGroups::new(self.input, *family, *precision))
            }
            Kind::Quantiles(scale) => Box::new(QuantileGroups::new(self.input, scale)),
        })
    }

    fn default_value(&self, _data_type: &DataType) -> Result<ScalarValue> {
        match &self.kind {
            Kind::Distinct(family, precision) => {
                OneGroup::new(SketchGroups::new(self.input, *family, *precision)).evaluate()
            }
            Kind::Quantiles(scale) => {
                OneGroup::new(QuantileGroups::new(self.input, scale)).evaluate()
            }
        }
    }
}

/// One sketch per group, behind DataFusion's interface.
pub(super) struct Groups<S> {
    input: Input,
    sketches: S,
}

/// For distinct counts.
pub(super) type SketchGroups = Groups<GroupedSketches>;

impl SketchGroups {
    pub(super) fn new(input: Input, family: Family, precision: Precision) -> Self {
        Self { input, sketches: GroupedSketches::new(family, precision) }
    }
}

/// For quantiles.
type QuantileGroups = Groups<GroupedQuantiles>;

impl QuantileGroups {
    fn new(input: Input, scale: &Scale) -> Self {
        Self { input, sketches: GroupedQuantiles::new(scale) }
    }
}

impl<S: GroupStates> Groups<S> {
    fn union_sketches(
        &mut self,
        sketches: &dyn Array,
        groups: &[usize],
        filter: Option<&BooleanArray>,
    ) -> Result<()> {
        let sketches = sketches.as_binary_opt::<i64>().ok_or_else(|| {
            exec_datafusion_err!("expected sketches as LargeBinary, found {}", sketches.data_type())
        })?;
        for (row, (bytes, &group)) in sketches.iter().zip(groups).enumerate() {
            let passes = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if let (Some(bytes), true) = (bytes, passes) {
                self.sketches.union_bytes(group, bytes).map_err(refused)?;
            }
        }
        Ok(())
    }

    fn emit(&mut self, emit_to: EmitTo) -> ArrayRef {
        let n_groups = match emit_to {
            EmitTo::All => self.sketches.n_groups(),
            EmitTo::First(n_groups) => n_groups,
        };
        let mut builder = LargeBinaryBuilder::with_capacity(n_groups, n_groups * 32);
        self.sketches.encode_first(n_groups, &mut |bytes| builder.append_value(bytes));
        Arc::new(builder.finish())
    }
}

impl<S: GroupStates> GroupsAccumulator for Groups<S> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.sketches.resize(total_num_groups);
        match self.input {
            Input::Hashes | Input::Values => {
                self.sketches.insert_batch(&values[0], group_indices, opt_filter)
            }
            Input::Sketches => self.union_sketches(&values[0], group_indices, opt_filter),
        }
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.sketches.resize(total_num_groups);
        self.union_sketches(&values[0], group_indices, None)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(self.emit(emit_to))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.emit(emit_to)])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let n_rows = values[0].len();
        let mut rows = Self { input: self.input, sketches: self.sketches.like() };
        let own_group: Vec<usize> = (0..n_rows).collect();
        rows.update_batch(values, &own_group, opt_filter, n_rows)?;
        rows.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.sketches.size_bytes()
    }
}

/// A single group behind DataFusion's other interface: a grouped state with one group, so that the two merge
/// each other's bytes by construction.
struct OneGroup<S> {
    groups: Groups<S>,
    zeros: Vec<usize>,
}

impl<S: GroupStates> OneGroup<S> {
    fn new(mut groups: Groups<S>) -> Self {
        groups.sketches.resize(1);
        Self { groups, zeros: Vec::new() }
    }
}

impl<S> std::fmt::Debug for OneGroup<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneGroup").finish_non_exhaustive()
    }
}

impl<S: GroupStates> Accumulator for OneGroup<S> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.zeros.resize(values[0].len(), 0);
        self.groups.update_batch(values, &self.zeros, None, 1)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.zeros.resize(states[0].len(), 0);
        self.groups.merge_batch(states, &self.zeros, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut bytes = Vec::new();
        self.groups.sketches.encode(0, &mut bytes);
        Ok(ScalarValue::LargeBinary(Some(bytes)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.groups.size() + self.zeros.capacity() * size_of::<usize>()
    }
}

fn refused(error: SketchError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
