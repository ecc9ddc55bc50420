//! What rate is expected of events by who was shown them and at which age.
//!
//! A multiplicative model: the rate is that of the member, times a factor of its age, times one of each stratum (the member of every other
//! dimension, and of one with many values their set). Factors are those of a pool, fitted to what all its members have, by proportional fitting in
//! turn (Deming and Stephan, 1940), which gives the estimates of a Poisson regression. A few events of one stratum say little: each factor
//! has [`PRIOR`] events of its own, at which it is 1.

/// By how many events a factor is drawn to 1.
const PRIOR: f64 = 5.0;

/// The rounds of fitting, at the most, and the change below which it ends.
const MAX_ROUNDS: usize = 100;
const SMALL: f64 = 1e-6;

/// The first age of each step, in days since a member's first day: whatever is new is played more or less for that alone.
const AGES: [i32; 6] = [0, 1, 3, 7, 14, 28];

/// The step of an age; of one that is not known the last one, since who was there on the first day of all is old.
pub(super) fn step_of_age(days: Option<i32>) -> usize {
    let last = AGES.len() - 1;
    days.map_or(last, |days| AGES.iter().rposition(|first| *first <= days).unwrap_or(0))
}

/// What one member had in one stratum at one step of age.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) member: u32,
    pub(super) age: usize,
    pub(super) stratum: u32,
    pub(super) above: f64,
    pub(super) below: f64,
}

/// The factors of one pool.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factors {
    ages: [f64; AGES.len()],
    /// By dimension and code.
    strata: Vec<Vec<f64>>,
}

impl Factors {
    /// Fits the factors; `strata` has the code of each dimension by stratum, each below the dimension's number of codes.
    pub(super) fn fit(seen: &[Seen], strata: &[Vec<u32>], n_codes: &[usize]) -> Self {
        let mut own = Self {
            ages: [1.0; AGES.len()],
            strata: n_codes.iter().map(|n| vec![1.0; *n]).collect(),
        };
        let n_members = seen.iter().map(|own| own.member as usize + 1).max().unwrap_or(0);
        for _ in 0..MAX_ROUNDS {
            // The members' own rates, which no prior draws anywhere.
            let mut sums = vec![(0.0, 0.0); n_members];
            for cell in seen {
                let (above, below) = &mut sums[cell.member as usize];
                *above += cell.above;
                *below += cell.below * own.of(cell.age, &strata[cell.stratum as usize]);
            }
            let rate = |(above, below): &(f64, f64)| if *below > 0.0 { above / below } else { 0.0 };
            let rates: Vec<f64> = sums.iter().map(rate).collect();
            let mut change =
                own.refit(seen, strata, &rates, |own| &mut own.ages[..], |cell, _| cell.age);
            for dimension in 0..n_codes.len() {
                change = change.max(own.refit(
                    seen,
                    strata,
                    &rates,
                    |own| &mut own.strata[dimension][..],
                    |_, codes| codes[dimension] as usize,
                ));
            }
            if change < SMALL {
                break;
            }
        }
        own
    }

    /// Fits one kind of factors, the others and the rates being given; returns the largest change.
    fn refit(
        &mut self,
        seen: &[Seen],
        strata: &[Vec<u32>],
        rates: &[f64],
        factors: impl Fn(&mut Self) -> &mut [f64],
        at: impl Fn(&Seen, &[u32]) -> usize,
    ) -> f64 {
        let mut sums = vec![(PRIOR, PRIOR); factors(self).len()];
        for cell in seen {
            let codes = &strata[cell.stratum as usize];
            let expected = cell.below * rates[cell.member as usize] * self.of(cell.age, codes);
            let place = at(cell, codes);
            sums[place].0 += cell.above;
            // Without the factor itself.
            sums[place].1 += expected / factors(self)[place].max(1e-12);
        }
        let mut largest: f64 = 0.0;
        for (factor, (above, expected)) in factors(self).iter_mut().zip(sums) {
            let fitted = above / expected;
            largest = largest.max((fitted - *factor).abs());
            *factor = fitted;
        }
        largest
    }

    /// The factor of an age and a stratum together.
    pub(super) fn of(&self, age: usize, codes: &[u32]) -> f64 {
        let strata = self.strata.iter().zip(codes).map(|(factors, code)| factors[*code as usize]);
        self.ages[age] * strata.product::<f64>()
    }
}
