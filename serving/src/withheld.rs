//! What may be shown of a group, given its number of people: the rules, as functions of numbers.
//!
//! A model with `min_people` withholds every measure of events of fewer people. Which people these are depends on each
//! measure's source: the people of a source are counted by its distinct measures that count people, and the smallest of
//! them applies. If a source has nobody in a group, that fact is shown, unless the group is small by all its sources:
//! then that, too, would reveal something about the few.

use clio_proto::Value;

/// The sources of a plan's measures, whose people are counted, and the rules for them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Withholding {
    least: u32,
    /// By source: the measures that count its people, by position among the plan's.
    people: Vec<Vec<usize>>,
    /// By measure of the plan: its source.
    sources: Vec<usize>,
}

/// What may be shown of the measures of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Everything.
    All,
    /// That there is nobody.
    Nobody,
    /// Nothing.
    Nothing,
}

impl Withholding {
    /// From the measures that count the people of each source, and the source of each measure; a source whose people
    /// are not counted would never be shown.
    pub(crate) fn new(least: u32, people: Vec<Vec<usize>>, sources: Vec<usize>) -> Self {
        Self { least, people, sources }
    }

    /// The smallest number of people that is shown.
    pub(crate) fn least(&self) -> u32 {
        self.least
    }

    /// By source, the measures that count its people.
    pub(crate) fn people(&self) -> &[Vec<usize>] {
        &self.people
    }

    /// The source of a measure.
    pub(crate) fn source(&self, measure: usize) -> usize {
        self.sources[measure]
    }

    /// Whether this many people are enough to be shown.
    pub(crate) fn is_enough(&self, people: f64) -> bool {
        people.round() >= f64::from(self.least)
    }

    /// By source, its people, given the values of the plan's measures: the smallest value of those that count them.
    pub(crate) fn count(&self, value: impl Fn(usize) -> Option<f64>) -> Vec<f64> {
        let of_source = |counted: &Vec<usize>| {
            let all = counted.iter().map(|at| value(*at).unwrap_or(0.0));
            all.reduce(f64::min).unwrap_or(0.0)
        };
        self.people.iter().map(of_source).collect()
    }

    /// By source, what may be shown of a set of cells with so many people.
    pub(crate) fn told(&self, people: &[f64]) -> Vec<Told> {
        let most = people.iter().copied().fold(0.0, f64::max);
        let is_large = self.is_enough(most) || most == 0.0;
        let of_source = |own: &f64| match *own {
            own if self.is_enough(own) => Told::All,
            own if own == 0.0 && is_large => Told::Nobody,
            _ => Told::Nothing,
        };
        people.iter().map(of_source).collect()
    }

    /// A measure's value as it may be shown.
    pub(crate) fn tell(&self, measure: usize, value: Value, told: &[Told]) -> Value {
        let source = self.source(measure);
        match told[source] {
            Told::Nothing => Value::withheld(),
            // Events without people may be anybody's.
            Told::Nobody if value.value.is_some_and(|number| number != 0.0) => Value::withheld(),
            Told::All | Told::Nobody if self.people[source].contains(&measure) => {
                rounded(value, self.least)
            }
            Told::All | Told::Nobody => value,
        }
    }

    /// The values of a set of cells, for all measures of the plan, as they may be shown.
    pub(crate) fn tell_all(&self, values: &mut [Value]) {
        let told = self.told(&self.count(|at| values[at].value));
        if values.iter().all(|value| value.value.is_none()) {
            return;
        }
        for (measure, value) in values.iter_mut().enumerate() {
            *value = self.tell(measure, *value, &told);
        }
    }

    /// A number of people that is not a measure's, such as those whom two rows have in common.
    pub(crate) fn tell_people(&self, value: Value) -> Value {
        match value.value {
            Some(people) if people > 0.0 && !self.is_enough(people) => Value::withheld(),
            // A number that cannot be determined has only its bounds.
            None if value.upper.is_some_and(|upper| !self.is_enough(upper)) => Value::withheld(),
            _ => rounded(value, self.least),
        }
    }
}

/// A number of people rounded to a multiple of the minimum, with bounds that still hold, also in results derived from
/// it: one more multiple in each direction, and as many more as the sketch's error requires. Its digits follow from the
/// rounded number and that error alone.
pub(crate) fn rounded(value: Value, least: u32) -> Value {
    let step = f64::from(least);
    let up = |number: f64| (number / step).ceil() * step;
    let Some(number) = value.value else {
        let lower = value.lower.map(|lower| (lower / step).floor() * step);
        return Value { lower, upper: value.upper.map(up), ..value };
    };
    if number == 0.0 {
        return Value { exact: false, ..value };
    }
    let multiple = (number / step).round() * step;
    let beyond = |bound: Option<f64>| bound.map(|bound| up((bound - number).abs()) + step);
    Value {
        value: Some(multiple),
        lower: beyond(value.lower).map(|below| (multiple - below).max(1.0)),
        upper: beyond(value.upper).map(|above| multiple + above),
        ..Value::undefined()
    }
}

