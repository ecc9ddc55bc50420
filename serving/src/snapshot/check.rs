//! What must hold of a snapshot as a whole: the tree of periods, and that parents add up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clio_proto::{Period, RetiredDays};
use clio_sketch::{Union, relative_standard_error_at};

use super::chunk::{Chunk, MeasureColumn};
use super::layout::{Layout, Stored};
use crate::error::Refusal;

/// How far sums of other than whole numbers may drift, relative to their size: the order of addition
/// differs between a day's cells and a year's.
const FLOAT_TOLERANCE: f64 = 1e-6;

/// How many standard errors a parent's estimate may lie below a child's.
const N_STANDARD_ERRORS: f64 = 6.0;

/// A measure's total over the files of one period.
enum Total {
    Int(i128),
    Float(f64),
    Distinct { value: f64, error: f64 },
}

/// Checks that every period has its parent, that every parent has children, unless it is a retired month, and
/// that each is what its children give: sums are equal, and different values are no fewer than those of any
/// child.
pub(crate) fn check_tree(
    layout: &Layout,
    retired: &RetiredDays,
    chunks: &BTreeMap<Period, Vec<Arc<Chunk>>>,
) -> Result<(), Refusal> {
    let mut children: BTreeMap<Period, Vec<Period>> = BTreeMap::new();
    for period in chunks.keys() {
        if let Some(parent) = period.parent() {
            if !chunks.contains_key(&parent) {
                return Err(Refusal::PeriodMissing { missing: parent, present: *period });
            }
            children.entry(parent).or_default().push(*period);
        }
    }
    check_retired(retired, chunks, &children)?;
    let is_day = |period: &Period| matches!(period, Period::Day(_));
    let retired: BTreeSet<Period> = retired.months().collect();
    let childless = chunks.keys().find(|period| {
        !is_day(period) && !children.contains_key(period) && !retired.contains(period)
    });
    if let Some(period) = childless {
        return Err(Refusal::Childless { period: *period });
    }
    for (at, measure) in layout.measures.iter().enumerate() {
        let totals: BTreeMap<Period, Total> = chunks
            .iter()
            .map(|(period, files)| (*period, total(measure.stored, files, at)))
            .collect();
        for (parent, children) in &children {
            let below: Vec<&Total> = children.iter().map(|child| &totals[child]).collect();
            check_parent(&measure.name, *parent, &totals[parent], &below)?;
        }
    }
    Ok(())
}

/// Checks that each retired month is there, and no day of it.
fn check_retired(
    retired: &RetiredDays,
    chunks: &BTreeMap<Period, Vec<Arc<Chunk>>>,
    children: &BTreeMap<Period, Vec<Period>>,
) -> Result<(), Refusal> {
    for month in retired.months() {
        if !chunks.contains_key(&month) {
            return Err(Refusal::RetiredMissing { month });
        }
        if let Some(day) = children.get(&month).and_then(|days| days.first()) {
            return Err(Refusal::RetiredWithDay { month, day: *day });
        }
    }
    Ok(())
}

/// A measure's total over the files of one period.
fn total(stored: Stored, files: &[Arc<Chunk>], at: usize) -> Total {
    let columns = files.iter().map(|chunk| &chunk.measures[at]);
    match stored {
        Stored::Count | Stored::IntSum => Total::Int(
            columns
                .map(
                    |column| if let MeasureColumn::Int { total, .. } = column { *total } else { 0 },
                )
                .sum(),
        ),
        Stored::FloatSum => Total::Float(
            columns
                .map(|column| match column {
                    MeasureColumn::Float { total, .. } => *total,
                    MeasureColumn::Int { .. } | MeasureColumn::Sketch { .. } => 0.0,
                })
                .sum(),
        ),
        Stored::Distinct { family, precision } => {
            let mut union = Union::new(family, precision);
            for column in columns {
                if let MeasureColumn::Sketch { total, .. } = column {
                    total.union_into(&mut union);
                }
            }
            let value = union.estimate().value;
            Total::Distinct { value, error: relative_standard_error_at(family, precision, value) }
        }
    }
}

fn check_parent(
    measure: &str,
    period: Period,
    parent: &Total,
    children: &[&Total],
) -> Result<(), Refusal> {
    let refuse = |found: f64, relation: &'static str, expected: f64| Refusal::Totals {
        measure: measure.to_owned(),
        period,
        found,
        relation,
        expected,
    };
    match parent {
        Total::Int(found) => {
            let below = |total: &&Total| if let Total::Int(own) = total { *own } else { 0 };
            let expected: i128 = children.iter().map(below).sum();
            if *found != expected {
                return Err(refuse(*found as f64, "not the", expected as f64));
            }
        }
        Total::Float(found) => {
            let below = |total: &&Total| if let Total::Float(own) = total { *own } else { 0.0 };
            let expected: f64 = children.iter().map(below).sum();
            let size: f64 = children.iter().map(|child| below(child).abs()).sum();
            if (found - expected).abs() > FLOAT_TOLERANCE * size.max(found.abs()) {
                return Err(refuse(*found, "not the", expected));
            }
        }
        Total::Distinct { value: found, error } => {
            for child in children {
                let Total::Distinct { value: expected, .. } = child else { continue };
                // A whole value more, for the one collision that small sketches may have.
                let least = expected * (1.0 - N_STANDARD_ERRORS * error) - 1.0;
                if *found < least {
                    return Err(refuse(*found, "below the", *expected));
                }
            }
        }
    }
    Ok(())
}
