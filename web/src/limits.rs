//! What a query may ask for, measured before anything walks through it.
//!
//! async-graphql has limits of depth and complexity, but it finds out about them by walking through
//! the query with every fragment written out, and forty short fragments that name each other twice
//! are a trillion fields. Here each fragment is measured once.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Request, ServerError};
use clio_proto::{Code, ServiceError};

use crate::config::GatewayLimits;
use crate::error::server_error;

/// How many brackets of a query's text may be open at once. The parser calls itself for each, and
/// would leave the stack at some thousands.
const MAX_BRACKETS: usize = 256;
/// How far fragments may name each other. Walking through them calls itself for each step.
const MAX_NESTING: usize = 128;
/// What a block text begins and ends with.
const BLOCK: &[u8] = br#"""""#;

/// Parses the request and refuses what is over a limit.
pub(crate) fn check(request: &mut Request, limits: &GatewayLimits) -> Result<(), ServerError> {
    check_brackets(&request.query).map_err(server_error)?;
    let document = request.parsed_query().map_err(syntax_error)?;
    check_document(document, limits).map_err(server_error)
}

/// The parser draws the whole line with an arrow below; the place is in `locations` anyway.
fn syntax_error(mut error: ServerError) -> ServerError {
    let what = error.message.rsplit_once("= ").map_or(error.message.as_str(), |(_, what)| what);
    error.message = format!("the query does not parse: {}", what.trim());
    error
}

fn check_document(
    document: &ExecutableDocument,
    limits: &GatewayLimits,
) -> Result<(), ServiceError> {
    let mut measure = Measure { document, limits, fragments: HashMap::new() };
    let mut all = Size::default();
    for (_, operation) in document.operations.iter() {
        all.beside(measure.selection(&operation.node.selection_set.node, 0)?);
        check_size(all, limits)?;
    }
    // Also those that no operation uses: the checks of the query walk through them too.
    let mut fragments: Vec<_> = document.fragments.keys().collect();
    fragments.sort_unstable();
    for name in fragments {
        measure.fragment(name, 0)?;
    }
    if all.n_roots > limits.max_root_fields {
        return Err(over_limit("fields at its top", all.n_roots, limits.max_root_fields));
    }
    Ok(())
}

/// What a selection asks for with its fragments written out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    n_fields: usize,
    n_roots: usize,
    depth: usize,
    /// Selections inside each other, fragments included.
    nesting: usize,
}

