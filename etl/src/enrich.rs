//! Where an event's dimension values come from: its own columns, or the rows of a lookup.
//!
//! ```text
//! country   column ────────────────────────────▶ the value itself
//! tags      list column ──set_of───────────────▶ number of the set ──decode──▶ sorted list
//! audience  profile_id ──member_of(lookup)─────▶ number of the set ──decode──▶ sorted list
//! genre     title_id ──member_of(lookup)───────▶ number of the value ──decode──▶ the value
//! ```
//!
//! A lookup is read once a run into a map from key to number (`lookup_rows.rs`); events are grouped by numbers,
//! and only cells get lists and texts again.

mod lookup_rows;
mod sets;

use std::sync::Arc;

use clio_proto::{Dimension, DimensionColumn, Model, SqlColumn};
use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, UInt32Type};
use datafusion::logical_expr::{Expr, ScalarUDF};
use datafusion::prelude::SessionContext;
use url::Url;

pub(crate) use lookup_rows::LookupRows;
pub(crate) use sets::{EMPTY_SET, SetPool};

use crate::error::{During, EtlError};
use crate::functions::{member_of, set_of};
use crate::source::Scope;

/// What helps where bytes, such as those of a UUID, are taken for a text.
pub(crate) const NO_TEXT: &str =
    "bytes are no text; make them one, for instance with `encode(…, 'hex')`";

/// How each dimension of a model gets its values, in the model's order.
#[derive(Debug)]
pub(crate) struct Enrichment {
    dimensions: Vec<Origin>,
}

#[derive(Debug)]
struct Origin {
    /// Where the model has the event's column.
    key: String,
    /// The event's column: the value, or what is looked up.
    column: SqlColumn,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The column is the value.
    Value,
    /// The column is a list of values.
    Set { set_of: Arc<ScalarUDF>, pool: Arc<SetPool> },
    /// The column is looked up; the lookup has one value.
    Member { member_of: Arc<ScalarUDF>, values: ArrayRef },
    /// The column is looked up; the lookup has any number of values.
    MemberSet { member_of: Arc<ScalarUDF>, pool: Arc<SetPool> },
}

impl Enrichment {
    /// The key in the model of what a dimension takes of events.
    pub(crate) fn key(&self, dimension: usize) -> Option<&str> {
        self.dimensions.get(dimension).map(|origin| origin.key.as_str())
    }

    /// Reads the lookups that dimensions take their values from.
    pub(crate) async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
    ) -> Result<Self, EtlError> {
        let mut dimensions = Vec::new();
        for dimension in model.dimensions() {
            dimensions.push(Origin::open(ctx, model, base, dimension).await?);
        }
        Ok(Self { dimensions })
    }

    /// The expression that events are grouped by.
    pub(crate) fn bind(&self, index: usize, scope: &Scope<'_>) -> Result<Expr, EtlError> {
        let Origin { key, column, kind } = &self.dimensions[index];
        let expr = scope.bind(key, column)?;
        let found = scope.type_of(key, &column.0, &expr)?;
        let is_list = matches!(found, DataType::List(_) | DataType::LargeList(_));
        if matches!(found, DataType::FixedSizeBinary(_)) {
            return Err(scope.wrong_type(key, &column.0, &found, NO_TEXT));
        }
        match kind {
            Kind::Set { set_of, .. } if is_list => Ok(set_of.call(vec![expr])),
            Kind::Set { .. } => Err(scope.wrong_type(
                key,
                &column.0,
                &found,
                "a dimension with `multi` takes a list; make one, for instance with \
                 `string_to_array(…, '|')`",
            )),
            _ if is_list => Err(scope.wrong_type(
                key,
                &column.0,
                &found,
                "a list is a value of a dimension with `multi = true` alone",
            )),
            Kind::Value if found.is_nested() => {
                Err(scope.wrong_type(key, &column.0, &found, "give a single value"))
            }
            Kind::Value => Ok(expr),
            Kind::Member { member_of, .. } | Kind::MemberSet { member_of, .. } => {
                Ok(member_of.call(vec![expr]))
            }
        }
    }

    /// The event's own column that decides a dimension's value, where that is another than the value
    /// itself; what [`bind`](Self::bind) gives are numbers then, in no order.
    pub(crate) fn decider(
        &self,
        index: usize,
        scope: &Scope<'_>,
    ) -> Result<Option<(&SqlColumn, Expr)>, EtlError> {
        let Origin { key, column, kind } = &self.dimensions[index];
        match kind {
            Kind::Value => Ok(None),
            _ => Ok(Some((column, scope.bind(key, column)?))),
        }
    }

    /// What turns groups into cells, for the numbers that there are now.
    pub(crate) fn decoder(&self) -> Decoder {
        let members = self.dimensions.iter().map(|origin| match &origin.kind {
            Kind::Value => None,
            Kind::Set { pool, .. } | Kind::MemberSet { pool, .. } => Some(pool.lists()),
            Kind::Member { values, .. } => Some(Arc::clone(values)),
        });
        Decoder { members: members.collect() }
    }
}

/// From numbers back to what they stand for.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// By dimension: texts or lists by number; `None` where events are grouped by the value itself.
    members: Vec<Option<ArrayRef>>,
}

impl Decoder {
    /// What was grouped by, as cells hold it: texts, or lists of texts.
    pub(crate) fn decode(&self, index: usize, grouped: &ArrayRef) -> Result<ArrayRef, EtlError> {
        match &self.members[index] {
            None => cast(grouped, &DataType::Utf8),
            Some(members) => take(members, grouped.as_primitive::<UInt32Type>(), None),
        }
        .during("decoding a dimension")
    }
}

impl Origin {
    async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        dimension: &Dimension,
    ) -> Result<Self, EtlError> {
        let name = &dimension.name;
        match &dimension.column {
            DimensionColumn::Event(column) => {
                let kind = if dimension.multi {
                    let pool = Arc::new(SetPool::new());
                    Kind::Set { set_of: Arc::new(set_of(name, Arc::clone(&pool))), pool }
                } else {
                    Kind::Value
                };
                let key = format!("dimension.{name}.column");
                Ok(Self { key, column: column.clone(), kind })
            }
            DimensionColumn::Lookup { lookup, on, column } => {
                let lookup = model.lookup(lookup).expect("a model's references resolve");
                let value_at = format!("dimension.{name}.column");
                let rows = LookupRows::open(ctx, base, &value_at, lookup, column).await?;
                let kind = if dimension.multi {
                    let pool = SetPool::new();
                    let keys = rows.sets(&pool).await?;
                    let member_of = Arc::new(member_of(name, Arc::new(keys), Some(EMPTY_SET)));
                    Kind::MemberSet { member_of, pool: Arc::new(pool) }
                } else {
                    let (keys, values) = rows.values().await?;
                    let member_of = Arc::new(member_of(name, Arc::new(keys), None));
                    Kind::Member { member_of, values }
                };
                let key = format!("dimension.{name}.on");
                Ok(Self { key, column: on.clone(), kind })
            }
        }
    }
}
