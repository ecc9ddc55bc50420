//! Filters: which cells count. The list of operators is here; their meaning is in serving.

use strum::EnumCount;

use crate::field::FieldRef;

/// How deep filters may nest; a single test has depth 1. People nest three or four levels; protobuf readers give up at
/// 100 messages, and a level of a filter takes two.
pub const MAX_FILTER_DEPTH: usize = 32;

/// Which cells count. The empty `And` holds for all cells, the empty `Or` for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of them must hold.
    And(Vec<Self>),
    /// At least one of them must hold.
    Or(Vec<Self>),
    /// It must not hold.
    Not(Box<Self>),
    /// A test of one field.
    Field {
        /// The field that is tested.
        field: FieldRef,
        /// What must hold of it.
        test: Test,
    },
}

impl Filter {
    /// How deep it nests: 1 for a single test or an empty list.
    pub fn depth(&self) -> usize {
        match self {
            Self::And(filters) | Self::Or(filters) => {
                1 + filters.iter().map(Self::depth).max().unwrap_or(0)
            }
            Self::Not(filter) => 1 + filter.depth(),
            Self::Field { .. } => 1,
        }
    }
}

/// What must hold of a field. A cell's value is taken as a set: with one value on a single-valued field, with any
/// number on a multi-valued one, and empty if it is null. So `NoneOf` holds for null, and `AllOf` requires a
/// multi-valued field (unless it names only one value).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The set holds at least one of the values.
    AnyOf(Vec<String>),
    /// The set holds every one of the values.
    AllOf(Vec<String>),
    /// The set holds none of the values.
    NoneOf(Vec<String>),
    /// The set holds a value that starts with this (case-sensitive).
    Prefix(String),
    /// The value is a whole number in a range: only for ages, whose values are not listed.
    Between(WholeRange),
    /// The set is empty (`true`) or not (`false`).
    IsNull(bool),
}

/// Whole numbers from one to another, both included.
///
/// Always true: it has at least one end, and the first is not above the last.
///
/// ```
/// use clio_proto::WholeRange;
///
/// let weeks = WholeRange::try_new(Some(0), Some(3)).unwrap();
/// assert!(weeks.contains(3) && !weeks.contains(4));
/// assert!(WholeRange::try_new(Some(1), Some(0)).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeRange {
    from: Option<i64>,
    to: Option<i64>,
}

/// Why two ends are not a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WholeRangeError {
    /// Both ends are missing.
    #[error("a range of whole numbers has at least one end")]
    Open,
    /// The first is above the last.
    #[error("no whole number lies between {from} and {to}")]
    Empty {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
}

impl WholeRange {
    /// From one number to another, both included; a missing end is open.
    ///
    /// # Errors
    ///
    /// Both ends are missing, or no number lies between them.
    pub fn try_new(from: Option<i64>, to: Option<i64>) -> Result<Self, WholeRangeError> {
        match (from, to) {
            (None, None) => Err(WholeRangeError::Open),
            (Some(from), Some(to)) if from > to => Err(WholeRangeError::Empty { from, to }),
            (from, to) => Ok(Self { from, to }),
        }
    }

    /// The first number; `None` if it is open below.
    pub fn from(self) -> Option<i64> {
        self.from
    }

    /// The last number; `None` if it is open above.
    pub fn to(self) -> Option<i64> {
        self.to
    }

    /// Whether a number is in the range.
    pub fn contains(self, number: i64) -> bool {
        self.from.is_none_or(|from| from <= number) && self.to.is_none_or(|to| number <= to)
    }
}

impl Test {
    /// The operator of the test.
    pub fn operator(&self) -> Operator {
        match self {
            Self::AnyOf(_) => Operator::AnyOf,
            Self::AllOf(_) => Operator::AllOf,
            Self::NoneOf(_) => Operator::NoneOf,
            Self::Prefix(_) => Operator::Prefix,
            Self::Between(_) => Operator::Between,
            Self::IsNull(_) => Operator::IsNull,
        }
    }

