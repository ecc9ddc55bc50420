//! Simulated worlds in which two sides are shown day by day.

use clio_sketch::{Family, Joint, Precision, Sketch, Union};

use crate::propagation::Z_95;
use crate::verdict::{Crowd, Day, Rate, Sample};

/// The parameters of a world. People differ in how often they come (a gamma distribution) and in how much they play (a
/// beta distribution); a person on both sides of a day plays at most one of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct World {
    pub(super) name: &'static str,
    /// The people of a side on a day, on average.
    pub(super) people: f64,
    /// The number of all people, relative to those of one side on a day.
    pub(super) pool: f64,
    /// The sum of both parameters of the beta distribution: the smaller, the more correlated the days of one person.
    pub(super) alike: f64,
    /// The shape of the gamma distribution: the smaller, the more people differ in how often they come.
    pub(super) visits: f64,
    /// Anybody may be on both sides; otherwise each side has people of its own.
    pub(super) is_shared: bool,
    /// People who like one side dislike the other.
    pub(super) is_opposed: bool,
    /// The number of first days on which the other side is absent.
    pub(super) late: usize,
    /// The ratio of the side's people to those of the other one.
    pub(super) more: f64,
    /// The standard deviations of the effects of a day on one side, and on both together.
    pub(super) shock: f64,
    /// The relative lift of the side's rate.
    pub(super) lift: f64,
    /// The parameters of counting sketches; `None` for exact counts.
    pub(super) precision: Option<u8>,
}

/// The daily rate without a lift.
pub(super) const RATE: f64 = 0.17;

pub(super) const N_DAYS: usize = 30;

impl World {
    /// Two sides with people of their own, counted exactly.
    pub(super) const PLAIN: Self = Self {
        name: "people of their own",
        people: 2_000.0,
        pool: 8.0,
        alike: 20.0,
        visits: 2.0,
        is_shared: false,
        is_opposed: false,
        late: 0,
        more: 1.0,
        shock: 0.03,
        lift: 0.0,
        precision: None,
    };

    /// The required worlds, and some harder ones.
    pub(super) fn all() -> Vec<Self> {
        let plain = Self::PLAIN;
        vec![
            plain,
            Self { name: "without shocks of days", shock: 0.0, ..plain },
            Self { name: "few who come back", pool: 3.0, alike: 2.0, ..plain },
            Self { name: "nearly the same people", pool: 1.25, ..plain },
            Self { name: "some far more often", visits: 0.3, alike: 2.0, ..plain },
            Self { name: "shared", is_shared: true, ..plain },
            Self {
                name: "shared, opposed",
                is_shared: true,
                is_opposed: true,
                alike: 4.0,
                pool: 3.0,
                ..plain
            },
            Self { name: "shared, three days late", is_shared: true, late: 3, ..plain },
            Self { name: "shared, a tenth more", is_shared: true, more: 1.1, ..plain },
        ]
    }
}

/// Numbers that look random: SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1, both left out.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.unit(), self.unit());
        (-2.0 * radius.ln()).sqrt() * (2.0 * std::f64::consts::PI * angle).cos()
    }

    /// By the method of Marsaglia and Tsang.
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.unit().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    pub(crate) fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (a, b) = (self.gamma(a), self.gamma(b));
        a / (a + b)
    }
}

struct Person {
    visits: f64,
    /// How likely the person is to play what each side shows.
    likes: [f64; 2],
    /// The person's side, if sides have people of their own.
    side: usize,
}

/// A set of people, counted exactly or by a sketch.
#[derive(Debug, Clone)]
struct Counted {
    exact: Vec<bool>,
    sketch: Option<Union>,
}

impl Counted {
    fn new(world: &World, n_people: usize) -> Self {
        let sketch = world.precision.map(|precision| {
            Union::new(Family::HllPlusPlus, Precision::try_new(precision).unwrap())
        });
        Self { exact: vec![false; n_people], sketch }
    }

    fn insert(&mut self, person: usize, salt: u64) {
        self.exact[person] = true;
        if let Some(sketch) = &mut self.sketch {
            sketch.insert_hash(Family::HllPlusPlus.hash_u64(person as u64 ^ salt));
        }
    }

    /// The number, and its relative standard error.
    fn count(&mut self) -> (f64, f64) {
        match &mut self.sketch {
            None => (self.exact.iter().filter(|is_in| **is_in).count() as f64, 0.0),
            Some(sketch) => {
                let estimate = sketch.estimate();
                let error = (estimate.upper / estimate.lower).ln() / (2.0 * Z_95);
                (estimate.value, if estimate.exact { 0.0 } else { error })
            }
        }
    }

