//! What a query may ask for, measured before anything traverses it.
//!
//! ```text
//! bytes ── check_json: values ──▶ JSON ── tokens: signs, names, brackets ──▶ parser
//!       ── fields, depth, fragments, variables, arguments, directives ──▶ checks of the schema
//! ```
//!
//! async-graphql has limits of depth and complexity, but it checks them by traversing the query with every fragment
//! expanded, and forty short fragments that refer to each other twice expand to a trillion fields. Here each fragment
//! is measured once.

mod directives;
mod tokens;

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned, Request, ServerError};
use clio_proto::{Code, ServiceError, Shortened};

use self::directives::Place;
use crate::config::GatewayLimits;
use crate::error::server_error;
pub(crate) use tokens::check_json;

/// How deeply fragments may refer to each other. The traversal recurses for each step.
const MAX_NESTING: usize = 128;
/// How often a query may request `__typename`. Typical clients request it once for each object.
const MAX_TYPENAMES: usize = 64;

/// What a request within the limits asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measured {
    /// The kind of operation: the most critical one, if there are several.
    pub(crate) does: OperationType,
    /// Its fields at the top, of which each may be a question.
    pub(crate) n_roots: usize,
}

/// Parses the request and rejects it if it exceeds a limit.
pub(crate) fn check(
    request: &mut Request,
    limits: &GatewayLimits,
) -> Result<Measured, ServerError> {
    tokens::check_query(&request.query, limits).map_err(server_error)?;
    let document = request.parsed_query().map_err(syntax_error)?;
    let n_roots = check_document(document, limits).map_err(server_error)?;
    let does = |ty| document.operations.iter().any(|(_, operation)| operation.node.ty == ty);
    let does = if does(OperationType::Mutation) {
        OperationType::Mutation
    } else if does(OperationType::Subscription) {
        OperationType::Subscription
    } else {
        OperationType::Query
    };
    Ok(Measured { does, n_roots })
}

/// The parser draws the whole line with an arrow below; the location is in `locations` anyway.
fn syntax_error(mut error: ServerError) -> ServerError {
    let what = error.message.rsplit_once("= ").map_or(error.message.as_str(), |(_, what)| what);
    error.message = format!("the query does not parse: {}", what.trim());
    error
}

fn check_document(
    document: &ExecutableDocument,
    limits: &GatewayLimits,
) -> Result<usize, ServiceError> {
    let count = |what, value, limit| {
        if value > limit { Err(over_limit(what, value, limit)) } else { Ok(()) }
    };
    count("fragments", document.fragments.len(), limits.max_fragments)?;
    let mut measure =
        Measure { document, limits, fragments: HashMap::new(), used: Used::default() };
    let mut all = Size::default();
    for (_, operation) in document.operations.iter() {
        let OperationDefinition { variable_definitions, directives, .. } = &operation.node;
        measure.used.n_variables += variable_definitions.len();
        measure.directives(directives, Place::Operation)?;
        for variable in variable_definitions {
            measure.directives(&variable.node.directives, Place::Variable)?;
        }
        all.beside(measure.selection(&operation.node.selection_set.node, 0)?);
        check_size(all, limits)?;
    }
    // Including those that no operation uses: the query's validation traverses them too.
    let mut fragments: Vec<_> = document.fragments.keys().collect();
    fragments.sort_unstable();
    for name in fragments {
        measure.fragment(name, 0)?;
    }
    let used = measure.used;
    count("variables", used.n_variables, limits.max_variables)?;
    count("arguments", used.n_arguments, limits.max_arguments)?;
    count("directives", used.n_directives, limits.max_directives)?;
    count("spreads of fragments", used.n_spreads, limits.max_spreads)?;
    count("fields at its top", all.n_roots, limits.max_root_fields)?;
    count("requests for `__typename`", all.n_typenames, MAX_TYPENAMES)?;
    count("values of the schema", all.n_introspected, limits.max_introspection)?;
    Ok(all.n_roots)
}

/// What the text of a query contains, without expanding fragments.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    n_variables: usize,
    n_arguments: usize,
    n_directives: usize,
    n_spreads: usize,
}

/// What a selection requests, with its fragments expanded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    n_fields: usize,
    n_roots: usize,
    depth: usize,
    /// The nesting of selections, including fragments.
    nesting: usize,
    n_typenames: usize,
    /// The approximate number of values if all fields were those of the schema.
    n_values: usize,
    /// The part of them below introspection fields.
    n_introspected: usize,
}

