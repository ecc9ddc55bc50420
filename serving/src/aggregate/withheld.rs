//! What may be shown of each group of a query, so that nothing about small groups follows from the other groups.
//!
//! ```text
//! each group          withheld if it has too few people                                       serving/src/withheld.rs
//! multi-valued keys   withheld if all the others together have too few
//! windows             withheld if the days by which two of them differ have too few           withheld_windows.rs
//! each whole          if the withheld groups have too few together: the next smallest one is withheld too
//! ```
//!
//! A whole is what groups make up together: a step of time if fields are grouped beside it, otherwise everything. Its
//! total minus the shown groups is what the others have; so these have enough people, counted over all pages together.

use clio_proto::{ServiceError, Value};

use super::Clock;
use super::gathered::{Asked, Cells};
use super::measures::Measures;
use super::rest::rest;
use super::scopes::scopes;
use super::scratch::Unions;
use super::verdicts::of_one_kind;
use super::withheld_windows;
use crate::plan::PlanKey;
use crate::withheld::{Told, Withholding};

/// What may be shown of the groups of a query.
#[derive(Debug)]
pub(super) struct Withheld {
    pub(super) rule: Withholding,
    /// By group, then by source.
    told: Vec<Vec<Told>>,
    /// By source.
    of_total: Vec<Told>,
}

impl Withheld {
    /// A measure's value over a group, as shown.
    pub(super) fn tell(&self, measure: usize, group: u32, value: Value) -> Value {
        self.rule.tell(measure, value, &self.told[group as usize])
    }

    /// A measure's value over all selected rows, as shown.
    pub(super) fn tell_total(&self, measure: usize, value: Value) -> Value {
        self.rule.tell(measure, value, &self.of_total)
    }

    /// Hides those of the total's values whose source is withheld, regardless of how many people it has.
    pub(super) fn hide_total(&self, values: &mut [Value]) {
        for (measure, value) in values.iter_mut().enumerate() {
            if self.of_total[self.rule.source(measure)] == Told::Nothing {
                *value = Value::withheld();
            }
        }
    }

    /// Whether a measure is withheld over a group.
    pub(super) fn hides(&self, measure: usize, group: u32) -> bool {
        self.told[group as usize][self.rule.source(measure)] == Told::Nothing
    }
}

/// Determines what may be shown of each group; `None` if the model withholds nothing. Computes an estimate for each
/// group and each measure that counts people.
pub(super) fn withheld(
    asked: Asked<'_>,
    cells: &Cells<'_>,
    measures: &mut Measures<'_>,
    work: &mut Clock,
) -> Result<Option<(Withheld, Unions)>, ServiceError> {
    let Some(rule) = asked.plan.withholding.clone() else { return Ok(None) };
    let all: Vec<u32> = cells.groups.all().collect();
    let people = people(&rule, &all, measures)?;
    let mut of_total = Vec::new();
    for counted in rule.people() {
        let values = counted.iter().map(|measure| measures.total(*measure));
        let values = values.collect::<Result<Vec<Value>, _>>()?;
        of_total.push(values.into_iter().filter_map(|own| own.value).reduce(f64::min));
    }
    let of_total: Vec<f64> = of_total.into_iter().map(Option::unwrap_or_default).collect();
    let mut found = Finding {
        told: people.iter().map(|own| rule.told(own)).collect(),
        people,
        rule: &rule,
        asked,
        cells,
        unions: Unions::default(),
    };
    let mut of_total = rule.told(&of_total);
    if asked.plan.total.is_some() {
        let told = (&mut found.told[..], &mut of_total[..]);
        found.unions += withheld_windows::close(asked, cells, &rule, told, work)?;
    }
    let is_time = |key: &PlanKey| matches!(key, PlanKey::Time);
    let keys = &asked.plan.keys;
    let is_of_step = keys.iter().any(is_time) && !keys.iter().all(is_time);
    for (places, step) in scopes(asked.plan, cells, &all, is_of_step) {
        let of: Vec<u32> = places.iter().map(|place| all[*place]).collect();
        if asked.plan.has_overlapping_groups() {
            found.without_nearly_all(&of, step)?;
        }
        found.with_next_smallest(&of, measures)?;
    }
    let (told, unions) = (found.told, found.unions);
    Ok(Some((Withheld { rule, told, of_total }, unions)))
}

/// The people of each group, by group, then by source.
fn people(
    rule: &Withholding,
    of: &[u32],
    measures: &mut Measures<'_>,
) -> Result<Vec<Vec<f64>>, ServiceError> {
    for measure in rule.people().iter().flatten() {
        measures.prepare_groups(*measure, of)?;
    }
    let mut values = vec![None; measures.n_measures()];
    let mut people = Vec::with_capacity(of.len());
    for group in of {
        for measure in rule.people().iter().flatten() {
            values[*measure] = measures.of(*measure, *group)?.value;
        }
        people.push(rule.count(|measure| values[measure]));
    }
    Ok(people)
}

