//! The meaning of each operator over the codes of a field: the only place in serving that distinguishes them.
//!
//! A cell's value is taken as a set of codes: with one value on a single-valued field, empty if it is null.

use std::collections::BTreeSet;

use clio_proto::{Code, ServiceError, Test};

use crate::snapshot::{Field, NULL};

/// The outcome of a test that names nothing, whatever the field holds; `None` for one that depends on the field.
pub(super) fn always(test: &Test) -> Option<bool> {
    match test {
        Test::AnyOf(values) => values.is_empty().then_some(false),
        Test::AllOf(values) | Test::NoneOf(values) => values.is_empty().then_some(true),
        Test::Prefix(_) | Test::Between(_) | Test::IsNull(_) => None,
    }
}

/// The values that a test names but the field does not have, and whether they are prefixes.
pub(super) fn missing<'a>(test: &'a Test, field: &Field) -> Vec<(&'a str, bool)> {
    match test {
        Test::AnyOf(values) | Test::AllOf(values) | Test::NoneOf(values) => {
            let missing = values.iter().filter(|value| field.code(value).is_none());
            missing.map(|value| (value.as_str(), false)).collect()
        }
        Test::Prefix(prefix) => {
            let is_there =
                field.values_with_texts().any(|(_, text)| text.starts_with(prefix.as_str()));
            if is_there { Vec::new() } else { vec![(prefix, true)] }
        }
        // Numbers are not members.
        Test::Between(_) | Test::IsNull(_) => Vec::new(),
    }
}

/// A test with the codes of the values that it names. Takes a byte for each value of the field.
pub(super) struct BoundTest<'a> {
    test: &'a Test,
    field: &'a Field,
    /// By code: whether the test names it, to include or to exclude it.
    named: Vec<bool>,
}

impl<'a> BoundTest<'a> {
    pub(super) fn new(test: &'a Test, field: &'a Field) -> Self {
        let mut named = vec![false; field.texts().n_codes()];
        match test {
            Test::AnyOf(values) | Test::AllOf(values) | Test::NoneOf(values) => {
                let codes = values.iter().filter_map(|value| field.code(value));
                codes.for_each(|code| named[code as usize] = true);
            }
            Test::Prefix(prefix) => {
                for (code, text) in field.values_with_texts() {
                    named[code as usize] = text.starts_with(prefix.as_str());
                }
            }
            Test::Between(_) => {}
            Test::IsNull(_) => named[1..].fill(true),
        }
        Self { test, field, named }
    }

    /// By code: whether the test names a value, to include or to exclude it.
    pub(super) fn named(&self) -> &[bool] {
        &self.named
    }

    /// Whether it holds, by code of a cell.
    ///
    /// # Errors
    ///
    /// For a test that cannot hold for any cell of the field, whatever its values.
    pub(super) fn holds_of_cells(&self) -> Result<Vec<bool>, ServiceError> {
        match self.test {
            Test::AllOf(values) => {
                let n_values = n_distinct(values);
                if n_values > 1 && !self.field.multi {
                    let message = format!(
                        "`allOf` with {n_values} values holds for no cell: `{}` has at \
                         most one value; `anyOf` holds if it is one of them",
                        self.field.reference
                    );
                    return Err(ServiceError::new(Code::InvalidArgument, message));
                }
                Ok(self.by_cell_code(|set| self.holds_of(set)))
            }
            Test::Between(_) => {
                let message = format!(
                    "`{}` has texts as values, but ranges of whole numbers are only for ages; list \
                     values with `any_of`",
                    self.field.reference
                );
                Err(ServiceError::new(Code::InvalidArgument, message))
            }
            Test::AnyOf(_) | Test::NoneOf(_) | Test::Prefix(_) | Test::IsNull(_) => {
                Ok(self.by_cell_code(|set| self.holds_of(set)))
            }
        }
    }

    /// Whether it holds of a set of values; of ages it is asked elsewhere.
    pub(super) fn holds_of(&self, set: &[u32]) -> bool {
        let n_named = || set.iter().filter(|code| self.named[**code as usize]).count();
        match self.test {
            Test::AnyOf(_) | Test::Prefix(_) => n_named() > 0,
            Test::NoneOf(_) => n_named() == 0,
            // A value that does not exist is held by no cell.
            Test::AllOf(values) => n_named() == n_distinct(values),
            Test::Between(_) => false,
            Test::IsNull(null) => set.is_empty() == *null,
        }
    }

    /// By code: whether it holds for the set of each value alone; at [`NULL`], for the empty set.
    pub(super) fn holds_of_one(&self) -> Vec<bool> {
        match self.test {
            Test::AnyOf(_) | Test::Prefix(_) | Test::Between(_) => self.named.clone(),
            Test::NoneOf(_) => self.named.iter().map(|named| !named).collect(),
            Test::AllOf(values) => match n_distinct(values) {
                0 => vec![true; self.named.len()],
                1 => self.named.clone(),
                2.. => vec![false; self.named.len()],
            },
            Test::IsNull(null) => {
                let mut holds = vec![!null; self.named.len()];
                holds[NULL as usize] = *null;
                holds
            }
        }
    }

    /// Whether it excludes the values that it names.
    pub(super) fn excludes(&self) -> bool {
        match self.test {
            Test::NoneOf(_) => true,
            Test::IsNull(null) => *null,
            Test::AnyOf(_) | Test::AllOf(_) | Test::Prefix(_) | Test::Between(_) => false,
        }
    }

    /// Whether a set for which it does not hold may have any of the values that it names: a set that lacks some of
    /// several values may still have others.
    pub(super) fn is_lax(&self) -> bool {
        match self.test {
            Test::AllOf(values) => n_distinct(values) > 1,
            Test::AnyOf(_)
            | Test::NoneOf(_)
            | Test::Prefix(_)
            | Test::Between(_)
            | Test::IsNull(_) => false,
        }
    }

    /// Evaluates a predicate for the set of each cell code.
    fn by_cell_code(&self, holds: impl Fn(&[u32]) -> bool) -> Vec<bool> {
        let mut own = [NULL];
        let codes = (0_u32..).take(self.field.n_cell_codes());
        codes.map(|code| holds(self.field.values(code, &mut own))).collect()
    }
}

fn n_distinct(values: &[String]) -> usize {
    values.iter().collect::<BTreeSet<_>>().len()
}