    /// An upper bound of those in both.
    fn both(&mut self, other: &mut Self) -> f64 {
        match (&mut self.sketch, &mut other.sketch) {
            (Some(own), Some(other)) => {
                let (own, other): (Sketch, Sketch) = (own.to_sketch(), other.to_sketch());
                Joint::of(&own, &other).unwrap().both.upper
            }
            _ => self.exact.iter().zip(&other.exact).filter(|(a, b)| **a && **b).count() as f64,
        }
    }

    fn unite(&mut self, other: &mut Self) {
        self.exact.iter_mut().zip(&other.exact).for_each(|(own, other)| *own |= other);
        if let (Some(own), Some(other)) = (&mut self.sketch, &mut other.sketch) {
            own.union(&other.to_sketch()).unwrap();
        }
    }
}

/// A share of counted people among others, with the standard error of counting.
fn share(part: &mut Counted, whole: &mut Counted) -> (f64, f64) {
    let ((part, of_part), (whole, of_whole)) = (part.count(), whole.count());
    let share = (part / whole).min(1.0);
    let variance = of_part.powi(2) + of_whole.powi(2) - 2.0 * of_part * of_whole * share;
    (share, share * variance.max(0.0).sqrt())
}

/// Simulates the days of a world, and yields what is known after each on which both sides are present.
pub(super) fn live(world: &World, numbers: &mut Numbers, mut look: impl FnMut(usize, &Sample)) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    let n_people = (world.people * world.pool) as usize;
    let mut people: Vec<Person> = (0..n_people)
        .map(|at| {
            let likes = numbers.beta(RATE * world.alike, (1.0 - RATE) * world.alike);
            let visits = numbers.gamma(world.visits) / world.visits;
            Person { visits, likes: [likes; 2], side: at % 2 }
        })
        .collect();
    if world.is_opposed {
        people.sort_unstable_by(|one, other| one.likes[0].total_cmp(&other.likes[0]));
        for at in 0..n_people {
            people[at].likes[1] = people[n_people - 1 - at].likes[0];
        }
    }
    let salt = numbers.next();
    let empty = || Counted::new(world, n_people);
    // Those who played and all, of each side, over all days.
    let mut crowds = [[empty(), empty()], [empty(), empty()]];
    let (mut days, mut after) = (Vec::new(), Vec::new());
    for day in 0..N_DAYS {
        let together = numbers.normal();
        let shocks = [0, 1].map(|_| ((numbers.normal() + together) * world.shock).exp());
        let mut sides = [[empty(), empty()], [empty(), empty()]];
        for (at, person) in people.iter().enumerate() {
            let come = person.visits / world.pool;
            let is_there = match world.is_shared {
                true => {
                    let is_on = numbers.unit() < come / 0.6;
                    [world.more, 1.0].map(|more| is_on && numbers.unit() < 0.6 * more)
                }
                false => [0, 1].map(|side| person.side == side && numbers.unit() < 2.0 * come),
            };
            let is_there = [is_there[0], is_there[1] && day >= world.late];
            let lifts = [1.0 + world.lift, 1.0];
            let mut plays = [0, 1].map(|side| {
                let rate = person.likes[side] * shocks[side] * lifts[side];
                is_there[side] && numbers.unit() < rate
            });
            if plays == [true; 2] {
                plays[usize::from(numbers.unit() < 0.5)] = false;
            }
            for (side, (is_there, plays)) in sides.iter_mut().zip(is_there.into_iter().zip(plays)) {
                for (counted, is_in) in side.iter_mut().zip([plays, is_there]) {
                    if is_in {
                        counted.insert(at, salt);
                    }
                }
            }
        }
        if day < world.late {
            continue;
        }
        let [own, other] = &mut sides;
        let [of_own, of_other] = [&mut *own, &mut *other].map(|[played, all]| {
            let (rate, counting) = share(played, all);
            Rate { people: all.count().0, rate, counting }
        });
        let both = own[1].both(&mut other[1]);
        days.push(Day { own: of_own, other: of_other, both });
        for (crowd, side) in crowds.iter_mut().zip(&mut sides) {
            crowd.iter_mut().zip(side).for_each(|(all, own)| all.unite(own));
        }
        after.push(crowds.each_mut().map(|[_, all]| all.count().0));
        let half = after[days.len().div_ceil(2) - 1];
        let [own, other] = &mut crowds;
        let both = own[1].both(&mut other[1]);
        let crowd = |[played, all]: &mut [Counted; 2], people_of_half: f64| {
            let (ever, counting) = share(played, all);
            Crowd { people: all.count().0, people_of_half, ever: (ever - Z_95 * counting).max(0.0) }
        };
        let (own, other) = (crowd(own, half[0]), crowd(other, half[1]));
        look(day + 1, &Sample { days: days.clone(), own, other, both });
    }
}
