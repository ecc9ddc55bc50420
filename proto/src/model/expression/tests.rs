//! Expressions against arithmetic written out.

use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};

use super::*;

/// The measures that tests know: `a` is 6, `b` is 3, `zero` is 0, `none` has no value.
fn known(name: &str) -> Option<f64> {
    match name {
        "a" => Some(6.0),
        "b" => Some(3.0),
        "zero" => Some(0.0),
        _ => None,
    }
}

#[test]
fn values_follow_the_rules_of_arithmetic() {
    let check = |text: &str, expected: Option<f64>| {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(expression.evaluate(known), expected, "{text}");
        assert_eq!(expression.text(), text);
    };
    check("a", Some(6.0));
    check("1 + 2 * 3 - 4 / 2", Some(5.0));
    check("(1 + 2) * 3", Some(9.0));
    check("10 - 3 - 2", Some(5.0));
    check("16 / 4 / 2", Some(2.0));
    check("-a + b", Some(-3.0));
    check("--a", Some(6.0));
    check("2 * -b", Some(-6.0));
    check("a/b", Some(2.0));
    check(" ( ( a ) ) ", Some(6.0));
    check("0.5 * a", Some(3.0));
    check("a / zero", None);
    check("zero / zero", None);
    check("a / (b - b)", None);
    check("none + 1", None);
    check("99999999999999999999 * 0 + 1", Some(1.0));
}

