//! Sketches in SQL, with the names and the behaviour of Spark's functions
//! (<https://spark.apache.org/docs/latest/api/sql/#hll_sketch_agg>).
//!
//! | function | gives |
//! | --- | --- |
//! | `hll_sketch_agg(value [, lgK])` | the `datasketches` sketch of whole numbers, texts or bytes; lgK is 12 unless given; nulls and empty texts do not count |
//! | `hll_union_agg(sketch [, allowDifferentLgConfigK])` | the union of a column of sketches |
//! | `hll_union(sketch, sketch [, allowDifferentLgConfigK])` | the union of two; null where either is |
//! | `hll_sketch_estimate(sketch)` | the number of different values, rounded to a BIGINT |
//! | `hll_sketch_bounds(sketch)` | `value`, `lower`, `upper` (95 %) and `exact`; Spark has no such function |
//!
//! Unlike in Spark, all but the first also take `hll++` sketches. Families never mix, and neither do
//! precisions unless `allowDifferentLgConfigK` is true, which unites at the smaller one.

use std::sync::Arc;

use clio_sketch::{Estimate, Family, Precision, Sketch, SketchError};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, LargeBinaryArray,
    StructArray, UInt64Array,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Int64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err, plan_err};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, EmitTo, GroupsAccumulator,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;

use super::sketches::{Input, SketchGroups};

/// Spark's default lgK.
const DEFAULT_LG_K: u8 = 12;

