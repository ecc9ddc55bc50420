//! The people of members, obtained by ordinary queries, so that sketches are united in one place and small groups are
//! withheld as usual.

use std::collections::HashMap;
use std::ops::Range;

use clio_proto::{
    FieldRef, GroupKey, MAX_LIMIT, OutlierRules, Query, QueryRange, ServiceError, Value, Watching,
};
use jiff::civil::Date;

use super::ratio::clustered;
use super::sightings::Sighted;
use crate::aggregate::Cancel;
use crate::answer::answer;
use crate::config::Limits;
use crate::propagation::Z_95;
use crate::snapshot::Snapshot;
use crate::verdict::normal_tail;

/// The distance between the bounds of a count in standard errors: two-sided, 95 %.
const ERRORS_BETWEEN_BOUNDS: f64 = 2.0 * Z_95;

/// What queries need.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) rules: &'a OutlierRules,
    pub(super) limits: &'a Limits,
    pub(super) cancel: &'a Cancel,
}

impl Asking<'_> {
    /// By code of the dimension, the values of measures over some days.
    fn values(
        &self,
        measures: &[&str],
        (first, last): (Date, Date),
    ) -> Result<HashMap<u32, Vec<Value>>, ServiceError> {
        let own = FieldRef { dimension: self.rules.dimension.clone(), attribute: None };
        let texts = self.snapshot.fields[self.snapshot.field(&own)?].texts();
        let mut query = Query {
            range: QueryRange::Days { from: Some(first), to: Some(last) },
            group_by: vec![GroupKey::Field(own)],
            limit: MAX_LIMIT,
            ..Query::total(measures.iter().copied())
        };
        let mut all = HashMap::new();
        loop {
            let page = answer(self.snapshot, None, query.clone(), self.limits, self.cancel)?;
            query.offset += page.rows.len();
            let is_last = page.rows.is_empty() || query.offset as u64 >= page.n_groups;
            for row in page.rows {
                let value = row.keys.first().and_then(|key| key.value.as_deref());
                if let Some(code) = value.and_then(|value| texts.code(value)) {
                    all.insert(code, row.values);
                }
            }
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The measure that counts the people behind the denominator of the rate, and the one that counts those among them
    /// behind the numerator.
    fn people(&self) -> (Option<&str>, Option<&str>) {
        let model = &self.snapshot.model;
        let counting = |measure: &str| counting(self.snapshot, measure);
        let wholes = counting(&self.rules.rate.below);
        let parts = counting(&self.rules.rate.above);
        let pairs = wholes.iter().flat_map(|whole| parts.iter().map(move |part| (*whole, *part)));
        let mut pairs = pairs.filter(|(whole, part)| model.is_part_of(part, whole));
        match pairs.next() {
            Some((whole, part)) => (Some(whole), Some(part)),
            None => (wholes.first().copied(), None),
        }
    }

    /// The people of members over the newest days.
    pub(super) fn newest(
        &self,
        sighted: &[Sighted],
        days: (Date, Date),
    ) -> Result<Vec<OfPeople>, ServiceError> {
        let rate = &self.rules.rate;
        let is_small = self.snapshot.model.small_groups().is_some();
        let (whole, part) = self.people();
        let mut asked = vec![rate.above.as_str(), rate.below.as_str()];
        let known = whole.zip(part);
        let clustered_at =
            known.map(|(whole, part)| [place(&mut asked, whole), place(&mut asked, part)]);
        let median = self.median();
        let mut watching_at = Vec::new();
        match &self.rules.watching {
            Some(Watching::Rate(own)) if is_small => {
                watching_at.extend([&own.above, &own.below].map(|own| place(&mut asked, own)));
            }
            Some(Watching::Share(_)) if is_small => {
                watching_at.extend(median.as_deref().map(|own| place(&mut asked, own)));
            }
            Some(_) | None => {}
        }
        if clustered_at.is_none() && !is_small {
            return Ok(vec![OfPeople::default(); sighted.len()]);
        }
        let found = self.values(&asked, days)?;
        let of = |member: &Sighted| {
            let Some(values) = found.get(&member.code) else { return OfPeople::default() };
            let number = |at: usize| values[at].value.filter(|own| *own > 0.0);
            let of_clusters = clustered_at.and_then(|[whole, part]| {
                let (above, below, people) = (number(0)?, number(1)?, number(whole)?);
                Some(clustered(above / below, below / people, number(part)? / people))
            });
            OfPeople {
                clustered: of_clusters.unwrap_or(1.0),
                is_told: !values[..2].iter().any(|own| own.withheld),
                is_watching_told: !watching_at.iter().any(|at| values[*at].withheld),
            }
        };
        Ok(sighted.iter().map(of).collect())
    }

    /// The smallest number of people that may be shown; 0 if nothing is withheld.
    pub(super) fn least(&self) -> f64 {
        self.snapshot.model.small_groups().map_or(0.0, |own| f64::from(own.min_people))
    }

    /// The name of the median of watching, if watching is a share of a quantile measure.
    pub(super) fn median(&self) -> Option<String> {
        match &self.rules.watching {
            Some(Watching::Share(share)) => Some(format!("{}.p50", share.measure())),
            Some(Watching::Rate(_)) | None => None,
        }
    }

    /// The name of events per person: `impressions / viewers`. `None` if nothing counts the people.
    pub(super) fn frequency(&self) -> Option<String> {
        self.people().0.map(|people| format!("{} / {people}", self.rules.rate.below))
    }
}

/// The distinct measures visible to the caller that count the people of a measure's source.
fn counting<'a>(snapshot: &'a Snapshot, measure: &str) -> Vec<&'a str> {
    let model = &snapshot.model;
    let source = model.measure(measure).and_then(|own| own.kind.source());
    let counts = model.measures().iter().filter(|own| {
        let is_person = model.small_groups().is_none_or(|own_of| own_of.people.contains(&own.name));
        let is_of_it = own.kind.counts_different() && own.kind.source() == source;
        is_of_it && is_person && snapshot.sees_measure(&own.name)
    });
    counts.map(|own| own.name.as_str()).collect()
}

