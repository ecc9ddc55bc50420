//! Conditions on measures, bound to a snapshot's model.

use clio_proto::{
    Code, ComparedMeasure, ComparedPart, Having, MAX_FILTER_DEPTH, MAX_HAVING_TESTS, MeasureTest,
    Query, QuestionPart, ServiceError,
};

use super::bind::bind_measures;
use super::by_day::beside_verdicts;
use super::small_groups::withholding;
use super::{Output, PlanMeasure};
use crate::snapshot::Snapshot;
use crate::withheld::Withholding;

/// Which groups stay.
#[derive(Debug)]
pub(crate) enum GroupTest {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Measure {
        output: Output,
        test: MeasureTest,
    },
    /// Of a number of a comparison; `at` counts these tests in written order.
    Compared {
        at: usize,
        output: Output,
        part: ComparedPart,
        test: MeasureTest,
    },
}

/// The subject of a test.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tested<'a> {
    Own(&'a Output),
    /// A number of the comparison of the output at this position of [`GroupTest::compared`].
    Compared {
        at: usize,
        part: ComparedPart,
    },
}

impl GroupTest {
    /// Whether a group stays, from the values of its measures.
    pub(crate) fn holds(&self, value: &mut impl FnMut(Tested<'_>) -> Option<f64>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|own| own.holds(value)),
            Self::Any(all) => all.iter().any(|own| own.holds(value)),
            Self::Not(own) => !own.holds(value),
            Self::Measure { output, test } => test.holds(value(Tested::Own(output))),
            Self::Compared { at, part, test, .. } => {
                test.holds(value(Tested::Compared { at: *at, part: *part }))
            }
        }
    }

    /// The outputs whose comparison it tests, in written order.
    pub(crate) fn compared(&self) -> Vec<&Output> {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().flat_map(Self::compared).collect(),
            Self::Not(own) => own.compared(),
            Self::Measure { .. } => Vec::new(),
            Self::Compared { output, .. } => vec![output],
        }
    }

    /// Whether it tests a comparison anywhere.
    pub(crate) fn is_compared(&self) -> bool {
        !self.compared().is_empty()
    }

    /// The positions, among the plan's `measures`, that it needs; possibly with repetitions.
    pub(crate) fn needs(&self) -> Vec<usize> {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().flat_map(Self::needs).collect(),
            Self::Not(own) => own.needs(),
            Self::Measure { output, .. } | Self::Compared { output, .. } => output.needs(),
        }
    }

    /// Splits a conjunction into the tests that must all hold.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::All(all) => all.iter().flat_map(Self::parts).collect(),
            other => vec![other],
        }
    }
}

/// Checks that conditions apply to groups, are not too many, and compare with numbers.
pub(super) fn check_having(query: &Query) -> Result<(), ServiceError> {
    let Some(having) = &query.having else { return Ok(()) };
    let invalid = |message: String| ServiceError::new(Code::InvalidArgument, message);
    let depth = having.depth();
    if depth > MAX_FILTER_DEPTH {
        let message =
            format!("`having`: nested {depth} deep, over the limit of {MAX_FILTER_DEPTH}");
        return Err(invalid(message));
    }
    let n_tests = having.measures().len();
    if n_tests > MAX_HAVING_TESTS {
        let message = format!("`having`: {n_tests} tests, the limit is {MAX_HAVING_TESTS}");
        return Err(ServiceError::new(Code::ResourceExhausted, message));
    }
    if query.group_by.is_empty() {
        let message =
            "`having`: applies to groups, but nothing is grouped; name keys in `group_by`";
        return Err(invalid(message.to_owned()));
    }
    if let Some((measure, problem)) = first_problem(having) {
        return Err(invalid(format!("`having`: of `{measure}`: {problem}")));
    }
    if query.compare.is_none() && having.is_by_comparison() {
        let message = "`having`: tests a comparison, but rows are not compared; give `compare`";
        return Err(invalid(message.to_owned()));
    }
    Ok(())
}

fn first_problem(having: &Having) -> Option<(String, String)> {
    match having {
        Having::And(all) | Having::Or(all) => all.iter().find_map(first_problem),
        Having::Not(own) => first_problem(own),
        Having::Measure { measure, test } => {
            test.problem().map(|problem| (measure.clone(), problem))
        }
        Having::Compared { of, test } => test.problem().map(|problem| (of.to_string(), problem)),
    }
}

/// What a query asks for of measures.
pub(super) struct Asked {
    /// The required stored measures, first those of the requested ones.
    pub(super) measures: Vec<PlanMeasure>,
    /// How many of them belong to the requested ones.
    pub(super) n_answered: usize,
    pub(super) outputs: Vec<Output>,
    pub(super) having: Option<GroupTest>,
    /// What is withheld of small groups.
    pub(super) withholding: Option<Withholding>,
}

/// Binds the measures that a query asks for, and those that determine which groups stay or are shown.
pub(super) fn bind_having(snapshot: &Snapshot, query: &Query) -> Result<Asked, ServiceError> {
    let mut asked = bind_asked(snapshot, query)?;
    asked.withholding = withholding(snapshot, &mut asked.measures);
    Ok(asked)
}

fn bind_asked(snapshot: &Snapshot, query: &Query) -> Result<Asked, ServiceError> {
    let beside = beside_verdicts(snapshot, query);
    let asked: Vec<String> = query.measures.iter().chain(&beside).cloned().collect();
    let (measures, mut outputs) =
        bind_measures(snapshot, &asked).map_err(|error| error.of(QuestionPart::Measures))?;
    outputs.truncate(query.measures.len());
    let n_answered = measures.len();
    let Some(having) = &query.having else {
        return Ok(Asked { measures, n_answered, outputs, having: None, withholding: None });
    };
    let tested = having.measures().into_iter().map(str::to_owned);
    let names: Vec<String> = asked.iter().cloned().chain(tested).collect();
    let (measures, all) =
        bind_measures(snapshot, &names).map_err(|error| error.of(QuestionPart::Having))?;
    let mut tested = all.into_iter().skip(asked.len());
    let having = Some(group_test(having, &mut tested, &mut 0));
    Ok(Asked { measures, n_answered, outputs, having, withholding: None })
}

/// Binds conditions; `outputs` yields the subject of each test in written order, and `n_compared` of them were
/// comparisons so far.
fn group_test(
    having: &Having,
    outputs: &mut impl Iterator<Item = Output>,
    n_compared: &mut usize,
) -> GroupTest {
    let mut each = |all: &[Having]| -> Vec<GroupTest> {
        all.iter().map(|own| group_test(own, outputs, n_compared)).collect()
    };
    match having {
        Having::And(all) => GroupTest::All(each(all)),
        Having::Or(all) => GroupTest::Any(each(all)),
        Having::Not(own) => GroupTest::Not(Box::new(group_test(own, outputs, n_compared))),
        Having::Measure { test, .. } => {
            let output = outputs.next().expect("each test has its measure's output");
            GroupTest::Measure { output, test: *test }
        }
        Having::Compared { of: ComparedMeasure { part, .. }, test } => {
            let output = outputs.next().expect("each test has its measure's output");
            let at = *n_compared;
            *n_compared += 1;
            GroupTest::Compared { at, output, part: *part, test: *test }
        }
    }
}