/// The people of some groups together, by source, as precisely as needed to know whether they are enough.
pub(super) fn people_together(
    rule: &Withholding,
    of: &[u32],
    measures: &mut Measures<'_>,
) -> Result<Vec<f64>, ServiceError> {
    let mut people = Vec::new();
    for counted in rule.people() {
        let mut least = f64::INFINITY;
        for measure in counted {
            let mut union: Option<clio_sketch::Union> = None;
            let mut own = 0.0;
            for group in of {
                let sketch = measures.sketch(*measure, *group)?;
                let union = union.get_or_insert_with(|| {
                    clio_sketch::Union::new(sketch.family(), sketch.precision())
                });
                union.union(&sketch).map_err(of_one_kind)?;
                own = union.estimate().value;
                if rule.is_enough(own) {
                    break;
                }
            }
            least = least.min(own);
        }
        people.push(if least.is_finite() { least } else { 0.0 });
    }
    Ok(people)
}

/// What may be shown of groups, while it is being determined.
struct Finding<'a> {
    rule: &'a Withholding,
    asked: Asked<'a>,
    cells: &'a Cells<'a>,
    /// By group, then by source.
    people: Vec<Vec<f64>>,
    told: Vec<Vec<Told>>,
    unions: Unions,
}

impl Finding<'_> {
    fn is_hidden(&self, group: u32, source: usize) -> bool {
        self.told[group as usize][source] == Told::Nothing
    }

    /// Withholds a group if the rest of its whole without it is too small: with several values per cell that rest is
    /// not a group itself.
    fn without_nearly_all(&mut self, of: &[u32], step: Option<u32>) -> Result<(), ServiceError> {
        let n_measures = self.asked.plan.measures.len();
        let of = &self.nearly_all(of);
        let (rule, people) = (self.rule, &mut self.told);
        let mut left = Vec::with_capacity(of.len());
        self.unions += rest(self.asked, n_measures, self.cells, step, of, &mut |at, side| {
            left.push((of[at], rule.told(&rule.count(|own| side.values()[own].value))));
            Ok(())
        })?;
        for (group, left) in left {
            for (own, left) in people[group as usize].iter_mut().zip(left) {
                if left == Told::Nothing {
                    *own = Told::Nothing;
                }
            }
        }
        Ok(())
    }

    /// Those of some groups that may be nearly all of them: no other one has many more people, allowing for sketch
    /// errors.
    fn nearly_all(&self, of: &[u32]) -> Vec<u32> {
        let room = 2.0 * f64::from(self.rule.least());
        let people = |group: u32, source: usize| self.people[group as usize][source];
        let most = |source| of.iter().map(|group| people(*group, source)).fold(0.0, f64::max);
        let most: Vec<f64> = (0..self.rule.people().len()).map(most).collect();
        let is_near = |group: &u32| {
            let mut sources = most.iter().enumerate().filter(|(_, most)| **most > 0.0);
            sources.any(|(source, most)| 1.25 * people(*group, source) + room >= *most)
        };
        of.iter().copied().filter(is_near).collect()
    }

    /// If all withheld groups of a whole are too few together, withholds the next smallest group too.
    fn with_next_smallest(
        &mut self,
        of: &[u32],
        measures: &mut Measures<'_>,
    ) -> Result<(), ServiceError> {
        for source in 0..self.rule.people().len() {
            let hidden: Vec<u32> =
                of.iter().copied().filter(|group| self.is_hidden(*group, source)).collect();
            if hidden.is_empty()
                || self.rule.is_enough(people_together(self.rule, &hidden, measures)?[source])
            {
                continue;
            }
            let people = |group: u32| self.people[group as usize][source];
            let is_told = |group: &u32| !self.is_hidden(*group, source);
            let enough = |group: &u32| self.rule.is_enough(people(*group));
            let next = of.iter().copied().filter(is_told).filter(enough).min_by(|one, other| {
                let codes = |group: u32| self.cells.groups.codes(group);
                people(*one)
                    .total_cmp(&people(*other))
                    .then_with(|| codes(*one).cmp(&codes(*other)))
            });
            if let Some(next) = next {
                self.told[next as usize][source] = Told::Nothing;
            }
        }
        Ok(())
    }
}

impl Withheld {
    /// What may be shown, by source, of several groups of a whole combined into one: nothing if the withheld ones among
    /// them are too few together, or the remaining withheld ones are.
    pub(super) fn of_some(
        &self,
        some: &[u32],
        all: impl Iterator<Item = u32>,
        measures: &mut Measures<'_>,
    ) -> Result<Vec<bool>, ServiceError> {
        let mut is_some = vec![false; self.told.len()];
        some.iter().for_each(|group| is_some[*group as usize] = true);
        let all: Vec<u32> = all.collect();
        let mut told = Vec::new();
        for source in 0..self.rule.people().len() {
            let is_hidden = |group: &u32| self.told[*group as usize][source] == Told::Nothing;
            let (among, left): (Vec<u32>, Vec<u32>) =
                all.iter().copied().filter(is_hidden).partition(|group| is_some[*group as usize]);
            let mut is_told = true;
            for hidden in [among, left] {
                is_told &= hidden.is_empty()
                    || self.rule.is_enough(people_together(&self.rule, &hidden, measures)?[source]);
            }
            told.push(is_told);
        }
        Ok(told)
    }
}
