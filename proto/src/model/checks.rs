//! The checks that a model declares: what must hold of days before a run commits them.

use std::fmt;

use strum::EnumCount;

/// A check before a commit.
///
/// Always true: its sources are counted by a measure, its dimensions are single-valued, its measures are stored, and
/// none of these lists is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The name.
    pub name: String,
    /// What must hold.
    pub kind: CheckKind,
    /// What happens otherwise.
    pub on_failure: OnFailure,
    /// The model does not declare it: it is one of those that apply by default.
    pub is_default: bool,
}

/// What must hold of every day whose cells a run changes.
#[derive(Debug, Clone, PartialEq, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(CheckName),
    vis(pub(super)),
    derive(strum::VariantArray),
    doc = "A kind of check, without its subject."
)]
pub enum CheckKind {
    /// A source has about as many events as the median of the days before.
    Rows(RowsCheck),
    /// Few events lack a known member: the value is null, or the lookup that describes members has no such key.
    Missing(MissingCheck),
    /// Few events lie in the `dt=` folder of another day, where no run for their own day sees them.
    OutOfDay(OutOfDayCheck),
    /// Few events of a day lack a target, in proportion to those credited to the day.
    Unattributed(UnattributedCheck),
    /// A measure never exceeds another, except for sketch errors.
    Within(WithinCheck),
}

/// The parameters of [`CheckKind::Rows`].
#[derive(Debug, Clone, PartialEq)]
pub struct RowsCheck {
    /// The sources, each checked separately.
    pub sources: Vec<String>,
    /// The number of earlier days to compare with, at least 1.
    pub trailing_days: u16,
    /// How many of them must be known for a judgement; at most `trailing_days`.
    pub n_known_at_least: u16,
    /// The smallest fraction of the median.
    pub at_least: f64,
    /// The largest fraction of the median.
    pub at_most: f64,
}

/// The parameters of [`CheckKind::Missing`].
#[derive(Debug, Clone, PartialEq)]
pub struct MissingCheck {
    /// The dimensions, each checked separately.
    pub dimensions: Vec<String>,
    /// The sources, each checked separately.
    pub sources: Vec<String>,
    /// The largest share of a source's events, 0 to 1.
    pub at_most: f64,
}

/// The parameters of [`CheckKind::OutOfDay`].
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfDayCheck {
    /// The sources, each checked separately.
    pub sources: Vec<String>,
    /// The largest share of the events read for a day, 0 to 1.
    pub at_most: f64,
}

/// The parameters of [`CheckKind::Unattributed`].
#[derive(Debug, Clone, PartialEq)]
pub struct UnattributedCheck {
    /// The sources, each checked separately; all are attributed.
    pub sources: Vec<String>,
    /// The largest share of a source's events, 0 to 1.
    pub at_most: f64,
}

/// The parameters of [`CheckKind::Within`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithinCheck {
    /// The measure.
    pub measure: String,
    /// The other measure.
    pub within: String,
    /// The level of comparison.
    pub per: Per,
}

impl CheckName {
    /// The name in the model: `rows`, `missing`, `out_of_day`, `unattributed`, `within`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Missing => "missing",
            Self::OutOfDay => "out_of_day",
            Self::Unattributed => "unattributed",
            Self::Within => "within",
        }
    }
}

/// A description, as printed by `model check`.
impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(RowsCheck {
                sources,
                trailing_days,
                n_known_at_least,
                at_least,
                at_most,
            }) => write!(
                f,
                "a day has {} to {} % of the median events of the {trailing_days} days before, each of \
                 {}; once {n_known_at_least} of them are known",
                percent(*at_least),
                percent(*at_most),
                sources.join(", ")
            ),
            Self::Missing(MissingCheck { dimensions, sources, at_most }) => write!(
                f,
                "at most {} % of a day's events, each of {}, lack a known member, each of {}",
                percent(*at_most),
                sources.join(", "),
                dimensions.join(", ")
            ),
            Self::OutOfDay(OutOfDayCheck { sources, at_most }) => write!(
                f,
                "at most {} % of the events that are read for a day, each of {}, lie in the folder of another \
                 day",
                percent(*at_most),
                sources.join(", ")
            ),
            Self::Unattributed(UnattributedCheck { sources, at_most }) => write!(
                f,
                "at most {} % of a day's events, each of {}, have no target",
                percent(*at_most),
                sources.join(", ")
            ),
            Self::Within(WithinCheck { measure, within, per }) => {
                write!(f, "{measure} is never above {within} in a {}", per.as_str())
            }
        }
    }
}

/// A share in per cent, with one decimal place if needed.
fn percent(share: f64) -> f64 {
    (share * 1000.0).round() / 10.0
}

/// The level at which two measures are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount)]
pub enum Per {
    /// In every cell of a day.
    Cell,
    /// In all cells of a day together.
    Day,
}

impl Per {
    /// Every choice.
    pub const ALL: [Self; Self::COUNT] = [Self::Cell, Self::Day];

    /// The name in the model: `cell`, `day`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cell => "cell",
            Self::Day => "day",
        }
    }
}

/// What happens if a check fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount)]
pub enum OnFailure {
    /// Nothing is committed, unless somebody accepts it with a reason.
    Fail,
    /// A warning, also recorded in the commit.
    Warn,
    /// Nothing: the check is turned off.
    Off,
}

impl OnFailure {
    /// Every choice.
    pub const ALL: [Self; Self::COUNT] = [Self::Fail, Self::Warn, Self::Off];

    /// The name in the model: `fail`, `warn`, `off`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }
}
