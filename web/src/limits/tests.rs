//! Queries and the limits that they meet.

use super::*;

#[track_caller]
fn check(query: &str, expected: &str) {
    let limits = GatewayLimits { max_fields: 20, max_depth: 4, ..GatewayLimits::default() };
    let limits = GatewayLimits { max_root_fields: 3, max_tokens: 1 << 20, ..limits };
    let limits = GatewayLimits { max_fragments: 5_000, max_spreads: 5_000, ..limits };
    let found = match super::check(&mut Request::new(query), &limits) {
        Ok(_) => "fine".to_owned(),
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

/// Unknown directives, and the same twice, were passed over, so that `@skp` showed what it should have hidden.
#[test]
fn directives_are_known_and_stand_once_where_they_may() {
    check(
        "query($x: Boolean!) { a @skip(if: $x) @include(if: true) ...F @skip(if: false) } fragment F on Query { b }",
        "fine",
    );
    check("{ a @skp(if: true) }", "directive `@skp`: is unknown; there are `@skip` and `@include`");
    check("{ ... @live { a } }", "`@live`: is unknown");
    check("{ a @skip(if: true) @skip(if: false) }", "`@skip`: is used twice in one place");
    check("{ a @skip }", "`@skip`: takes exactly the argument `if`");
    check("{ a @include(unless: true) }", "`@include`: takes exactly the argument `if`");
    check("{ a @include(if: true, if: true) }", "`@include`: takes exactly the argument `if`");
    check(
        "query @skip(if: true) { a }",
        "`@skip`: may stand on a field or fragment, not on an operation",
    );
    check("query($x: Int @skip(if: true)) { a }", "not on a variable");
    check(
        "{ ...F } fragment F on Query @skip(if: true) { a }",
        "not on the definition of a fragment",
    );
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
