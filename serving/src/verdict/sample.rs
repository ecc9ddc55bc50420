//! Two sides day by day, and all errors of the difference of their rates.

use super::people::correlation;
use super::sequence::{boundary, evidence};
use super::student::{narrowed, widened};

/// How much more the days of frequent visitors weigh than those of people who come equally often: Σk²/Σk over Σk/n with
/// k days per person. Sketches cannot tell; it is about this for people whose number of visits has a variance equal to
/// its mean.
const SPREAD_OF_DAYS: f64 = 1.5;

/// By how many standard errors of counting a 95 % interval is wider than sampling requires. Counting error is a bias
/// that stays from look to look, and is therefore added.
pub(super) const COUNTING_ERRORS: f64 = 3.0;

/// One side on one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rate {
    /// Those who were reached: more than 0.
    pub(crate) people: f64,
    /// The share of them who played.
    pub(crate) rate: f64,
    /// The standard error of that share from counting.
    pub(crate) counting: f64,
}

/// Both sides on one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Day {
    pub(crate) own: Rate,
    pub(crate) other: Rate,
    /// The largest possible number of people on both sides.
    pub(crate) both: f64,
}

impl Day {
    /// The weight of the day: the people of both sides, with the smaller number weighing more (half their harmonic
    /// mean).
    pub(crate) fn weight(&self) -> f64 {
        let (one, other) = (self.own.people, self.other.people);
        one * other / (one + other)
    }
}

/// The people of one side over all common days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crowd {
    pub(crate) people: f64,
    /// Those of the first half of the days.
    pub(crate) people_of_half: f64,
    /// A lower bound of the share of people who played on some day.
    pub(crate) ever: f64,
}

/// Two sides over their common days.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// At least one.
    pub(crate) days: Vec<Day>,
    pub(crate) own: Crowd,
    pub(crate) other: Crowd,
    /// The largest possible number of people on both sides, over all days.
    pub(crate) both: f64,
}

/// What a sample tells about the difference of two rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) n_days: u32,
    /// The people of the smaller side.
    pub(super) fewest_people: f64,
    pub(super) own: f64,
    pub(super) other: f64,
    /// The standard error from the variation of the difference between days; infinite for a single day.
    between_days: f64,
    /// The variance as if each day had people of its own.
    of_strangers: f64,
    /// The variance that returning people add to each side.
    own_back: Back,
    other_back: Back,
    /// The people on both sides relative to those of each (the geometric mean).
    in_common: f64,
    /// The standard error of counting.
    pub(super) counting: f64,
}

/// The variance that returning people add to one side.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Back {
    /// The variance of the side as if each day had people of its own.
    of_strangers: f64,
    correlation: f64,
    /// Days per person.
    days: f64,
    /// How fast days per person grow with days: 0 if people are always others, 1 if they are always the same.
    growth: f64,
}

impl Back {
    /// The variance after `times` as many days.
    fn variance(&self, times: f64) -> f64 {
        let days = self.days * times.powf(self.growth);
        self.of_strangers / times * self.correlation * (SPREAD_OF_DAYS * days - 1.0).max(0.0)
    }
}

