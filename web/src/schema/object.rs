//! Object types over our own structs: a field is a name, a type, a description and a getter.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::Value;
use async_graphql::dynamic::{Field, FieldFuture, FieldValue, Object, ResolverContext, TypeRef};

use crate::budget::Budget;

/// A GraphQL object type whose values are `T`. Getters are plain functions, so that resolving a
/// field of a row costs no future and no lock.
pub(super) struct ObjectOf<T> {
    object: Object,
    values: PhantomData<fn(&T)>,
}

impl<T: Any + Send + Sync> ObjectOf<T> {
    pub(super) fn new(name: &str, description: &str) -> Self {
        Self { object: Object::new(name).description(description), values: PhantomData }
    }

    /// A field with a scalar, an enum, or a list of them. A null value becomes null in GraphQL.
    pub(super) fn leaf(
        self,
        name: &str,
        ty: TypeRef,
        description: &str,
        get: impl Fn(&T) -> Value + Send + Sync + 'static,
    ) -> Self {
        self.field(name, ty, description, move |parent| {
            // An enum's null would be left out of the answer if it were a value.
            let value = Some(get(parent)).filter(|value| *value != Value::Null)?;
            let n_values = if let Value::List(values) = &value { values.len() } else { 1 };
            Some((FieldValue::value(value), n_values))
        })
    }

    /// A deprecated field: it stays, and names its replacement.
    pub(super) fn old_leaf(
        self,
        name: &str,
        ty: TypeRef,
        description: &str,
        reason: &str,
        get: impl Fn(&T) -> Value + Send + Sync + 'static,
    ) -> Self {
        let field = Field::new(name, ty, move |context: ResolverContext<'_>| {
            let parent = context.parent_value.downcast_ref::<T>();
            FieldFuture::Value(parent.map(|parent| FieldValue::value(get(parent))))
        });
        let field = field.description(description).deprecation(Some(reason));
        Self { object: self.object.field(field), values: PhantomData }
    }

    /// A field with an object that is always present.
    pub(super) fn one<U: Any + Send + Sync>(
        self,
        name: &str,
        type_name: &str,
        description: &str,
        get: impl Fn(&T) -> &U + Send + Sync + 'static,
    ) -> Self {
        let ty = TypeRef::named_nn(type_name);
        self.field(name, ty, description, move |parent| {
            Some((FieldValue::borrowed_any(get(parent)), 1))
        })
    }

    /// A field with an object that may be missing.
    pub(super) fn maybe<U: Any + Send + Sync>(
        self,
        name: &str,
        type_name: &str,
        description: &str,
        get: impl Fn(&T) -> Option<&U> + Send + Sync + 'static,
    ) -> Self {
        let ty = TypeRef::named(type_name);
        self.field(name, ty, description, move |parent| {
            get(parent).map(|value| (FieldValue::borrowed_any(value), 1))
        })
    }

    /// A field with a list of objects.
    pub(super) fn list<U: Any + Send + Sync>(
        self,
        name: &str,
        type_name: &str,
        description: &str,
        get: impl Fn(&T) -> &[U] + Send + Sync + 'static,
    ) -> Self {
        let ty = TypeRef::named_nn_list_nn(type_name);
        self.field(name, ty, description, move |parent| {
            let values = get(parent);
            let list = FieldValue::list(values.iter().map(|value| FieldValue::borrowed_any(value)));
            Some((list, values.len()))
        })
    }

    /// A field with a list of objects, each inside another object.
    pub(super) fn list_in<U: Any + Send + Sync>(
        self,
        name: &str,
        type_name: &str,
        description: &str,
        get: impl for<'a> Fn(&'a T) -> Vec<&'a U> + Send + Sync + 'static,
    ) -> Self {
        let ty = TypeRef::named_nn_list_nn(type_name);
        self.field(name, ty, description, move |parent| {
            let values = get(parent);
            let n_values = values.len();
            Some((
                FieldValue::list(values.into_iter().map(|value| FieldValue::borrowed_any(value))),
                n_values,
            ))
        })
    }

    pub(super) fn finish(self) -> Object {
        self.object
    }

    /// The getter returns a value and the number of values that it counts as in the answer's budget.
    fn field<F>(self, name: &str, ty: TypeRef, description: &str, get: F) -> Self
    where
        F: for<'a> Fn(&'a T) -> Option<(FieldValue<'a>, usize)> + Send + Sync + 'static,
    {
        let field = Field::new(name, ty, move |context: ResolverContext<'_>| {
            let found = context.parent_value.downcast_ref::<T>().and_then(&get);
            let (value, n_values) = found.map_or((None, 1), |(value, n)| (Some(value), n));
            // Once the budget is used up the whole answer becomes an error: see `Budget`.
            let budget = context.data_opt::<Arc<Budget>>();
            let has_room = budget.is_none_or(|budget| budget.take(n_values));
            FieldFuture::Value(value.filter(|_| has_room))
        });
        Self { object: self.object.field(field.description(description)), values: PhantomData }
    }
}

/// Text, or null.
pub(super) fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

/// A number, or null if there is none or it is not finite.
pub(super) fn number(number: Option<f64>) -> Value {
    number.map_or(Value::Null, Value::from)
}

/// A whole number that is always present.
pub(super) fn int() -> TypeRef {
    TypeRef::named_nn(TypeRef::INT)
}

/// A list of strings.
pub(super) fn texts(texts: &[String]) -> Value {
    texts.iter().map(String::as_str).collect()
}
