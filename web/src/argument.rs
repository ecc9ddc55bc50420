//! An argument of a query, and the errors that name it.
//!
//! async-graphql has validated most of it against the schema, but not everything: not the format of a `Date`, and not
//! what a variable holds in place of an object. So no shape is assumed here.

use async_graphql::Value;
use async_graphql::dynamic::ObjectAccessor;
use async_graphql::parser::types::Field;
use clio_proto::{Code, ServiceError, Shortened, quoted};
use jiff::civil::Date;

/// A value with the path by which errors name it: `query.where.and[0].country`. Never null: a null argument counts as
/// absent.
#[derive(Debug, Clone)]
pub(crate) struct Argument<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> Argument<'a> {
    /// An argument of a field.
    pub(crate) fn of(arguments: &'a ObjectAccessor<'_>, name: &str) -> Option<Self> {
        Self::new(name.to_owned(), arguments.get(name)?.as_value())
    }

    /// A value in place of an argument that belongs to no field.
    pub(crate) fn alone(path: &str, value: &'a Value) -> Option<Self> {
        Self::new(path.to_owned(), value)
    }

    fn new(path: String, value: &'a Value) -> Option<Self> {
        (*value != Value::Null).then_some(Self { path, value })
    }

    /// An entry of an object.
    pub(crate) fn entry(&self, name: &str) -> Result<Option<Self>, ServiceError> {
        let Value::Object(entries) = self.value else { return Err(self.is_not("an object")) };
        let path = || format!("{}.{name}", self.path);
        Ok(entries.get(name).and_then(|value| Self::new(path(), value)))
    }

    /// The entries of an object by name, in written order.
    pub(crate) fn entries(&self) -> Result<Vec<(&'a str, Self)>, ServiceError> {
        let Value::Object(entries) = self.value else { return Err(self.is_not("an object")) };
        let entry = |name: &'a async_graphql::Name, value| {
            Some((name.as_str(), Self::new(format!("{}.{name}", self.path), value)?))
        };
        Ok(entries.iter().filter_map(|(name, value)| entry(name, value)).collect())
    }

    /// The entries of an object of conditions, none of which may be null: if null counted as absent, the condition
    /// would hold for every cell, and a variable that was never set would select all of them.
    pub(crate) fn conditions(&self) -> Result<Vec<(&'a str, Self)>, ServiceError> {
        let Value::Object(entries) = self.value else { return Err(self.is_not("an object")) };
        if let Some((name, _)) = entries.iter().find(|(_, value)| **value == Value::Null) {
            let path = format!("{}.{name}", self.path);
            let message = format!(
                "`{path}`: is null; leave it out if it is not wanted, and write `isNull` for \
                 cells without a value"
            );
            return Err(ServiceError::new(Code::InvalidArgument, message));
        }
        self.entries()
    }

    /// Rejects an object with an unknown entry. In a query the schema ensures this, but not in a question that is plain
    /// JSON, where a misspelt condition would hold for every cell.
    pub(crate) fn only<'b>(
        &self,
        known: impl IntoIterator<Item = &'b str> + Clone,
    ) -> Result<(), ServiceError> {
        let Value::Object(entries) = self.value else { return Err(self.is_not("an object")) };
        let is_known = |name: &str| known.clone().into_iter().any(|own| own == name);
        match entries.keys().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => {
                let name = Shortened(name);
                Err(self.error(&format!("has no entry `{name}`; there are: {}", quoted(known))))
            }
        }
    }

    /// The items of a list. A single value stands for a list of one.
    pub(crate) fn items(&self) -> Result<Vec<Self>, ServiceError> {
        let Value::List(items) = self.value else { return Ok(vec![self.clone()]) };
        let item = |(index, value)| {
            let path = format!("{}[{index}]", self.path);
            Self::new(path.clone(), value)
                .ok_or_else(|| Self { path, value }.is_not("allowed in this list"))
        };
        items.iter().enumerate().map(item).collect()
    }

    /// How many items the list has.
    pub(crate) fn n_items(&self) -> usize {
        if let Value::List(items) = self.value { items.len() } else { 1 }
    }

    /// A list of strings.
    pub(crate) fn texts(&self) -> Result<Vec<String>, ServiceError> {
        // Without `items`, which would build a path for each of perhaps thousands of values.
        if let Value::List(items) = self.value {
            let text = |item: &Value| match item {
                Value::String(text) => Some(text.clone()),
                _ => None,
            };
            items.iter().map(text).collect::<Option<_>>()
        } else {
            self.text().ok().map(|text| vec![text.to_owned()])
        }
        .ok_or_else(|| self.is_not("a list of texts"))
    }

    /// A string.
    pub(crate) fn text(&self) -> Result<&'a str, ServiceError> {
        match self.value {
            Value::String(text) => Ok(text),
            _ => Err(self.is_not("a text")),
        }
    }

    /// The name of an enum's value. In variables, which are JSON, it is a string.
    pub(crate) fn name(&self) -> Result<&'a str, ServiceError> {
        match self.value {
            Value::Enum(name) => Ok(name),
            Value::String(name) => Ok(name),
            _ => Err(self.is_not("the name of a value")),
        }
    }

    /// Yes or no.
    pub(crate) fn flag(&self) -> Result<bool, ServiceError> {
        match self.value {
            Value::Boolean(flag) => Ok(*flag),
            _ => Err(self.is_not("true or false")),
        }
    }

    /// A number.
    pub(crate) fn number(&self) -> Result<f64, ServiceError> {
        let number = match self.value {
            Value::Number(number) => number.as_f64(),
            _ => None,
        };
        number.ok_or_else(|| self.is_not("a number"))
    }

    /// A whole number.
    pub(crate) fn whole(&self) -> Result<i64, ServiceError> {
        let number = match self.value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        };
        number.ok_or_else(|| self.is_not("a whole number"))
    }

    /// A non-negative integer.
    pub(crate) fn count(&self) -> Result<u64, ServiceError> {
        let number = match self.value {
            Value::Number(number) => number.as_u64(),
            _ => None,
        };
        number.ok_or_else(|| self.is_not("a whole number of at least 0"))
    }

    /// A non-negative number of things that a page holds or skips.
    pub(crate) fn page(&self) -> Result<usize, ServiceError> {
        usize::try_from(self.count()?).map_err(|_| self.is_not("a number of rows"))
    }

    /// A day, in the only format of the scalar `Date`.
    pub(crate) fn date(&self) -> Result<Date, ServiceError> {
        let text = self.text()?;
        // The parser accepts more formats than the schema promises.
        let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
        day.ok_or_else(|| self.is_not("a date; write it as in `2026-01-31`"))
    }

    /// The error for a value that is not as expected.
    pub(crate) fn is_not(&self, expected: &str) -> ServiceError {
        let value = self.value.to_string();
        let value = Shortened(&value);
        self.error(&format!("{value} is not {expected}"))
    }

    /// An error about the value.
    pub(crate) fn error(&self, what: &str) -> ServiceError {
        ServiceError::new(Code::InvalidArgument, format!("`{}`: {what}", self.path))
    }
}

