"""How the time of a run grows with its events, and what a corrected day costs in a lake of a month, of a year and of three.

`python -m peers.growth FOLDER CLIO`: events of `peers.events` are written to FOLDER, where they are not there yet (5 GiB in all),
and CLIO, the release binary, rolls them up. First days of three million events each, 1, 10 and 70 of them; then seven days of 2 and
of 21 million; then some of these with less memory; then lakes of which one day loses half of its events and gets them back: a month,
a year and three of 100,000 events a day, and the 70 days. Prints seconds, time for an event and peak memory, medians of three or
one; fails where a run takes more memory than it was told, or a corrected lake does not count what it has to.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import events
from .speed import MODEL

ROUNDS = 3
DAY = "2026-03-11"


def run(binary: str, model: Path, lake: Path, *args: str) -> tuple[float, float]:
    """Runs `clio etl run`; gives its seconds and its peak memory in MiB."""
    command = [binary, "etl", "run", "--model", str(model), "--lake", str(lake), "--format", "json", *args]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"error: {' '.join(command)} failed")
    # Its own word for it: what `wait4` tells has the memory of this process in it, which it was forked from.
    return seconds, json.loads(done.stdout)["peak_memory_bytes"] / 2**20


def counted(binary: str, lake: Path) -> int:
    query = "SELECT sum(impressions) AS n FROM cells WHERE grain = 'all'"
    command = [binary, "sql", "--lake", str(lake), "--format", "json", query]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)["n"]


def report(name: str, runs: list[tuple[float, float]], n_events: float | None = None) -> None:
    seconds, memory = (statistics.median(values) for values in zip(*runs))
    of_event = f"{seconds / n_events:6.2f} µs/event" if n_events else " " * 15
    print(f"{name:42} {seconds:7.2f} s {of_event} {memory:6.0f} MiB", flush=True)


def made(folder: Path, millions: float, days: int) -> Path:
    """Events, written unless they are there, and their model beside them."""
    path = folder / f"events-{millions:g}-{days}"
    if not path.exists():
        unfinished = path.with_name(f"{path.name}.part")
        shutil.rmtree(unfinished, ignore_errors=True)
        events.write(unfinished, millions, days)
        unfinished.rename(path)
    model = folder / f"{path.name}.toml"
    model.write_text(MODEL.format(events=path.resolve(), family="hll++"))
    return model


def corrected(binary: str, model: Path, lake: Path, aside: Path) -> bool:
    """Takes half of a day's events away and brings them back, and reports both; false where the lake counts something else."""
    part = model.with_suffix("") / "impressions" / f"dt={DAY}" / "part-1.parquet"
    whole, lost, got = counted(binary, lake), [], []
    for _ in range(ROUNDS):
        shutil.move(part, aside)
        try:
            lost.append(run(binary, model, lake, "--date", DAY))
            less = counted(binary, lake)
        finally:
            shutil.move(aside, part)
        got.append(run(binary, model, lake, "--date", DAY))
        if not (less < whole and counted(binary, lake) == whole):
            print(f"error: {lake} of {whole} events counts {less}, then {counted(binary, lake)}", file=sys.stderr)
            return False
    report("  a day of it loses half of its events", lost)
    report("  the day gets them back", got)
    return True


def main() -> int:
    folder, binary = Path(sys.argv[1]), sys.argv[2]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clio-growth-", dir=folder) as scratch:
        lake = Path(scratch) / "lake"
        for millions, days in [(3, 1), (30, 10), (210, 70), (2, 7), (21, 7)]:
            model, runs = made(folder, millions, days), []
            for _ in range(ROUNDS):
                runs.append(run(binary, model, lake))
                shutil.rmtree(lake)
            report(f"{millions} million events in {days} days", runs, millions)

        for millions, days, limit in [(210, 70, 512), (21, 7, 512), (21, 7, 320), (36.5, 365, 320)]:
            taken = run(binary, made(folder, millions, days), lake, "--memory", str(limit))
            shutil.rmtree(lake)
            report(f"{millions} million events in {days} days, {limit} MiB", [taken], millions)
            if taken[1] > limit:
                print(f"error: a run took {taken[1]:.0f} MiB of {limit}", file=sys.stderr)
                return 1

        of_march = ["--from", "2026-03-01", "--to", "2026-03-31"]
        lakes = [
            ("a month of 100,000 events a day", 36.5, 365, of_march),
            ("a year of 100,000 events a day", 36.5, 365, []),
            ("three years of 100,000 events a day", 109.5, 1095, []),
            ("70 days of 3 million events", 210, 70, []),
        ]
        for name, millions, days, of_lake in lakes:
            model = made(folder, millions, days)
            report(name, [run(binary, model, lake, *of_lake)])
            if not corrected(binary, model, lake, Path(scratch) / "part.parquet"):
                return 1
            shutil.rmtree(lake)
    return 0


if __name__ == "__main__":
    sys.exit(main())
