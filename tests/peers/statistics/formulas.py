"""The numbers of `clio query` from their definitions: NumPy and SciPy, and nothing of Clio's.

An interval is a triple: value, lower bound, upper bound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

Interval = tuple[float, float, float]
# What `docs/asking.md` says of all bounds: 1.96, not the 1.95996… of `norm.ppf(0.975)`.
Z = 1.96
MAX_RANK = 63


def exact(value: float) -> Interval:
    """Returns the interval of a number that is known."""
    return value, value, value


def estimate(registers: np.ndarray) -> Interval:
    """Returns Ertl's improved raw estimate (2017, algorithm 6) less its bias in 1 / m, with its bounds.

    For registers of which none is full, and so many values that collisions are normal, not Poisson's.
    """
    m = len(registers)
    counts = np.bincount(registers, minlength=MAX_RANK + 1)
    zero = counts[0] / m
    sigma = zero + np.sum(zero ** (2.0 ** np.arange(1, 60)) * 2.0 ** np.arange(59))
    raw = m * m / (2 * np.log(2)) / (m * sigma + np.sum(counts[1:] * 2.0 ** -np.arange(1.0, MAX_RANK + 1)))
    last = 3 * np.log(2) - 1
    value = raw / (1 + (last - (last - 0.5) * np.exp(-raw / m / 2)) / m)
    t = value / m
    error = min(np.sqrt(m * (np.expm1(t) - t)) / value, 1.04 / np.sqrt(m))
    return value, value * np.exp(-Z * error), value / (1 - Z * error)


@dataclass(frozen=True)
class Joint:
    """Who is in two sets: in the left one alone, in the right one alone, in both, and the Jaccard index."""

    left_only: Interval
    right_only: Interval
    both: Interval
    jaccard: Interval


def joint(left: np.ndarray, right: np.ndarray) -> Joint:
    """Searches for the most likely numbers of three Poisson processes that left such registers (Ertl 2017, joint estimation).

    The chance of a pair of registers is a difference of P(left ≤ k, right ≤ l) = exp(-a/2^k - b/2^l - c/2^min(k, l)), with as
    many digits as there are, since neighbours differ little. The curvature is taken by differences.
    """
    m = len(left)
    pairs, counts = np.unique(np.stack([left, right]).astype(int), axis=1, return_counts=True)
    k, l = pairs

    def at_most(rates: np.ndarray, k: np.ndarray, l: np.ndarray) -> np.ndarray:
        def power(rank: np.ndarray) -> np.ndarray:
            scale = np.longdouble(0.5) ** np.maximum(rank, 0)
            return np.where(rank >= MAX_RANK, np.longdouble(0), scale)

        exponent = rates[0] * power(k) + rates[1] * power(l) + rates[2] * power(np.minimum(k, l))
        return np.where((k < 0) | (l < 0), np.longdouble(0), np.exp(-exponent))

    def unlikely(rates: np.ndarray) -> np.longdouble:
        chance = at_most(rates, k, l) - at_most(rates, k - 1, l) - at_most(rates, k, l - 1) + at_most(rates, k - 1, l - 1)
        return -np.sum(counts * np.log(np.maximum(chance, np.longdouble(1e-300))))

    def of_logarithms(at: np.ndarray) -> float:
        return float(unlikely(np.exp(np.asarray(at, dtype=np.longdouble))))

    of_each = [estimate(registers) for registers in (left, right)]
    union = estimate(np.maximum(left, right))[0]
    common = np.clip(of_each[0][0] + of_each[1][0] - union, 0.01 * of_each[0][0], 0.9 * min(each[0] for each in of_each))
    start = np.log(np.maximum([of_each[0][0] - common, of_each[1][0] - common, common], 1.0) / m)
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000}
    found = optimize.minimize(of_logarithms, start, method="Nelder-Mead", options=options).x
    rates = np.exp(found)
    unit = np.diag(np.maximum(rates * 1e-3, 1e-7)).astype(np.longdouble)
    at = rates.astype(np.longdouble)
    step = np.outer(np.diag(unit), np.diag(unit))
    information = np.array([
        [unlikely(at + a + b) - unlikely(at + a - b) - unlikely(at - a + b) + unlikely(at - a - b) for b in unit] for a in unit
    ]) / (4 * step)
    # Level at the top. At the edge, where no rate can be lower, the likelihood falls as an exponential distribution does.
    slopes = np.array([unlikely(at + a) - unlikely(at - a) for a in unit]) / (2 * np.diag(unit))
    information += np.diag(slopes**2)
    covariance = np.linalg.inv(information.astype(float)) * m * m
    # The sets are what they are: the spread of a Poisson process itself is no error.
    covariance -= np.diag(np.minimum(m * rates, np.diag(covariance)))
    values = m * rates

    def bounded(i: int, most: float) -> Interval:
        margin = Z * np.sqrt(covariance[i, i]) + 1
        value = min(values[i], most)
        return value, max(value - margin, 0.0), max(min(value + margin, most), value)

    total = values.sum()
    share = values[2] / total
    by_number = np.array([-share, -share, 1 - share]) / total
    margin = Z * np.sqrt(by_number @ covariance @ by_number) + 1 / total
    return Joint(
        bounded(0, of_each[0][2]), bounded(1, of_each[1][2]), bounded(2, min(of_each[0][2], of_each[1][2])),
        (share, max(share - margin, 0.0), min(share + margin, 1.0)),
    )


def relative_error(of: Interval) -> float:
    """Returns the standard deviation of an interval's logarithm."""
    return float(np.log(of[2] / of[1]) / (2 * Z)) if of[1] < of[2] else 0.0