/// Registers `hll_sketch_agg`, `hll_union_agg`, `hll_union`, `hll_sketch_estimate` and `hll_sketch_bounds`
/// with an engine, named and behaving like Spark's; the last one is our own.
pub(super) fn register(registry: &mut dyn FunctionRegistry) -> Result<()> {
    for of in [Of::Values, Of::Sketches] {
        let signature = Signature::user_defined(Volatility::Immutable);
        registry.register_udaf(Arc::new(AggregateUDF::new_from_impl(Agg { of, signature })))?;
    }
    for what in [What::Union, What::Estimate, What::Bounds] {
        let signature = Signature::user_defined(Volatility::Immutable);
        registry.register_udf(Arc::new(ScalarUDF::new_from_impl(Scalar { what, signature })))?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Of {
    Values,
    Sketches,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Agg {
    of: Of,
    signature: Signature,
}

impl AggregateUDFImpl for Agg {
    fn name(&self) -> &str {
        match self.of {
            Of::Values => "hll_sketch_agg",
            Of::Sketches => "hll_union_agg",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let (first, second) = match (self.of, arg_types) {
            (Of::Values, [value]) => (value_type(value), None),
            (Of::Values, [value, _]) => (value_type(value), Some(DataType::Int64)),
            (Of::Sketches, [sketch]) => (sketch_type(sketch), None),
            (Of::Sketches, [sketch, _]) => (sketch_type(sketch), Some(DataType::Boolean)),
            (_, _) => return plan_err!("{} takes one or two arguments", self.name()),
        };
        let Some(first) = first else {
            let wanted = match self.of {
                Of::Values => "whole numbers, texts or bytes",
                Of::Sketches => "the bytes of sketches",
            };
            return plan_err!("{} takes {wanted}, found {}", self.name(), arg_types[0]);
        };
        Ok(std::iter::once(first).chain(second).collect())
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::LargeBinary)
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let name = format!("{}[sketch]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::LargeBinary, true))])
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs<'_>) -> bool {
        // For a union, only the first sketch gives the family and the precision.
        self.of == Of::Values
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        let setting = args.exprs.get(1).map(|expr| literal(self.name(), expr)).transpose()?;
        let groups = SketchGroups::new(Input::Hashes, Family::DataSketches, lg_k(setting)?);
        Ok(Box::new(ValueGroups(groups)))
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let setting = args.exprs.get(1).map(|expr| literal(self.name(), expr)).transpose()?;
        match self.of {
            Of::Values => {
                let precision = lg_k(setting)?;
                let sketch = Some(Sketch::new(Family::DataSketches, precision));
                Ok(Box::new(State { of: self.of, sketch, may_differ: false }))
            }
            Of::Sketches => {
                let may_differ = matches!(setting, Some(ScalarValue::Boolean(Some(true))));
                Ok(Box::new(State { of: self.of, sketch: None, may_differ }))
            }
        }
    }
}

/// A group's sketch.
#[derive(Debug)]
struct State {
    of: Of,
    /// `None` until the first sketch gives the family and the precision of the union.
    sketch: Option<Sketch>,
    may_differ: bool,
}

impl State {
    fn unite(&mut self, sketches: &ArrayRef) -> Result<()> {
        let sketches = cast(sketches, &DataType::LargeBinary)?;
        let sketches: &LargeBinaryArray = sketches.as_binary();
        for bytes in sketches.iter().flatten() {
            let other = read(bytes)?;
            self.sketch = Some(match self.sketch.take() {
                None => other,
                Some(sketch) => united(sketch, other, self.may_differ)?,
            });
        }
        Ok(())
    }

    fn insert(&mut self, values: &ArrayRef) -> Result<()> {
        let Some(sketch) = &mut self.sketch else { return Ok(()) };
        hashes(values)?.iter().flatten().for_each(|hash| sketch.insert_hash(hash));
        Ok(())
    }
}

impl Accumulator for State {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        match self.of {
            Of::Values => self.insert(&values[0]),
            Of::Sketches => self.unite(&values[0]),
        }
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.unite(&states[0])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let bytes = match &self.sketch {
            Some(sketch) => sketch.encode(),
            None => Sketch::new(Family::DataSketches, lg_k(None)?).encode(),
        };
        Ok(ScalarValue::LargeBinary(Some(bytes)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::LargeBinary(self.sketch.as_ref().map(Sketch::encode))])
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.sketch.as_ref().map_or(0, Sketch::size_bytes)
    }
}

/// One sketch per group, of values that are hashed on the way in.
struct ValueGroups(SketchGroups);

impl GroupsAccumulator for ValueGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        let hashes: ArrayRef = Arc::new(hashes(&values[0])?);
        self.0.update_batch(&[hashes], group_indices, opt_filter, total_num_groups)
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.0.merge_batch(values, group_indices, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.0.evaluate(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.0.state(emit_to)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let hashes: ArrayRef = Arc::new(hashes(&values[0])?);
        self.0.convert_to_state(&[hashes], opt_filter)
    }

    fn size(&self) -> usize {
        self.0.size()
    }
}

/// The hashes of the values that Spark counts: neither nulls nor empty strings and bytes.
fn hashes(values: &ArrayRef) -> Result<UInt64Array> {
    let family = Family::DataSketches;
    Ok(match values.data_type() {
        DataType::Int64 => values.as_primitive::<Int64Type>().unary(|value| family.hash_i64(value)),
        DataType::LargeUtf8 => {
            let hash = |value: &str| (!value.is_empty()).then(|| family.hash_str(value));
            values.as_string::<i64>().iter().map(|value| value.and_then(hash)).collect()
        }
        DataType::LargeBinary => {
            let hash = |value: &[u8]| (!value.is_empty()).then(|| family.hash_bytes(value));
            values.as_binary::<i64>().iter().map(|value| value.and_then(hash)).collect()
        }
        DataType::Null => UInt64Array::new_null(values.len()),
        other => return exec_err!("hll_sketch_agg: unexpected {other}"),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Union,
    Estimate,
    Bounds,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Scalar {
    what: What,
    signature: Signature,
}

impl ScalarUDFImpl for Scalar {
    fn name(&self) -> &str {
        match self.what {
            What::Union => "hll_union",
            What::Estimate => "hll_sketch_estimate",
            What::Bounds => "hll_sketch_bounds",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let n_sketches = if self.what == What::Union { 2 } else { 1 };
        let has_setting = self.what == What::Union && arg_types.len() == 3;
        if arg_types.len() != n_sketches + usize::from(has_setting) {
            let wanted = if n_sketches == 2 { "two or three arguments" } else { "one argument" };
            return plan_err!("{} takes {wanted}, found {}", self.name(), arg_types.len());
        }
        let sketch = |found: &DataType| match sketch_type(found) {
            Some(sketch_type) => Ok(sketch_type),
            None => plan_err!("{} takes the bytes of sketches, found {found}", self.name()),
        };
        let mut types = arg_types[..n_sketches].iter().map(sketch).collect::<Result<Vec<_>>>()?;
        types.extend(has_setting.then_some(DataType::Boolean));
        Ok(types)
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(match self.what {
            What::Union => DataType::LargeBinary,
            What::Estimate => DataType::Int64,
            What::Bounds => DataType::Struct(bounds_fields()),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let sketches: &LargeBinaryArray = arrays[0].as_binary();
        let result: ArrayRef = match self.what {
            What::Union => {
                let others: &LargeBinaryArray = arrays[1].as_binary();
                let settings = arrays.get(2).map(|settings| settings.as_boolean());
                let unions = sketches.iter().zip(others).enumerate().map(|(row, pair)| {
                    let (Some(one), Some(other)) = pair else { return Ok(None) };
                    let may_differ = settings.is_some_and(|s| s.is_valid(row) && s.value(row));
                    Ok(Some(united(read(one)?, read(other)?, may_differ)?.encode()))
                });
                Arc::new(unions.collect::<Result<LargeBinaryArray>>()?)
            }
            What::Estimate => {
                let estimate = |bytes: Option<&[u8]>| bytes.map(rounded).transpose();
                Arc::new(sketches.iter().map(estimate).collect::<Result<Int64Array>>()?)
            }
            What::Bounds => Arc::new(bounds(sketches)?),
        };
        Ok(ColumnarValue::Array(result))
    }
}

fn bounds_fields() -> Fields {
    let number = |name: &str| Field::new(name, DataType::Float64, false);
    let exact = Field::new("exact", DataType::Boolean, false);
    Fields::from(vec![number("value"), number("lower"), number("upper"), exact])
}

fn bounds(sketches: &LargeBinaryArray) -> Result<StructArray> {
    let estimates = sketches
        .iter()
        .map(|bytes| bytes.map_or(Ok(Estimate::exact(0)), |bytes| Ok(read(bytes)?.estimate())))
        .collect::<Result<Vec<_>>>()?;
    let numbers = |of: fn(&Estimate) -> f64| -> ArrayRef {
        Arc::new(estimates.iter().map(of).collect::<Float64Array>())
    };
    let exact = BooleanArray::from_iter(estimates.iter().map(|estimate| Some(estimate.exact)));
    let columns =
        vec![numbers(|e| e.value), numbers(|e| e.lower), numbers(|e| e.upper), Arc::new(exact)];
    let nulls: Option<NullBuffer> = sketches.nulls().cloned();
    Ok(StructArray::try_new(bounds_fields(), columns, nulls)?)
}

#[expect(clippy::cast_possible_truncation, reason = "an estimate of 2^63 values is capped")]
fn rounded(bytes: &[u8]) -> Result<i64> {
    Ok(read(bytes)?.estimate().value.round() as i64)
}

fn read(bytes: &[u8]) -> Result<Sketch> {
    // Bytes of no known family get the message for DataSketches, which these functions are made for.
    let family = Family::of_bytes(bytes).unwrap_or(Family::DataSketches);
    Sketch::decode(family, bytes).map_err(refused)
}

/// The union, at the smaller precision if they may differ.
fn united(mut one: Sketch, mut other: Sketch, may_differ: bool) -> Result<Sketch> {
    if may_differ && one.family() == other.family() {
        let smaller = one.precision().min(other.precision());
        for sketch in [&mut one, &mut other] {
            if sketch.precision() != smaller {
                *sketch = sketch.at_precision(smaller).map_err(refused)?;
            }
        }
    }
    one.union(&other).map_err(|error| match error {
        SketchError::Mismatch { expected_family, found_family, .. }
            if expected_family == found_family =>
        {
            let text = format!("{error}; pass `true` to unite at the smaller precision");
            DataFusionError::Execution(text)
        }
        error => refused(error),
    })?;
    Ok(one)
}

fn refused(error: SketchError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

fn value_type(found: &DataType) -> Option<DataType> {
    match found {
        DataType::Dictionary(_, value) => value_type(value),
        found if found.is_integer() => Some(DataType::Int64),
        found if found.is_string() => Some(DataType::LargeUtf8),
        found if found.is_binary() => Some(DataType::LargeBinary),
        DataType::Null => Some(DataType::Null),
        _ => None,
    }
}

fn sketch_type(found: &DataType) -> Option<DataType> {
    (found.is_binary() || found.is_null()).then_some(DataType::LargeBinary)
}

fn literal(function: &str, expr: &Arc<dyn PhysicalExpr>) -> Result<ScalarValue> {
    match expr.downcast_ref::<Literal>() {
        Some(literal) => Ok(literal.value().clone()),
        None => plan_err!("the second argument of {function} has to be a constant, found {expr}"),
    }
}

fn lg_k(setting: Option<ScalarValue>) -> Result<Precision> {
    let lg_k = match &setting {
        None => Some(DEFAULT_LG_K),
        Some(ScalarValue::Int64(Some(lg_k))) => u8::try_from(*lg_k).ok(),
        Some(_) => None,
    };
    match lg_k.and_then(|lg_k| Family::DataSketches.precision(lg_k).ok()) {
        Some(precision) => Ok(precision),
        None => {
            let found = setting.map(|found| found.to_string()).unwrap_or_default();
            plan_err!("the lgK of hll_sketch_agg has to be within 4 to 21, found {found}")
        }
    }
}

#[cfg(test)]
mod tests;
