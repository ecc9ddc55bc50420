//! The GraphQL schema of the example dataset: types, fields, arguments, values.

use async_graphql_parser::types::{
    ConstDirective, FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql_parser::{Positioned, parse_schema};

use super::surface::{Entry, Rules, Surface, breaks};

/// The schema of an SDL.
pub(super) fn surface(sdl: &str) -> Surface {
    let mut surface = Surface::default();
    for definition in parse_schema(sdl).expect("the schema is one").definitions {
        match definition {
            TypeSystemDefinition::Type(found) => add_type(&mut surface, found.node),
            TypeSystemDefinition::Schema(found) => {
                let query = found.node.query.expect("a schema has a query root").node;
                surface.add("schema.query", query.as_str());
            }
            TypeSystemDefinition::Directive(_) => {}
        }
    }
    surface
}

fn is_deprecated(directives: &[Positioned<ConstDirective>]) -> bool {
    directives.iter().any(|directive| directive.node.name.node == "deprecated")
}

fn add_type(surface: &mut Surface, definition: async_graphql_parser::types::TypeDefinition) {
    let name = definition.name.node;
    let kind = match definition.kind {
        TypeKind::Scalar => "scalar",
        TypeKind::Object(object) => {
            for field in object.fields {
                add_field(surface, &name, &field.node);
            }
            "type"
        }
        TypeKind::Interface(interface) => {
            for field in interface.fields {
                add_field(surface, &name, &field.node);
            }
            "interface"
        }
        TypeKind::Union(union) => {
            for member in union.members {
                surface.add(format!("{name} | {}", member.node), "member");
            }
            "union"
        }
        TypeKind::Enum(values) => {
            for value in values.values {
                let is_deprecated = is_deprecated(&value.node.directives);
                surface.add_entry(format!("{name}.{}", value.node.value), "value", is_deprecated);
            }
            "enum"
        }
        TypeKind::InputObject(input) => {
            for field in input.fields {
                add_input(surface, format!("{name}.{}", field.node.name), &field.node);
            }
            "input"
        }
    };
    surface.add(name.as_str(), kind);
}

fn add_field(surface: &mut Surface, of: &str, field: &FieldDefinition) {
    let name = format!("{of}.{}", field.name);
    for argument in &field.arguments {
        add_input(surface, format!("{name}({})", argument.node.name), &argument.node);
    }
    surface.add_entry(name, format!("gives {}", field.ty), is_deprecated(&field.directives));
}

fn add_input(surface: &mut Surface, name: String, input: &InputValueDefinition) {
    let default = input.default_value.as_ref().map(|value| format!(" = {value}"));
    let what = format!("takes {}{}", input.ty, default.unwrap_or_default());
    surface.add_entry(name, what, is_deprecated(&input.directives));
}

/// Changes that clients of a schema survive.
pub(super) struct GraphQl;

impl Rules for GraphQl {
    /// An output may promise more, an input may require less.
    fn may_become(&self, before: &Entry, now: &Entry) -> bool {
        let gives = |entry: &Entry| entry.what.strip_prefix("gives ").map(str::to_owned);
        let takes = |entry: &Entry| entry.what.strip_prefix("takes ").map(str::to_owned);
        if let (Some(before), Some(now)) = (gives(before), gives(now)) {
            return promises_all(&now, &before);
        }
        if let (Some(before), Some(now)) = (takes(before), takes(now)) {
            return promises_all(&before, &now);
        }
        false
    }

    fn is_in_the_way(&self, name: &str, new: &Entry, before: &Surface) -> Option<String> {
        let of = name
            .split_once('(')
            .map_or_else(|| name.split('.').next().unwrap_or_default(), |(field, _)| field);
        let is_asked = new.what.starts_with("takes ") && new.what.ends_with('!');
        (is_asked && before.get(of).is_some())
            .then(|| "queries that do not give it are refused: make it nullable".to_owned())
    }
}

/// Whether a type is non-null wherever another one is, and equal otherwise.
fn promises_all(more: &str, less: &str) -> bool {
    let mut less = less.chars().peekable();
    for c in more.chars() {
        if less.peek() == Some(&c) {
            less.next();
        } else if c != '!' {
            return false;
        }
    }
    less.next().is_none()
}

#[test]
fn outputs_may_promise_more_and_inputs_may_ask_for_less() {
    let sdl = "schema { query: Query } type Query { a(x: Int!, y: Int): [Int]! @deprecated b: Int } \
               enum E { ONE TWO } input I { f: Int }";
    let releases = [("0.1.0".to_owned(), surface(sdl))];
    assert!(releases[0].1.to_text().contains("Query.a: gives [Int]! (deprecated)\n"));
    let said = |from: &str, to: &str| {
        let changed = sdl.replace(from, to);
        assert_ne!(changed, sdl);
        breaks(&releases, &surface(&changed), &GraphQl)
    };
    for (from, to) in [
        ("[Int]!", "[Int!]!"),
        ("x: Int!", "x: Int"),
        ("b: Int", "b: Int c: String!"),
        ("y: Int", "y: Int, z: String"),
        ("ONE TWO", "ONE TWO THREE"),
        ("f: Int", "f: Int g: Int! = 1"),
    ] {
        assert_eq!(said(from, to), [""; 0], "{from} becomes {to}");
    }
    for (from, to) in [
        ("[Int]!", "[Int]"),
        ("[Int]!", "Int!"),
        ("y: Int", "y: Int!"),
        ("y: Int", "y: Float"),
        ("b: Int", ""),
        (", y: Int", ""),
        ("y: Int", "y: Int, z: String!"),
        ("TWO", ""),
        ("f: Int", "f: Int g: Int!"),
        ("input I { f: Int }", ""),
    ] {
        assert!(!said(from, to).is_empty(), "{from} becomes {to}");
    }
}