/// The position of a measure among the requested ones, each of which is requested once.
fn place<'a>(asked: &mut Vec<&'a str>, measure: &'a str) -> usize {
    asked.iter().position(|own| *own == measure).unwrap_or_else(|| {
        asked.push(measure);
        asked.len() - 1
    })
}

/// The people of a member over the newest days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OfPeople {
    /// The variance inflation of its events relative to independent ones, from the correlation of one person's events.
    pub(super) clustered: f64,
    /// There are enough of them to show its rate.
    pub(super) is_told: bool,
    /// There are enough of them to show how they watch on.
    pub(super) is_watching_told: bool,
}

impl Default for OfPeople {
    fn default() -> Self {
        Self { clustered: 1.0, is_told: true, is_watching_told: true }
    }
}

/// Events per person over some days, as a logarithm with its variance from counting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Often {
    log: f64,
    variance: f64,
}

impl Often {
    /// `None` without people or events, and if either is withheld.
    fn of(events: Value, people: Value) -> Option<Self> {
        let (events, number) = (events.value?, people.value?);
        if events <= 0.0 || number <= 0.0 {
            return None;
        }
        let (lower, upper) = (people.lower.unwrap_or(number), people.upper.unwrap_or(number));
        let error = (upper - lower) / ERRORS_BETWEEN_BOUNDS / number;
        Some(Self { log: (events / number).ln(), variance: error * error })
    }

    pub(super) fn a_person(self) -> f64 {
        self.log.exp()
    }
}

/// Events per person of a member in the first and the second half of some days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct More {
    pub(super) before: Often,
    pub(super) after: Often,
}

impl More {
    /// The logarithm of the ratio of the second to the first.
    fn log(self) -> f64 {
        self.after.log - self.before.log
    }

    fn error(self) -> f64 {
        (self.after.variance + self.before.variance).sqrt()
    }

    /// The probability, from counting error alone, that the second does not exceed the first by a share.
    pub(super) fn chance_of_less(self, share: f64) -> f64 {
        let beyond = self.log() - share.ln_1p();
        match self.error() {
            error if error > 0.0 => normal_tail(beyond / error),
            _ => f64::from(u8::from(beyond <= 0.0)),
        }
    }

