//! What each operator means over the codes of a field: the one place in serving where they are told apart.
//!
//! A cell's value is seen as a set of codes: of one on a single-valued field, empty where it is null.

use std::collections::BTreeSet;

use clio_proto::{Code, ServiceError, Test};

use crate::snapshot::{Field, NULL};

/// What a test that names nothing comes to, whatever the field holds; `None` for one that looks at the field.
pub(super) fn always(test: &Test) -> Option<bool> {
    match test {
        Test::AnyOf(values) => values.is_empty().then_some(false),
        Test::AllOf(values) | Test::NoneOf(values) => values.is_empty().then_some(true),
        Test::Prefix(_) | Test::Between(_) | Test::IsNull(_) => None,
    }
}

/// What a test names and no value of the field is, and whether that is a prefix.
pub(super) fn missing<'a>(test: &'a Test, field: &Field) -> Vec<(&'a str, bool)> {
    let texts = field.texts();
    match test {
        Test::AnyOf(values) | Test::AllOf(values) | Test::NoneOf(values) => {
            let missing = values.iter().filter(|value| texts.code(value).is_none());
            missing.map(|value| (value.as_str(), false)).collect()
        }
        Test::Prefix(prefix) => {
            let is_there = texts.iter().any(|(_, text)| text.starts_with(prefix.as_str()));
            if is_there { Vec::new() } else { vec![(prefix, true)] }
        }
        // Numbers are no members.
        Test::Between(_) | Test::IsNull(_) => Vec::new(),
    }
}

/// A test with the codes of the values that it names. Costs a byte a value of the field.
pub(super) struct BoundTest<'a> {
    test: &'a Test,
    field: &'a Field,
    /// By code: whether the test names it, to ask for it or to exclude it.
    named: Vec<bool>,
}

impl<'a> BoundTest<'a> {
    pub(super) fn new(test: &'a Test, field: &'a Field) -> Self {
        let texts = field.texts();
        let mut named = vec![false; texts.n_codes()];
        match test {
            Test::AnyOf(values) | Test::AllOf(values) | Test::NoneOf(values) => {
                let codes = values.iter().filter_map(|value| texts.code(value));
                codes.for_each(|code| named[code as usize] = true);
            }
            Test::Prefix(prefix) => {
                for (code, text) in texts.iter() {
                    named[code as usize] = text.starts_with(prefix.as_str());
                }
            }
            Test::Between(_) => {}
            Test::IsNull(_) => named[1..].fill(true),
        }
        Self { test, field, named }
    }

    /// By code: whether the test names a value, to ask for it or to exclude it.
    pub(super) fn named(&self) -> &[bool] {
        &self.named
    }

    /// Whether it holds, by code of a cell.
    ///
    /// # Errors
    ///
    /// For a test that can hold of no cell of the field, whatever its values are.
    pub(super) fn holds_of_cells(&self) -> Result<Vec<bool>, ServiceError> {
        let in_set = |set: &[u32]| set.iter().filter(|code| self.named[**code as usize]).count();
        match self.test {
            Test::AnyOf(_) | Test::Prefix(_) => Ok(self.by_cell_code(|set| in_set(set) > 0)),
            Test::NoneOf(_) => Ok(self.by_cell_code(|set| in_set(set) == 0)),
            Test::AllOf(values) => {
                let n_values = n_distinct(values);
                if n_values > 1 && !self.field.multi {
                    let message = format!(
                        "`allOf` with {n_values} values holds for no cell: `{}` has one value at \
                         most; `anyOf` holds where it is one of them",
                        self.field.reference
                    );
                    return Err(ServiceError::new(Code::InvalidArgument, message));
                }
                // A value that does not exist is held by no cell.
                Ok(self.by_cell_code(|set| in_set(set) == n_values))
            }
            Test::Between(_) => {
                let message = format!(
                    "`{}` has texts as values, and whole numbers from one to another are of ages alone; list \
                     values with `any_of`",
                    self.field.reference
                );
                Err(ServiceError::new(Code::InvalidArgument, message))
            }
            Test::IsNull(null) => Ok(self.by_cell_code(|set| set.is_empty() == *null)),
        }
    }

    /// By code: whether it holds of the set of each value alone; at [`NULL`], of the empty set.
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

    /// Whether a set for which it does not hold may have any of the values that it names: not to hold all of
    /// several is no reason to lack one of them.
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

    /// Asks a question of the set of each code of a cell.
    fn by_cell_code(&self, holds: impl Fn(&[u32]) -> bool) -> Vec<bool> {
        let mut own = [NULL];
        let codes = (0_u32..).take(self.field.n_cell_codes());
        codes.map(|code| holds(self.field.values(code, &mut own))).collect()
    }
}

fn n_distinct(values: &[String]) -> usize {
    values.iter().collect::<BTreeSet<_>>().len()
}