impl Size {
    fn beside(&mut self, other: Self) {
        self.nesting = self.nesting.max(other.nesting);
        self.n_fields = self.n_fields.saturating_add(other.n_fields);
        self.n_roots = self.n_roots.saturating_add(other.n_roots);
        self.depth = self.depth.max(other.depth);
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    limits: &'a GatewayLimits,
    /// `None` while the fragment is being measured.
    fragments: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Measure<'a> {
    fn selection(
        &mut self,
        selection: &'a SelectionSet,
        nesting: usize,
    ) -> Result<Size, ServiceError> {
        // Two guards: this one for our own stack, the one below for whoever walks here next.
        if nesting > MAX_NESTING {
            return Err(over_limit("levels of fragments", nesting, MAX_NESTING));
        }
        let mut all = Size::default();
        for item in &selection.items {
            all.beside(match &item.node {
                Selection::Field(field) => {
                    let inner = self.selection(&field.node.selection_set.node, nesting + 1)?;
                    Size {
                        n_fields: inner.n_fields.saturating_add(1),
                        n_roots: 1,
                        depth: inner.depth + 1,
                        nesting: inner.nesting,
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.selection(&inline.node.selection_set.node, nesting + 1)?
                }
                Selection::FragmentSpread(spread) => {
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
                    format!("fragment `{name}` contains itself"),
                ));
            }
            None => {}
        }
        // An unknown one is for the checks of the query to name.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        self.fragments.insert(name, None);
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

/// Counts brackets that are open at once, outside of texts and comments.
fn check_brackets(query: &str) -> Result<(), ServiceError> {
    let bytes = query.as_bytes();
    let (mut at, mut open) = (0_usize, 0_usize);
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        at += match byte {
            b'#' => {
                rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
            }
            b'"' if rest.starts_with(BLOCK) => {
                BLOCK.len() + text_length(&rest[BLOCK.len()..], BLOCK, br#"\"""#)
            }
            b'"' => 1 + text_length(&rest[1..], b"\"", b"\\"),
            b'{' | b'[' | b'(' => {
                open += 1;
                if open > MAX_BRACKETS {
                    return Err(over_limit("open brackets", open, MAX_BRACKETS));
                }
                1
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                1
            }
            _ => 1,
        };
    }
    Ok(())
}

/// The bytes of a text up to and with its closing quotes. In a plain text a backslash takes the byte
/// after it along; in a block text it does so only before three quotes.
fn text_length(bytes: &[u8], quotes: &[u8], escape: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(escape) {
            at += escape.len().max(2);
        } else if rest.starts_with(quotes) {
            return at + quotes.len();
        } else {
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: &str) {
        let limits = GatewayLimits { max_fields: 20, max_depth: 4, ..GatewayLimits::default() };
        let limits = GatewayLimits { max_root_fields: 3, ..limits };
        let found = match super::check(&mut Request::new(query), &limits) {
            Ok(()) => "fine".to_owned(),
            Err(error) => error.message,
        };
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn a_query_within_limits_passes() {
        check("{ cube { rows { keys { label } } } }", "fine");
        check("query A { a b c }", "fine");
        check(r#"{ a(x: "((((", y: """ [[[ \""" {{{ """) }"#, "fine");
    }

    #[test]
    fn a_text_that_is_no_query_is_told_what_was_expected() {
        check("{ cube(", "the query does not parse: expected name");
        check("", "the query does not parse: expected executable_definition");
    }

    #[test]
    fn a_limit_is_told_with_the_value() {
        check(
            "{ a { b { c { d { e } } } } }",
            "the query has 5 levels of fields; at most 4 are answered",
        );
        check("{ a b c d }", "the query has 4 fields at its top; at most 3 are answered");
        let wide = (0..30).map(|n| format!("a{n}: a ")).collect::<String>();
        check(&format!("{{ x {{ {wide} }} }}"), "fields; at most 20 are answered");
        check("{ a ...F } fragment F on Query { b c d }", "4 fields at its top");
        check("{ ...F } fragment F on Query { a ...F }", "`F` contains itself");
    }

    /// Forty fragments that each name the next one twice: a trillion fields when written out.
    #[test]
    fn fragments_that_multiply_are_measured_once_each() {
        let fragments = (0..40)
            .map(|n| format!("fragment F{n} on Query {{ a ...F{} ...F{} }} ", n + 1, n + 1))
            .collect::<String>();
        check(&format!("{{ a }} {fragments} fragment F40 on Query {{ a }}"), "fields; at most 20");
    }

    #[test]
    fn long_chains_of_fragments_do_not_reach_the_end_of_the_stack() {
        let fragments = (0..3_000)
            .map(|n| format!("fragment F{n} on Query {{ ...F{} }} ", n + 1))
            .collect::<String>();
        check(&format!("{{ a }} {fragments}"), "levels of fragments");
    }

    #[test]
    fn brackets_do_not_reach_the_end_of_the_stack() {
        for open in ["{a", "{a(x:", "[", "{a(x:{b:", "{... on Query"] {
            check(&open.repeat(100_000), "open brackets; at most 256");
            let query = format!("{{ a(x: \"]]]]\" # ))))\n, y: {} ", "[".repeat(100_000));
            check(&query, "open brackets; at most 256");
        }
        // What is let through, the parser must survive on the small stack of a test.
        check(&format!("{}{}", "{a".repeat(250), "}".repeat(250)), "recursion limit exceeded");
        check(&format!("{{ a(x: {}{}) }}", "[".repeat(250), "]".repeat(250)), "fine");
    }
}
