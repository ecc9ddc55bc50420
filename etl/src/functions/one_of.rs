//! Whether a row's key is one of several keys; nulls equal each other; lists and text are
//! supported.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::key_order::KeyOrder;

/// Whether the arguments are one of `keys`, which are rows of `order`.
pub(crate) fn one_of(keys: HashSet<Box<[u8]>>, order: KeyOrder) -> ScalarUDF {
    let signature = Signature::variadic_any(Volatility::Immutable);
    ScalarUDF::new_from_impl(OneOf { of: Arc::new((keys, order)), signature })
}

#[derive(Debug)]
struct OneOf {
    of: Arc<(HashSet<Box<[u8]>>, KeyOrder)>,
    signature: Signature,
}

impl PartialEq for OneOf {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.of, &other.of)
    }
}

impl Eq for OneOf {}

impl std::hash::Hash for OneOf {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.of).hash(state);
    }
}

impl ScalarUDFImpl for OneOf {
    fn name(&self) -> &'static str {
        "clio_one_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        if arg_types.is_empty() {
            return internal_err!("a key has at least one column");
        }
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let (keys, order) = &*self.of;
        let rows = order.keys(&columns)?;
        let found: BooleanArray = rows.iter().map(|row| Some(keys.contains(row.data()))).collect();
        Ok(ColumnarValue::Array(Arc::new(found)))
    }
}
