//! Filters over codes: the meaning of a test for each code of a dimension, and the rows that pass.
//!
//! A test is evaluated once over the codes of its dimension (thousands), not once per cell (millions); attributes and
//! sets make no difference, since a code stands for the whole set of a cell's values.

use clio_proto::{Code, Filter, MAX_FILTER_DEPTH, Period, ServiceError, Test};
use roaring::{MultiOps as _, RoaringBitmap};

use super::ages::{AgeTest, bind_age_test, day_of, with_ages};
use super::operators::BoundTest;
use crate::config::Limits;
use crate::snapshot::{Chunk, Dimensions, Field, KeyColumn, Snapshot};

/// The largest number of bitmaps that are united; with more, looking at each row's code is faster.
const MAX_BITMAPS: usize = 64;

/// A filter bound to one snapshot.
#[derive(Debug, Clone)]
pub(crate) enum RowFilter {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Test(CodeTest),
    /// A test of an age, which differs from day to day.
    Age(AgeTest),
}

/// The codes of a dimension for which a test holds.
#[derive(Debug, Clone)]
pub(crate) struct CodeTest {
    dimension: usize,
    /// Whether it holds, by code.
    holds: Vec<bool>,
    n_holding: usize,
}

/// Checks that a filter is neither too deep nor too large; nothing else may traverse it before.
pub(crate) fn check_filter(filter: &Filter, limits: &Limits) -> Result<(), ServiceError> {
    let n_values = check_size(filter, MAX_FILTER_DEPTH)?;
    if n_values > limits.n_filter_values {
        let limit = limits.n_filter_values;
        return Err(ServiceError::new(
            Code::ResourceExhausted,
            format!("{n_values} values and tests, the limit is {limit}"),
        ));
    }
    Ok(())
}

/// Binds a filter that was [validated](check_filter); the error lists the fields that exist, or says which value is left out.
pub(crate) fn bind_filter(snapshot: &Snapshot, filter: &Filter) -> Result<RowFilter, ServiceError> {
    snapshot.refuse_values(filter)?;
    bind_node(snapshot, filter)
}

/// The number of values, tests and connectives in a filter that is not too deep.
fn check_size(filter: &Filter, depth_left: usize) -> Result<usize, ServiceError> {
    if depth_left == 0 {
        return Err(ServiceError::new(
            Code::InvalidArgument,
            format!("nested deeper than {MAX_FILTER_DEPTH} levels"),
        ));
    }
    match filter {
        Filter::And(nodes) | Filter::Or(nodes) => {
            // An empty list counts as a test.
            nodes.iter().try_fold(usize::from(nodes.is_empty()), |sum, node| {
                Ok(sum + check_size(node, depth_left - 1)?)
            })
        }
        Filter::Not(node) => check_size(node, depth_left - 1),
        Filter::Field { test, .. } => Ok(test.n_values().max(1)),
    }
}

fn bind_node(snapshot: &Snapshot, filter: &Filter) -> Result<RowFilter, ServiceError> {
    let all = |nodes: &[Filter]| -> Result<Vec<RowFilter>, ServiceError> {
        nodes.iter().map(|node| bind_node(snapshot, node)).collect()
    };
    Ok(match filter {
        Filter::And(nodes) => RowFilter::And(all(nodes)?),
        Filter::Or(nodes) => RowFilter::Or(all(nodes)?),
        Filter::Not(node) => RowFilter::Not(Box::new(bind_node(snapshot, node)?)),
        Filter::Field { field, test } => {
            if let Some(left_out) = snapshot.left_out_field(field) {
                return Err(left_out);
            }
            if let Some(test) = bind_age_test(snapshot, field, test)? {
                return Ok(RowFilter::Age(test));
            }
            let field = snapshot.field(field).map_err(|error| with_ages(snapshot, error))?;
            let field = &snapshot.fields[field];
            RowFilter::Test(bind_test(field, test)?)
        }
    })
}

pub(super) fn bind_test(field: &Field, test: &Test) -> Result<CodeTest, ServiceError> {
    Ok(CodeTest::new(field.dimension, BoundTest::new(test, field).holds_of_cells()?))
}

impl RowFilter {
    /// Some dimensions, plus those that it tests; `None` if their positions are too large.
    pub(crate) fn dimensions(&self, others: Dimensions) -> Option<Dimensions> {
        match self {
            Self::And(nodes) | Self::Or(nodes) => {
                nodes.iter().try_fold(others, |all, node| node.dimensions(all))
            }
            Self::Not(node) => node.dimensions(others),
            Self::Test(test) => others.with(test.dimension),
            Self::Age(test) => others.with(test.dimension()),
        }
    }

    /// The rows of a chunk that pass the filter; the chunk belongs to this period.
    pub(crate) fn rows(&self, chunk: &Chunk, period: Period) -> RoaringBitmap {
        match self {
            Self::And(nodes) => {
                let mut nodes = nodes.iter();
                let Some(first) = nodes.next() else { return all_rows(chunk) };
                let mut rows = first.rows(chunk, period);
                for node in nodes {
                    if rows.is_empty() {
                        break;
                    }
                    rows &= node.rows(chunk, period);
                }
                rows
            }
            Self::Or(nodes) => nodes.iter().map(|node| node.rows(chunk, period)).union(),
            Self::Not(node) => all_rows(chunk) - node.rows(chunk, period),
            Self::Test(test) => test.rows(chunk),
            Self::Age(test) => {
                let holds = test.holds(day_of(period));
                CodeTest::new(test.dimension(), holds).rows(chunk)
            }
        }
    }
}

impl CodeTest {
    fn new(dimension: usize, holds: Vec<bool>) -> Self {
        let n_holding = holds.iter().filter(|holds| **holds).count();
        Self { dimension, holds, n_holding }
    }

    fn rows(&self, chunk: &Chunk) -> RoaringBitmap {
        let keys = &chunk.keys[self.dimension];
        if self.n_holding == 0 {
            return RoaringBitmap::new();
        }
        if self.n_holding <= MAX_BITMAPS {
            let codes = (0_u32..).zip(&self.holds).filter(|(_, holds)| **holds);
            return codes.filter_map(|(code, _)| keys.rows(code)).union();
        }
        let (mut holding, mut n_others) = (Vec::new(), 0);
        for (code, rows) in keys.index() {
            if !self.holds[code as usize] {
                n_others += 1;
            } else if holding.len() <= MAX_BITMAPS {
                holding.push(rows);
            }
        }
        if n_others == 0 {
            all_rows(chunk)
        } else if holding.len() <= MAX_BITMAPS {
            holding.union()
        } else {
            self.scan(keys)
        }
    }

    /// Looks at each row's code.
    fn scan(&self, keys: &KeyColumn) -> RoaringBitmap {
        let rows = (0_u32..).zip(&keys.codes);
        let rows = rows.filter(|(_, code)| self.holds[**code as usize]).map(|(row, _)| row);
        RoaringBitmap::from_sorted_iter(rows).expect("rows are counted upwards")
    }
}

fn all_rows(chunk: &Chunk) -> RoaringBitmap {
    let mut rows = RoaringBitmap::new();
    rows.insert_range(0..chunk.n_rows);
    rows
}
