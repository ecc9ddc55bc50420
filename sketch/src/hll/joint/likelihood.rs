//! The likelihood of the registers of two sketches, and where it is largest.
//!
//! After Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017,
//! <https://arxiv.org/abs/1702.01284>), section on joint estimation: values arrive at the registers as three Poisson
//! processes, those in the left sketch only, in the right one only, and in both. The pairs of registers are then
//! independent, and all there is to know of them is how many pairs are in each of three orders at each rank. The paper
//! searches by a quasi-Newton method; with three unknowns the matrix is small enough for Newton's own.

/// More ranks than any family has.
const N_RANKS: usize = 66;
/// The search ends with a step that raises the log-likelihood by less than this.
const LEAST_GAIN: f64 = 1e-9;
/// The limit of steps; nearly all searches take fewer than ten.
const MAX_STEPS: usize = 100;
/// The smallest rate, in values per register: next to none in any sketch.
const LEAST_RATE: f64 = 1e-9;

/// The unknowns, in values per register: left only, right only, both.
pub(super) type Rates = [f64; 3];
/// The second derivatives of the log-likelihood, or a covariance.
pub(super) type Matrix = [[f64; 3]; 3];

/// How many pairs of registers have which ranks.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    max_rank: usize,
    /// By rank of the left register: how often it is the smaller one, and below, the larger one.
    left_smaller: [u32; N_RANKS],
    left_larger: [u32; N_RANKS],
    /// The same for the right register.
    right_smaller: [u32; N_RANKS],
    right_larger: [u32; N_RANKS],
    equal: [u32; N_RANKS],
}

/// The log-likelihood with its derivatives.
struct Point {
    value: f64,
    gradient: Rates,
    hessian: Matrix,
}

impl Pairs {
    pub(super) fn new(max_rank: u8, left: &[u8], right: &[u8]) -> Self {
        let none = [0; N_RANKS];
        let mut pairs = Self {
            max_rank: usize::from(max_rank),
            left_smaller: none,
            left_larger: none,
            right_smaller: none,
            right_larger: none,
            equal: none,
        };
        for (&left, &right) in left.iter().zip(right) {
            let (l, r) = (usize::from(left) % N_RANKS, usize::from(right) % N_RANKS);
            match left.cmp(&right) {
                std::cmp::Ordering::Less => {
                    pairs.left_smaller[l] += 1;
                    pairs.right_larger[r] += 1;
                }
                std::cmp::Ordering::Greater => {
                    pairs.left_larger[l] += 1;
                    pairs.right_smaller[r] += 1;
                }
                std::cmp::Ordering::Equal => pairs.equal[l] += 1,
            }
        }
        pairs
    }

    /// Returns the rates at which the likelihood is largest, and the inverse of their covariance. The search begins at
    /// `start`, which should be near them and not close to zero.
    pub(super) fn most_likely(&self, start: Rates) -> (Rates, Matrix) {
        // Newton's method with steps relative to the rates, which keeps them positive; damped until the likelihood
        // rises.
        let mut rates = start.map(|rate| rate.max(LEAST_RATE));
        let mut point = self.at(rates);
        let mut damping = 1e-3;
        for _ in 0..MAX_STEPS {
            let gradient: Rates = std::array::from_fn(|i| rates[i] * point.gradient[i]);
            let damped: Matrix = std::array::from_fn(|i| {
                std::array::from_fn(|j| {
                    let curve = -rates[i] * rates[j] * point.hessian[i][j];
                    if i == j { curve + damping * (curve.abs() + 1e-6) } else { curve }
                })
            });
            let step = solve(damped, gradient);
            let next = step.map(|step| {
                let step = step.map(|step| step.clamp(-2.0, 2.0));
                std::array::from_fn(|i| (rates[i] * step[i].exp()).max(LEAST_RATE))
            });
            let Some(next) = next else {
                damping = damping.max(1e-6) * 10.0;
                continue;
            };
            let found = self.at(next);
            let gain = found.value - point.value;
            if gain >= 0.0 {
                (rates, point) = (next, found);
                damping = (damping * 0.1).max(1e-12);
                if gain < LEAST_GAIN {
                    break;
                }
            } else if gain > -LEAST_GAIN || damping > 1e12 {
                // Only rounding is left.
                break;
            } else {
                damping *= 10.0;
            }
        }
        let mut information = point.hessian.map(|row| row.map(|entry| -entry));
        for (i, slope) in point.gradient.into_iter().enumerate() {
            // At the boundary, where a rate would be negative if it could, the likelihood falls like that of an
            // exponential distribution, whose variance this is; elsewhere the slope is zero.
            information[i][i] += slope * slope;
        }
        (rates, information)
    }

