//! The share of values on one side of a number.

use strum::VariantArray as _;

/// What part of the values of a quantile measure is less than a number, or is not.
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
    /// They are less.
    Below,
    /// They are the number or more.
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

    /// The side that a function of this name is of.
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

    /// The number that values are held against.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Whether it is of the values that are less; else it is of those that are not.
    pub fn is_below(&self) -> bool {
        match self.side {
            Side::Below => true,
            Side::Above => false,
        }
    }

    /// How it is written, in one spelling: `share_below(watch, 30)`. It is what an expression looks up.
    pub fn term(&self) -> &str {
        &self.term
    }
}