    /// The ratio of the second to the first, with 95 % bounds from counting.
    pub(super) fn ratio(self) -> Value {
        let off = Z_95 * self.error();
        let [value, lower, upper] = [0.0, -off, off].map(|off| (self.log() + off).exp());
        Value::estimate(value, lower, upper, false)
    }
}

/// Events per person of each member, by days; cached, since the second half of one window is the first half of a later
/// one.
pub(super) struct Frequencies<'a> {
    asking: Asking<'a>,
    days: &'a [Date],
    known: HashMap<Range<usize>, HashMap<u32, Often>>,
}

impl<'a> Frequencies<'a> {
    pub(super) fn new(asking: Asking<'a>, days: &'a [Date]) -> Self {
        Self { asking, days, known: HashMap::new() }
    }

    /// Events per person by code over some days, by position; the first call for them costs a query. Empty if nothing
    /// counts people.
    fn of(&mut self, days: &Range<usize>) -> Result<&HashMap<u32, Often>, ServiceError> {
        if !self.known.contains_key(days) {
            let rate = &self.asking.rules.rate;
            let mut found = HashMap::new();
            if let (Some(people), _) = self.asking.people() {
                let asked = [rate.above.as_str(), rate.below.as_str(), people];
                let range = (self.days[days.start], self.days[days.end - 1]);
                let often = |(code, values): (u32, Vec<Value>)| {
                    // Only if the rate over these days is not withheld either.
                    let is_told = !values[..2].iter().any(|own| own.withheld);
                    let often = Often::of(values[1], values[2]).filter(|_| is_told)?;
                    Some((code, often))
                };
                found = self.asking.values(&asked, range)?.into_iter().filter_map(often).collect();
            }
            self.known.insert(days.clone(), found);
        }
        Ok(&self.known[days])
    }

    /// The members, by position, with both halves known.
    pub(super) fn both(
        &mut self,
        sighted: &[Sighted],
        (first, second): (Range<usize>, Range<usize>),
    ) -> Result<HashMap<usize, More>, ServiceError> {
        let before = self.of(&first)?.clone();
        let after = self.of(&second)?;
        let both = sighted.iter().enumerate().filter_map(|(at, member)| {
            let (before, after) = before.get(&member.code).zip(after.get(&member.code))?;
            Some((at, More { before: *before, after: *after }))
        });
        Ok(both.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 3 and 2 events per person, with 1,000 ± 19.6 people each: a standard error of √2 % for the ratio; ln
    /// 1.5 − ln 1.05 is 25.2 times that.
    #[test]
    fn a_frequency_is_as_sure_as_its_people_are_counted() {
        let people = Value::estimate(1_000.0, 980.4, 1_019.6, false);
        let often = |events: f64| Often::of(Value::exact(events), people).unwrap();
        let more = More { before: often(2_000.0), after: often(3_000.0) };
        assert!((more.error() - 0.01 * 2.0_f64.sqrt()).abs() < 1e-12);
        assert!(more.chance_of_less(0.05) < 1e-12);
        assert!((more.chance_of_less(0.5) - 0.5).abs() < 1e-9);
        // `scipy.stats.norm.sf((log(1.5) - log(1.48)) / (0.01 * sqrt(2)))`.
        assert!(
            (more.chance_of_less(0.48) - 0.171_271_942).abs() < 1e-6,
            "{}",
            more.chance_of_less(0.48)
        );
        let ratio = more.ratio();
        assert!((ratio.value.unwrap() - 1.5).abs() < 1e-12 && ratio.lower.unwrap() > 1.45);
        let exact = |events: f64| Often::of(Value::exact(events), Value::exact(10.0)).unwrap();
        let more = More { before: exact(10.0), after: exact(11.0) };
        assert_eq!((more.chance_of_less(0.05), more.chance_of_less(0.2)), (0.0, 1.0));
        assert_eq!(Often::of(Value::exact(10.0), Value::withheld()), None);
        assert_eq!(Often::of(Value::exact(10.0), Value::exact(0.0)), None);
    }
}
