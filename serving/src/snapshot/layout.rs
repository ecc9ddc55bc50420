//! The columns of cells, according to one model and one table.

use arrow::datatypes::{DataType, Field, Schema};
use clio_lake::{
    META_EDGES, META_ERROR, META_FAMILY, META_HASH, META_KIND, META_PRECISION, StoredType,
    cell_schema,
};
use clio_proto::{Measure, Model, Projection};

use crate::error::Refusal;

/// The columns of cells, in the model's order.
///
/// Two snapshots with equal layouts can share chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) dimensions: Vec<DimensionLayout>,
    pub(crate) measures: Vec<MeasureLayout>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DimensionLayout {
    pub(crate) name: String,
    pub(crate) multi: bool,
    /// Cells are united over it, so that no chunk has its codes.
    pub(crate) is_left_out: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MeasureLayout {
    pub(crate) name: String,
    pub(crate) stored: StoredType,
    /// For a measure of values, the position of a count of the same source: an upper bound of their number.
    pub(crate) at_most: Option<usize>,
}

impl Layout {
    /// Checks the table's schema against the model.
    ///
    /// Columns beyond the model's are ignored; their order does not matter.
    pub(crate) fn check(
        model: &Model,
        table: &Schema,
        projection: &Projection,
    ) -> Result<Self, Refusal> {
        let float_sums: Vec<String> = table
            .fields()
            .iter()
            .filter(|field| field.data_type() == &DataType::Float64)
            .map(|field| field.name().clone())
            .collect();
        for expected in cell_schema(model, &float_sums).fields() {
            check_column(expected, table)?;
        }
        let dimensions = model
            .dimensions()
            .iter()
            .map(|dimension| DimensionLayout {
                name: dimension.name.clone(),
                multi: dimension.multi,
                is_left_out: projection.without.contains(&dimension.name),
            })
            .collect();
        let stored_as = |measure: &Measure| StoredType::of(measure, &float_sums);
        let count_of = |measure: &Measure| {
            model.stored_measures().position(|other| {
                stored_as(other).is_some_and(StoredType::counts_events)
                    && other.kind.source() == measure.kind.source()
            })
        };
        let measures = model.stored_measures().filter_map(|measure| {
            let stored = stored_as(measure)?;
            // A row with a ready-made sketch stands for any number of events.
            let is_bounded = stored.counts_values() && !measure.kind.is_ready_made();
            let at_most = is_bounded.then(|| count_of(measure)).flatten();
            Some(MeasureLayout { name: measure.name.clone(), stored, at_most })
        });
        let measures = measures.collect();
        Ok(Self { dimensions, measures })
    }

    /// The positions of the dimensions that are not left out.
    pub(crate) fn kept_dimensions(&self) -> impl Iterator<Item = usize> + Clone {
        let dimensions = self.dimensions.iter().enumerate();
        dimensions.filter(|(_, own)| !own.is_left_out).map(|(at, _)| at)
    }

    /// Whether a column belongs to a measure.
    pub(crate) fn is_measure(&self, column: &str) -> bool {
        self.measures.iter().any(|measure| measure.name == column)
    }

    /// The names of all columns that are kept of a file.
    pub(crate) fn column_names(&self) -> impl Iterator<Item = &str> {
        let dimensions = self.kept_dimensions().map(|at| self.dimensions[at].name.as_str());
        dimensions.chain(self.measures.iter().map(|measure| measure.name.as_str()))
    }
}

/// Compares one column of the table with what the model requires.
fn check_column(expected: &Field, table: &Schema) -> Result<(), Refusal> {
    let refuse = |expected: String, found: String, column: &str| Refusal::Column {
        column: column.to_owned(),
        expected,
        found,
    };
    let name = expected.name();
    let Ok(found) = table.field_with_name(name) else {
        return Err(refuse(expected.data_type().to_string(), "missing".to_owned(), name));
    };
    if Shape::of(found.data_type()) != Shape::of(expected.data_type()) {
        let types = (expected.data_type().to_string(), found.data_type().to_string());
        return Err(refuse(types.0, types.1, name));
    }
    let keys = [META_KIND, META_FAMILY, META_PRECISION, META_HASH, META_ERROR, META_EDGES];
    for key in keys {
        let (asked, has) = (expected.metadata().get(key), found.metadata().get(key));
        if asked.is_some() && asked != has {
            let say = |value: Option<&String>| match value {
                Some(value) => format!("of `{key}` `{value}`"),
                None => format!("without `{key}`"),
            };
            return Err(refuse(say(asked), say(has), name));
        }
    }
    Ok(())
}

/// The essential part of a type: engines write strings, bytes and lists in several widths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Texts,
    Bytes,
    Int,
    Float,
    Other,
}

impl Shape {
    pub(crate) fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Self::Bytes,
            DataType::Int64 => Self::Int,
            DataType::Float64 => Self::Float,
            DataType::List(element)
            | DataType::LargeList(element)
            | DataType::ListView(element)
            | DataType::LargeListView(element) => match Self::of(element.data_type()) {
                Self::Text => Self::Texts,
                _ => Self::Other,
            },
            DataType::Dictionary(_, values) => Self::of(values),
            _ => Self::Other,
        }
    }
}
