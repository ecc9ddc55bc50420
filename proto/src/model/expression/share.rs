//! The share of values on one side of a number.

use strum::VariantArray as _;

/// The fraction of a quantile measure's values that are less than a number, or that are not.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    side: Side,
    measure: String,
    threshold: f64,
    term: String,
}

/// On which side of the number values lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub(super) enum Side {
    /// Values that are less.
    Below,
    /// Values that are equal to the number or greater.
    Above,
}

impl Side {
    const ALL: &'static [Self] = Self::VARIANTS;

    /// The name of the function.
    fn as_str(self) -> &'static str {
        match self {
            Self::Below => "share_below",
            Self::Above => "share_above",
        }
    }

    /// The side of the function with this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|side| side.as_str() == name)
    }
}

impl Share {
    pub(super) fn new(side: Side, measure: String, threshold: f64) -> Self {
        let term = format!("{}({measure}, {threshold})", side.as_str());
        Self { side, measure, threshold, term }
    }

    /// The quantile measure.
    pub fn measure(&self) -> &str {
        &self.measure
    }

    /// The number that values are compared with.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Whether it counts the values that are less; otherwise it counts the others.
    pub fn is_below(&self) -> bool {
        match self.side {
            Side::Below => true,
            Side::Above => false,
        }
    }

    /// Its canonical spelling: `share_below(watch, 30)`. This is what an expression looks up.
    pub fn term(&self) -> &str {
        &self.term
    }
}
