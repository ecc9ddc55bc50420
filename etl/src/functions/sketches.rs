//! The two aggregates over sketches: of hashes (a day's cells) and of sketches (a fold).
//!
//! ```text
//! hashes   UInt64 ──distinct──▶ state: one sketch's bytes a group ──▶ result: the same bytes
//! sketches Binary ──union─────▶ state: one sketch's bytes a group ──▶ result: the same bytes
//! ```
//!
//! State and result are `LargeBinary`: a day's dense sketches together pass 2 GiB, which the 32-bit
//! offsets of `Binary` could not hold.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use clio_sketch::{Family, GroupedSketches, Precision, SketchError};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, LargeBinaryBuilder, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, UInt64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

/// The sketch of a column of hashes; nulls do not count.
pub(crate) fn distinct(family: Family, precision: Precision) -> AggregateUDF {
    SketchAggregate::of(Input::Hashes, family, precision)
}

/// The union of a column of sketches; nulls are empty sketches.
pub(crate) fn union(family: Family, precision: Precision) -> AggregateUDF {
    SketchAggregate::of(Input::Sketches, family, precision)
}

/// What the rows hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Input {
    Hashes,
    Sketches,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SketchAggregate {
    input: Input,
    family: Family,
    precision: Precision,
    name: String,
    signature: Signature,
}

impl SketchAggregate {
    fn of(input: Input, family: Family, precision: Precision) -> AggregateUDF {
        let (verb, input_type) = match input {
            Input::Hashes => ("distinct", DataType::UInt64),
            Input::Sketches => ("union", DataType::LargeBinary),
        };
        AggregateUDF::new_from_impl(Self {
            input,
            family,
            precision,
            name: format!("clio_{verb}_{family}_{precision}"),
            signature: Signature::exact(vec![input_type], Volatility::Immutable),
        })
    }

    fn groups(&self) -> SketchGroups {
        SketchGroups::new(self.input, self.family, self.precision)
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
        let mut groups = self.groups();
        groups.sketches.resize(1);
        Ok(Box::new(OneGroup { groups, zeros: Vec::new() }))
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.groups()))
    }

    fn default_value(&self, _data_type: &DataType) -> Result<ScalarValue> {
        let mut groups = self.groups();
        groups.sketches.resize(1);
        groups.sketches.encode(0, &mut groups.bytes);
        Ok(ScalarValue::LargeBinary(Some(groups.bytes)))
    }
}

/// One sketch a group, behind DataFusion's interface.
pub(super) struct SketchGroups {
    input: Input,
    sketches: GroupedSketches,
    /// Working memory of encoding.
    bytes: Vec<u8>,
}

impl SketchGroups {
    pub(super) fn new(input: Input, family: Family, precision: Precision) -> Self {
        Self { input, sketches: GroupedSketches::new(family, precision), bytes: Vec::new() }
    }

    fn insert_hashes(
        &mut self,
        hashes: &UInt64Array,
        groups: &[usize],
        filter: Option<&BooleanArray>,
    ) {
        let n_nulls = hashes.null_count();
        if n_nulls == hashes.len() {
            // The rows of another source: nothing to do, and no need to look at each.
            return;
        }
        match filter {
            None if n_nulls == 0 => self.sketches.insert_batch(groups, hashes.values()),
            None => {
                for (hash, &group) in hashes.iter().zip(groups) {
                    if let Some(hash) = hash {
                        self.sketches.insert(group, hash);
                    }
                }
            }
            Some(filter) => {
                for ((hash, &group), pass) in hashes.iter().zip(groups).zip(filter) {
                    if let (Some(hash), Some(true)) = (hash, pass) {
                        self.sketches.insert(group, hash);
                    }
                }
            }
        }
    }

    fn union_sketches(
        &mut self,
        sketches: &dyn Array,
        groups: &[usize],
        filter: Option<&BooleanArray>,
    ) -> Result<()> {
        let sketches = sketches.as_binary_opt::<i64>().ok_or_else(|| {
            exec_datafusion_err!("sketches come as LargeBinary, found {}", sketches.data_type())
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
        self.sketches.encode_first(n_groups, |bytes| builder.append_value(bytes));
        Arc::new(builder.finish())
    }
}

impl GroupsAccumulator for SketchGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.sketches.resize(total_num_groups);
        match self.input {
            Input::Hashes => {
                let hashes = hashes_of(&values[0])?;
                self.insert_hashes(hashes, group_indices, opt_filter);
                Ok(())
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
        let mut rows = Self::new(self.input, self.sketches.family(), self.sketches.precision());
        let own_group: Vec<usize> = (0..n_rows).collect();
        rows.update_batch(values, &own_group, opt_filter, n_rows)?;
        rows.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.sketches.size_bytes() + self.bytes.capacity()
    }
}

/// A single group behind DataFusion's other interface; a grouped state with one group, so that both
/// merge each other's bytes by construction.
struct OneGroup {
    groups: SketchGroups,
    zeros: Vec<usize>,
}

impl std::fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneGroup").finish_non_exhaustive()
    }
}

impl Accumulator for OneGroup {
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

fn hashes_of(array: &ArrayRef) -> Result<&UInt64Array> {
    match array.as_primitive_opt::<UInt64Type>() {
        Some(hashes) => Ok(hashes),
        None => exec_err!("hashes come as UInt64, found {}", array.data_type()),
    }
}

fn refused(error: SketchError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
