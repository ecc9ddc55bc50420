//! A model's definition of outliers: which members are compared, who their peers are, and by which rate.

use super::Share;

/// A model's definition of outliers.
///
/// Always true: the dimension is one of the model's with a single value per cell; peers are attributes of it, each
/// once, and the pool is one of them; numerator and denominator of a ratio are two counts or sums.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlierRules {
    /// The dimension whose members are compared.
    pub dimension: String,
    /// The attributes that define peers: members with the same values.
    pub peers: Vec<String>,
    /// The one of them by which the spread of peers is pooled, each of its values being a pool; `None` for all members
    /// together.
    pub pool: Option<String>,
    /// The rate by which they are compared, as numerator and denominator.
    pub rate: RateOfEvents,
    /// How well people watch on after they started: more is better. Without it no member is ever misleading.
    pub watching: Option<Watching>,
    /// The relative difference from peers that makes an outlier: above 0. Defaults to what the model calls worthwhile.
    pub beyond: f64,
}

/// A ratio of two counts or sums: `plays / impressions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateOfEvents {
    /// The numerator.
    pub above: String,
    /// The denominator.
    pub below: String,
}

/// How well people watch on after they started.
#[derive(Debug, Clone, PartialEq)]
pub enum Watching {
    /// A ratio: `watch_seconds / plays`.
    Rate(RateOfEvents),
    /// The share of values on one side of a threshold: `share_above(watch, 30)`, `share_below(watch, 30)`. For the
    /// latter, less is better.
    Share(Share),
}

impl std::fmt::Display for RateOfEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} / {}", self.above, self.below)
    }
}

impl std::fmt::Display for Watching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rate(rate) => rate.fmt(f),
            Self::Share(share) => f.write_str(share.term()),
        }
    }
}
