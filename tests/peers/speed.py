"""How long engines take to turn the same events into daily sketches and unite them for all time.

`python -m peers.speed EVENTS CLIO [ENGINE…]`: EVENTS is a folder of `peers.events`, CLIO the release binary. Each engine reads
the impressions, groups them by day, asset, country and device with a count and a sketch of people of precision 14, writes that,
unites the days for all time and writes that too; each in a process of its own, in turn, on all cores. Clio writes month and
year as well, checks its cells and commits to Delta, as it always does; `clio-plays` credits plays to the impressions besides, and
counts them and the people. Nothing is asserted but that all count the same.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3
MODEL = """
[dataset]
name = "speed"
[source.impressions]
url = "{events}/impressions/"
format = "parquet"
time = "event_time"
[dimension.asset]
column = "asset_id"
[dimension.country]
column = "country"
[dimension.device]
column = "device"
[measure.impressions]
source = "impressions"
kind = "count"
[measure.viewers]
source = "impressions"
kind = "distinct"
of = "profile_id"
precision = 14
family = "{family}"
"""
PLAYS = """
[source.plays]
attribute = {{ event = "watched", to = "impressions", by = ["profile_id", "asset_id"], within = "24h", credit = "last" }}
[source.watched]
url = "{events}/plays/"
format = "parquet"
time = "event_time"
[measure.plays]
source = "plays"
kind = "count"
[measure.players]
source = "plays"
kind = "distinct"
of = "profile_id"
precision = 14
family = "{family}"
"""


def clio(events: Path, out: Path, binary: str, family: str, model: str = MODEL) -> dict:
    """Runs `clio etl run` and asks for the totals."""
    text, model = model, out / "model.toml"
    model.write_text(text.format(events=events, family=family))
    lake = str(out / "lake")
    started = time.perf_counter()
    subprocess.run([binary, "etl", "run", "--model", model, "--lake", lake], check=True, stdout=subprocess.PIPE)
    seconds = time.perf_counter() - started
    query = "SELECT sum(impressions) AS n, count(*) AS cells FROM cells WHERE grain = 'all'"
    answer = subprocess.run(
        [binary, "sql", "--lake", lake, "--format", "json", query], check=True, stdout=subprocess.PIPE, text=True
    )
    return {"seconds": seconds, **json.loads(answer.stdout)}


def clickhouse(events: Path, out: Path) -> dict:
    """Builds `uniqCombined64State(14)` by day and unites it by `uniqCombined64MergeState`, in MergeTree tables."""
    from chdb import session

    chdb = session.Session(str(out / "chdb"))
    keys = "asset_id LowCardinality(String), country LowCardinality(String), device LowCardinality(String)"
    state = "n UInt64, viewers AggregateFunction(uniqCombined64(14), Int64)"
    by_key = "asset_id, country, device"
    started = time.perf_counter()
    chdb.query("CREATE DATABASE speed ENGINE = Atomic")
    chdb.query(f"CREATE TABLE speed.day (day Date, {keys}, {state}) ENGINE = MergeTree ORDER BY (day, {by_key})")
    chdb.query(f"CREATE TABLE speed.total ({keys}, {state}) ENGINE = MergeTree ORDER BY ({by_key})")
    chdb.query(
        f"INSERT INTO speed.day SELECT toDate(event_time) AS day, {by_key}, count(), uniqCombined64State(14)(profile_id) "
        f"FROM file('{events}/impressions/*/*.parquet', Parquet) GROUP BY day, {by_key}"
    )
    chdb.query(
        f"INSERT INTO speed.total SELECT {by_key}, sum(n), uniqCombined64MergeState(14)(viewers) FROM speed.day GROUP BY {by_key}"
    )
    seconds = time.perf_counter() - started
    row = str(chdb.query("SELECT sum(n), count() FROM speed.total", "CSV")).strip().split(",")
    return {"seconds": seconds, "n": int(row[0]), "cells": int(row[1])}


def spark(events: Path, out: Path) -> dict:
    """Builds `hll_sketch_agg` by day and unites it by `hll_union_agg`, in Parquet files."""
    import os

    from pyspark.sql import SparkSession, functions

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master("local[*]").config("spark.driver.memory", "8g")
    builder = builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "8")
    session = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    keys = ["asset_id", "country", "device"]
    # The start of the engine is not counted.
    session.range(10).count()
    started = time.perf_counter()
    read = session.read.parquet(f"{events}/impressions").withColumn("day", functions.to_date("event_time"))
    days = read.groupBy("day", *keys).agg(
        functions.count("*").alias("n"), functions.expr("hll_sketch_agg(profile_id, 14)").alias("viewers")
    )
    days.write.parquet(str(out / "day"))
    total = session.read.parquet(str(out / "day")).groupBy(*keys).agg(
        functions.sum("n").alias("n"), functions.expr("hll_union_agg(viewers)").alias("viewers")
    )
    total.write.parquet(str(out / "total"))
    seconds = time.perf_counter() - started
    written = session.read.parquet(str(out / "total"))
    row = written.agg(functions.sum("n"), functions.count("*")).collect()[0]
    return {"seconds": seconds, "n": row[0], "cells": row[1]}


ENGINES = {
    "clio": lambda events, out, binary: clio(events, out, binary, "hll++"),
    "clio-datasketches": lambda events, out, binary: clio(events, out, binary, "datasketches"),
    "clio-plays": lambda events, out, binary: clio(events, out, binary, "hll++", MODEL + PLAYS),
    "clickhouse": lambda events, out, _: clickhouse(events, out),
    "spark": lambda events, out, _: spark(events, out),
}


def main() -> int:
    """Runs the engines in turn and prints medians and ratios; with `--one ENGINE OUT`, a single run for the parent."""
    events, binary, *rest = sys.argv[1:]
    events = Path(events).resolve()
    if rest[:1] == ["--one"]:
        print(json.dumps(ENGINES[rest[1]](events, Path(rest[2]), binary)))
        return 0
    names = rest or list(ENGINES)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    counted = {}
    for _ in range(ROUNDS):
        for name in names:
            out = Path(tempfile.mkdtemp(prefix="clio-speed-"))
            try:
                command = [sys.executable, "-m", "peers.speed", str(events), binary, "--one", name, str(out)]
                run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            finally:
                shutil.rmtree(out)
            found = json.loads(run.stdout.strip().splitlines()[-1])
            seconds[name].append(found.pop("seconds"))
            counted[name] = found
    base = statistics.median(seconds[names[0]])
    for name in names:
        median = statistics.median(seconds[name])
        print(f"{name:20} {median:8.2f} s   {median / base:5.2f} x {names[0]}   {counted[name]}")
    if len({json.dumps(found, sort_keys=True) for found in counted.values()}) > 1:
        print("error: the engines do not count the same", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
