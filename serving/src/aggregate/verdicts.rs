//! Two sides of each row, day by day, and the verdicts on them.
//!
//! ```text
//! for each common day   both sides' people and rates, and how many people may be on both
//! over all of them      both sides' people, how many of them ever played, and how many may be on both
//! then, for all rows    verdict/judge.rs
//! ```
//!
//! Sketches are united day by day as they come, so that for each row and rate only four unions are held.

use clio_proto::{Code, Exposure, ServiceError, Value, Verdict, VerdictWord};
use clio_sketch::{Joint, Sketch, SketchError, Union};

use super::days::DayRow;
use super::estimates::value_of;
use super::evaluate;
use super::gathered::{Asked, Cells};
use super::groups::Groups;
use super::intervals::counting_error;
use super::measures::Measures;
use super::rest::rest;
use super::scratch::Unions;
use super::side::Side;
use crate::plan::{Output, Plan, RateOf};
use crate::verdict::{Crowd, Day, Judged, MIN_DAYS, Rate, Sample, judge};
use crate::withheld::{Withholding, coarse};

/// The verdicts of rows, by output.
pub(super) type RowVerdicts = Vec<Vec<Option<Verdict>>>;

/// The other side of a row on a day.
pub(super) enum Beside<'a, 'b> {
    /// The same group on another day, at the same position.
    Days { groups: &'a Groups<'b>, measures: &'a mut Measures<'b> },
    /// The group with another value of a field.
    Member { field: usize, code: u32 },
    /// All that is not in the row.
    Rest,
}

/// The verdicts of some rows, by output, and the work of uniting the rest of each.
pub(super) fn verdicts(
    asked: Asked<'_>,
    cells: &Cells<'_>,
    measures: &mut Measures<'_>,
    rows: &[DayRow],
    mut beside: Beside<'_, '_>,
) -> Result<(RowVerdicts, Unions), ServiceError> {
    let plan = asked.plan;
    let mut tallies = vec![Tally::of_each(plan); rows.len()];
    let mut unions = Unions::default();
    for day in 0..u32::try_from(plan.steps.len()).unwrap_or(u32::MAX) {
        let there = rows.iter().enumerate();
        let there = there.filter_map(|(at, row)| Some((at, cells.groups.find(&row.on(day))?)));
        let there: Vec<(usize, u32)> = there.collect();
        if there.is_empty() {
            continue;
        }
        if let Beside::Rest = beside {
            let of: Vec<u32> = there.iter().map(|(_, group)| *group).collect();
            unions += rest(asked, plan.n_answered, cells, Some(day), &of, &mut |place, other| {
                let (at, group) = there[place];
                add(&mut tallies[at], &measures.side(group)?, &other)
            })?;
            continue;
        }
        for (at, group) in there {
            let own = || rows[at].on(day);
            let other = match &mut beside {
                Beside::Days { groups, measures } => match groups.find(&own()) {
                    Some(other) => measures.side(other)?,
                    None => continue,
                },
                Beside::Member { field, code } => {
                    let mut codes = own();
                    // The day comes before the fields.
                    codes[*field + 1] = *code;
                    match cells.groups.find(&codes) {
                        Some(other) if other != group => measures.side(other)?,
                        _ => continue,
                    }
                }
                Beside::Rest => continue,
            };
            add(&mut tallies[at], &measures.side(group)?, &other)?;
        }
    }
    let is_itself = |row: &DayRow| match &beside {
        Beside::Member { field, code } => row.fields[*field] == *code,
        Beside::Days { .. } | Beside::Rest => false,
    };
    let mut verdicts = vec![vec![None; plan.outputs.len()]; rows.len()];
    for (at, rate) in plan.rates.iter().enumerate() {
        if !matches!(rate, RateOf::People { .. }) {
            continue;
        }
        let others = (0..rows.len()).filter(|row| !is_itself(&rows[*row]));
        let mut common: Vec<(usize, Sample, Option<[f64; 2]>)> = Vec::new();
        for row in others {
            verdicts[row][at] = Some(nothing_common());
            let Some(tally) = tallies[row][at].take() else { continue };
            let shown = tally.shown();
            let sample = tally.sample(plan.measures.len()).map_err(of_one_kind)?;
            common.extend(sample.map(|sample| (row, sample, shown)));
        }
        let samples: Vec<&Sample> = common.iter().map(|(_, sample, _)| sample).collect();
        let judged = judge(&samples, asked.snapshot.model.worthwhile());
        for ((row, sample, shown), own) in common.iter().zip(judged) {
            let found = verdict(own, sample.days.len(), *shown);
            verdicts[*row][at] = Some(match &plan.withholding {
                None => found,
                Some(rule) => told(rule, sample, found),
            });
        }
    }
    Ok((verdicts, unions))
}

