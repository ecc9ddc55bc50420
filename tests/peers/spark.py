"""Apache Spark, by PySpark: its `hll_*` functions, and the Java library that they call."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyspark
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Row, SparkSession, functions

from . import cases, cpp, images
from .cases import Range
from .comparison import CannotCompare
from .records import Record

TOOL = "spark"
VERSION = pyspark.__version__
LEAST_JAVA = 17


class JavaMissing(CannotCompare):
    """Spark cannot be asked, since there is no Java that runs it."""


class Refused(Exception):
    """Spark did not take what it was given."""


def _check_java() -> None:
    mend = (
        f"Spark {VERSION} needs Java {LEAST_JAVA} or later: install it (Debian: `apt-get install "
        f"openjdk-{LEAST_JAVA}-jre-headless`) and put `java` on PATH, or give its folder in JAVA_HOME"
    )
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if java is None:
        raise JavaMissing(f"no `java` was found; {mend}")
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError) as error:
        raise JavaMissing(f"`{java} -version` failed: {error}; {mend}") from error
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is None or int(found[1]) < LEAST_JAVA:
        raise JavaMissing(f"`{java}` is {said.splitlines()[0]}; {mend}")


@cache
def session() -> SparkSession:
    """Starts Spark in this process, on one core, so that its answers do not depend on timing."""
    _check_java()
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[1]").appName("peers")
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.sql.shuffle.partitions": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _value(kind: str) -> str:
    return "id" if kind == cases.BIGINT else "concat('id-', id)"


@cache
def build(kind: str, span: Range, partitions: int = 1) -> dict[int, bytes]:
    """Makes the sketches of a range of values, by lg_k."""
    sketches = [f"hll_sketch_agg({_value(kind)}, {lg_k}) AS k{lg_k}" for lg_k in cases.LG_KS]
    rows = session().range(*span, 1, partitions).selectExpr(*sketches).collect()
    return {lg_k: bytes(rows[0][f"k{lg_k}"]) for lg_k in cases.LG_KS}


def _ask(groups: list[list[bytes]], expressions: list[str]) -> list[Row]:
    """Groups images, and evaluates expressions over each group's `image`, in the order of the groups."""
    rows = [(place, bytearray(image)) for place, group in enumerate(groups) for image in group]
    table = session().createDataFrame(rows, "place int, image binary").coalesce(1)
    aggregates = [functions.expr(expression) for expression in expressions]
    try:
        return table.groupBy("place").agg(*aggregates).orderBy("place").collect()
    except (Py4JError, PySparkException) as error:
        raise Refused(str(error).split("\n\tat")[0]) from error


def estimates(images_: list[bytes]) -> list[int]:
    """Asks Spark for the estimates of images; it rounds them."""
    rows = _ask([[image] for image in images_], ["first(hll_sketch_estimate(image)) AS estimate"])
    return [row.estimate for row in rows]


def unite(groups: list[list[bytes]]) -> list[bytes]:
    """Unites the images of each group."""
    rows = _ask(groups, ["hll_union_agg(image) AS united"])
    return [bytes(row.united) for row in rows]


def _records(images_: list[bytes], of: list[dict]) -> Iterator[Record]:
    """Makes records of images, with Spark's estimates."""
    own = estimates(images_)
    composite = estimates([images.composite(image) for image in images_])
    for image, estimate, alone, rest in zip(images_, own, composite, of, strict=True):
        yield Record(
            tool=TOOL, version=VERSION, type="HLL_8", form="updatable", bytes=image,
            estimate=float(estimate), composite=float(alone), **rest,
        )


def _is_kept(lg_k: int, kind: str, n: int, partitions: int) -> bool:
    """Says which combinations are stored: the large ones once, so that the files stay small."""
    if lg_k >= 17 and n >= 10_000:
        return kind == cases.BIGINT and partitions == 1
    return True


def make() -> Iterator[Record]:
    """Makes the records of Spark."""
    found, of = [], []
    for n in cases.NS:
        for kind in (cases.BIGINT, cases.STRING):
            for partitions in (1, 4) if n >= 100 and kind == cases.BIGINT else (1,):
                for lg_k, image in build(kind, (0, n), partitions).items():
                    if _is_kept(lg_k, kind, n, partitions):
                        found.append(image)
                        of.append({
                            "made": "update", "lg_k": lg_k, "values": kind, "ranges": [(0, n)], "n": n,
                            "partitions": partitions if partitions > 1 else None,
                        })
    yield from _records(found, of)
    yield from _unions()


def _unions() -> Iterator[Record]:
    """Makes unions with sketches of its own, and with those of the C++ library in the other types."""
    groups, of = [], []
    for n in cases.UNION_NS:
        left, right = cases.halves(n)
        for lg_k in cases.LG_KS:
            rights = {"HLL_8": build(cases.BIGINT, right)[lg_k]} | {
                name: cpp.build(lg_k, name, cases.BIGINT, right).serialize_compact()
                for name in ("HLL_4", "HLL_6")
            }
            for name, image in rights.items():
                groups.append([build(cases.BIGINT, left)[lg_k], image])
                of.append({
                    "made": "union", "lg_k": lg_k, "values": cases.BIGINT, "ranges": [left, right],
                    "n": cases.n_distinct([left, right]), "inputs": ["HLL_8", name],
                })
    yield from _records(unite(groups), of)