/// A number derived from so many people, with so few digits that they do not reveal how many: rounded to a power of ten
/// no finer than the effect of rounding one of these numbers of people.
pub(crate) fn coarse(number: f64, people: f64, least: u32) -> (f64, f64) {
    let moved = number.abs() * f64::from(least) / people.max(1.0);
    if !(moved > 0.0 && moved.is_finite()) {
        return (number, 0.0);
    }
    let step = 10.0_f64.powf(moved.log10().ceil());
    ((number / step).round() * step, step / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(least: u32) -> Withholding {
        // Two sources: measures 0 and 1, of which 1 counts people; 2 and 3, of which 3 does.
        Withholding { least, people: vec![vec![1], vec![3]], sources: vec![0, 0, 1, 1] }
    }

    #[test]
    fn a_source_is_told_of_where_it_has_enough_people() {
        let told = |people: [f64; 2]| of(5).told(&people);
        assert_eq!(told([5.0, 5.0]), [Told::All, Told::All]);
        assert_eq!(told([5.0, 4.0]), [Told::All, Told::Nothing]);
        assert_eq!(told([5.0, 0.0]), [Told::All, Told::Nobody]);
        // That none of four played would be shown of four.
        assert_eq!(told([4.0, 0.0]), [Told::Nothing, Told::Nothing]);
        assert_eq!(told([0.0, 0.0]), [Told::Nobody, Told::Nobody]);
        // An estimate of five.
        assert_eq!(told([4.999, 5.004]), [Told::All, Told::All]);
    }

    #[test]
    fn values_are_told_by_their_source() {
        let rule = of(5);
        let mut values = [20.0, 12.0, 3.0, 2.0].map(Value::exact);
        rule.tell_all(&mut values);
        assert_eq!(values[0], Value::exact(20.0));
        assert_eq!(values[1], Value::estimate(10.0, 5.0, 15.0, false));
        assert!(values[2].withheld && values[3].withheld && values[3].value.is_none());
        // Plays of an unknown number of people.
        let mut values = [20.0, 12.0, 3.0, 0.0].map(Value::exact);
        rule.tell_all(&mut values);
        assert!(values[2].withheld);
        assert_eq!(values[3], Value::estimate(0.0, 0.0, 0.0, false));
        let mut nothing = [Value::undefined(); 4];
        rule.tell_all(&mut nothing);
        assert_eq!(nothing, [Value::undefined(); 4]);
    }

    #[test]
    fn rounded_bounds_hold_and_tell_no_more_than_the_number() {
        for least in [2, 5, 10, 100] {
            let step = f64::from(least);
            for people in least..20 * least {
                let exact = Value::exact(f64::from(people));
                let told = rounded(exact, least);
                let number = told.value.unwrap();
                assert!((number % step).abs() < 1e-9);
                assert!(!told.exact && (number - f64::from(people)).abs() <= step / 2.0);
                let (lower, upper) = (told.lower.unwrap(), told.upper.unwrap());
                assert!((lower..=upper).contains(&f64::from(people)));
                // All numbers that are rounded to it have the same bounds.
                assert_eq!(told, rounded(Value::exact(number), least));
            }
        }
        let estimate = rounded(Value::estimate(1004.0, 981.0, 1030.0, false), 10);
        assert_eq!(estimate, Value::estimate(1000.0, 960.0, 1040.0, false));
        // A number that cannot be determined keeps its bounds, widened.
        let untold = Value { value: None, ..Value::estimate(0.0, 3.0, 41.0, false) };
        assert_eq!(
            rounded(untold, 10),
            Value { value: None, lower: Some(0.0), upper: Some(50.0), ..untold }
        );
    }

    /// The rate of two rounded numbers: its bounds hold in 95 of 100 cases, whatever the people are.
    #[test]
    fn bounds_of_rates_of_rounded_people_hold() {
        let expression = clio_proto::Expression::parse("players / viewers").unwrap();
        let (mut n_held, mut n_all) = (0, 0);
        for viewers in 20..220_u32 {
            for players in 10..viewers {
                let of = |people: u32| rounded(Value::exact(f64::from(people)), 10);
                let lookup = |name: &str| of(if name == "players" { players } else { viewers });
                let rate = crate::propagation::with_bounds(&expression, lookup, |_, _| false);
                let Some((lower, upper)) = rate.lower.zip(rate.upper) else { continue };
                let truth = f64::from(players) / f64::from(viewers);
                n_all += 1;
                n_held += u32::from((lower..=upper).contains(&truth));
            }
        }
        assert!(
            n_all > 10_000 && f64::from(n_held) >= 0.95 * f64::from(n_all),
            "{n_held} of {n_all}"
        );
    }

    #[test]
    fn coarse_digits_are_those_that_one_rounding_leaves() {
        let (told, off) = coarse(0.285_714_285_714, 14.0, 10);
        assert_eq!((told, off), (0.0, 0.5));
        let (told, off) = coarse(0.285_714_285_714, 2_000.0, 10);
        assert!((told - 0.29).abs() < 1e-12 && (off - 0.005).abs() < 1e-12);
        assert_eq!(coarse(0.0, 100.0, 10), (0.0, 0.0));
    }
}
