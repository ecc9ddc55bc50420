"""What a comparison is given and what it says."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .records import Record


class CannotCompare(Exception):
    """What a comparison needs is not there; it says how to get it."""


@dataclass
class Outcome:
    """The figures that a comparison found, and what it found wrong."""

    figures: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def expect(self, holds: bool, failure: str) -> None:
        """Notes a failure where something does not hold."""
        if not holds:
            self.failures.append(failure)


@dataclass(frozen=True)
class Comparison:
    """A comparison by name. `run` takes the records of Clio's own sketches; it raises only when it cannot compare."""

    name: str
    what: str
    run: Callable[[list[Record]], Outcome]


def standard_error(lg_k: int) -> float:
    """Returns the standard error of a sketch without a history of insertions, as a fraction."""
    return 1.04 / 2 ** (lg_k / 2)


class LargestDifference:
    """The largest difference between our estimates and another's, in standard errors, and where it is."""

    def __init__(self) -> None:
        self.value, self.where = 0.0, "nowhere"

    def see(self, ours: Record, theirs: float) -> None:
        """Takes one pair of estimates."""
        if theirs > 0:
            value = abs(ours.estimate - theirs) / theirs / standard_error(ours.lg_k)
            if value > self.value:
                self.value, self.where = value, ours.name()

    def __str__(self) -> str:
        return f"{self.value:.3f} standard errors ({self.where})"
