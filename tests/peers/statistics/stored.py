"""Prints what SciPy makes of some numbers, as the tables of tests in Rust have it: `python -m peers.statistics.stored`.

They stand in `sketch/src/hll/joint/likelihood/stored.rs`, `serving/src/propagation/tests.rs`,
`serving/src/aggregate/shares.rs` and `serving/src/aggregate/ranks.rs`.
"""

import numpy as np
from scipy import stats

from . import formulas

# Of how many draws: the widths that they give are known to a thousandth.
N_DRAWS = 4_000_000


def registers(seed: int, m: int, sizes: tuple[int, int, int]) -> list[np.ndarray]:
    """Returns the registers of two sets: values in the left one alone, in the right one alone, in both."""
    rng = np.random.default_rng(seed)

    def seen(n: int) -> np.ndarray:
        found = np.zeros(m, dtype=np.uint8)
        np.maximum.at(found, rng.integers(0, m, n), rng.geometric(0.5, n).astype(np.uint8))
        return found

    left, right, both = (seen(n) for n in sizes)
    return [np.maximum(left, both), np.maximum(right, both)]


def print_joint() -> None:
    """The most likely numbers of two sketches of 64 registers, a register each, and the standard deviation of those in both."""
    for seed, sizes in enumerate([(100, 50, 50), (300, 300, 30), (20, 500, 100)]):
        left, right = registers(seed, 64, sizes)
        found = formulas.joint(left, right)
        values = [number[0] / 64 for number in (found.left_only, found.right_only, found.both)]
        deviation = (found.both[2] - found.both[0] - 1) / formulas.Z / 64
        print(f"    ({left.tolist()}, {right.tolist()}, {[float(value) for value in values]}, {deviation}),")


def width(outcome, errors: list[float], jaccards: list[list[float]]) -> float:
    """Returns the width that holds 95 % of an outcome of numbers 1 whose logarithms err so."""
    errors = np.array(errors)
    draws = stats.multivariate_normal(cov=np.array(jaccards) * np.outer(errors, errors), allow_singular=True)
    lower, upper = np.quantile(outcome(np.exp(draws.rvs(N_DRAWS, random_state=1)).T), [0.025, 0.975])
    return upper - lower


def print_widths() -> None:
    """The widths of differences, ratios, and ratios of rates; of shares."""
    for error, other, jaccard in [(0.008, 0.008, 0.0), (0.008, 0.008, 0.5), (0.008, 0.008, 0.9), (0.008, 0.0, 0.3), (0.016, 0.004, 0.6)]:
        both = [[1, jaccard], [jaccard, 1]]
        difference = width(lambda of: 3 * of[0] - 2 * of[1], [error, other], both)
        ratio = width(lambda of: 3 * of[0] / (2 * of[1]), [error, other], both)
        print(f"    ({error}, {other}, {jaccard}, {difference:.6f}, {ratio:.6f}),")
    print()
    # Players and viewers of an audience, then of all: who is in what.
    for rate, rate_of_all, part in [(0.2, 0.15, 0.3), (0.5, 0.4, 0.7)]:
        of_part = rate * part
        jaccards = np.array([
            [1, rate, of_part / rate_of_all, of_part],
            [rate, 1, of_part / (part + rate_of_all - of_part), part],
            [of_part / rate_of_all, of_part / (part + rate_of_all - of_part), 1, rate_of_all],
            [of_part, part, rate_of_all, 1],
        ])
        affinity = width(lambda of: (of[0] / of[1]) / (of[2] / of[3]), [0.008] * 4, jaccards)
        print(f"    ({jaccards[np.triu_indices(4, 1)].tolist()}, {affinity:.6f}),")
    print()
    for part, error, of_whole in [(0.1, 0.008, 0.008), (0.5, 0.008, 0.008), (0.9, 0.008, 0.008), (0.01, 0.0, 0.008)]:
        both = [[1, part], [part, 1]]
        found = width(lambda of, part=part: part * of[0] / of[1], [error, of_whole], both)
        print(f"    ({part}, {error}, {of_whole}, {found:.7f}),")


def print_places() -> None:
    """How many times as wide as the bounds intervals are that all hold at once."""
    for n in (2, 10, 100, 50_000):
        print(f"    ({n}, {stats.norm.ppf(1 - 0.05 / 2 / n) / formulas.Z}),")


if __name__ == "__main__":
    print_joint()
    print()
    print_widths()
    print()
    print_places()