impl Sample {
    /// Takes time in proportion to the number of days.
    pub(super) fn estimate(&self) -> Estimate {
        let all: f64 = self.days.iter().map(Day::weight).sum();
        let weighted: Vec<(f64, &Day)> =
            self.days.iter().map(|day| (day.weight() / all, day)).collect();
        let mean = |of: &dyn Fn(&Day) -> f64| weighted.iter().map(|(w, day)| w * of(day)).sum();
        let own: f64 = mean(&|day| day.own.rate);
        let other: f64 = mean(&|day| day.other.rate);
        let counting = mean(&|day| day.own.counting.hypot(day.other.counting));
        let squares = |of: &dyn Fn(&Day) -> f64| -> f64 {
            weighted.iter().map(|(w, day)| w * w * of(day)).sum()
        };
        let n_days = u32::try_from(self.days.len()).unwrap_or(u32::MAX);
        let m = f64::from(n_days);
        let off = |day: &Day| (day.own.rate - day.other.rate - (own - other)).powi(2);
        let between_days =
            if m > 1.0 { (squares(&off) * m / (m - 1.0)).sqrt() } else { f64::INFINITY };
        // If some people did not play, that does not show that nobody would.
        let binomial = |rate: f64, crowd: &Crowd| {
            let least = 0.5 / (crowd.people + 1.0);
            let inner = rate.clamp(least.min(0.5), (1.0 - least).max(0.5));
            inner * (1.0 - inner)
        };
        let of_own = squares(&|day| binomial(own, &self.own) / day.own.people);
        let of_other = squares(&|day| binomial(other, &self.other) / day.other.people);
        // A person who plays what one side shows does not play what the other one shows.
        let of_both =
            squares(&|day| 2.0 * own * other * day.both / (day.own.people * day.other.people));
        let back = |crowd: &Crowd, rate: f64, of_strangers: f64, people: &dyn Fn(&Day) -> f64| {
            let days = self.days.iter().map(people).sum::<f64>() / crowd.people;
            let of_half = (crowd.people / crowd.people_of_half).ln();
            let half = (m / (m / 2.0).ceil()).ln();
            let new_people = if half > 0.0 { (of_half / half).clamp(0.0, 1.0) } else { 1.0 };
            Back {
                of_strangers,
                correlation: correlation(rate, days, 1.0 - crowd.ever),
                days,
                growth: 1.0 - new_people,
            }
        };
        Estimate {
            n_days,
            fewest_people: self.own.people.min(self.other.people),
            own,
            other,
            between_days,
            of_strangers: of_own + of_other + of_both,
            own_back: back(&self.own, own, of_own, &|day| day.own.people),
            other_back: back(&self.other, other, of_other, &|day| day.other.people),
            in_common: (self.both / (self.own.people * self.other.people).sqrt()).min(1.0),
            counting,
        }
    }
}

impl Estimate {
    pub(super) fn difference(&self) -> f64 {
        self.own - self.other
    }

    /// The standard error between people after `times` as many days.
    fn between_people(&self, times: f64) -> f64 {
        let (own, other) = (self.own_back.variance(times), self.other_back.variance(times));
        // In the worst case people who like one side dislike the other.
        let together = own + other + 2.0 * self.in_common * (own * other).sqrt();
        (self.of_strangers / times + together).sqrt()
    }

    /// Half the width of the interval at a level, without counting, after this many similar days; at least two.
    fn of_sampling(&self, level: f64, n_days: u32) -> f64 {
        let times = f64::from(n_days) / f64::from(self.n_days);
        let n_days = f64::from(n_days);
        let boundary = boundary(level, n_days);
        let between_days = widened(boundary, n_days - 1.0) * self.between_days / times.sqrt();
        between_days.max(boundary * self.between_people(times))
    }

    /// Half the width of the interval at a level.
    pub(super) fn half_width(&self, level: f64, counting_errors: f64) -> f64 {
        self.of_sampling(level, self.n_days) + counting_errors * self.counting
    }

    /// The evidence for a difference that counting error cannot explain.
    pub(super) fn evidence(&self, counting_errors: f64) -> f64 {
        let beyond = self.difference().abs() - counting_errors * self.counting;
        let n_days = f64::from(self.n_days);
        if beyond <= 0.0 || self.n_days < 2 {
            return evidence(0.0, n_days);
        }
        let of_days = narrowed(beyond / self.between_days, n_days - 1.0);
        let of_people = beyond / self.between_people(1.0);
        evidence(of_days.min(of_people), n_days)
    }

    /// The number of days, at least `least`, after which half the width is at most this, at the present growth; `None`
    /// if never, because counting error alone is as large, or not within `most` days.
    pub(super) fn days_until(
        &self,
        half_width: f64,
        level: f64,
        least: u32,
        most: u32,
    ) -> Option<u32> {
        let sampling = half_width - COUNTING_ERRORS * self.counting;
        let is_reached = |n_days: u32| self.of_sampling(level, n_days) <= sampling;
        if sampling <= 0.0 || self.n_days < 2 || !is_reached(most) {
            return None;
        }
        let (mut low, mut high) = (least, most);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_reached(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(low)
    }
}
