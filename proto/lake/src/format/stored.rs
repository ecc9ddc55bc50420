//! How stored measures are held in cells: the one list that the table's schema, etl and serving follow.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Field};
use clio_proto::{Measure, MeasureKind};
use clio_sketch::{Buckets, Family, Precision};

/// Field metadata: the kind of measure, `count`, `sum`, `distinct` or `quantile`.
pub const META_KIND: &str = "clio.kind";
/// Field metadata of a sketch: the family's name.
pub const META_FAMILY: &str = "clio.family";
/// Field metadata of a sketch: the precision, in decimal.
pub const META_PRECISION: &str = "clio.precision";
/// Field metadata of a sketch: the hash function that its values went through.
pub const META_HASH: &str = "clio.hash";

/// Field metadata of a quantile sketch: the relative error, in decimal.
pub const META_ERROR: &str = "clio.error";
/// Field metadata of a quantile sketch: the edges, in decimal, separated by commas.
pub const META_EDGES: &str = "clio.edges";

/// How a stored measure is held in a cell, and therefore how cells are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoredType {
    /// The number of events, as `Int64`.
    Count,
    /// A sum of integers, as `Int64`.
    WholeSum,
    /// A sum of other numbers, as `Float64`.
    FloatSum,
    /// A sketch's bytes, as `Binary`.
    Sketch {
        /// The family.
        family: Family,
        /// The precision.
        precision: Precision,
    },
    /// A quantile sketch's bytes, as `Binary`.
    Quantiles {
        /// Its error and edges.
        buckets: Buckets,
    },
}

impl StoredType {
    /// How a measure is held; `None` for a derived one, which is not stored.
    ///
    /// `float_sums` names the measures of kind `sum` whose column is not of an integer type: only the input tells.
    pub fn of(measure: &Measure, float_sums: &[String]) -> Option<Self> {
        match &measure.kind {
            MeasureKind::Count { .. } => Some(Self::Count),
            MeasureKind::Sum { .. } => {
                let is_float = float_sums.contains(&measure.name);
                Some(if is_float { Self::FloatSum } else { Self::WholeSum })
            }
            MeasureKind::Distinct { family, precision, .. } => {
                Some(Self::Sketch { family: *family, precision: *precision })
            }
            MeasureKind::Quantile { buckets, .. } => Some(Self::Quantiles { buckets: *buckets }),
            MeasureKind::Derived { .. } => None,
        }
    }

    /// Whether it is the number of events.
    pub fn counts_events(self) -> bool {
        match self {
            Self::Count => true,
            Self::WholeSum | Self::FloatSum | Self::Sketch { .. } | Self::Quantiles { .. } => false,
        }
    }

    /// The buckets of a quantile sketch; `None` for other types.
    pub fn buckets(self) -> Option<Buckets> {
        match self {
            Self::Quantiles { buckets } => Some(buckets),
            Self::Count | Self::WholeSum | Self::FloatSum | Self::Sketch { .. } => None,
        }
    }

    /// Whether it counts values, distinct ones or all: at most one per event, as long as each row is one event.
    pub fn counts_values(self) -> bool {
        match self {
            Self::Sketch { .. } | Self::Quantiles { .. } => true,
            Self::Count | Self::WholeSum | Self::FloatSum => false,
        }
    }

    /// The type of its column.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Count | Self::WholeSum => DataType::Int64,
            Self::FloatSum => DataType::Float64,
            Self::Sketch { .. } | Self::Quantiles { .. } => DataType::Binary,
        }
    }

    /// Its column in the table of cells.
    pub fn field(self, name: &str) -> Field {
        let metadata = match self {
            Self::Count => vec![(META_KIND, "count".to_owned())],
            Self::WholeSum | Self::FloatSum => vec![(META_KIND, "sum".to_owned())],
            Self::Sketch { family, precision } => vec![
                (META_KIND, "distinct".to_owned()),
                (META_FAMILY, family.name().to_owned()),
                (META_PRECISION, precision.get().to_string()),
                (META_HASH, family.hash_name().to_owned()),
            ],
            Self::Quantiles { buckets } => {
                let edges: Vec<String> = buckets.edges().map(|edge| edge.to_string()).collect();
                vec![
                    (META_KIND, "quantile".to_owned()),
                    (META_ERROR, buckets.error().to_string()),
                    (META_EDGES, edges.join(",")),
                ]
            }
        };
        let metadata: HashMap<String, String> =
            metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Field::new(name, self.data_type(), true).with_metadata(metadata)
    }
}