#[test]
fn a_share_is_looked_up_by_how_it_is_written() {
    let text = "1 - share_below( watch,30.0 ) * a + share_above(watch, 0.5)";
    let expression = Expression::parse(text).unwrap();
    let shares = expression.shares();
    let found: Vec<_> = shares
        .iter()
        .map(|share| (share.measure(), share.threshold(), share.is_below(), share.term()))
        .collect();
    let expected = [
        ("watch", 30.0, true, "share_below(watch, 30)"),
        ("watch", 0.5, false, "share_above(watch, 0.5)"),
    ];
    assert_eq!(found, expected);
    assert_eq!(expression.names().into_iter().collect::<Vec<_>>(), ["a", "watch"]);
    let terms = ["a", "share_above(watch, 0.5)", "share_below(watch, 30)"];
    assert_eq!(expression.terms().into_iter().collect::<Vec<_>>(), terms);
    let of = |term: &str| match term {
        "a" => Some(2.0),
        "share_below(watch, 30)" => Some(0.25),
        "share_above(watch, 0.5)" => Some(0.75),
        other => panic!("{other}"),
    };
    assert_eq!(expression.evaluate(of), Some(1.25));
    assert_eq!(
        expression.to_string(),
        "((1 - (share_below(watch, 30) * a)) + share_above(watch, 0.5))"
    );
    // A measure of that name is still one.
    assert_eq!(Expression::parse("share_below * 2").unwrap().evaluate(|_| Some(4.0)), Some(8.0));
    for (text, expected) in [
        ("share_below(watch)", "at character 18: expected `,`, found `)`"),
        ("share_below(watch, a)", "at character 20: expected a number, found `a`"),
        ("share_below(watch, -1)", "at character 20: expected a number, found `-`"),
        ("share_below(30, watch)", "at character 13: expected a quantile measure, found `30`"),
        ("share_below(watch, 30", "at character 12: `(` is never closed"),
        ("share_below(watch, 30, 40)", "at character 22: expected `)`, found `,`"),
        ("a, b", "at character 2: expected an operator, found `,`"),
    ] {
        assert_eq!(Expression::parse(text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn a_frequency_is_a_count_over_its_distinct_measure() {
    let mut expression = Expression::parse("2 * frequency(b) - frequency(zero)").unwrap();
    assert_eq!(expression.frequencies(), ["b", "zero"]);
    assert_eq!(expression.evaluate(known), None, "nothing counts yet");
    expression.count_frequencies(&|distinct| (distinct == "b").then(|| "a".to_owned()));
    assert_eq!(expression.names().into_iter().collect::<Vec<_>>(), ["a", "b", "zero"]);
    let mut expression = Expression::parse("1 + frequency(b)").unwrap();
    expression.count_frequencies(&|_| Some("a".to_owned()));
    assert_eq!(expression.evaluate(known), Some(3.0));
    let written_out = Expression::parse("1 + a / b").unwrap();
    assert_eq!(expression.to_string(), written_out.to_string(), "it means the same");
    assert_eq!(expression.text(), "1 + frequency(b)");
    let mut divisors = Vec::new();
    expression.evaluate_noting(&known, &mut divisors);
    assert_eq!(divisors, [3.0]);
    // A measure of that name is still one.
    assert_eq!(Expression::parse("frequency * 2").unwrap().evaluate(|_| Some(4.0)), Some(8.0));
}

#[test]
fn a_result_that_no_number_holds_is_undefined() {
    let huge = Expression::parse("a * a").unwrap();
    assert_eq!(huge.evaluate(|_| Some(1e300)), None);
}

#[test]
fn errors_point_at_the_character() {
    let check = |text: &str, expected: &str| {
        let error = Expression::parse(text).expect_err(text).to_string();
        assert_eq!(error, expected, "{text}");
    };
    check("", "at character 1: expected a number, a measure or `(`, found the end");
    check("a +", "at character 4: expected a number, a measure or `(`, found the end");
    check("a b", "at character 3: expected an operator, found `b`");
    check("a / / b", "at character 5: expected a number, a measure or `(`, found `/`");
    check("+ a", "at character 1: expected a number, a measure or `(`, found `+`");
    check("(a", "at character 1: `(` is never closed");
    check("frequency(", "at character 10: `(` is never closed");
    check("frequency(a", "at character 10: `(` is never closed");
    check("frequency(1)", "at character 11: expected a distinct measure, found `1`");
    check("frequency(a + b)", "at character 13: expected `)`, found `+`");
    check("other(a)", "at character 6: expected an operator, found `(`");
    check("(a b)", "at character 4: expected an operator or `)`, found `b`");
    check("a)", "at character 2: expected an operator, found `)`");
    check("()", "at character 2: expected a number, a measure or `(`, found `)`");
    check(
        "a % b",
        "at character 3: `%` is neither a number, a name, an operator nor a parenthesis",
    );
    check("é", "at character 1: `é` is neither a number, a name, an operator nor a parenthesis");
    check("a * 1.2.3", "at character 5: `1.2.3` is not a decimal number");
    check("1e9", "at character 1: `1e9` is not a decimal number");
    check(".5", "at character 1: `.5` is not a decimal number");
    let long = "(".repeat(10_000);
    let message = "at character 201: longer than 200 numbers, names and signs";
    assert_eq!(Expression::parse(&long).unwrap_err().to_string(), message);
}

#[test]
fn names_are_listed_once() {
    let expression = Expression::parse("b / (a + b) - 2").unwrap();
    assert_eq!(expression.names().into_iter().collect::<Vec<_>>(), ["a", "b"]);
    assert!(Expression::parse("1").unwrap().names().is_empty());
}

#[test]
fn the_canonical_text_forgets_spelling_only() {
    let canonical = |text: &str| Expression::parse(text).unwrap().to_string();
    assert_eq!(canonical("a/b"), canonical(" ( a / b ) "));
    assert_eq!(canonical("a + b * -2.50"), "(a + (b * (-2.5)))");
    assert_ne!(canonical("a - b - 1"), canonical("a - (b - 1)"));
}

/// Texts that are expressions over `a`, `b` and `c`.
fn texts() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("c".to_owned()),
        (0_u16..1000, 0_u8..10).prop_map(|(whole, tenth)| format!("{whole}.{tenth}")),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(l, o, r)| format!("({l} {o} {r})")),
            inner.clone().prop_map(|inner| format!("-{inner}")),
            inner.prop_map(|inner| format!("({inner})")),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_parses_or_fails(text in any::<String>()) {
        let _ = Expression::parse(&text);
    }

    #[test]
    fn the_canonical_text_means_the_same(text in texts(), a in -9.0..9.0, b in -9.0..9.0) {
        let first = Expression::parse(&text).unwrap();
        let second = Expression::parse(&first.to_string()).unwrap();
        prop_assert_eq!(first.to_string(), second.to_string());
        let of = |name: &str| Some(if name == "a" { a } else { b });
        prop_assert_eq!(first.evaluate(of), second.evaluate(of));
    }
}