    /// How many values it names.
    pub fn n_values(&self) -> usize {
        match self {
            Self::AnyOf(values) | Self::AllOf(values) | Self::NoneOf(values) => values.len(),
            Self::Prefix(_) | Self::Between(_) => 1,
            Self::IsNull(_) => 0,
        }
    }
}

/// A way to test a field: the variants of [`Test`] without their values.
///
/// The wire, the filter language of the command line and the GraphQL schema all follow from [`Operator::ALL`]; every
/// `match` on an operator names all variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum Operator {
    /// [`Test::AnyOf`].
    AnyOf,
    /// [`Test::AllOf`].
    AllOf,
    /// [`Test::NoneOf`].
    NoneOf,
    /// [`Test::Prefix`].
    Prefix,
    /// [`Test::Between`].
    Between,
    /// [`Test::IsNull`].
    IsNull,
}

/// What an operator takes, and the test that it makes from that.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// A list of values.
    Values(fn(Vec<String>) -> Test),
    /// One string.
    Text(fn(String) -> Test),
    /// A range of whole numbers. The command line also writes one with signs: `>= 0`, `< 28`.
    Range(fn(WholeRange) -> Test),
    /// Yes or no.
    Flag {
        /// Makes the test.
        test: fn(bool) -> Test,
        /// The word for *no* in a language in which the operator's name alone means *yes*.
        denied: &'static str,
    },
}

impl Operator {
    /// Every operator, in the order in which they are listed.
    pub const ALL: [Self; Self::COUNT] =
        [Self::AnyOf, Self::AllOf, Self::NoneOf, Self::Prefix, Self::Between, Self::IsNull];

    /// The name that people write: `anyOf`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnyOf => "anyOf",
            Self::AllOf => "allOf",
            Self::NoneOf => "noneOf",
            Self::Prefix => "prefix",
            Self::Between => "between",
            Self::IsNull => "isNull",
        }
    }

    /// The name on the wire: `any_of`.
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::AnyOf => "any_of",
            Self::AllOf => "all_of",
            Self::NoneOf => "none_of",
            Self::Prefix => "prefix",
            Self::Between => "between",
            Self::IsNull => "is_null",
        }
    }

    /// What it takes.
    pub fn takes(self) -> Takes {
        match self {
            Self::AnyOf => Takes::Values(Test::AnyOf),
            Self::AllOf => Takes::Values(Test::AllOf),
            Self::NoneOf => Takes::Values(Test::NoneOf),
            Self::Prefix => Takes::Text(Test::Prefix),
            Self::Between => Takes::Range(Test::Between),
            Self::IsNull => Takes::Flag { test: Test::IsNull, denied: "isNotNull" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operator_makes_its_own_test() {
        for operator in Operator::ALL {
            let test = match operator.takes() {
                Takes::Values(test) => test(vec!["a".to_owned()]),
                Takes::Text(test) => test("a".to_owned()),
                Takes::Range(test) => test(WholeRange::try_new(None, Some(6)).unwrap()),
                Takes::Flag { test, .. } => test(true),
            };
            assert_eq!(test.operator(), operator);
        }
    }

    #[test]
    fn a_range_has_an_end_and_a_number() {
        let of = |from, to| WholeRange::try_new(from, to);
        assert_eq!(of(None, None).unwrap_err(), WholeRangeError::Open);
        assert_eq!(
            of(Some(1), Some(0)).unwrap_err().to_string(),
            "no whole number lies between 1 and 0"
        );
        let holds = |from, to| [-1, 0, 1, 2].map(|number| of(from, to).unwrap().contains(number));
        assert_eq!(holds(Some(0), Some(1)), [false, true, true, false]);
        assert_eq!(holds(Some(0), None), [false, true, true, true]);
        assert_eq!(holds(None, Some(0)), [true, true, false, false]);
    }

    #[test]
    fn each_operator_is_listed_once_under_a_name_of_its_own() {
        let listed = Operator::ALL;
        let of = |name: fn(Operator) -> &'static str| {
            listed.map(name).into_iter().collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!([of(Operator::name), of(Operator::wire_name)], [listed.len(); 2]);
    }
}