impl Size {
    fn beside(&mut self, other: Self) {
        self.nesting = self.nesting.max(other.nesting);
        self.n_fields = self.n_fields.saturating_add(other.n_fields);
        self.n_roots = self.n_roots.saturating_add(other.n_roots);
        self.depth = self.depth.max(other.depth);
        self.n_typenames = self.n_typenames.saturating_add(other.n_typenames);
        self.n_values = self.n_values.saturating_add(other.n_values);
        self.n_introspected = self.n_introspected.saturating_add(other.n_introspected);
    }

    /// A field with its selection.
    fn field(name: &str, inner: Self) -> Self {
        let n_values = inner.n_values.saturating_mul(n_in_schema(name)).saturating_add(1);
        let is_of_schema = matches!(name, "__schema" | "__type");
        Self {
            n_fields: inner.n_fields.saturating_add(1),
            n_roots: 1,
            depth: inner.depth + 1,
            nesting: inner.nesting,
            n_typenames: inner.n_typenames.saturating_add(usize::from(name == "__typename")),
            n_values,
            n_introspected: if is_of_schema { n_values } else { inner.n_introspected },
        }
    }
}

/// The approximate length of a list in the schema. They refer to each other: types have fields, which have types, which
/// have fields.
fn n_in_schema(name: &str) -> usize {
    match name {
        "types" => 64,
        "fields" | "inputFields" | "enumValues" => 16,
        "directives" => 8,
        "args" | "interfaces" | "possibleTypes" => 4,
        _ => 1,
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    limits: &'a GatewayLimits,
    /// `None` while the fragment is being measured.
    fragments: HashMap<&'a Name, Option<Size>>,
    used: Used,
}

impl<'a> Measure<'a> {
    fn directives(
        &mut self,
        directives: &[Positioned<Directive>],
        place: Place,
    ) -> Result<(), ServiceError> {
        self.used.n_directives += directives.len();
        let n_arguments = directives.iter().map(|directive| directive.node.arguments.len());
        self.used.n_arguments += n_arguments.sum::<usize>();
        directives::check(directives, place)
    }

    fn selection(
        &mut self,
        selection: &'a SelectionSet,
        nesting: usize,
    ) -> Result<Size, ServiceError> {
        // Two guards: this one protects our own stack, the one below that of later traversals.
        if nesting > MAX_NESTING {
            return Err(over_limit("levels of fragments", nesting, MAX_NESTING));
        }
        let mut all = Size::default();
        for item in &selection.items {
            all.beside(match &item.node {
                Selection::Field(field) => {
                    let Field { name, arguments, directives, selection_set, .. } = &field.node;
                    self.used.n_arguments += arguments.len();
                    self.directives(directives, Place::Selection)?;
                    let inner = self.selection(&selection_set.node, nesting + 1)?;
                    Size::field(&name.node, inner)
                }
                Selection::InlineFragment(inline) => {
                    self.used.n_spreads += 1;
                    self.directives(&inline.node.directives, Place::Selection)?;
                    self.selection(&inline.node.selection_set.node, nesting + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    self.used.n_spreads += 1;
                    self.directives(&spread.node.directives, Place::Selection)?;
                    self.fragment(&spread.node.fragment_name.node, nesting + 1)?
                }
            });
        }
        all.nesting += 1;
        check_size(all, self.limits)?;
        Ok(all)
    }

    fn fragment(&mut self, name: &'a Name, nesting: usize) -> Result<Size, ServiceError> {
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(ServiceError::new(
                    Code::InvalidArgument,
                    format!("fragment `{}` contains itself", Shortened(name)),
                ));
            }
            None => {}
        }
        // An unknown fragment is reported by the query's validation.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Size { n_fields: 1, ..Size::default() });
        };
        self.fragments.insert(name, None);
        self.directives(&fragment.node.directives, Place::Fragment)?;
        let size = self.selection(&fragment.node.selection_set.node, nesting)?;
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}

fn check_size(size: Size, limits: &GatewayLimits) -> Result<(), ServiceError> {
    if size.depth > limits.max_depth {
        return Err(over_limit("levels of fields", size.depth, limits.max_depth));
    }
    if size.nesting > MAX_NESTING {
        return Err(over_limit("levels of fragments", size.nesting, MAX_NESTING));
    }
    if size.n_fields > limits.max_fields {
        return Err(over_limit("fields", size.n_fields, limits.max_fields));
    }
    Ok(())
}

fn over_limit(what: &str, value: usize, limit: usize) -> ServiceError {
    ServiceError::new(
        Code::ResourceExhausted,
        format!("the query has {value} {what}; at most {limit} are answered"),
    )
}

#[cfg(test)]
mod tests;
