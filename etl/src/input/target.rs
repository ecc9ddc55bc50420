//! What a source's events are credited to, their targets: the other source, opened, and how events and targets
//! are matched.

use std::sync::Arc;

use clio_proto::{
    Attribution, Credit, Dimension, DimensionColumn, Lookup, Model, Source, SqlColumn,
};
use datafusion::arrow::compute::cast as cast_array;
use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, ScalarUDF, cast};
use datafusion::prelude::{DataFrame, SessionContext};
use url::Url;

use super::reach::Reach;
use crate::error::{ColumnError, During, EtlError, TableName};
use crate::functions::value_of;
use crate::input::enrich::LookupRows;
use crate::input::source::{Scope, Table};

/// One of the two sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The source whose events are credited.
    Event,
    /// The source whose events they are credited to.
    Target,
}

/// The source that events are credited to.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) table: Table,
    pub(crate) source: Source,
    pub(crate) is_by_day: bool,
    pub(crate) reach: Reach,
    /// Which of several of its events is credited.
    pub(crate) credit: Credit,
    /// By measure: whether its columns are the target's, since the event lacks one.
    pub(crate) gives: Vec<bool>,
    pub(crate) keys: Vec<Key>,
}

/// A key by which events and targets are matched.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its key in the model.
    at: String,
    of_event: Origin,
    of_target: Origin,
    /// The type in which both sides are compared.
    compared_as: DataType,
}

/// Where a side's key comes from.
#[derive(Debug)]
enum Origin {
    /// A column of the source, or an expression over its columns.
    Own(SqlColumn),
    /// A column of a lookup.
    LookedUp { lookup: String, on: SqlColumn, value_of: Arc<ScalarUDF> },
}

impl Target {
    /// Finds each key on both sides, and which measures the events of the source `table` provide.
    pub(crate) async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        (event_table, event): (&Table, &Source),
        attribution: &Attribution,
        (table, is_by_day): (Table, bool),
        reach: Reach,
    ) -> Result<Self, EtlError> {
        let source = model.source(&attribution.to).expect("a model's references resolve").clone();
        let events = event_table.frame(ctx, event_table.provider(Vec::new(), 1))?;
        let targets = table.frame(ctx, table.provider(Vec::new(), 1))?;
        let at = event_table.name.key("attribute.by");
        let mut finder = Finder { ctx, model, base, at };
        let mut keys = Vec::new();
        for key in &attribution.by {
            let (of_event, event_type) = finder.origin(key, event_table, &events).await?;
            let (of_target, target_type) = finder.origin(key, &table, &targets).await?;
            let compared_as = common_type(&event_type, &target_type);
            keys.push(Key { at: finder.at.clone(), of_event, of_target, compared_as });
        }
        let of_event = Scope::new(ctx, event_table, &events);
        let of_target = Scope::new(ctx, &table, &targets);
        Ok(Self {
            is_by_day,
            gives: gives(model, &event.name, &of_event, &of_target),
            table,
            source,
            reach,
            credit: attribution.credit,
            keys,
        })
    }

    /// The lookups that keys come from.
    pub(crate) fn lookups(&self) -> impl Iterator<Item = &str> {
        let origins = self.keys.iter().flat_map(|key| [&key.of_event, &key.of_target]);
        origins.filter_map(|origin| match origin {
            Origin::Own(_) => None,
            Origin::LookedUp { lookup, .. } => Some(lookup.as_str()),
        })
    }
}

/// By stored measure: whether the event lacks one of its columns, and the target has them all.
fn gives(model: &Model, event: &str, of_event: &Scope<'_>, of_target: &Scope<'_>) -> Vec<bool> {
    let gives = |measure: &clio_proto::Measure| {
        let of = measure.kind.columns();
        let is_own = measure.kind.source() == Some(event);
        let is_missing = |column: &SqlColumn| {
            matches!(of_event.bind("", column), Err(ColumnError::Missing { .. }))
        };
        let is_there = |column: &SqlColumn| of_target.bind("", column).is_ok();
        is_own && of.iter().any(is_missing) && of.iter().all(is_there)
    };
    model.stored_measures().map(gives).collect()
}

