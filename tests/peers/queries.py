"""How long engines take to answer what analysts ask of the same events.

`python -m peers.queries EVENTS CLIO [ENGINE…]`: EVENTS is a folder of `peers.events`, CLIO the release binary. Each engine holds the
impressions as it holds them best, by day, asset, country and device with a count and a sketch of people of precision 14, and is asked
each question of `QUESTIONS` in turn, in one process, on all cores; the first answer is not counted, of the others the median is.

- `clio` is asked through its GraphQL gateway by HTTP, without the cache of finished answers, with marginals; `clio-plain` without them.
- `clickhouse` has `uniqCombined64(14)` states in MergeTree tables, ordered by their keys: of all time for questions of all time, of
  days for the others. It answers in the process that asks.
- `duckdb` stores no sketches; it counts the events anew, by `approx_count_distinct`, in the process that asks.

Printed are medians, ratios, and how far the people counted are from the exact number, which DuckDB counts. Nothing is asserted but
that all have as many rows and count the same impressions.
"""

import atexit
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlparse

from .speed import MODEL

ROUNDS = 21
COUNTRIES = ["country-0000", "country-0001", "country-0002"]
DAYS = ("2026-01-05", "2026-01-07")


@dataclass(frozen=True)
class Question:
    """What is asked: keys in order, and which rows."""

    name: str
    keys: tuple[str, ...] = ()
    # Of three countries.
    is_filtered: bool = False
    # Of three days.
    is_of_days: bool = False
    # The rows with the most people; all in the order of their keys where there is no such order.
    by_viewers: bool = False
    limit: int = 100


QUESTIONS = [
    Question("total"),
    Question("by country", ("country",)),
    Question("by country × device", ("country", "device")),
    Question("best 20 assets in 3 countries", ("asset",), is_filtered=True, by_viewers=True, limit=20),
    Question("best 100 assets", ("asset",), by_viewers=True),
    Question("asset × country, first 100", ("asset", "country")),
    Question("three days by country", ("country",), is_of_days=True),
]

# An answer: rows of keys, impressions and people.
Rows = list[tuple]
Ask = Callable[[Question], Rows]


def sql(question: Question, table: str, column: Callable[[str], str], n: str, viewers: str) -> str:
    """The question in SQL, which the engines share but for how they count."""
    keys = [column(key) for key in question.keys]
    wheres = []
    if question.is_filtered:
        names = ", ".join(f"'{country}'" for country in COUNTRIES)
        wheres.append(f"{column('country')} IN ({names})")
    if question.is_of_days:
        wheres.append(f"day BETWEEN '{DAYS[0]}' AND '{DAYS[1]}'")
    where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    orders = (["viewers DESC"] if question.by_viewers else []) + keys
    order = f" ORDER BY {', '.join(orders)} LIMIT {question.limit}" if keys else ""
    columns = ", ".join([*keys, f"{n} AS n", f"{viewers} AS viewers"])
    return f"SELECT {columns} FROM {table}{where}{group}{order}"


def in_sql(key: str) -> str:
    return "asset_id" if key == "asset" else key