    /// Returns the log-likelihood of the given rates.
    fn at(&self, [left, right, both]: Rates) -> Point {
        let mut point = Point { value: 0.0, gradient: [0.0; 3], hessian: [[0.0; 3]; 3] };
        let count = |counts: &[u32; N_RANKS], rank: usize| f64::from(counts[rank]);
        for rank in 0..=self.max_rank {
            let (equal, l_smaller, l_larger, r_smaller, r_larger) = (
                count(&self.equal, rank),
                count(&self.left_smaller, rank),
                count(&self.left_larger, rank),
                count(&self.right_smaller, rank),
                count(&self.right_larger, rank),
            );
            // No value exceeded these ranks; only a full register may have been exceeded.
            if rank < self.max_rank {
                let scale = power(rank);
                point.add_linear(0, -scale * (l_smaller + equal + l_larger), left);
                point.add_linear(1, -scale * (r_smaller + equal + r_larger), right);
                point.add_linear(2, -scale * (l_smaller + equal + r_smaller), both);
            }
            if rank == 0 {
                continue;
            }
            let scale = power(rank.min(self.max_rank - 1));
            point.add_reached(&[0, 2], l_smaller, scale, left + both);
            point.add_reached(&[1, 2], r_smaller, scale, right + both);
            point.add_reached(&[0], l_larger, scale, left);
            point.add_reached(&[1], r_larger, scale, right);
            point.add_equal(equal, scale, [left, right, both]);
        }
        point
    }
}

impl Point {
    fn add_linear(&mut self, of: usize, slope: f64, rate: f64) {
        self.value += slope * rate;
        self.gradient[of] += slope;
    }

    /// Adds n log(1 - e^-s) with s = scale × rate, where the rate is a sum of unknowns: a value reached that rank.
    fn add_reached(&mut self, of: &[usize], n: f64, scale: f64, rate: f64) {
        if n == 0.0 {
            return;
        }
        let s = scale * rate;
        let odds = 1.0 / s.exp_m1();
        self.value += n * (-(-s).exp_m1()).ln();
        for &i in of {
            self.gradient[i] += n * scale * odds;
            for &j in of {
                self.hessian[i][j] -= n * scale * scale * odds * (1.0 + odds);
            }
        }
    }

    /// Adds n log(1 - A - B + C) with A = e^-s(left + both), B = e^-s(right + both), C = e^-s(all): both registers
    /// reached that rank, through values of their own or through a common one.
    fn add_equal(&mut self, n: f64, scale: f64, [left, right, both]: Rates) {
        if n == 0.0 {
            return;
        }
        let reached = |rate: f64| -(-scale * rate).exp_m1();
        let (l, r, b) = (reached(left), reached(right), reached(both));
        let likely = b + (1.0 - b) * l * r;
        // The derivatives by each unknown, divided by the scale: e^-s rate times the probability of the other ways.
        let by_left = (1.0 - b) * (1.0 - l) * r;
        let by_right = (1.0 - b) * (1.0 - r) * l;
        let by_both = (1.0 - b) * (1.0 - l * r);
        let none = (1.0 - b) * (1.0 - l) * (1.0 - r);
        let first = [by_left, by_right, by_both].map(|by| scale * by / likely);
        let second = [
            [-by_left, none, -by_left],
            [none, -by_right, -by_right],
            [-by_left, -by_right, -by_both],
        ];
        self.value += n * likely.ln();
        for i in 0..3 {
            self.gradient[i] += n * first[i];
            for j in 0..3 {
                let curved = scale * scale * second[i][j] / likely;
                self.hessian[i][j] += n * (curved - first[i] * first[j]);
            }
        }
    }
}

/// 2^-rank.
fn power(rank: usize) -> f64 {
    0.5_f64.powi(i32::try_from(rank).unwrap_or(i32::MAX))
}

/// Solves for a positive definite matrix (Cholesky); `None` for any other.
pub(super) fn solve(matrix: Matrix, right: Rates) -> Option<Rates> {
    let mut lower = [[0.0; 3]; 3];
    for i in 0..3 {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest = matrix[i][j] - sum;
            if i == j {
                if rest <= 0.0 || rest.is_nan() {
                    return None;
                }
                lower[i][i] = rest.sqrt();
            } else {
                lower[i][j] = rest / lower[j][j];
            }
        }
    }
    let mut forward = right;
    for i in 0..3 {
        let sum: f64 = (0..i).map(|k| lower[i][k] * forward[k]).sum();
        forward[i] = (forward[i] - sum) / lower[i][i];
    }
    let mut solution = forward;
    for i in (0..3).rev() {
        let sum: f64 = (i + 1..3).map(|k| lower[k][i] * solution[k]).sum();
        solution[i] = (solution[i] - sum) / lower[i][i];
    }
    Some(solution)
}

/// The inverse of a positive definite matrix; `None` for any other.
pub(super) fn inverse(matrix: Matrix) -> Option<Matrix> {
    let unit = |i: usize| std::array::from_fn(|j| if i == j { 1.0 } else { 0.0 });
    Some([solve(matrix, unit(0))?, solve(matrix, unit(1))?, solve(matrix, unit(2))?])
}

