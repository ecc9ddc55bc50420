//! Converts errors of the engine to ours, in their own words.

use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;

use super::{EngineError, EtlError};

/// Converts an error of the engine: to the one that a reader of files raised, or to one that names
/// the step.
pub(crate) fn explained(step: &str, error: DataFusionError) -> EtlError {
    if let Some(own) = EtlError::behind(&error) {
        return own;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(reason) => {
            EngineError::Memory { step: step.to_owned(), reason: reason.clone() }.into()
        }
        _ => EtlError::engine(step, error),
    }
}

/// The innermost message, without the prefixes of the layers around it.
pub(crate) fn root_message(error: &DataFusionError) -> String {
    let message = match error.find_root() {
        DataFusionError::External(inner) => inner.to_string(),
        DataFusionError::ParquetError(inner) => inner.to_string(),
        DataFusionError::ArrowError(inner, _) => match inner.as_ref() {
            ArrowError::CastError(message)
            | ArrowError::ParseError(message)
            | ArrowError::ComputeError(message)
            | ArrowError::InvalidArgumentError(message) => message.clone(),
            other => other.to_string(),
        },
        DataFusionError::Plan(message) | DataFusionError::Execution(message) => message.clone(),
        DataFusionError::SQL(inner, _) => {
            let message = inner.to_string();
            message.strip_prefix("sql parser error: ").unwrap_or(&message).to_owned()
        }
        other => other.strip_backtrace(),
    };
    // Drops the hint at backtraces, and the full stop.
    let message = message.split(DataFusionError::BACK_TRACE_SEP).next().unwrap_or_default();
    let message = message.trim_end_matches('.').replace('\n', " ");
    match message.split_once(" Overflowing on ") {
        Some((_, value @ ("NaN" | "inf" | "-inf"))) => {
            format!("{value} cannot be added up: make it null in `columns`")
        }
        _ => message,
    }
}
