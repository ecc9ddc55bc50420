//! When events happened, according to their sources.

use clio_proto::Source;
use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::Expr;

use crate::error::ColumnError;
use crate::input::source::{Scope, Table};

/// The time of a source's events.
pub(crate) fn time(scope: &Scope<'_>, table: &Table, source: &Source) -> Result<Expr, ColumnError> {
    let key = table.name.key("time");
    let time = scope.bind(&key, &source.time)?;
    let found = scope.type_of(&key, &source.time.0, &time)?;
    if is_time(&found) {
        return Ok(time);
    }
    let mend = "make it a timestamp, for instance with `to_timestamp_seconds(…)`";
    Err(scope.wrong_type(&key, &source.time.0, &found, mend))
}

/// Whether `clio_day` accepts the type.
pub(crate) fn is_time(found: &DataType) -> bool {
    match found {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 | DataType::Null => true,
        DataType::Dictionary(_, value) => is_time(value),
        other => other.is_string(),
    }
}
