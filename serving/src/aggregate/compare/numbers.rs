//! The numbers of comparisons for any number of groups, for orders and conditions.
//!
//! They are those of the answer, without bounds: no two sketches are looked at together, and a sketch is united at most
//! once for each group of the other side. The rest of each group takes as much as for a page (`rest.rs`): each cell is
//! added once on each level of halves.

use clio_proto::{ComparedPart, ServiceError, Value};

use super::super::evaluate;
use super::super::gathered::{Asked, Cells};
use super::super::measures::Measures;
use super::super::rest::{rest, whole};
use super::super::scopes::scopes;
use super::super::scratch::Unions;
use super::super::side::{Side, whole_difference};
use super::OtherCells;
use crate::plan::{OtherSide, Output, Plan, PlanKey};

/// An output of a group and that of its other side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::aggregate) struct ComparedNumbers {
    other: Option<f64>,
    difference: Option<f64>,
    ratio: Option<f64>,
}

impl ComparedNumbers {
    /// One of them.
    pub(in crate::aggregate) fn part(self, part: ComparedPart) -> Option<f64> {
        match part {
            ComparedPart::Other => self.other,
            ComparedPart::Difference => self.difference,
            ComparedPart::Ratio => self.ratio,
        }
    }

    fn of(output: &Output, own: &[Value], beside: &[Value]) -> Self {
        let (one, other) = (evaluate(output, own).value, evaluate(output, beside).value);
        let finite = |number: f64| Some(number).filter(|number| number.is_finite());
        let both = one.zip(other);
        let whole = whole_difference(output, own, beside).and_then(|difference| difference.value);
        let difference = whole.or_else(|| both.and_then(|(one, other)| finite(one - other)));
        let ratio = both.filter(|(_, other)| *other != 0.0);
        Self { other, difference, ratio: ratio.and_then(|(one, other)| finite(one / other)) }
    }
}

/// The source of the groups' other sides.
#[derive(Debug)]
pub(in crate::aggregate) struct Beside<'a> {
    pub(in crate::aggregate) asked: Asked<'a>,
    pub(in crate::aggregate) own: Cells<'a>,
    /// If rows are compared with other days or another snapshot: the cells there, and the measures over them.
    pub(in crate::aggregate) days: Option<(&'a OtherCells<'a>, Measures<'a>)>,
    /// The work of uniting for the rest or the whole.
    pub(in crate::aggregate) unions: Unions,
}

/// A group of the other side.
#[derive(Debug, Clone, Copy)]
enum Other {
    Group(u32),
    /// It has no cells.
    Nothing,
    /// None of its days is present.
    NoData,
}

