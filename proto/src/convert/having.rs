//! Conditions on measures, to the wire and back.

use super::comparison::{part_from_wire, part_to_wire};
use super::query::check_depth;
use super::{invalid, required};
use crate::error::ServiceError;
use crate::query::{ComparedMeasure, Having, MeasureTest};
use crate::wire;

pub(super) fn having_to_wire(having: Having) -> wire::Having {
    use wire::having::Node;
    let list = |all: Vec<Having>| wire::HavingList {
        conditions: all.into_iter().map(having_to_wire).collect(),
    };
    let node = match having {
        Having::And(all) => Node::And(list(all)),
        Having::Or(all) => Node::Or(list(all)),
        Having::Not(own) => Node::Not(Box::new(having_to_wire(*own))),
        Having::Measure { measure, test } => {
            Node::Measure(wire::MeasureTest { measure, test: Some(test_to_wire(test)) })
        }
        Having::Compared { of: ComparedMeasure { measure, part }, test } => {
            let test = wire::MeasureTest { measure, test: Some(test_to_wire(test)) };
            Node::Compared(wire::ComparedTest { part: part_to_wire(part).into(), test: Some(test) })
        }
    };
    wire::Having { node: Some(node) }
}

fn test_to_wire(test: MeasureTest) -> wire::measure_test::Test {
    use wire::measure_test::Test as Wire;
    match test {
        MeasureTest::AtLeast(least) => Wire::AtLeast(least),
        MeasureTest::AtMost(most) => Wire::AtMost(most),
        MeasureTest::Above(bound) => Wire::Above(bound),
        MeasureTest::Below(bound) => Wire::Below(bound),
        MeasureTest::Between { from, to } => Wire::Between(wire::NumberRange { from, to }),
        MeasureTest::IsNull(is_null) => Wire::IsNull(is_null),
    }
}

/// Converts the node at a path (`having.and.conditions[1]`), `depth` levels deep; the outermost is at 1.
pub(super) fn having_from_wire(
    path: &str,
    having: wire::Having,
    depth: usize,
) -> Result<Having, ServiceError> {
    use wire::having::Node;
    check_depth("having", depth)?;
    let list = |word: &str, list: wire::HavingList| -> Result<Vec<Having>, ServiceError> {
        let conditions = list.conditions.into_iter().enumerate();
        conditions
            .map(|(at, own)| {
                having_from_wire(&format!("{path}.{word}.conditions[{at}]"), own, depth + 1)
            })
            .collect()
    };
    Ok(match having.node {
        Some(Node::And(all)) => Having::And(list("and", all)?),
        Some(Node::Or(all)) => Having::Or(list("or", all)?),
        Some(Node::Not(own)) => {
            Having::Not(Box::new(having_from_wire(&format!("{path}.not"), *own, depth + 1)?))
        }
        Some(Node::Measure(wire::MeasureTest { measure, test })) => Having::Measure {
            test: test_from_wire(&format!("{path}.measure"), &measure, test)?,
            measure,
        },
        Some(Node::Compared(wire::ComparedTest { part, test })) => {
            let path = format!("{path}.compared");
            let part = part_from_wire(&path, part)?;
            let path = format!("{path}.test");
            let wire::MeasureTest { measure, test } = required(&path, test)?;
            let test = test_from_wire(&path, &measure, test)?;
            Having::Compared { of: ComparedMeasure { measure, part }, test }
        }
        None => {
            return Err(invalid(
                path,
                "a node is empty; expected one of `and`, `or`, `not`, `measure`, `compared`",
            ));
        }
    })
}

fn test_from_wire(
    path: &str,
    measure: &str,
    test: Option<wire::measure_test::Test>,
) -> Result<MeasureTest, ServiceError> {
    use wire::measure_test::Test as Wire;
    if measure.is_empty() {
        return Err(invalid(&format!("{path}.measure"), "is missing"));
    }
    let (word, test) = match test {
        Some(Wire::AtLeast(least)) => ("at_least", MeasureTest::AtLeast(least)),
        Some(Wire::AtMost(most)) => ("at_most", MeasureTest::AtMost(most)),
        Some(Wire::Above(bound)) => ("above", MeasureTest::Above(bound)),
        Some(Wire::Below(bound)) => ("below", MeasureTest::Below(bound)),
        Some(Wire::Between(wire::NumberRange { from, to })) => {
            ("between", MeasureTest::Between { from, to })
        }
        Some(Wire::IsNull(is_null)) => ("is_null", MeasureTest::IsNull(is_null)),
        None => {
            return Err(invalid(
                path,
                format_args!(
                    "`{measure}` has no test; expected one of `at_least`, `at_most`, `above`, \
                     `below`, `between`, `is_null`"
                ),
            ));
        }
    };
    match test.problem() {
        Some(problem) => Err(invalid(&format!("{path}.{word}"), problem)),
        None => Ok(test),
    }
}
