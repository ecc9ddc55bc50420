//! Conditions on measures: which groups of an answer stay.

use super::ComparedMeasure;

/// The largest number of tests in one condition, however nested: far beyond what people write.
pub const MAX_HAVING_TESTS: usize = 256;

/// Which groups stay. The empty `And` holds for all groups, the empty `Or` for none.
///
/// Conditions apply to the values in the answer, which for a distinct count are estimates: a group whose bounds lie on
/// both sides of a threshold stays or goes by its estimate alone. Nested at most
/// [`MAX_FILTER_DEPTH`](crate::MAX_FILTER_DEPTH) levels deep, with at most [`MAX_HAVING_TESTS`] tests.
#[derive(Debug, Clone, PartialEq)]
pub enum Having {
    /// All of them must hold.
    And(Vec<Self>),
    /// At least one of them must hold.
    Or(Vec<Self>),
    /// It must not hold.
    Not(Box<Self>),
    /// A test of one measure.
    Measure {
        /// Any measure of the model, whether the query asks for it or not.
        measure: String,
        /// What must hold of its value.
        test: MeasureTest,
    },
    /// A test of a number of a measure's comparison. Only if rows are compared.
    Compared {
        /// Any measure of the model, and the number.
        of: ComparedMeasure,
        /// What must hold of the number.
        test: MeasureTest,
    },
}

impl Having {
    /// How deep it nests: 1 for a single test or an empty list.
    pub fn depth(&self) -> usize {
        match self {
            Self::And(all) | Self::Or(all) => 1 + all.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(own) => 1 + own.depth(),
            Self::Measure { .. } | Self::Compared { .. } => 1,
        }
    }

    /// The measures that it tests, in written order, with repetitions.
    pub fn measures(&self) -> Vec<&str> {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::measures).collect(),
            Self::Not(own) => own.measures(),
            Self::Measure { measure, .. }
            | Self::Compared { of: ComparedMeasure { measure, .. }, .. } => {
                vec![measure]
            }
        }
    }

    /// Whether it tests a number of a comparison anywhere.
    pub fn is_by_comparison(&self) -> bool {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().any(Self::is_by_comparison),
            Self::Not(own) => own.is_by_comparison(),
            Self::Measure { .. } => false,
            Self::Compared { .. } => true,
        }
    }
}

/// What must hold of a measure's value. An undefined value (`0 / 0`) only passes `IsNull(true)`, and so it passes the
/// negation of any other test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MeasureTest {
    /// It is this or more.
    AtLeast(f64),
    /// It is this or less.
    AtMost(f64),
    /// It is more than this.
    Above(f64),
    /// It is less than this.
    Below(f64),
    /// It lies between two numbers, both included.
    Between {
        /// The smallest that passes.
        from: f64,
        /// The largest that passes; not less than `from`.
        to: f64,
    },
    /// It is undefined (`true`) or not (`false`).
    IsNull(bool),
}

impl MeasureTest {
    /// Whether a value passes; `None` is an undefined one.
    ///
    /// ```
    /// use clio_proto::MeasureTest;
    ///
    /// assert!(MeasureTest::AtLeast(100.0).holds(Some(100.0)));
    /// assert!(!MeasureTest::Above(100.0).holds(Some(100.0)));
    /// assert!(!MeasureTest::AtLeast(100.0).holds(None));
    /// ```
    pub fn holds(self, value: Option<f64>) -> bool {
        match (self, value) {
            (Self::IsNull(is_null), value) => value.is_none() == is_null,
            (_, None) => false,
            (Self::AtLeast(least), Some(value)) => value >= least,
            (Self::AtMost(most), Some(value)) => value <= most,
            (Self::Above(bound), Some(value)) => value > bound,
            (Self::Below(bound), Some(value)) => value < bound,
            (Self::Between { from, to }, Some(value)) => from <= value && value <= to,
        }
    }

    /// Why no value can be compared with it, if that is so: a number that is not finite, or an interval that ends
    /// before it starts.
    pub fn problem(self) -> Option<String> {
        let numbers = match self {
            Self::AtLeast(own) | Self::AtMost(own) | Self::Above(own) | Self::Below(own) => {
                [own, own]
            }
            Self::Between { from, to } => [from, to],
            Self::IsNull(_) => return None,
        };
        if let Some(number) = numbers.into_iter().find(|number| !number.is_finite()) {
            return Some(format!("{number} is not a finite number"));
        }
        let [from, to] = numbers;
        (from > to).then(|| format!("{from} is above {to}; the smaller number comes first"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_included_where_the_word_says_so() {
        let between = MeasureTest::Between { from: 1.0, to: 2.0 };
        for (test, holding) in [
            (MeasureTest::AtLeast(1.0), [false, true, true, true]),
            (MeasureTest::AtMost(1.0), [true, true, false, false]),
            (MeasureTest::Above(1.0), [false, false, true, true]),
            (MeasureTest::Below(1.0), [true, false, false, false]),
            (between, [false, true, true, false]),
            (MeasureTest::IsNull(false), [true; 4]),
            (MeasureTest::IsNull(true), [false; 4]),
        ] {
            let found = [0.5, 1.0, 2.0, 2.5].map(|value| test.holds(Some(value)));
            assert_eq!(found, holding, "{test:?}");
            assert_eq!(test.holds(None), test == MeasureTest::IsNull(true), "{test:?}");
        }
    }

    #[test]
    fn what_no_value_can_be_held_against_says_why() {
        assert_eq!(MeasureTest::AtLeast(-1.5).problem(), None);
        assert_eq!(MeasureTest::Between { from: 1.0, to: 1.0 }.problem(), None);
        let problem = |test: MeasureTest| test.problem().unwrap();
        assert_eq!(problem(MeasureTest::Below(f64::NAN)), "NaN is not a finite number");
        assert_eq!(
            problem(MeasureTest::Between { from: 0.0, to: f64::INFINITY }),
            "inf is not a finite number"
        );
        assert_eq!(
            problem(MeasureTest::Between { from: 3.0, to: 2.5 }),
            "3 is above 2.5; the smaller number comes first"
        );
    }
}
