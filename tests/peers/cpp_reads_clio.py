"""Does the C++ library read our bytes, and count and unite them as it does its own?"""

from math import isclose

from datasketches import hll_sketch

from . import cases, cpp
from .comparison import Comparison, LargestDifference, Outcome
from .records import Record


def run(ours: list[Record]) -> Outcome:
    """Compares each of our sketches with one that the library makes of the same values."""
    outcome, largest = Outcome(), LargestDifference()
    n_same_size = 0
    for record in ours:
        try:
            read, made = cpp.read(record.bytes), _made(record)
        except (IndexError, RuntimeError, ValueError) as refused:
            outcome.failures.append(f"{record.name()}: refused: {refused}")
            continue
        outcome.expect(
            read.lg_config_k == record.lg_k and read.tgt_type.name == record.type,
            f"{record.name()}: read as lg_k {read.lg_config_k}, {read.tgt_type.name}",
        )
        outcome.expect(
            cpp.content(record.lg_k, read) == cpp.content(record.lg_k, made),
            f"{record.name()}: other coupons or registers than those of its own sketch",
        )
        got, expected = cpp.composite(read), cpp.composite(made)
        outcome.expect(
            all(
                isclose(getattr(got, bound), getattr(expected, bound), rel_tol=1e-12)
                for bound in ("value", "lower", "upper")
            ),
            f"{record.name()}: estimated {got} where its own is {expected}",
        )
        outcome.expect(
            got == cpp.answer(read),
            f"{record.name()}: estimated {cpp.answer(read)} by a history of insertions that it has not",
        )
        largest.see(record, expected.value)
        n_same_size += len(record.bytes) == len(made.serialize_compact())
        _unite(record, read, outcome)
    outcome.figures += [
        f"{len(ours)} sketches compared: coupons, registers, estimate, bounds, the unions with three of its own",
        f"{n_same_size} of them are as long as its own compact ones",
        f"our estimate is away from its composite one by at most {largest}",
    ]
    return outcome


def _made(record: Record) -> hll_sketch:
    sketches = [cpp.build(record.lg_k, record.type, record.values, span) for span in record.ranges]
    return sketches[0] if len(sketches) == 1 else cpp.unite(record.lg_k, sketches, record.type)


def _unite(record: Record, read: hll_sketch, outcome: Outcome) -> None:
    """Unites ours with a sketch of the library's that shares half of the values, on either side and in each type."""
    _, right = cases.halves(record.n)
    for type_name in cases.TYPES:
        other = cpp.build(record.lg_k, type_name, record.values, right)
        expected = cpp.content(record.lg_k, cpp.unite(record.lg_k, [_made(record), other]))
        for sketches in ([read, other], [other, read]):
            united = cpp.unite(record.lg_k, sketches)
            outcome.expect(
                cpp.content(record.lg_k, united) == expected,
                f"{record.name()}: the union with its own {type_name} differs from the union of two of its own",
            )


COMPARISON = Comparison("cpp", "the C++ library reads our sketches, counts them and unites them with its own", run)