#[cfg(test)]
mod stored;
#[cfg(test)]
mod tests {
    use super::*;

    /// Registers of 64 pairs as three processes of such rates leave them, with some that are full.
    fn pairs(max_rank: u8) -> Pairs {
        let word = |i: u64| (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) ^ i << 9;
        let rank = |i: u64| u8::try_from(word(i).leading_zeros() + 1).unwrap().min(max_rank);
        let (mut left, mut right) = (vec![0; 64], vec![0; 64]);
        for i in 0..150 {
            let at = usize::try_from(word(i) % 64).unwrap();
            let rank = rank(i * 7);
            if i % 3 != 1 {
                left[at] = rank.max(left[at]);
            }
            if i % 3 != 0 {
                right[at] = rank.max(right[at]);
            }
        }
        Pairs::new(max_rank, &left, &right)
    }

    /// The likelihood as the chance of each pair of registers: differences of the joint distribution
    /// P(left ≤ k, right ≤ l) = exp(-left 2^-k - right 2^-l - both 2^-min(k, l)).
    fn by_definition(max_rank: u8, [left, right, both]: Rates, l: u8, r: u8) -> f64 {
        let below = |rank: i32| -> f64 {
            // Every register is at most full, and none is below zero.
            match rank {
                -1 => f64::INFINITY,
                rank if rank >= i32::from(max_rank) => 0.0,
                rank => 0.5_f64.powi(rank),
            }
        };
        let at_most = |k: i32, l: i32| {
            let exponent = left * below(k) + right * below(l) + both * below(k.min(l));
            (-exponent).exp()
        };
        let (l, r) = (i32::from(l), i32::from(r));
        at_most(l, r) - at_most(l - 1, r) - at_most(l, r - 1) + at_most(l - 1, r - 1)
    }

    #[test]
    fn the_likelihood_is_that_of_the_joint_distribution() {
        for max_rank in [4, 12] {
            for rates in [[0.5, 0.25, 0.125], [1.5, 3.0, 0.75], [0.01, 2.0, 5.0]] {
                for (l, r) in (0..=max_rank).flat_map(|l| (0..=max_rank).map(move |r| (l, r))) {
                    let found = Pairs::new(max_rank, &[l], &[r]).at(rates).value.exp();
                    let expected = by_definition(max_rank, rates, l, r);
                    assert!(
                        (found - expected).abs() <= 1e-12,
                        "{rates:?} {l} {r}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn derivatives_are_those_of_small_differences() {
        let step = 1e-5;
        for max_rank in [4, 30] {
            let pairs = pairs(max_rank);
            for rates in [[0.5, 0.25, 0.125], [1.5, 3.0, 0.75]] {
                let point = pairs.at(rates);
                for i in 0..3 {
                    let beside = |by: f64| {
                        let mut rates: Rates = rates;
                        rates[i] += by;
                        pairs.at(rates)
                    };
                    let (below, above) = (beside(-step), beside(step));
                    let slope = (above.value - below.value) / (2.0 * step);
                    assert!((slope - point.gradient[i]).abs() < 1e-5 * (1.0 + slope.abs()));
                    for j in 0..3 {
                        let curve = (above.gradient[j] - below.gradient[j]) / (2.0 * step);
                        let found = point.hessian[i][j];
                        assert!((curve - found).abs() < 1e-5 * (1.0 + curve.abs()), "{i} {j}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_most_likely_rates_do_not_depend_on_the_start() {
        let pairs = pairs(30);
        let (best, _) = pairs.most_likely([0.5, 0.5, 0.5]);
        for start in [[5.0, 5.0, 5.0], [0.001, 3.0, 0.1], [1e-4, 1e-4, 1.0], [1.0, 1.0, 1e-4]] {
            let (found, _) = pairs.most_likely(start);
            for (found, best) in found.iter().zip(best) {
                assert!((found - best).abs() < 1e-4 * (1.0 + best), "{start:?}: {found} {best}");
            }
        }
        let top = pairs.at(best).value;
        for i in 0..3 {
            for factor in [0.9, 1.1] {
                let mut beside = best;
                beside[i] *= factor;
                assert!(pairs.at(beside).value < top);
            }
        }
    }

    #[test]
    fn equations_are_solved() {
        let matrix = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]];
        let solution = solve(matrix, [1.0, 2.0, 3.0]).unwrap();
        for (row, right) in matrix.iter().zip([1.0, 2.0, 3.0]) {
            let found: f64 = row.iter().zip(solution).map(|(a, b)| a * b).sum();
            assert!((found - right).abs() < 1e-12);
        }
        let inverse = inverse(matrix).unwrap();
        assert!(
            (matrix[0][0] * inverse[0][0]
                + matrix[0][1] * inverse[1][0]
                + matrix[0][2] * inverse[2][0]
                - 1.0)
                .abs()
                < 1e-12
        );
        assert_eq!(solve([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [1.0; 3]), None);
    }
}
