//! Sketches from elsewhere: checked row by row, so that an error can name the row.

use std::sync::Arc;

use clio_sketch::{Family, Precision, SketchRef};
use datafusion::arrow::array::{AsArray, LargeBinaryArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Returns the bytes unchanged if all are sketches of the measure's family and precision; null
/// stays null.
pub(crate) fn ready_made(measure: &str, family: Family, precision: Precision) -> ScalarUDF {
    ScalarUDF::new_from_impl(ReadyMade {
        name: format!("clio_ready_made_{measure}"),
        measure: measure.to_owned(),
        family,
        precision,
        signature: Signature::exact(vec![DataType::LargeBinary], Volatility::Immutable),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ReadyMade {
    name: String,
    measure: String,
    family: Family,
    precision: Precision,
    signature: Signature,
}

impl ReadyMade {
    fn check(&self, bytes: &[u8], coupons: &mut Vec<u32>) -> Result<()> {
        let Self { measure, family, precision, .. } = self;
        if let Some(found) = Family::of_bytes(bytes).filter(|found| found != family) {
            return exec_err!(
                "holds a sketch of `{found}` where measure `{measure}` has `{family}`; set \
                 `measure.{measure}.family = \"{found}\"`, or give it sketches of its own family"
            );
        }
        let refused = |error: clio_sketch::SketchError| {
            exec_datafusion_err!(
                "{error}; give measure `{measure}` the bytes of `{family}` sketches, or null"
            )
        };
        let view = SketchRef::parse(*family, bytes).map_err(refused)?;
        let found = view.precision();
        if found != *precision {
            return exec_err!(
                "holds a sketch of precision {found} where measure `{measure}` has {precision}; set \
                 `measure.{measure}.precision = {found}`, or give it sketches of one precision"
            );
        }
        coupons.clear();
        view.decode_coupons_into(coupons).map_err(refused)
    }
}

impl ScalarUDFImpl for ReadyMade {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::LargeBinary)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let sketches: &LargeBinaryArray = arrays[0].as_binary();
        let mut coupons = Vec::new();
        for bytes in sketches.iter().flatten() {
            self.check(bytes, &mut coupons)?;
        }
        Ok(ColumnarValue::Array(Arc::clone(&arrays[0])))
    }
}

#[cfg(test)]
mod tests {
    use clio_sketch::Sketch;

    use super::*;
    use crate::engine::root_message;

    #[test]
    fn refusals_name_both_sides_and_the_mend() {
        let at = |p| Precision::try_new(p).unwrap();
        let ready_made = ReadyMade {
            name: "clio_ready_made_viewers".to_owned(),
            measure: "viewers".to_owned(),
            family: Family::DataSketches,
            precision: at(14),
            signature: Signature::any(1, Volatility::Immutable),
        };
        let check = |bytes: &[u8]| {
            ready_made.check(bytes, &mut Vec::new()).map_err(|error| root_message(&error))
        };
        assert_eq!(check(&Sketch::new(Family::DataSketches, at(14)).encode()), Ok(()));
        let said = |bytes: &[u8]| check(bytes).unwrap_err();
        let coarse = Sketch::new(Family::DataSketches, at(12)).encode();
        assert!(said(&coarse).contains("of precision 12 where measure `viewers` has 14"));
        let other = Sketch::new(Family::HllPlusPlus, at(14)).encode();
        assert!(said(&other).contains("of `hll++` where measure `viewers` has `datasketches`"));
        assert!(said(b"no").starts_with("sketch bytes at offset 2: expected a preamble"));
    }
}
