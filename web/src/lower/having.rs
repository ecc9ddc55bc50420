//! Lowers conditions on measures.

use clio_proto::{ComparedMeasure, ComparedPart, Having, MeasureTest, ServiceError};

use super::quantile;
use crate::argument::Argument;
use crate::names::{Names, QUANTILES};

/// The argument `having`; `None` if it has no conditions.
pub(super) fn having(
    names: &Names,
    argument: &Argument<'_>,
) -> Result<Option<Having>, ServiceError> {
    let conditions = conditions(names, argument)?;
    Ok((!conditions.is_empty()).then(|| all_of(conditions)))
}

/// The conditions of one `CubeHaving`, all of which must hold.
fn conditions(names: &Names, argument: &Argument<'_>) -> Result<Vec<Having>, ServiceError> {
    let nested = |own: &Argument<'_>| conditions(names, own).map(all_of);
    let list = |all: &Argument<'_>| -> Result<Vec<Having>, ServiceError> {
        all.items()?.iter().map(nested).collect()
    };
    let mut found = Vec::new();
    for (name, entry) in argument.conditions()? {
        match name {
            "and" => found.push(all_of(list(&entry)?)),
            "or" => found.push(Having::Or(list(&entry)?)),
            "not" => found.push(Having::Not(Box::new(nested(&entry)?))),
            QUANTILES if names.has_quantiles() => {
                for own in entry.items()? {
                    tests(&quantile(names, &own)?, &own, &["measure", "percent"], &mut found)?;
                }
            }
            _ => {
                let measure =
                    names.condition(name).ok_or_else(|| argument.is_not("a condition"))?;
                tests(measure, &entry, &[], &mut found)?;
            }
        }
    }
    Ok(found)
}

/// The conditions on a single number.
const PLAIN: [&str; 5] = ["atLeast", "atMost", "above", "below", "isNull"];

/// The conditions of one `NumberFilter`, in the order of the schema; `beside` lists its other
/// entries.
fn tests(
    measure: &str,
    filter: &Argument<'_>,
    beside: &[&str],
    found: &mut Vec<Having>,
) -> Result<(), ServiceError> {
    let parts = ComparedPart::ALL.iter().map(|part| part.as_str());
    filter.only(PLAIN.into_iter().chain(parts).chain(beside.iter().copied()))?;
    let own = plain_tests(filter)?.into_iter();
    found.extend(own.map(|test| Having::Measure { measure: measure.to_owned(), test }));
    for part in ComparedPart::ALL {
        let Some(entry) = filter.entry(part.as_str())? else { continue };
        let of = || ComparedMeasure { measure: measure.to_owned(), part };
        entry.only(PLAIN)?;
        let tests = plain_tests(&entry)?.into_iter();
        found.extend(tests.map(|test| Having::Compared { of: of(), test }));
    }
    Ok(())
}

/// The conditions on one number.
fn plain_tests(filter: &Argument<'_>) -> Result<Vec<MeasureTest>, ServiceError> {
    filter.conditions()?;
    let number = |name: &str| filter.entry(name)?.map(|own| own.number()).transpose();
    let (least, most) = (number("atLeast")?, number("atMost")?);
    let is_null = filter.entry("isNull")?.map(|own| own.flag()).transpose()?;
    let tests = [
        match (least, most) {
            (Some(from), Some(to)) => Some(MeasureTest::Between { from, to }),
            (Some(least), None) => Some(MeasureTest::AtLeast(least)),
            (None, most) => most.map(MeasureTest::AtMost),
        },
        number("above")?.map(MeasureTest::Above),
        number("below")?.map(MeasureTest::Below),
        is_null.map(MeasureTest::IsNull),
    ];
    let tests: Vec<MeasureTest> = tests.into_iter().flatten().collect();
    match tests.iter().find_map(|test| test.problem()) {
        Some(problem) => Err(filter.error(&problem)),
        None => Ok(tests),
    }
}

fn all_of(mut conditions: Vec<Having>) -> Having {
    match conditions.pop() {
        Some(only) if conditions.is_empty() => only,
        Some(last) => {
            conditions.push(last);
            Having::And(conditions)
        }
        None => Having::And(conditions),
    }
}
