"""The C++ library, by its Python package `datasketches`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version

from datasketches import hll_sketch, hll_union, tgt_hll_type

from . import cases, images
from .cases import Range
from .records import Record

TOOL = "datasketches-cpp"
VERSION = version("datasketches")
_TYPES = {name: getattr(tgt_hll_type, name) for name in cases.TYPES}


@dataclass(frozen=True)
class Answer:
    """An estimate, with its bounds at two standard deviations."""

    value: float
    lower: float
    upper: float


@lru_cache(maxsize=64)
def build(lg_k: int, type_name: str, kind: str, span: Range) -> hll_sketch:
    """Makes a sketch of a range of values."""
    sketch = hll_sketch(lg_k, _TYPES[type_name])
    for value in cases.values(kind, *span):
        sketch.update(value)
    return sketch


def read(image: bytes) -> hll_sketch:
    """Reads an image."""
    return hll_sketch.deserialize(image)


def unite(lg_k: int, sketches: list[hll_sketch], type_name: str = "HLL_8") -> hll_sketch:
    """Unites sketches."""
    union = hll_union(lg_k)
    for sketch in sketches:
        union.update(sketch)
    return union.get_result(_TYPES[type_name])


def answer(sketch: hll_sketch) -> Answer:
    """Asks a sketch."""
    return Answer(sketch.get_estimate(), sketch.get_lower_bound(2), sketch.get_upper_bound(2))


def composite(sketch: hll_sketch) -> Answer:
    """Asks a sketch what it would say after a union."""
    return answer(read(images.composite(sketch.serialize_compact())))


def content(lg_k: int, sketch: hll_sketch) -> tuple[int, bytes | list[int]]:
    """Returns the sketch's coupons or registers, as this library understands them."""
    return images.content(unite(lg_k, [sketch]).serialize_compact())


def _record(sketch: hll_sketch, form: str, **of: object) -> Record:
    image = sketch.serialize_compact() if form == "compact" else sketch.serialize_updatable()
    alone = composite(sketch)
    return Record(
        tool=TOOL, version=VERSION, form=form, bytes=image, estimate=sketch.get_estimate(),
        composite=alone.value, lower=alone.lower, upper=alone.upper, **of,
    )


def _is_kept(lg_k: int, type_name: str, kind: str, n: int, form: str) -> bool:
    """Says which combinations are stored: the large ones once, so that the files stay small."""
    if lg_k == 21 and n == 1_000_000:
        # 0.6 MB each. The third type comes from Spark.
        return kind == cases.BIGINT and type_name != "HLL_8" and form == "compact"
    if lg_k >= 17 and n >= 10_000 and form == "updatable":
        # The others differ from the compact form in one flag; sets are there at lower precisions.
        return lg_k == 17 and type_name == "HLL_4" and kind == cases.BIGINT and n == 1_000_000
    return kind == cases.BIGINT or n <= 1000 or (type_name == "HLL_8" and lg_k <= 14)


def make() -> Iterator[Record]:
    """Makes the records of this library."""
    for lg_k in cases.LG_KS:
        for n in cases.NS:
            for kind in (cases.BIGINT, cases.STRING):
                for type_name in cases.TYPES:
                    for form in ("compact", "updatable"):
                        if _is_kept(lg_k, type_name, kind, n, form):
                            sketch = build(lg_k, type_name, kind, (0, n))
                            yield _record(
                                sketch, form, made="update", lg_k=lg_k, type=type_name, values=kind,
                                ranges=[(0, n)], n=n,
                            )
        for n in cases.UNION_NS:
            yield from _unions(lg_k, n)


def _unions(lg_k: int, n: int) -> Iterator[Record]:
    """Makes unions of unlike types, one with a result of each type."""
    left, right = cases.halves(n)
    inputs = (("HLL_4", "HLL_8"), ("HLL_6", "HLL_4"), ("HLL_8", "HLL_8"))
    for (left_type, right_type), type_name in zip(inputs, cases.TYPES, strict=True):
        sketches = [
            build(lg_k, left_type, cases.BIGINT, left),
            build(lg_k, right_type, cases.BIGINT, right),
        ]
        yield _record(
            unite(lg_k, sketches, type_name), "compact", made="union", lg_k=lg_k, type=type_name,
            values=cases.BIGINT, ranges=[left, right], n=cases.n_distinct([left, right]),
            inputs=[left_type, right_type],
        )