/// Rejects enum names written as strings. In variables, which are JSON, they cannot be anything else; in the query
/// itself GraphQL writes them without quotes, and async-graphql accepts both.
pub(crate) fn no_quoted_names(field: &Field) -> Result<(), ServiceError> {
    for (name, value) in &field.arguments {
        // Variables do not matter here.
        let written = value.node.clone().into_const_with(|_| Ok::<_, ServiceError>(Value::Null))?;
        let path = name.node.as_str();
        match path {
            "field" => unquoted(path, &written)?,
            "query" => {
                let Value::Object(query) = &written else { continue };
                for list in ["measures", "groupBy", "extras"] {
                    query.get(list).map_or(Ok(()), |it| unquoted(&format!("query.{list}"), it))?;
                }
                let entry = |of: Option<&Value>, name: &str| match of {
                    Some(Value::Object(entries)) => entries.get(name).cloned(),
                    _ => None,
                };
                let member = entry(query.get("compare"), "member");
                let field = entry(member.as_ref(), "field");
                field.map_or(Ok(()), |it| unquoted("query.compare.member.field", &it))?;
                let of_quantile = |path: &str, own: &Value| match own {
                    Value::Object(own) => own
                        .get("measure")
                        .map_or(Ok(()), |it| unquoted(&format!("{path}.measure"), it)),
                    _ => Ok(()),
                };
                match query.get("quantiles") {
                    Some(Value::List(all)) => {
                        all.iter().try_for_each(|own| of_quantile("query.quantiles", own))?;
                    }
                    Some(own) => of_quantile("query.quantiles", own)?,
                    None => {}
                }
                let orders = match query.get("orderBy") {
                    Some(Value::List(orders)) => orders.as_slice(),
                    Some(order) => std::slice::from_ref(order),
                    None => &[],
                };
                for order in orders {
                    let Value::Object(order) = order else { continue };
                    for name in ["measure", "key", "part", "direction"] {
                        let path = format!("query.orderBy.{name}");
                        order.get(name).map_or(Ok(()), |it| unquoted(&path, it))?;
                    }
                    if let Some(own) = order.get("quantile") {
                        of_quantile("query.orderBy.quantile", own)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn unquoted(path: &str, value: &Value) -> Result<(), ServiceError> {
    match value {
        Value::String(text) => {
            let name = Shortened(text);
            let message =
                format!("`{path}`: \"{name}\" is a string; write the name without quotes");
            Err(ServiceError::new(Code::InvalidArgument, message))
        }
        Value::List(items) => items.iter().try_for_each(|item| unquoted(path, item)),
        _ => Ok(()),
    }
}