/// All sketches are of one measure, and so of one kind.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
pub(super) fn of_one_kind(error: SketchError) -> ServiceError {
    ServiceError::new(Code::Internal, error.to_string())
}

/// Adds a day to the tallies of a row.
fn add(tallies: &mut [Option<Tally>], own: &Side, other: &Side) -> Result<(), ServiceError> {
    tallies.iter_mut().flatten().try_for_each(|tally| tally.add(own, other)).map_err(of_one_kind)
}

/// The rate of one side; `None` if it has nobody, or its error is unknown.
pub(super) fn rate_of(output: &Output, whole: usize, side: &Side) -> Option<Rate> {
    let values = side.values();
    let people = values[whole].value.filter(|people| *people > 0.0)?;
    let value = evaluate(output, values);
    Some(Rate { people, rate: value.value?.clamp(0.0, 1.0), counting: counting_error(value)? })
}

/// Two sides of one rate, over the days added so far.
#[derive(Debug, Clone)]
struct Tally {
    part: usize,
    whole: usize,
    events: Option<usize>,
    /// Events per person of each side, by day; empty if they are not counted.
    shown: Vec<[f64; 2]>,
    output: Output,
    days: Vec<Day>,
    /// The people of each side after each day.
    people: Vec<[f64; 2]>,
    /// For each side, those who played and all; `None` before the first day.
    crowds: Option<[[Union; 2]; 2]>,
}

impl Tally {
    /// By output; `None` if it is not a rate of people.
    fn of_each(plan: &Plan) -> Vec<Option<Self>> {
        let tally = |(rate, output): (&RateOf, &Output)| match rate {
            RateOf::People { part, whole, events } => Some(Self {
                part: *part,
                whole: *whole,
                events: *events,
                shown: Vec::new(),
                output: output.clone(),
                days: Vec::new(),
                people: Vec::new(),
                crowds: None,
            }),
            RateOf::Sums { .. } | RateOf::Nothing => None,
        };
        plan.rates.iter().zip(&plan.outputs).map(tally).collect()
    }

    /// Adds a day if both sides have people on it.
    fn add(&mut self, own: &Side, other: &Side) -> Result<(), SketchError> {
        let sides = [own, other];
        let rates = sides.map(|side| rate_of(&self.output, self.whole, side));
        let [Some(of_own), Some(of_other)] = rates else { return Ok(()) };
        let of = |measure: usize| sides.map(|side| side.sketch(measure));
        let ([Some(played), Some(other_played)], [Some(all), Some(other_all)]) =
            (of(self.part), of(self.whole))
        else {
            return Ok(());
        };
        let both = Joint::of(all, other_all)?.both.upper;
        if let Some(events) = self.events {
            let a_person = |(side, rate): (&Side, Rate)| {
                side.values()[events].value.unwrap_or_default() / rate.people
            };
            self.shown.push([a_person((own, of_own)), a_person((other, of_other))]);
        }
        self.days.push(Day { own: of_own, other: of_other, both });
        let added = [[played, all], [other_played, other_all]];
        let empty = |of: &Sketch| Union::new(of.family(), of.precision());
        let crowds = self.crowds.get_or_insert_with(|| added.map(|crowd| crowd.map(empty)));
        for (crowd, sketches) in crowds.iter_mut().zip(added) {
            for (union, sketch) in crowd.iter_mut().zip(sketches) {
                union.union(sketch)?;
            }
        }
        self.people.push(crowds.each_mut().map(|[_, all]| all.estimate().value));
        Ok(())
    }

    /// Events per person of each side, averaged like the rates; `None` if they are not counted, or on no day.
    fn shown(&self) -> Option<[f64; 2]> {
        let weights: Vec<f64> = self.days.iter().map(Day::weight).collect();
        let all: f64 = weights.iter().sum();
        let mean = |side: usize| {
            self.shown.iter().zip(&weights).map(|(shown, weight)| shown[side] * weight).sum::<f64>()
                / all
        };
        (!self.shown.is_empty()).then(|| [0, 1].map(mean))
    }

