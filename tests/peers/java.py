"""The Java library that Spark brings along, and that Druid, Hive and Pig call too: the types and forms that Spark does not write."""

from collections.abc import Iterator
from pathlib import Path

import pyspark

from . import cases, images, spark
from .records import Record

TOOL = "datasketches-java"


def version() -> str:
    """Returns the version of the library, which its file is named after."""
    found = sorted(Path(pyspark.__file__).parent.glob("jars/datasketches-java-*.jar"))
    return found[0].stem.removeprefix(f"{TOOL}-")


def _is_kept(lg_k: int, n: int) -> bool:
    return lg_k <= 14 or n <= 1000


def make() -> Iterator[Record]:
    """Makes the records of this library: copies of Spark's sketches in each type, in both forms."""
    hll = spark.session()._jvm.org.apache.datasketches.hll
    for n in cases.NS:
        for lg_k, image in spark.build(cases.BIGINT, (0, n)).items():
            for name in cases.TYPES if _is_kept(lg_k, n) else ():
                sketch = hll.HllSketch.heapify(image).copyAs(getattr(hll.TgtHllType, name))
                alone = hll.HllSketch.heapify(images.composite(bytes(sketch.toUpdatableByteArray())))
                forms = {"compact": sketch.toCompactByteArray(), "updatable": sketch.toUpdatableByteArray()}
                for form, copied in forms.items():
                    yield Record(
                        tool=TOOL, version=version(), made="copy", lg_k=lg_k, type=name,
                        values=cases.BIGINT, ranges=[(0, n)], n=n, form=form, bytes=bytes(copied),
                        estimate=sketch.getEstimate(), composite=sketch.getCompositeEstimate(),
                        lower=alone.getLowerBound(2), upper=alone.getUpperBound(2),
                    )
