//! Quantile sketches in SQL.
//!
//! | function | gives |
//! | --- | --- |
//! | `quantile_union_agg(sketch)` | the union of a column of sketches of the same buckets; null where there is none |
//! | `quantile_estimate(sketch, percent)` | the quantile, as a DOUBLE: 50 is the median; null where there are no values |
//! | `quantile_bounds(sketch, percent)` | its `value`, `lower`, `upper` and `exact` |
//! | `quantile_share_below(sketch, number)` | the share of values below a number, as `value`, `lower`, `upper` and `exact` |
//!
//! Each sketch carries its own buckets.

use std::sync::Arc;

use clio_sketch::{Bounded, Percentile, QuantileSketch, Scale, SketchError};
use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float64Array, LargeBinaryArray, StructArray,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Float64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, plan_err};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};

/// Registers the functions with an engine.
pub(super) fn register(registry: &mut dyn FunctionRegistry) -> Result<()> {
    let signature = || Signature::user_defined(Volatility::Immutable);
    let union = AggregateUDF::new_from_impl(UnionAgg { signature: signature() });
    registry.register_udaf(Arc::new(union))?;
    for what in [What::Estimate, What::Bounds, What::ShareBelow] {
        let function = ScalarUDF::new_from_impl(Read { what, signature: signature() });
        registry.register_udf(Arc::new(function))?;
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct UnionAgg {
    signature: Signature,
}

impl AggregateUDFImpl for UnionAgg {
    fn name(&self) -> &str {
        "quantile_union_agg"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        match arg_types {
            [found] if found.is_binary() || found.is_null() => Ok(vec![DataType::LargeBinary]),
            _ => plan_err!("quantile_union_agg takes one column with the bytes of sketches"),
        }
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::LargeBinary)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let name = format!("{}[sketch]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::LargeBinary, true))])
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(State { sketch: None }))
    }
}

/// A group's sketch; `None` until the first input gives the buckets of the union.
#[derive(Debug)]
struct State {
    sketch: Option<QuantileSketch>,
}

impl Accumulator for State {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let sketches = cast(&values[0], &DataType::LargeBinary)?;
        let sketches: &LargeBinaryArray = sketches.as_binary();
        for bytes in sketches.iter().flatten() {
            match &mut self.sketch {
                Some(sketch) => sketch.union_bytes(bytes).map_err(refused)?,
                None => self.sketch = Some(read(bytes)?),
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::LargeBinary(self.sketch.as_ref().map(QuantileSketch::encode)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.sketch.as_ref().map_or(0, QuantileSketch::size_bytes)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Estimate,
    Bounds,
    ShareBelow,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Read {
    what: What,
    signature: Signature,
}

impl ScalarUDFImpl for Read {
    fn name(&self) -> &str {
        match self.what {
            What::Estimate => "quantile_estimate",
            What::Bounds => "quantile_bounds",
            What::ShareBelow => "quantile_share_below",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        match arg_types {
            [sketch, number]
                if (sketch.is_binary() || sketch.is_null())
                    && (number.is_numeric() || number.is_null()) =>
            {
                Ok(vec![DataType::LargeBinary, DataType::Float64])
            }
            _ => plan_err!("{} takes the bytes of a sketch and a number", self.name()),
        }
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(match self.what {
            What::Estimate => DataType::Float64,
            What::Bounds | What::ShareBelow => DataType::Struct(bounds_fields()),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let sketches: &LargeBinaryArray = arrays[0].as_binary();
        let numbers = arrays[1].as_primitive::<Float64Type>();
        let found = sketches
            .iter()
            .zip(numbers)
            .map(|pair| match pair {
                (Some(bytes), Some(number)) => self.found(bytes, number),
                _ => Ok(None),
            })
            .collect::<Result<Vec<_>>>()?;
        let result: ArrayRef = match self.what {
            What::Estimate => {
                let values = found.iter().map(|found| found.map(|found| found.value));
                Arc::new(values.collect::<Float64Array>())
            }
            What::Bounds | What::ShareBelow => Arc::new(bounds(&found)?),
        };
        Ok(ColumnarValue::Array(result))
    }
}

impl Read {
    fn found(&self, bytes: &[u8], number: f64) -> Result<Option<Bounded>> {
        let sketch = read(bytes)?;
        match self.what {
            What::Estimate | What::Bounds => {
                let percentile = Percentile::try_new(number)
                    .map_err(|error| exec_datafusion_err!("{}: {error}", self.name()))?;
                Ok(sketch.quantile(percentile))
            }
            What::ShareBelow => Ok(sketch.share_below(number)),
        }
    }
}

fn bounds_fields() -> Fields {
    let number = |name: &str| Field::new(name, DataType::Float64, false);
    let exact = Field::new("exact", DataType::Boolean, false);
    Fields::from(vec![number("value"), number("lower"), number("upper"), exact])
}

fn bounds(found: &[Option<Bounded>]) -> Result<StructArray> {
    let numbers = |of: fn(&Bounded) -> f64| -> ArrayRef {
        let values = found.iter().map(|found| found.as_ref().map_or(0.0, of));
        Arc::new(Float64Array::from_iter_values(values))
    };
    let exact = found.iter().map(|found| Some(found.is_some_and(|found| found.exact)));
    let columns = vec![
        numbers(|found| found.value),
        numbers(|found| found.lower),
        numbers(|found| found.upper),
        Arc::new(exact.collect::<BooleanArray>()),
    ];
    let nulls = NullBuffer::from_iter(found.iter().map(Option::is_some));
    Ok(StructArray::try_new(bounds_fields(), columns, Some(nulls))?)
}

fn read(bytes: &[u8]) -> Result<QuantileSketch> {
    let scale = Scale::of_bytes(bytes).map_err(refused)?;
    QuantileSketch::decode(&scale, bytes).map_err(refused)
}

fn refused(error: SketchError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

#[cfg(test)]
mod tests {
    use clio_sketch::Buckets;
    use datafusion::arrow::array::RecordBatch;
    use datafusion::arrow::util::pretty::pretty_format_batches;
    use datafusion::prelude::SessionContext;

    use super::*;

    /// The numbers of a row, all of them, or the message of the error.
    async fn ask(ctx: &SessionContext, sql: &str) -> String {
        let batches = match ctx.sql(sql).await {
            Ok(frame) => frame.collect().await,
            Err(error) => Err(error),
        };
        match batches {
            Ok(batches) => {
                let text = pretty_format_batches(&batches);
                let text = text.unwrap().to_string();
                let row = text.lines().nth(3).unwrap_or_default();
                row.trim_matches(['|', ' ']).to_owned()
            }
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn sketches_are_united_and_read_in_sql() {
        let ctx = SessionContext::new();
        let mut ctx_of = ctx.clone();
        register(&mut ctx_of).unwrap();
        let scale = Scale::new(Buckets::try_new(0.02, &[30.0]).unwrap());
        let bytes = |values: &[f64]| {
            let mut sketch = QuantileSketch::new(&scale);
            values.iter().for_each(|value| sketch.insert(*value).unwrap());
            sketch.encode()
        };
        let rows = [Some(bytes(&[0.0, 0.0, 0.0])), None, Some(bytes(&[40.0])), Some(bytes(&[]))];
        let column: ArrayRef = Arc::new(LargeBinaryArray::from_iter(rows));
        let batch = RecordBatch::try_from_iter_with_nullable([("s", column, true)]).unwrap();
        ctx.register_batch("cells", batch).unwrap();
        let of_all = "(SELECT quantile_union_agg(s) AS s FROM cells) AS u";
        let found = ask(&ctx, &format!("SELECT quantile_estimate(s, 50) FROM {of_all}")).await;
        assert_eq!(found, "0.0");
        let share = format!("SELECT quantile_share_below(s, 30)['value'] FROM {of_all}");
        assert_eq!(ask(&ctx, &share).await, "0.75");
        let bounds = format!(
            "SELECT quantile_bounds(s, 100)['lower'] <= 40 AND quantile_bounds(s, 100)['upper'] > 40 FROM {of_all}"
        );
        assert_eq!(ask(&ctx, &bounds).await, "true");
        let none = "SELECT quantile_estimate(s, 50) IS NULL FROM (SELECT quantile_union_agg(s) AS s FROM cells \
                    WHERE s IS NULL) AS u";
        assert_eq!(ask(&ctx, none).await, "true");
        let wrong = ask(&ctx, &format!("SELECT quantile_estimate(s, 101) FROM {of_all}")).await;
        assert!(wrong.contains("`p101` is not a quantile"), "{wrong}");
        let wrong = ask(&ctx, "SELECT quantile_estimate(X'00', 50)").await;
        assert!(wrong.contains("expected 0x51, version 1 of a quantile sketch"), "{wrong}");
    }
}
