//! The numbers of answers, as several types of the schema show them.

/// What `withheld` says of a number.
pub(super) const IS_WITHHELD: &str = "It is withheld, because it is about fewer people than the model's min_people, or would reveal such a number.";

/// A measure's number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    pub(super) value: Option<f64>,
    pub(super) lower: Option<f64>,
    pub(super) upper: Option<f64>,
    pub(super) exact: bool,
    pub(super) whole: Option<i128>,
    pub(super) withheld: bool,
}

impl From<clio_proto::Value> for Number {
    fn from(number: clio_proto::Value) -> Self {
        let clio_proto::Value { value, lower, upper, exact, whole, withheld } = number;
        Self { value, lower, upper, exact, whole, withheld }
    }
}
