//! The model's columns and expressions, bound to a table's actual columns.

use std::sync::Arc;

use clio_proto::SqlColumn;
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError, SchemaError};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::{Expr, ExprSchemable, Volatility, ident};
use datafusion::prelude::{DataFrame, SessionContext};

use super::{Piece, Table, is_public};
use crate::engine::root_message;
use crate::error::{ColumnError, During, EtlError, type_name};

/// The advice where bytes, such as those of a UUID, are used as text.
const NO_TEXT: &str = "bytes are not text; convert them, for instance with `encode(…, 'hex')`";

/// The columns that an expression of the model may refer to.
pub(crate) struct Scope<'a> {
    ctx: &'a SessionContext,
    table: &'a Table,
    schema: &'a DFSchema,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(ctx: &'a SessionContext, table: &'a Table, frame: &'a DataFrame) -> Self {
        Self { ctx, table, schema: frame.schema() }
    }

    /// Resolves to the column of exactly this name, or else to the key within a column, or else to the SQL expression.
    /// `key` is its key in the model.
    pub(crate) fn bind(&self, key: &str, text: &SqlColumn) -> Result<Expr, ColumnError> {
        if let Ok((qualifier, field)) = self.schema.qualified_field_with_unqualified_name(&text.0) {
            self.refuse_spellings(key, &text.0)?;
            return Ok(Expr::Column(Column::from((qualifier, field))));
        }
        let expr = match self.path(&text.0) {
            Some(expr) => expr,
            None => self.parse(&text.0).map_err(|error| self.refuse(key, &text.0, &error))?,
        };
        expr.column_refs()
            .iter()
            .try_for_each(|column| self.refuse_spellings(key, &column.name))?;
        Ok(expr)
    }

    /// A column or an expression, with its values as text.
    pub(crate) fn bind_text(&self, key: &str, text: &SqlColumn) -> Result<Expr, ColumnError> {
        let expr = self.bind(key, text)?;
        let found = self.type_of(key, &text.0, &expr)?;
        let item = match &found {
            DataType::List(item) | DataType::LargeList(item) => item.data_type(),
            other => other,
        };
        match item {
            DataType::FixedSizeBinary(_) => Err(self.wrong_type(key, &text.0, &found, NO_TEXT)),
            _ => Ok(expr),
        }
    }

    /// The value at a path of keys, such as `user.geo.country`.
    fn path(&self, text: &str) -> Option<Expr> {
        let (first, keys) = text.split_once('.')?;
        let column = self.column(first)?;
        let mut found = column.get_type(self.schema).ok()?;
        for key in keys.split('.') {
            let DataType::Struct(fields) = &found else { return None };
            found = fields.iter().find(|field| field.name() == key)?.data_type().clone();
        }
        Some(keys.split('.').fold(column, get_field))
    }

    /// A column that some files spell differently would be null in those, which is never intended.
    fn refuse_spellings(&self, key: &str, column: &str) -> Result<(), ColumnError> {
        let spellings = &self.table.spellings;
        match spellings.iter().find(|found| found.names.iter().any(|name| name == column)) {
            None => Ok(()),
            Some(found) => Err(ColumnError::SpelledDifferently {
                key: key.to_owned(),
                table: self.table.name.clone(),
                names: Box::new(found.names.clone()),
                files: Box::new(found.pieces.clone()),
            }),
        }
    }

    /// The column of exactly this name, if there is one.
    pub(crate) fn column(&self, name: &str) -> Option<Expr> {
        let found = self.schema.qualified_field_with_unqualified_name(name);
        found.ok().filter(|_| is_public(name)).map(|field| Expr::Column(Column::from(field)))
    }

    /// The names of all columns.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.schema.fields().iter().map(|field| field.name());
        names.filter(|name| is_public(name)).cloned().collect()
    }

    /// An SQL predicate.
    pub(crate) fn predicate(&self, key: &str, text: &str) -> Result<Expr, ColumnError> {
        let predicate = self.bind(key, &SqlColumn(text.to_owned()))?;
        match self.type_of(key, text, &predicate)? {
            DataType::Boolean => Ok(predicate),
            found => Err(self.wrong_type(key, text, &found, "a condition is true or false")),
        }
    }

    /// The type of a bound expression.
    pub(crate) fn type_of(
        &self,
        key: &str,
        text: &str,
        expr: &Expr,
    ) -> Result<DataType, ColumnError> {
        expr.get_type(self.schema).map_err(|error| self.refuse(key, text, &error))
    }

    pub(crate) fn wrong_type(
        &self,
        key: &str,
        text: &str,
        found: &DataType,
        mend: impl Into<Box<str>>,
    ) -> ColumnError {
        ColumnError::WrongType {
            key: key.to_owned(),
            table: self.table.name.clone(),
            text: text.to_owned(),
            found: type_name(found).into(),
            mend: mend.into(),
        }
    }

    fn parse(&self, text: &str) -> Result<Expr, DataFusionError> {
        let expr = self.ctx.parse_sql_expr(text, self.schema)?;
        expr.apply(|node| match node {
            Expr::AggregateFunction(_) | Expr::WindowFunction(_) => {
                Err(DataFusionError::Plan("a value of one row cannot look at others".to_owned()))
            }
            // The same input has to give the same cells, at any time.
            Expr::ScalarFunction(call)
                if call.func.signature().volatility != Volatility::Immutable =>
            {
                let name = call.func.name();
                Err(DataFusionError::Plan(format!("`{name}` has a different value in every run")))
            }
            _ => Ok(TreeNodeRecursion::Continue),
        })?;
        // Types are checked here, where the key can be named, and not only when a plan over all sources fails.
        self.ctx.create_physical_expr(expr.clone(), self.schema)?;
        Ok(expr)
    }

    fn refuse(&self, key: &str, text: &str, error: &DataFusionError) -> ColumnError {
        if let Some(column) = missing_column(error) {
            let first_file = self.table.pieces().first().map(Piece::name).unwrap_or_default();
            return ColumnError::Missing {
                key: key.to_owned(),
                table: self.table.name.clone(),
                column: column.into(),
                first_file: first_file.into(),
                existing: self.names(),
            };
        }
        ColumnError::BadExpression {
            key: key.to_owned(),
            table: self.table.name.clone(),
            text: text.to_owned(),
            reason: root_message(error),
        }
    }
}

