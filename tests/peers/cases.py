"""What is compared: precisions, counts and values."""

from collections.abc import Iterator

LG_KS = (4, 8, 12, 14, 17, 21)
TYPES = ("HLL_4", "HLL_6", "HLL_8")
BIGINT, STRING = "bigint", "string"

# Nothing, one value, the last list, the first set (or registers), sets, registers with and without zeros.
NS = (0, 1, 7, 8, 100, 1000, 10_000, 1_000_000)
UNION_NS = (1, 8, 100, 1000, 10_000)

# A half-open range of numbers.
Range = tuple[int, int]


def halves(n: int) -> tuple[Range, Range]:
    """Returns two ranges of n numbers each that share about half of them."""
    return (0, n), (n // 2, n // 2 + n)


def n_distinct(ranges: list[Range]) -> int:
    """Returns how many different numbers are in ranges that overlap or touch."""
    return max(end for _, end in ranges) - min(start for start, _ in ranges)


def values(kind: str, start: int, end: int) -> Iterator[int] | Iterator[str]:
    """Yields the numbers themselves, or `id-0`, `id-1`, …"""
    numbers = range(start, end)
    if kind == BIGINT:
        return iter(numbers)
    return (f"id-{number}" for number in numbers)
