//! Conditions on measures as people write them, parsed into [`Having`].
//!
//! ```text
//! test := (">=" | "<=" | ">" | "<") NUMBER | "between" NUMBER "and" NUMBER | "isNull" | "isNotNull"
//! ```
//!
//! A test applies to a measure, or to a number of its comparison: `viewers.difference`.
//!
//! `and`, `or`, `not` and parentheses combine tests as they do for fields. Blanks around signs may be left out.

use std::str::FromStr;

use super::{Condition, Parser, Sign, SyntaxError, parse_as};
use crate::query::{ComparedMeasure, Having, MeasureTest};

const A_NUMBER: &str = "a number";
const TESTS: &str = "`>=`, `<=`, `>`, `<`, `between`, `isNull` or `isNotNull`";

/// The text in the language of `clio query --having`.
impl FromStr for Having {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_as(text)
    }
}

impl Condition for Having {
    const WHAT: &'static str = "condition";
    const BEGINNING: &'static str = "a measure, `not` or `(`";

    fn single(word: &str, parser: &mut Parser<'_>) -> Result<Self, SyntaxError> {
        let measure = parser.before_sign(word, Self::BEGINNING)?;
        let test = test(parser)?;
        Ok(match ComparedMeasure::parse(&measure) {
            Some(of) => Self::Compared { of, test },
            None => Self::Measure { measure, test },
        })
    }

    fn all_of(parts: Vec<Self>) -> Self {
        Self::And(parts)
    }

    fn any_of(parts: Vec<Self>) -> Self {
        Self::Or(parts)
    }

    fn none_of(part: Self) -> Self {
        Self::Not(Box::new(part))
    }
}

fn test(parser: &mut Parser<'_>) -> Result<MeasureTest, SyntaxError> {
    let test = if parser.take_keyword("between") {
        let (from, to) = parser.ends(A_NUMBER)?;
        MeasureTest::Between { from, to }
    } else if parser.take_keyword("isNull") {
        MeasureTest::IsNull(true)
    } else if parser.take_keyword("isNotNull") {
        MeasureTest::IsNull(false)
    } else if let Some(sign) = parser.sign() {
        let number = parser.number(A_NUMBER)?;
        match sign {
            Sign::AtLeast => MeasureTest::AtLeast(number),
            Sign::AtMost => MeasureTest::AtMost(number),
            Sign::Above => MeasureTest::Above(number),
            Sign::Below => MeasureTest::Below(number),
        }
    } else {
        return Err(parser.expected(TESTS));
    };
    match test.problem() {
        Some(problem) => Err(parser.refused(&problem)),
        None => Ok(test),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(measure: &str, test: MeasureTest) -> Having {
        Having::Measure { measure: measure.to_owned(), test }
    }

    #[test]
    fn conditions_are_read() {
        let check = |text: &str, expected: &Having| {
            assert_eq!(&parse_as::<Having>(text).unwrap(), expected);
        };
        let plays = is("plays", MeasureTest::AtLeast(100.0));
        for text in ["plays >= 100", "plays>=100", "plays>= 1e2", "(plays >=100)"] {
            check(text, &plays);
        }
        check("take_rate<0.25", &is("take_rate", MeasureTest::Below(0.25)));
        check("plays > -1", &is("plays", MeasureTest::Above(-1.0)));
        let ratio = ComparedMeasure::parse("watch.p50.ratio").unwrap();
        let test = MeasureTest::Above(1.5);
        check("watch.p50.ratio>1.5", &Having::Compared { of: ratio, test });
        check("watch.p50>1.5", &is("watch.p50", test));
        check("plays <= 5", &is("plays", MeasureTest::AtMost(5.0)));
        check("take_rate isNotNull", &is("take_rate", MeasureTest::IsNull(false)));
        let between = is("plays", MeasureTest::Between { from: 1.0, to: 2.5 });
        check(
            "plays between 1 and 2.5 and not take_rate ISNULL or plays>=100",
            &Having::Or(vec![
                Having::And(vec![
                    between,
                    Having::Not(Box::new(is("take_rate", MeasureTest::IsNull(true)))),
                ]),
                plays,
            ]),
        );
    }

    #[test]
    fn a_broken_condition_says_where_and_what_was_expected() {
        let check = |text: &str, expected: &str| {
            assert_eq!(parse_as::<Having>(text).unwrap_err().to_string(), expected);
        };
        check("", "condition ``: expected a measure, `not` or `(` at the end");
        check("plays", &format!("condition `plays`: expected {TESTS} at the end"));
        check("plays = 5", &format!("condition `plays = 5`: expected {TESTS} at `= 5`"));
        check("plays=5", &format!("condition `plays=5`: expected {TESTS} at `=5`"));
        check(">= 5", "condition `>= 5`: expected a measure, `not` or `(` at `>= 5`");
        check("plays >= many", "condition `plays >= many`: expected a number at `many`");
        check("plays>=5x", "condition `plays>=5x`: expected a number at `5x`");
        check("plays between 1", "condition `plays between 1`: expected `and` at the end");
        check("plays >= inf", "condition `plays >= inf`: inf is not a finite number");
        check(
            "plays between 2 and 1",
            "condition `plays between 2 and 1`: 2 is above 1; the smaller number comes first",
        );
    }
}