fn missing_column(error: &DataFusionError) -> Option<String> {
    match error.find_root() {
        DataFusionError::SchemaError(error, _) => match error.as_ref() {
            SchemaError::FieldNotFound { field, .. } => Some(field.name.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A table with its computed columns. Each may refer to any other; one named like a column of the files replaces it,
/// and may be computed from it.
pub(super) fn with_computed_columns(
    ctx: &SessionContext,
    table: &Table,
    provider: Arc<dyn TableProvider>,
    columns: &[(String, String)],
) -> Result<DataFrame, EtlError> {
    let mut frame = ctx.read_table(provider).during("opening a table")?;
    for exact in &table.casts {
        let value = exact.udf().call(vec![ident(&exact.column)]);
        frame = frame.with_column(&exact.column, value).during("casting a column")?;
    }
    let mut waiting: Vec<&(String, String)> = columns.iter().collect();
    while !waiting.is_empty() {
        let mut first_error = None;
        let ready = waiting.iter().position(|(name, text)| {
            let others = || waiting.iter().filter(|(other, _)| other != name);
            let named = columns_named(ctx, &frame, text);
            // A column that is still to be computed may replace a column of the files.
            if others().any(|(other, _)| named.contains(other)) {
                return false;
            }
            let key = table.name.key(&format!("columns.{name}"));
            let bound = Scope::new(ctx, table, &frame).bind(&key, &SqlColumn(text.clone()));
            bound.map_err(|error| first_error.get_or_insert(error).to_string()).is_ok()
        });
        let Some(ready) = ready else {
            let (name, text) = waiting[0];
            return Err(first_error
                .unwrap_or_else(|| ColumnError::BadExpression {
                    key: table.name.key(&format!("columns.{name}")),
                    table: table.name.clone(),
                    text: text.clone(),
                    reason: "it is computed from itself".to_owned(),
                })
                .into());
        };
        let (name, text) = waiting.remove(ready);
        let expr = Scope::new(ctx, table, &frame).bind(name, &SqlColumn(text.clone()))?;
        frame = frame.with_column(name, expr).during("computing a column")?;
    }
    Ok(frame)
}

fn columns_named(ctx: &SessionContext, frame: &DataFrame, text: &str) -> Vec<String> {
    let Ok(expr) = ctx.parse_sql_expr(text, frame.schema()) else { return Vec::new() };
    expr.column_refs().into_iter().map(|column| column.name.clone()).collect()
}