class Server:
    """A process of Clio that serves until it is closed."""

    def __init__(self, binary: str, *args: str) -> None:
        self.process = subprocess.Popen([binary, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # Whatever happens, it ends with this process.
        atexit.register(self.process.kill)
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                self.url = found[0]
                return
        raise SystemExit(f"error: `clio {' '.join(args)}` did not say its address:\n{''.join(said)}")

    def close(self) -> None:
        self.process.terminate()
        self.process.communicate()


def clio(events: Path, out: Path, binary: str, *settings: str) -> Ask:
    """Rolls the events up once, serves the lake, and asks the gateway over one connection."""
    lake = out / "lake"
    if not lake.exists():
        model = out / "model.toml"
        model.write_text(MODEL.format(events=events, family="hll++"))
        command = [binary, "etl", "run", "--model", str(model), "--lake", str(lake)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    serving = Server(binary, "serve", "--lake", str(lake), "--grpc", "127.0.0.1:0", "--cache", "0", *settings)
    gateway = Server(binary, "gateway", "--serving", serving.url, "--http", "127.0.0.1:0")
    address = urlparse(gateway.url)
    connection = http.client.HTTPConnection(address.hostname, address.port)

    def answer(text: str) -> dict:
        connection.request("POST", "/graphql", json.dumps({"query": text}), {"content-type": "application/json"})
        return json.loads(connection.getresponse().read())

    # The gateway has its address before it has asked serving for the dataset, and serving before the lake is loaded.
    deadline = time.monotonic() + 60
    while answer("{ cube(query: { measures: [VIEWERS] }) { total { viewers { value } } } }").get("errors"):
        if time.monotonic() > deadline:
            raise SystemExit("error: Clio did not answer within a minute")
        time.sleep(0.05)

    def ask(question: Question) -> Rows:
        parts = ["measures: [IMPRESSIONS, VIEWERS]"]
        if question.keys:
            names = [key.upper() for key in question.keys]
            orders = ["{ measure: VIEWERS, direction: DESC }"] if question.by_viewers else []
            orders += [f"{{ key: {name}, direction: ASC }}" for name in names]
            parts.append(f"groupBy: [{', '.join(names)}], orderBy: [{', '.join(orders)}], first: {question.limit}")
        if question.is_filtered:
            parts.append(f"where: {{ country: {{ anyOf: {json.dumps(COUNTRIES)} }} }}")
        if question.is_of_days:
            parts.append(f'from: "{DAYS[0]}", to: "{DAYS[1]}"')
        keys = " ".join(f"{key} {{ value }}" for key in question.keys)
        numbers = "impressions { value } viewers { value }"
        rows = f"rows {{ {keys} {numbers} }}" if question.keys else f"total {{ {numbers} }}"
        text = f"{{ cube(query: {{ {', '.join(parts)} }}) {{ {rows} }} }}"
        found = answer(text)
        if found.get("errors"):
            raise SystemExit(f"error: {question.name}: {found['errors']}")
        cube = found["data"]["cube"]
        rows = cube["rows"] if question.keys else [cube["total"]]
        return [
            (*(row[key]["value"] for key in question.keys), row["impressions"]["value"], row["viewers"]["value"])
            for row in rows
        ]

    ask.close = lambda: (gateway.close(), serving.close())
    return ask


def clickhouse(events: Path, out: Path, _: str) -> Ask:
    """States by day and of all time in MergeTree tables."""
    from chdb import session

    chdb = session.Session(str(out / "chdb"))
    keys = "asset_id LowCardinality(String), country LowCardinality(String), device LowCardinality(String)"
    state = "n UInt64, viewers AggregateFunction(uniqCombined64(14), Int64)"
    by_key = "asset_id, country, device"
    chdb.query("CREATE DATABASE queries ENGINE = Atomic")
    chdb.query(f"CREATE TABLE queries.day (day Date, {keys}, {state}) ENGINE = MergeTree ORDER BY (day, {by_key})")
    chdb.query(f"CREATE TABLE queries.total ({keys}, {state}) ENGINE = MergeTree ORDER BY ({by_key})")
    chdb.query(
        f"INSERT INTO queries.day SELECT toDate(event_time) AS day, {by_key}, count(), uniqCombined64State(14)(profile_id) "
        f"FROM file('{events}/impressions/*/*.parquet', Parquet) GROUP BY day, {by_key}"
    )
    chdb.query(
        f"INSERT INTO queries.total SELECT {by_key}, sum(n), uniqCombined64MergeState(14)(viewers) FROM queries.day GROUP BY {by_key}"
    )
    for table in ["day", "total"]:
        chdb.query(f"OPTIMIZE TABLE queries.{table} FINAL")

    def ask(question: Question) -> Rows:
        table = "queries.day" if question.is_of_days else "queries.total"
        # A column of the sum has another name than what is added up, which ClickHouse would take it for.
        text = sql(question, f"{table} AS cells", in_sql, "sum(cells.n)", "uniqCombined64Merge(14)(cells.viewers)")
        lines = str(chdb.query(text, "JSONCompactEachRow")).splitlines()
        return [tuple(json.loads(line)) for line in lines]

    ask.close = lambda: None
    return ask


def duckdb(events: Path, out: Path, _: str, viewers: str = "approx_count_distinct(profile_id)") -> Ask:
    """The events in a table of its own, ordered as they came."""
    import duckdb as engine

    connection = engine.connect(str(out / f"duckdb-{len(viewers)}"))
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE TABLE events AS SELECT event_time::TIMESTAMP::DATE AS day, profile_id, asset_id, country, device "
        f"FROM read_parquet('{events}/impressions/*/*.parquet', hive_partitioning = false)"
    )

    def ask(question: Question) -> Rows:
        text = sql(question, "events", in_sql, "count(*)", viewers)
        return connection.execute(text).fetchall()

    ask.close = connection.close
    return ask


ENGINES: dict[str, Callable[[Path, Path, str], Ask]] = {
    "clio": clio,
    "clio-plain": lambda events, out, binary: clio(events, out, binary, "--marginals-percent", "0"),
    "clickhouse": clickhouse,
    "duckdb": duckdb,
}


def timed(ask: Ask, question: Question) -> tuple[float, Rows]:
    """The median of some answers, and the last one."""
    rows = ask(question)
    seconds = []
    # What takes seconds is asked less often.
    started = time.perf_counter()
    while len(seconds) < ROUNDS and (len(seconds) < 3 or time.perf_counter() - started < 20):
        began = time.perf_counter()
        rows = ask(question)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), rows


def error(rows: Rows, exact: dict[tuple, int]) -> float:
    """How far the people of rows are from the exact number, at the most."""
    return max(abs(row[-1] / exact[row[:-2]] - 1) for row in rows)


def main() -> int:
    """Asks the engines one after the other; prints a line for each question and engine."""
    events, binary, *names = sys.argv[1:]
    events = Path(events).resolve()
    names = names or list(ENGINES)
    print(f"{os.cpu_count()} cores; " + ", ".join(f"{name} {version(name)}" for name in ["chdb", "duckdb"]))
    out = Path(tempfile.mkdtemp(prefix="clio-queries-"))
    found: dict[str, dict[str, tuple[float, Rows]]] = {question.name: {} for question in QUESTIONS}
    try:
        for name in names:
            ask = ENGINES[name](events, out, binary)
            for question in QUESTIONS:
                found[question.name][name] = timed(ask, question)
            ask.close()
        exact = duckdb(events, out, "", "count(DISTINCT profile_id)")
        is_same = True
        for question in QUESTIONS:
            everything = Question(question.name, question.keys, question.is_filtered, question.is_of_days, limit=10**9)
            counted = {tuple(row[:-2]): (row[-2], row[-1]) for row in exact(everything)}
            base = found[question.name][names[0]][0]
            for name in names:
                seconds, rows = found[question.name][name]
                n_rows = min(question.limit, len(counted))
                is_whole = len(rows) == n_rows and all(int(row[-2]) == counted[tuple(row[:-2])][0] for row in rows)
                is_same &= is_whole
                off = error([tuple(row) for row in rows], {key: people for key, (_, people) in counted.items()})
                print(
                    f"{question.name:30} {name:12} {seconds * 1e3:9.2f} ms {seconds / base:8.2f} x {names[0]}"
                    f"   {len(rows)} rows, people off by {off:.2%} at the most" + ("" if is_whole else "   NOT THE SAME"),
                    flush=True,
                )
        exact.close()
    finally:
        shutil.rmtree(out)
    if not is_same:
        print("error: the engines do not count the same", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
