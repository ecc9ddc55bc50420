//! Filters are read as they are written, and what is wrong is named.

use super::*;

fn parse(text: &str) -> Result<Filter, SyntaxError> {
    parse_as(text)
}

fn field(name: &str, test: Test) -> Filter {
    Filter::Field { field: FieldRef::parse(name), test }
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// What is said of a file's rows is what one can ask again.
#[test]
fn filters_and_conditions_are_said_as_they_are_read() {
    for text in [
        r#"country anyOf (US, "a ""b""", '') and not audience allOf (x, y)"#,
        "asset.title isNotNull or (device prefix tv and asset noneOf (1) and country isNull)",
        "not (country isNull or not country isNull)",
        "asset.age_day between -1 and 6 or asset.age_week < 4 or asset.age_week >= 2",
    ] {
        let filter: Filter = parse_as(text).unwrap();
        assert_eq!(parse_as::<Filter>(&filter.to_string()).unwrap(), filter, "{text}");
    }
    for text in [
        "plays >= 100 and viewers.ratio > -1.5 or not take_rate isNull",
        "plays between 1 and 2e30 and (views <= 0.1 or watch.p50.other isNotNull)",
    ] {
        let having: crate::query::Having = parse_as(text).unwrap();
        assert_eq!(
            parse_as::<crate::query::Having>(&having.to_string()).unwrap(),
            having,
            "{text}"
        );
    }
}

#[test]
fn filters_are_read() {
    let us = field("country", Test::AnyOf(texts(&["US"])));
    let fans = field("audience", Test::AllOf(texts(&["Drama \"fans\"", "Kids"])));
    let check = |text: &str, expected: &Filter| assert_eq!(&parse(text).unwrap(), expected);
    check("country anyOf (US)", &us);
    check("((country ANYOF(US)))", &us);
    check(r#"audience allOf ("Drama ""fans""", 'Kids')"#, &fans);
    check("asset.title prefix 'The '", &field("asset.title", Test::Prefix("The ".into())));
    check("country isNotNull", &field("country", Test::IsNull(false)));
    let age = |from: Option<i64>, to: Option<i64>| {
        field("asset.age_day", Test::Between(WholeRange::try_new(from, to).unwrap()))
    };
    for (text, from, to) in [
        ("asset.age_day < 28", None, Some(27)),
        ("asset.age_day<28", None, Some(27)),
        ("asset.age_day <=-1", None, Some(-1)),
        ("asset.age_day> 6", Some(7), None),
        ("asset.age_day >= 0", Some(0), None),
        ("asset.age_day between 0 and 6", Some(0), Some(6)),
    ] {
        check(text, &age(from, to));
    }
    let both = "asset.age_day between 0 and 6 and asset.age_day>3";
    check(both, &Filter::And(vec![age(Some(0), Some(6)), age(Some(4), None)]));
    let or_binds_less = Filter::Or(vec![
        us.clone(),
        Filter::And(vec![
            field("device", Test::NoneOf(texts(&["tv", "web"]))),
            Filter::Not(Box::new(field("country", Test::IsNull(true)))),
        ]),
    ]);
    check("country anyOf (US) or device noneOf (tv,web) and not country isNull", &or_binds_less);
}

#[test]
fn a_broken_filter_says_where_and_what_was_expected() {
    let check = |text: &str, expected: &str| {
        assert_eq!(parse(text).unwrap_err().to_string(), expected);
    };
    check("", "filter ``: expected a field, `not` or `(` at the end");
    check(
        "country = US",
        "filter `country = US`: expected `anyOf`, `allOf`, `noneOf`, `prefix`, `between`, `isNull`, \
         `isNotNull`, `>=`, `<=`, `>` or `<` at `= US`",
    );
    check("a>=0.5", "filter `a>=0.5`: expected a whole number at `0.5`");
    check("a between 1 or 2", "filter `a between 1 or 2`: expected `and` at `or 2`");
    check("a between 2 and 1", "filter `a between 2 and 1`: no whole number lies between 2 and 1");
    check("< 3", "filter `< 3`: expected a field, `not` or `(` at `< 3`");
    check(
        "country anyOf US",
        "filter `country anyOf US`: expected `(` and a list of values at `US`",
    );
    check("country anyOf (US", "filter `country anyOf (US`: expected `,` or `)` at the end");
    check("a isNull b", "filter `a isNull b`: expected `and`, `or` or the end at `b`");
    check("a prefix 'b", "filter `a prefix 'b`: the quote at character 10 is not closed");
    let deep = "not ".repeat(100) + "a isNull";
    check(&deep, "filter nests deeper than 30 levels");
}