def in_common(jaccard: float, one: Interval, other: Interval) -> float:
    """Returns a Jaccard index that leaves what nobody can see to be missing: 2 z² σ τ."""
    return float(np.clip(jaccard, 0, max(1 - 2 * Z**2 * relative_error(one) * relative_error(other), 0)))


def moved(
    outcome: Callable[[Sequence[float]], float], measures: Sequence[Interval], jaccards: np.ndarray
) -> Interval:
    """Returns what comes of measures: each moved to its bounds in turn, added in quadrature, as far as they err together."""
    values = [measure[0] for measure in measures]
    value = outcome(values)
    down, up, effects = 0.0, 0.0, []
    for at, (_, lower, upper) in enumerate(measures):
        ends = [outcome(values[:at] + [end] + values[at + 1:]) for end in (lower, upper)]
        down += max(0.0, *(value - end for end in ends)) ** 2
        up += max(0.0, *(end - value for end in ends)) ** 2
        effects.append((ends[1] - ends[0]) / 2)
    effects = np.array(effects)
    narrower = np.sqrt(max(effects @ jaccards @ effects / (effects @ effects), 0))
    return value, value - narrower * np.sqrt(down), value + narrower * np.sqrt(up)


def drawn(
    outcome: Callable[[np.ndarray], np.ndarray], measures: Sequence[Interval], jaccards: np.ndarray, seed: int
) -> float:
    """Returns the width that holds 95 % of what comes of measures whose logarithms err normally, and together as their sets do."""
    errors = np.array([relative_error(measure) for measure in measures])
    draws = stats.multivariate_normal(cov=jaccards * np.outer(errors, errors), allow_singular=True).rvs(
        200_000, random_state=seed
    )
    outcomes = outcome(np.array([measure[0] for measure in measures]) * np.exp(draws))
    lower, upper = np.quantile(outcomes, [0.025, 0.975])
    return upper - lower


def share(part: Interval, whole: Interval) -> Interval:
    """Returns a part of a whole, whose errors have the correlation p: σ² + τ² - 2 σ τ p."""
    value = part[0] / whole[0]
    of_part, of_whole = relative_error(part), relative_error(whole)
    p = in_common(value, part, whole)
    margin = Z * np.sqrt(max(of_part**2 + of_whole**2 - 2 * of_part * of_whole * p, 0))
    value = min(value, 1.0)
    return value, value * np.exp(-margin), min(value * np.exp(margin), 1.0)


def ranks(intervals: Sequence[Interval]) -> list[tuple[int, int]]:
    """Returns the places that hold all at once with 95 %, largest first: Bonferroni's rule (Klein, Wright and Wieczorek 2020)."""
    n = sum(lower < upper for _, lower, upper in intervals)
    wider = stats.norm.ppf(1 - 0.05 / 2 / n) / Z if n > 1 else 1.0
    ends = []
    for value, lower, upper in intervals:
        if lower == upper:
            ends.append((value, value))
        else:
            linear = value + (upper - value) * wider
            ends.append((value - (value - lower) * wider, max(value * (upper / value) ** wider, linear)))
    above = [sum(other[0] > upper for other in ends) for _, upper in ends]
    below = [sum(other[1] < lower for other in ends) for lower, _ in ends]
    return [(n_above + 1, len(ends) - n_below) for n_above, n_below in zip(above, below, strict=True)]
