//! What a model calls an outlier: which members are looked at, who their peers are, and by which rate.

use super::Share;

/// What stands out among its peers, as a model declares it.
///
/// Always true: the dimension is one of the model's with a single value a cell; peers are attributes of it, each once, and the pool is one
/// of them; what is above and below a ratio are two counts or sums.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlierRules {
    /// The dimension whose members are looked at.
    pub dimension: String,
    /// The attributes by which members are peers: those that have the same values.
    pub peers: Vec<String>,
    /// The one of them over whose members each the spread of peers is pooled; `None` for all members together.
    pub pool: Option<String>,
    /// The rate by which they are compared: what is above, and below.
    pub rate: RateOfEvents,
    /// How well whoever is won goes on: more is better. Without it nothing is called misleading.
    pub watching: Option<Watching>,
    /// How far a member must be from its peers to stand out, as a part of what they have: above 0. What the model calls worthwhile, unless it
    /// says otherwise.
    pub beyond: f64,
}

/// A ratio of two counts or sums: `plays / impressions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateOfEvents {
    /// The measure above.
    pub above: String,
    /// The measure below.
    pub below: String,
}

/// What says how well people who were won go on.
#[derive(Debug, Clone, PartialEq)]
pub enum Watching {
    /// A ratio: `watch_seconds / plays`.
    Rate(RateOfEvents),
    /// The share of values on one side of a number: `share_above(watch, 30)`, `share_below(watch, 30)`. Below, less is better.
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
