"""Does Spark read our bytes, and count and unite them as it does its own?"""

from . import cases, images, spark
from .comparison import Comparison, LargestDifference, Outcome
from .records import Record


def run(ours: list[Record]) -> Outcome:
    """Compares each of our sketches with one that Spark makes of the same values, by `hll_sketch_estimate` and `hll_union_agg`."""
    outcome, largest = Outcome(), LargestDifference()
    made = [_made(record) for record in ours]
    try:
        estimates = spark.estimates([record.bytes for record in ours])
    except spark.Refused as refused:
        outcome.failures.append(f"one of {len(ours)} sketches is refused: {refused}")
        return outcome
    expected = spark.estimates([images.composite(image) for image in made])
    for record, found, own in zip(ours, estimates, expected, strict=True):
        outcome.expect(found == own, f"{record.name()}: estimated {found} where its own is {own}")
        largest.see(record, own)

    others = [spark.build(record.values, cases.halves(record.n)[1])[record.lg_k] for record in ours]
    alone = spark.unite([[record.bytes] for record in ours])
    mixed = spark.unite([[record.bytes, other] for record, other in zip(ours, others, strict=True)])
    own = spark.unite([list(pair) for pair in zip(made, others, strict=True)])
    mixed_estimates, own_estimates = (
        spark.estimates([images.composite(image) for image in united]) for united in (mixed, own)
    )
    for place, record in enumerate(ours):
        outcome.expect(
            images.content(alone[place]) == images.content(made[place]),
            f"{record.name()}: other coupons or registers than those of its own sketch",
        )
        outcome.expect(
            images.content(mixed[place]) == images.content(own[place]),
            f"{record.name()}: the union with its own differs from the union of two of its own",
        )
        outcome.expect(
            mixed_estimates[place] == own_estimates[place],
            f"{record.name()}: the union with its own is estimated {mixed_estimates[place]}, two of its own {own_estimates[place]}",
        )
    outcome.figures += [
        f"{len(ours)} sketches compared: coupons, registers, estimate, the union with one of its own",
        f"our estimate is away from its composite one, which it rounds, by at most {largest}",
    ]
    return outcome


def _made(record: Record) -> bytes:
    parts = [spark.build(record.values, span)[record.lg_k] for span in record.ranges]
    return parts[0] if len(parts) == 1 else spark.unite([parts])[0]


COMPARISON = Comparison(
    "spark", f"Spark {spark.VERSION} reads our sketches, counts them and unites them with its own", run
)