impl Beside<'_> {
    /// For each output, the numbers of some groups, in ascending order of groups; empty without a comparison.
    pub(in crate::aggregate) fn numbers(
        &mut self,
        outputs: &[&Output],
        of: &[u32],
        measures: &mut Measures<'_>,
    ) -> Result<Vec<Vec<ComparedNumbers>>, ServiceError> {
        let mut found: Vec<Vec<ComparedNumbers>> = vec![Vec::new(); outputs.len()];
        let Some(compare) = self.asked.plan.compare.as_ref().filter(|_| !outputs.is_empty()) else {
            return Ok(found);
        };
        let mut needs: Vec<usize> = outputs.iter().flat_map(|output| output.needs()).collect();
        needs.sort_unstable();
        needs.dedup();
        for measure in &needs {
            measures.prepare_groups(*measure, of)?;
        }
        match compare {
            OtherSide::Days(_) | OtherSide::Snapshot(_) | OtherSide::Member { .. } => {
                let others: Vec<Other> =
                    of.iter().map(|group| self.other(compare, *group)).collect();
                self.of_groups(&needs, outputs, of, &others, measures, &mut found)?;
            }
            OtherSide::Rest { is_of_step } | OtherSide::Whole { is_of_step } => {
                let is_whole = matches!(compare, OtherSide::Whole { .. });
                let n_measures = self.asked.plan.measures.len();
                let mut by_place: Vec<Vec<ComparedNumbers>> = vec![Vec::new(); of.len()];
                let mut own = vec![Value::undefined(); n_measures];
                for (places, step) in scopes(self.asked.plan, &self.own, of, *is_of_step) {
                    let groups: Vec<u32> = places.iter().map(|place| of[*place]).collect();
                    let mut take = |at: usize, beside: &[Value]| -> Result<(), ServiceError> {
                        let mut beside = beside.to_vec();
                        for measure in &needs {
                            own[*measure] = measures.of(*measure, groups[at])?;
                            if own[*measure].withheld && !is_whole {
                                // Compared with the whole it would reveal a withheld number.
                                beside[*measure] = Value::withheld();
                            }
                        }
                        let numbers =
                            outputs.iter().map(|out| ComparedNumbers::of(out, &own, &beside));
                        by_place[places[at]] = numbers.collect();
                        Ok(())
                    };
                    if is_whole {
                        let (whole, united) = whole(self.asked, n_measures, &self.own, step)?;
                        self.unions += united;
                        let whole = whole.told(self.asked.plan);
                        (0..groups.len()).try_for_each(|at| take(at, whole.values()))?;
                    } else {
                        let (asked, own) = (self.asked, &self.own);
                        let mut take_rest =
                            |at: usize, side: Side| take(at, side.told(asked.plan).values());
                        self.unions += rest(asked, n_measures, own, step, &groups, &mut take_rest)?;
                    }
                }
                for numbers in by_place {
                    found.iter_mut().zip(numbers).for_each(|(all, own)| all.push(own));
                }
            }
        }
        Ok(found)
    }

    /// The other side of a group, if that is itself a group.
    fn other(&self, compare: &OtherSide, group: u32) -> Other {
        let mut codes = self.own.groups.codes(group);
        match compare {
            OtherSide::Member { key, code } => {
                codes[*key] = *code;
                self.own.groups.find(&codes).map_or(Other::Nothing, Other::Group)
            }
            OtherSide::Days(_)
            | OtherSide::Snapshot(_)
            | OtherSide::Rest { .. }
            | OtherSide::Whole { .. } => match &self.days {
                Some((days, _)) => match days.find(self.own.groups, &codes) {
                    Some(group) => Other::Group(group),
                    None if days.has_data(self.asked.plan, &codes) => Other::Nothing,
                    None => Other::NoData,
                },
                None => Other::NoData,
            },
        }
    }

    fn of_groups(
        &mut self,
        needs: &[usize],
        outputs: &[&Output],
        of: &[u32],
        others: &[Other],
        measures: &mut Measures<'_>,
        found: &mut [Vec<ComparedNumbers>],
    ) -> Result<(), ServiceError> {
        let known = |other: &Other| match other {
            Other::Group(group) => Some(*group),
            Other::Nothing | Other::NoData => None,
        };
        let mut upwards: Vec<u32> = others.iter().filter_map(known).collect();
        upwards.sort_unstable();
        upwards.dedup();
        for measure in needs {
            match &mut self.days {
                Some((_, days)) => days.prepare_groups(*measure, &upwards)?,
                None => measures.prepare_groups(*measure, &upwards)?,
            }
        }
        let n_measures = self.asked.plan.measures.len();
        let (mut own, mut beside) =
            (vec![Value::undefined(); n_measures], vec![Value::undefined(); n_measures]);
        for (group, other) in of.iter().zip(others) {
            for measure in needs {
                own[*measure] = measures.of(*measure, *group)?;
                beside[*measure] = match (other, &mut self.days) {
                    (Other::Group(other), Some((_, days))) => days.of(*measure, *other)?,
                    (Other::Group(other), None) => measures.of(*measure, *other)?,
                    (Other::Nothing, _) => measures.nothing_of(*measure),
                    (Other::NoData, _) => Value::undefined(),
                };
            }
            for (all, output) in found.iter_mut().zip(outputs) {
                all.push(ComparedNumbers::of(output, &own, &beside));
            }
        }
        Ok(())
    }
}

impl OtherCells<'_> {
    /// Whether days of the other side of a group with these codes are present.
    pub(super) fn has_data(&self, plan: &Plan, codes: &[u32]) -> bool {
        let other = self.asked.plan;
        match plan.keys.iter().position(|key| matches!(key, PlanKey::Time)) {
            Some(time) => !other.steps[codes[time] as usize].periods.is_empty(),
            None => !other.has_no_data(),
        }
    }
}
