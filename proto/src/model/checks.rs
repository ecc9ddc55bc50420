//! The checks that a model declares: what must hold of days before a run commits them.

use std::fmt;

use strum::EnumCount;

/// A check before a commit.
///
/// Always true: its sources are counted by a measure, its dimensions are single-valued, its measures
/// are stored, and each of these lists names something.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The name.
    pub name: String,
    /// What must hold.
    pub kind: CheckKind,
    /// What happens otherwise.
    pub on_failure: OnFailure,
    /// The model does not declare it: it applies to every model that does not say otherwise.
    pub is_default: bool,
}

/// What must hold of every day whose cells a run changes.
#[derive(Debug, Clone, PartialEq, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(CheckName),
    vis(pub(super)),
    derive(strum::VariantArray),
    doc = "A kind of check, without what it looks at."
)]
pub enum CheckKind {
    /// A source has about as many events as on the days before: as their median.
    Rows(RowsCheck),
    /// Few events lack a known member: it is null, or the lookup that describes members has no such key.
    Missing(MissingCheck),
    /// Few events lie in the `dt=` folder of another day, where no run of their own day sees them.
    OutOfDay(OutOfDayCheck),
    /// Few events of a day have no target, beside those that are credited to the day.
    Unattributed(UnattributedCheck),
    /// A measure is never above another, but for the errors of sketches.
    Within(WithinCheck),
}

/// What [`CheckKind::Rows`] looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsCheck {
    /// The sources, each on its own.
    pub sources: Vec<String>,
    /// How many days before count, at least 1.
    pub trailing_days: u16,
    /// How many of them must be known, or else nothing is judged; at most `trailing_days`.
    pub n_known_at_least: u16,
    /// The least share of the median.
    pub at_least: f64,
    /// The greatest share of the median.
    pub at_most: f64,
}

/// What [`CheckKind::Missing`] looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct MissingCheck {
    /// The dimensions, each on its own.
    pub dimensions: Vec<String>,
    /// The sources, each on its own.
    pub sources: Vec<String>,
    /// The greatest share of a source's events, 0 to 1.
    pub at_most: f64,
}

/// What [`CheckKind::OutOfDay`] looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfDayCheck {
    /// The sources, each on its own.
    pub sources: Vec<String>,
    /// The greatest share of the events that were read for a day, 0 to 1.
    pub at_most: f64,
}

/// What [`CheckKind::Unattributed`] looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct UnattributedCheck {
    /// The sources, each on its own; each is attributed.
    pub sources: Vec<String>,
    /// The greatest share of a source's events, 0 to 1.
    pub at_most: f64,
}

/// What [`CheckKind::Within`] looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithinCheck {
    /// The measure.
    pub measure: String,
    /// The other measure.
    pub within: String,
    /// What is compared.
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

/// In words, as `model check` prints it.
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

/// A share in per cent, with a tenth where it has one.
fn percent(share: f64) -> f64 {
    (share * 1000.0).round() / 10.0
}

/// What two measures are compared in.
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

/// What happens when a check does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount)]
pub enum OnFailure {
    /// Nothing is committed, unless somebody accepts it with a reason.
    Fail,
    /// It is said, and recorded in the commit.
    Warn,
    /// Nothing: the check is switched off.
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
