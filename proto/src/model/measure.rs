//! Measures: what is counted, and expressions over it; all kinds in one list.

use clio_sketch::{Buckets, Family, Precision};
use strum::{EnumCount, VariantArray as _};

use super::raw::RawMeasure;
use super::{Expression, SqlColumn};

/// A measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The name.
    pub name: String,
    /// The text to display.
    pub display: String,
    /// The kind, with its parameters.
    pub kind: MeasureKind,
    /// How it is displayed.
    pub format: MeasureFormat,
}

/// The kind of a measure, with its parameters.
///
/// A new kind also needs `MeasureKindName` and a file in `validate/measure/`.
#[derive(Debug, Clone, PartialEq, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(MeasureKindName),
    vis(pub(super)),
    derive(strum::VariantArray),
    doc = "A kind of measure, without its parameters."
)]
pub enum MeasureKind {
    /// The number of a source's events.
    Count {
        /// The source's name.
        source: String,
    },
    /// The sum of a column over a source's events; nulls add nothing.
    Sum {
        /// The source's name.
        source: String,
        /// The summands: sums of whole numbers stay whole.
        of: SqlColumn,
    },
    /// The number of different values among a source's events; nulls do not count, nor do combinations of several
    /// columns that contain a null.
    Distinct {
        /// The source's name.
        source: String,
        /// One column, or several together; at least one.
        of: Vec<SqlColumn>,
        /// The sketch family.
        family: Family,
        /// The sketch's precision.
        precision: Precision,
        /// Whether the column holds ready-made sketches of that family and precision, which are united, instead of
        /// values. A row then represents any number of events.
        from_sketch: bool,
    },
    /// The distribution of a column's values over a source's events: any quantile, and the share below any threshold;
    /// nulls do not count. It is not a single number: queries ask for one by [`AskedMeasure`](super::AskedMeasure),
    /// derived measures by [`Share`](super::Share).
    Quantile {
        /// The source's name.
        source: String,
        /// The column or expression whose values are measured.
        of: SqlColumn,
        /// The resolution of values: the relative error, and the edges at which shares are exact.
        buckets: Buckets,
    },
    /// An expression over stored measures.
    Derived {
        /// The expression.
        expression: Expression,
    },
}

impl MeasureKind {
    /// The source whose events are measured; `None` for a derived measure.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Count { source }
            | Self::Sum { source, .. }
            | Self::Distinct { source, .. }
            | Self::Quantile { source, .. } => Some(source),
            Self::Derived { .. } => None,
        }
    }

    /// The source whose events a count counts; `None` for any other kind.
    pub fn counted_events(&self) -> Option<&str> {
        match self {
            Self::Count { source } => Some(source),
            Self::Sum { .. }
            | Self::Distinct { .. }
            | Self::Quantile { .. }
            | Self::Derived { .. } => None,
        }
    }

    /// The columns of the source that are measured; empty for a count or a derived measure.
    pub fn columns(&self) -> &[SqlColumn] {
        match self {
            Self::Count { .. } | Self::Derived { .. } => &[],
            Self::Sum { of, .. } | Self::Quantile { of, .. } => std::slice::from_ref(of),
            Self::Distinct { of, .. } => of,
        }
    }

    /// The expression of a derived measure, which serving computes from others; `None` for a stored one.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Count { .. }
            | Self::Sum { .. }
            | Self::Distinct { .. }
            | Self::Quantile { .. } => None,
            Self::Derived { expression } => Some(expression),
        }
    }

    /// The buckets of a quantile measure.
    pub fn buckets(&self) -> Option<Buckets> {
        match self {
            Self::Quantile { buckets, .. } => Some(*buckets),
            Self::Count { .. }
            | Self::Sum { .. }
            | Self::Distinct { .. }
            | Self::Derived { .. } => None,
        }
    }

    /// Whether it is stored in cells.
    pub fn is_stored(&self) -> bool {
        MeasureKindName::from(self).is_stored()
    }

    /// Whether it counts different values, by a sketch.
    pub fn counts_different(&self) -> bool {
        MeasureKindName::from(self).counts_different()
    }

    /// What it counts, and by which sketches; `None` if it is not a distinct count.
    pub(super) fn counted(&self) -> Option<Counted<'_>> {
        match self {
            Self::Distinct { source, of, family, precision, from_sketch: _ } => {
                Some(Counted { source, of, family: *family, precision: *precision })
            }
            Self::Count { .. }
            | Self::Sum { .. }
            | Self::Quantile { .. }
            | Self::Derived { .. } => None,
        }
    }

    /// Whether a row of the source carries a combined value of many events instead of one event's value.
    pub fn is_ready_made(&self) -> bool {
        match self {
            Self::Distinct { from_sketch, .. } => *from_sketch,
            Self::Count { .. }
            | Self::Sum { .. }
            | Self::Quantile { .. }
            | Self::Derived { .. } => false,
        }
    }
}

/// A distinct count: the values, and the sketches that count them.
pub(super) struct Counted<'a> {
    pub(super) source: &'a str,
    pub(super) of: &'a [SqlColumn],
    pub(super) family: Family,
    pub(super) precision: Precision,
}

/// The `kind` in the model's file, before the rest is known to be valid.
impl MeasureKindName {
    /// Every kind.
    pub(super) const ALL: &'static [Self] = Self::VARIANTS;

    /// The name in the model: `count`, `sum`, `distinct`, `quantile`, `derived`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Distinct => "distinct",
            Self::Quantile => "quantile",
            Self::Derived => "derived",
        }
    }

    /// The kind of this name, if there is one.
    pub(super) fn of(measure: &RawMeasure) -> Option<Self> {
        let name = measure.kind.value()?;
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// The keys that apply to it, besides those of every measure.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Count => &["source"],
            Self::Sum => &["source", "of"],
            Self::Distinct => &["source", "of", "precision", "error", "family", "from_sketch"],
            Self::Quantile => &["source", "of", "error", "edges"],
            Self::Derived => &["expr"],
        }
    }

    /// Whether it is stored in cells.
    pub(super) fn is_stored(self) -> bool {
        match self {
            Self::Count | Self::Sum | Self::Distinct | Self::Quantile => true,
            Self::Derived => false,
        }
    }

    /// Whether it counts the events of its source.
    pub(super) fn counts_events(self) -> bool {
        match self {
            Self::Count => true,
            Self::Sum | Self::Distinct | Self::Quantile | Self::Derived => false,
        }
    }

    /// Whether it counts different values, and so has a frequency.
    pub(super) fn counts_different(self) -> bool {
        match self {
            Self::Distinct => true,
            Self::Count | Self::Sum | Self::Quantile | Self::Derived => false,
        }
    }

    /// Whether it is a distribution of values instead of a single number: quantiles and shares are read from it.
    pub(super) fn is_spread(self) -> bool {
        match self {
            Self::Quantile => true,
            Self::Count | Self::Sum | Self::Distinct | Self::Derived => false,
        }
    }
}

/// How a measure is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, EnumCount)]
pub enum MeasureFormat {
    /// A plain number.
    #[default]
    Number,
    /// A share, displayed as a percentage.
    Percent,
    /// A duration in seconds.
    Seconds,
}

impl MeasureFormat {
    /// Every format.
    pub const ALL: [Self; Self::COUNT] = [Self::Number, Self::Percent, Self::Seconds];

    /// The name in the model: `number`, `percent`, `seconds`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Percent => "percent",
            Self::Seconds => "seconds",
        }
    }
}

/// The text to display if the model has no `display`: `media_type` becomes `Media type`.
pub fn display_name(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
