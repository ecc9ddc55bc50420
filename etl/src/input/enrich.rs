//! Where an event's dimension values come from: its own columns, or the rows of a lookup.
//!
//! ```text
//! country   column ────────────────────────────▶ the value itself
//! tags      list column ──set_of───────────────▶ number of the set ──decode──▶ sorted list
//! audience  profile_id ──member_of(lookup)─────▶ number of the set ──decode──▶ sorted list
//! genre     title_id ──member_of(lookup)───────▶ number of the value ──decode──▶ the value
//! ```
//!
//! A lookup without a history is read once per run into a map from keys to numbers (`lookup_rows.rs`), the states of
//! one with a history as the days need them (`in_force.rs`); events are grouped by numbers, and only cells get lists
//! and text again.

mod history;
mod in_force;
mod lookup_rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use clio_proto::{Dimension, DimensionColumn, Model, SqlColumn};
use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, UInt32Type};
use datafusion::logical_expr::{Expr, ScalarUDF};
use datafusion::prelude::SessionContext;
use url::Url;

pub(crate) use history::History;
pub(crate) use lookup_rows::LookupRows;

use self::in_force::{InForceRows, Pool};
use crate::config::Days;
use crate::error::{ColumnError, During, EtlError};
use crate::functions::sets::{EMPTY_SET, SetPool, ValuePool};
use crate::functions::{Dated, member_of, member_on, set_of};
use crate::input::source::Scope;
use crate::input::sweep::Sweep;

/// How each dimension of a model gets its values, in the model's order.
#[derive(Debug)]
pub(crate) struct Enrichment {
    dimensions: Vec<Origin>,
}

#[derive(Debug)]
struct Origin {
    /// The model's key of the event's column.
    key: String,
    /// The event's column: the value itself, or the key to look up.
    column: SqlColumn,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The column is the value.
    Value,
    /// The column is a list of values.
    Set { set_of: Arc<ScalarUDF>, pool: Arc<SetPool> },
    /// The column is looked up; the lookup gives one value.
    Member { member_of: Arc<ScalarUDF>, values: ArrayRef },
    /// The column is looked up; the lookup gives any number of values.
    MemberSet { member_of: Arc<ScalarUDF>, pool: Arc<SetPool> },
    /// The column is looked up among the rows in force on the event's day.
    InForce(Box<InForceRows>),
}

/// The contents of lookups with a history on some days, by dimension; `None` for dimensions without one.
#[derive(Debug, Clone)]
pub(crate) struct InForce(Vec<Option<Arc<Dated>>>);

impl Enrichment {
    /// The model's key of what a dimension takes from events.
    pub(crate) fn key(&self, dimension: usize) -> Option<&str> {
        self.dimensions.get(dimension).map(|origin| origin.key.as_str())
    }

    /// Reads the lookups that dimensions take values from.
    pub(crate) async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        histories: &BTreeMap<String, History>,
        sweeps: &[Sweep],
    ) -> Result<Self, EtlError> {
        let mut dimensions = Vec::new();
        for dimension in model.dimensions() {
            dimensions.push(Origin::open(ctx, model, base, histories, sweeps, dimension).await?);
        }
        Ok(Self { dimensions })
    }

    /// The contents of lookups with a history on some days: reads the states in force on them.
    pub(crate) async fn in_force(&self, days: Days) -> Result<InForce, EtlError> {
        let mut found = Vec::new();
        for origin in &self.dimensions {
            found.push(match &origin.kind {
                Kind::InForce(rows) => Some(rows.on(days).await?),
                _ => None,
            });
        }
        Ok(InForce(found))
    }

    /// Empty contents of lookups with a history, for plans whose values are not used.
    pub(crate) fn none_in_force(&self) -> InForce {
        let none = self.dimensions.iter().map(|origin| match &origin.kind {
            Kind::InForce(rows) => Some(rows.none()),
            _ => None,
        });
        InForce(none.collect())
    }

    /// The expression that events are grouped by; `day` is the event's day.
    pub(crate) fn bind(
        &self,
        index: usize,
        scope: &Scope<'_>,
        in_force: &InForce,
        day: &Expr,
    ) -> Result<Expr, ColumnError> {
        let Origin { key, column, kind } = &self.dimensions[index];
        let expr = scope.bind_text(key, column)?;
        let found = scope.type_of(key, &column.0, &expr)?;
        let is_list = matches!(found, DataType::List(_) | DataType::LargeList(_));
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
                "only a dimension with `multi = true` takes a list",
            )),
            Kind::Value if found.is_nested() => {
                Err(scope.wrong_type(key, &column.0, &found, "give a single value"))
            }
            Kind::Value => Ok(expr),
            Kind::Member { member_of, .. } | Kind::MemberSet { member_of, .. } => {
                Ok(member_of.call(vec![expr]))
            }
            Kind::InForce(rows) => {
                let keys = in_force.0[index].clone().unwrap_or_else(|| rows.none());
                let missing = matches!(rows.pool, Pool::Sets(_)).then_some(EMPTY_SET);
                Ok(member_on(key, keys, missing).call(vec![expr, day.clone()]))
            }
        }
    }

    /// The event's own column that breaks ties for a dimension, where that is not the value itself:
    /// [`bind`](Self::bind) then gives numbers, whose order means nothing.
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

    /// Turns groups into cells, for the numbers assigned so far.
    pub(crate) fn decoder(&self) -> Decoder {
        let members = self.dimensions.iter().map(|origin| match &origin.kind {
            Kind::Value => None,
            Kind::Set { pool, .. } | Kind::MemberSet { pool, .. } => Some(pool.lists()),
            Kind::Member { values, .. } => Some(Arc::clone(values)),
            Kind::InForce(rows) => Some(match &rows.pool {
                Pool::Sets(pool) => pool.lists(),
                Pool::Values(pool) => pool.texts(),
            }),
        });
        Decoder { members: members.collect() }
    }
}

/// Turns numbers back into what they stand for.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// By dimension: text or lists by number; `None` where events are grouped by the value itself.
    members: Vec<Option<ArrayRef>>,
}

impl Decoder {
    /// The grouped values in the form that cells hold: text, or lists of text.
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
        histories: &BTreeMap<String, History>,
        sweeps: &[Sweep],
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
                let key = format!("dimension.{name}.on");
                if let Some(history) = histories.get(&lookup.name) {
                    let pool = match dimension.multi {
                        true => Pool::Sets(Arc::new(SetPool::new())),
                        false => Pool::Values(Arc::new(ValuePool::default())),
                    };
                    let value = (value_at, column.clone());
                    let history = history.clone();
                    let rows = InForceRows::new(ctx, model, lookup, history, value, pool, sweeps);
                    let kind = Kind::InForce(Box::new(rows));
                    return Ok(Self { key, column: on.clone(), kind });
                }
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
                Ok(Self { key, column: on.clone(), kind })
            }
        }
    }
}
