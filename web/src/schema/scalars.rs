//! The scalars that GraphQL itself lacks.
//!
//! None validates its input: the error of a scalar names neither the argument nor the value, and ours (in
//! `argument.rs`) name both.

use async_graphql::dynamic::Scalar;

pub(super) const DATE: &str = "Date";
pub(super) const TIMESTAMP: &str = "Timestamp";
pub(super) const INT64: &str = "Int64";

pub(super) fn all() -> [Scalar; 3] {
    [
        Scalar::new(DATE).description("A calendar day: \"2026-01-31\"."),
        Scalar::new(TIMESTAMP)
            .description("An instant in UTC, as in RFC 3339: \"2026-01-31T12:00:00Z\"."),
        Scalar::new(INT64)
            .description("A whole number, as a JSON number without fraction; never above 2^53."),
    ]
}