    /// The sample of all days; `None` without common days.
    fn sample(mut self, n_measures: usize) -> Result<Option<Sample>, SketchError> {
        let Some(mut crowds) = self.crowds.take() else { return Ok(None) };
        let half = self.people[self.days.len().div_ceil(2) - 1];
        let of_side = |crowd: &mut [Union; 2], people_of_half: f64| {
            let [played, all] = crowd.each_mut().map(|union| value_of(union.estimate()));
            let mut values = vec![Value::undefined(); n_measures];
            (values[self.part], values[self.whole]) = (played, all);
            let ever = evaluate(&self.output, &values).lower.unwrap_or(0.0).clamp(0.0, 1.0);
            Crowd { people: all.value.unwrap_or_default(), people_of_half, ever }
        };
        let [own, other] = [0, 1].map(|side| of_side(&mut crowds[side], half[side]));
        let [of_own, of_other] = crowds.each_mut().map(|[_, all]| all.to_sketch());
        let both = Joint::of(&of_own, &of_other)?.both.upper;
        Ok(Some(Sample { days: self.days, own, other, both }))
    }
}

fn verdict(judged: Judged, n_days: usize, shown: Option<[f64; 2]>) -> Verdict {
    let Judged { word, own, other, half_width, more_days } = judged;
    let difference = own - other;
    let difference = match half_width {
        Some(half) => Value::estimate(difference, difference - half, difference + half, false),
        None => Value { value: Some(difference), ..Value::undefined() },
    };
    let smallest_lift = half_width.map(|half| half / other).filter(|lift| lift.is_finite());
    let n_days = u32::try_from(n_days).unwrap_or(u32::MAX);
    Verdict {
        word,
        own: Some(own),
        other: Some(other),
        difference,
        n_days,
        smallest_lift,
        more_days,
        exposure: shown.and_then(|shown| exposure(judged, shown)),
        mix: None,
    }
}

/// A verdict of two sides with so few digits that it does not reveal how many people they have; the word alone if they
/// have too few on the common days.
fn told(rule: &Withholding, sample: &Sample, found: Verdict) -> Verdict {
    let sides = [&sample.own, &sample.other];
    // The lower bound of those who ever played: that nobody did is no secret of anybody.
    let is_enough = |of: &&Crowd| {
        let played = of.ever * of.people;
        rule.is_enough(of.people) && (played < 0.5 || rule.is_enough(played))
    };
    if !sides.iter().all(is_enough) {
        let word = VerdictWord::TooLittleData;
        let difference = Value::withheld();
        return Verdict {
            word,
            difference,
            n_days: found.n_days,
            more_days: None,
            ..nothing_common()
        };
    }
    let people = sample.own.people.min(sample.other.people);
    let of = |number: f64| coarse(number, people, rule.least());
    let (own, off_own) = found.own.map_or((None, 0.0), |own| (Some(of(own).0), of(own).1));
    let (other, off_other) = found.other.map_or((None, 0.0), |own| (Some(of(own).0), of(own).1));
    let half = found.difference.lower.zip(found.difference.upper);
    // The width, too, has few digits, and is wider by the rounding error.
    let half = half.map(|(lower, upper)| {
        let (half, off) = of((upper - lower) / 2.0);
        half + off + off_own + off_other
    });
    let difference = own.zip(other).map(|(own, other)| own - other);
    let difference = match (difference, half) {
        (Some(number), Some(half)) => Value::estimate(number, number - half, number + half, false),
        (value, _) => Value { value, ..Value::undefined() },
    };
    let exposure = found.exposure.map(|exposure| Exposure {
        own: of(exposure.own).0,
        other: of(exposure.other).0,
        own_by_event: of(exposure.own_by_event).0,
        other_by_event: of(exposure.other_by_event).0,
        explains: exposure.explains,
    });
    let smallest_lift = found.smallest_lift.map(|lift| of(lift).0);
    Verdict { own, other, difference, smallest_lift, exposure, ..found }
}

/// The exposure of people who were shown something this often.
fn exposure(judged: Judged, [own, other]: [f64; 2]) -> Option<Exposure> {
    let (of_rates, of_events) = ((judged.own / judged.other).ln(), (own / other).ln());
    let is_as_much = of_rates * of_events > 0.0 && of_events.abs() >= of_rates.abs() / 2.0;
    let is_shown = own > 0.0 && other > 0.0;
    is_shown.then(|| Exposure {
        own,
        other,
        own_by_event: judged.own / own,
        other_by_event: judged.other / other,
        explains: judged.word.says_a_difference() && is_as_much,
    })
}

/// The verdict if no settled day has both sides.
fn nothing_common() -> Verdict {
    Verdict {
        word: VerdictWord::TooLittleData,
        own: None,
        other: None,
        difference: Value::undefined(),
        n_days: 0,
        smallest_lift: None,
        more_days: Some(MIN_DAYS),
        exposure: None,
        mix: None,
    }
}
