//! The expected rate of events given who was shown them and at which age.
//!
//! A multiplicative model: the rate is a member's rate, times a factor for its age, times one factor for each stratum
//! (the member of each other dimension; for multi-valued ones, the set of values). Factors belong to a pool and are
//! fitted to all its members by iterative proportional fitting (Deming and Stephan, 1940), which gives the estimates of
//! a Poisson regression. A stratum with few events says little: each factor has a prior of [`PRIOR`] events at a factor
//! of 1.

/// The number of prior events that shrink a factor towards 1.
const PRIOR: f64 = 5.0;

/// The largest number of iterations, and the change below which fitting stops.
const MAX_ROUNDS: usize = 100;
const SMALL: f64 = 1e-6;

/// The first age of each bracket, in days since a member's first day: novelty alone changes how much a member is
/// played.
const AGES: [i32; 6] = [0, 1, 3, 7, 14, 28];

/// The bracket of an age; the last one if the age is unknown, since whatever was there on the first day of all is old.
pub(super) fn step_of_age(days: Option<i32>) -> usize {
    let last = AGES.len() - 1;
    days.map_or(last, |days| AGES.iter().rposition(|first| *first <= days).unwrap_or(0))
}

/// The events of one member in one stratum and age bracket.
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
    /// By dimension, then by code.
    strata: Vec<Vec<f64>>,
}

impl Factors {
    /// Fits the factors; `strata` has the code of each dimension by stratum, each below the dimension's number of
    /// codes.
    pub(super) fn fit(seen: &[Seen], strata: &[Vec<u32>], n_codes: &[usize]) -> Self {
        let mut own = Self {
            ages: [1.0; AGES.len()],
            strata: n_codes.iter().map(|n| vec![1.0; *n]).collect(),
        };
        let n_members = seen.iter().map(|own| own.member as usize + 1).max().unwrap_or(0);
        for _ in 0..MAX_ROUNDS {
            // The members' own rates, without a prior.
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

    /// Fits one kind of factors, given the others and the rates; returns the largest change.
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
            // Without the factor that is being fitted.
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

    /// The combined factor for an age and a stratum.
    pub(super) fn of(&self, age: usize, codes: &[u32]) -> f64 {
        let strata = self.strata.iter().zip(codes).map(|(factors, code)| factors[*code as usize]);
        self.ages[age] * strata.product::<f64>()
    }
}
