//! A query's directives, checked by GraphQL's validation rules: async-graphql accepts unknown and repeated ones.

use async_graphql::Positioned;
use async_graphql::parser::types::Directive;
use clio_proto::{Code, ServiceError, Shortened};

/// The directives that a query may have, each with its only argument.
const KNOWN: [(&str, &str); 2] = [("skip", "if"), ("include", "if")];

/// Where a directive is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A field, the spread of a fragment, or an inline fragment.
    Selection,
    Operation,
    Variable,
    Fragment,
}

impl Place {
    fn in_words(self) -> &'static str {
        match self {
            Self::Selection => "a field or fragment",
            Self::Operation => "an operation",
            Self::Variable => "a variable",
            Self::Fragment => "the definition of a fragment",
        }
    }
}

/// Checks the directives of one place: known ones, allowed there, each once, with their argument.
pub(super) fn check(
    directives: &[Positioned<Directive>],
    place: Place,
) -> Result<(), ServiceError> {
    for (at, directive) in directives.iter().enumerate() {
        let Directive { name, arguments } = &directive.node;
        let name = name.node.as_str();
        let wrong = |what: &str| {
            let name = Shortened(name);
            Err(ServiceError::new(Code::InvalidArgument, format!("directive `@{name}`: {what}")))
        };
        let Some((_, argument)) = KNOWN.iter().find(|(known, _)| *known == name) else {
            return wrong("is unknown; there are `@skip` and `@include`");
        };
        if place != Place::Selection {
            return wrong(&format!(
                "may stand on a field or fragment, not on {}",
                place.in_words()
            ));
        }
        if directives[..at].iter().any(|before| before.node.name.node.as_str() == name) {
            return wrong("is used twice in one place; once is enough");
        }
        let is_own =
            |(given, _): &(Positioned<async_graphql::Name>, _)| given.node.as_str() == *argument;
        if arguments.len() != 1 || !arguments.iter().all(is_own) {
            return wrong(&format!("takes exactly the argument `{argument}`"));
        }
    }
    Ok(())
}