impl Key {
    /// The key of a side's event, in the type in which both sides are compared.
    pub(crate) fn bind(&self, side: Side, scope: &Scope<'_>) -> Result<Expr, ColumnError> {
        let origin = match side {
            Side::Event => &self.of_event,
            Side::Target => &self.of_target,
        };
        let (text, value) = match origin {
            Origin::Own(column) => (column, scope.bind(&self.at, column)?),
            Origin::LookedUp { on, value_of, .. } => {
                (on, value_of.call(vec![scope.bind(&self.at, on)?]))
            }
        };
        let found = scope.type_of(&self.at, &text.0, &value)?;
        if found.is_nested() {
            return Err(scope.wrong_type(&self.at, &text.0, &found, "a key is a single value"));
        }
        Ok(match &self.compared_as {
            wanted if *wanted == found => value,
            // Only strings have a view: anything else is converted to a string first.
            DataType::Utf8View if !found.is_string() => {
                cast(cast(value, DataType::Utf8), DataType::Utf8View)
            }
            wanted => cast(value, wanted.clone()),
        })
    }

    /// Whether the key is exactly this column of the target.
    pub(crate) fn is_column_of_target(&self, column: &SqlColumn) -> bool {
        matches!(&self.of_target, Origin::Own(own) if own == column)
    }
}

/// The type that holds the keys of both sides: integers as such, differing types as text.
fn common_type(one: &DataType, other: &DataType) -> DataType {
    let plain = |data_type: &DataType| match data_type {
        DataType::Dictionary(_, value) => value.as_ref().clone(),
        other => other.clone(),
    };
    let (one, other) = (plain(one), plain(other));
    let is_int = |found: &DataType| found.is_integer() && *found != DataType::UInt64;
    if is_int(&one) && is_int(&other) {
        DataType::Int64
    } else if one == other && !one.is_string() {
        one
    } else {
        DataType::Utf8View
    }
}

/// Finds keys: a column of the source first, then a lookup that a dimension uses, then an expression.
struct Finder<'a> {
    ctx: &'a SessionContext,
    model: &'a Model,
    base: &'a Url,
    at: String,
}

impl Finder<'_> {
    async fn origin(
        &mut self,
        key: &SqlColumn,
        table: &Table,
        frame: &DataFrame,
    ) -> Result<(Origin, DataType), EtlError> {
        let scope = Scope::new(self.ctx, table, frame);
        if scope.column(&key.0).is_some() {
            // Bound like any other column: one that other files spell in another case is rejected.
            let column = scope.bind(&self.at, key)?;
            return Ok((Origin::Own(key.clone()), scope.type_of(&self.at, &key.0, &column)?));
        }
        let mut looked_in = Vec::new();
        for (lookup, on) in self.model.dimensions().iter().filter_map(looks_up) {
            let lookup = self.model.lookup(lookup).expect("a model's references resolve");
            if scope.bind(&self.at, on).is_err() {
                continue;
            }
            if self.has_column(lookup, key).await? {
                if lookup.as_of.is_some() {
                    let (at, column) = (self.at.clone(), key.0.clone());
                    let lookup = lookup.name.clone();
                    return Err(ColumnError::KeyWithHistory { at, column, lookup }.into());
                }
                let rows = LookupRows::open(self.ctx, self.base, &self.at, lookup, key).await?;
                let (keys, values) = rows.values().await?;
                let values = cast_array(&values, &DataType::Utf8View).during("reading a lookup")?;
                let value_of = Arc::new(value_of(&key.0, Arc::new(keys), values));
                let (lookup, on) = (lookup.name.clone(), on.clone());
                return Ok((Origin::LookedUp { lookup, on, value_of }, DataType::Utf8View));
            }
            looked_in.push(format!("lookup `{}` by `{on}`", lookup.name));
        }
        match scope.bind(&self.at, key) {
            Ok(value) => {
                let found = scope.type_of(&self.at, &key.0, &value)?;
                Ok((Origin::Own(key.clone()), found))
            }
            Err(ColumnError::Missing { column, existing, .. }) => Err(ColumnError::KeyNotFound {
                at: self.at.clone(),
                table: table.name.clone(),
                column,
                existing,
                looked_in,
            }
            .into()),
            Err(error) => Err(error.into()),
        }
    }

    async fn has_column(&self, lookup: &Lookup, column: &SqlColumn) -> Result<bool, EtlError> {
        let name = TableName::Lookup(lookup.name.clone());
        let table = Table::open(self.ctx, name, &lookup.files, self.base, None).await?;
        let frame = table.frame(self.ctx, table.provider(Vec::new(), 1))?;
        Ok(Scope::new(self.ctx, &table, &frame).column(&column.0).is_some())
    }
}

/// The lookup that a dimension uses, and the event's column that is looked up.
fn looks_up(dimension: &Dimension) -> Option<(&str, &SqlColumn)> {
    match &dimension.column {
        DimensionColumn::Event(column) => Some((dimension.members.as_deref()?, column)),
        DimensionColumn::Lookup { lookup, on, .. } => Some((lookup, on)),
    }
}
