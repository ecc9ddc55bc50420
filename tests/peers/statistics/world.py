"""Some days of events with sets that are known, and what `clio query` says of them."""

import json
import subprocess
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasketches import hll_sketch, tgt_hll_type

from .. import images

SEED = 20261128
FOLDER = Path(__file__).parents[3] / "target" / "peers" / "statistics"
BINARY = Path(__file__).parents[3] / "target" / "debug" / "clio"
PRECISION = 12
N_DAYS, N_PEOPLE, N_IMPRESSIONS = 3, 60_000, 240_000
# Three that are near to each other, one of fewer than that, and two whose sketches are lists of coupons.
COUNTRIES = {"US": 0.26, "DE": 0.255, "FR": 0.25, "GB": 0.1, "JP": 0.1341, "LI": 0.0005, "MC": 0.0004}
MODEL = """
[dataset]
name = "statistics"
[source.impressions]
url = "impressions/"
format = "parquet"
time = "event_time"
[source.plays]
url = "plays/"
format = "parquet"
time = "event_time"
[source.credited]
attribute = { event = "plays", to = "impressions", by = ["profile_id"], within = "1h", credit = "last" }
[dimension.country]
column = "country"
[measure.impressions]
source = "impressions"
kind = "count"
[measure.viewers]
source = "impressions"
kind = "distinct"
of = "profile_id"
family = "datasketches"
precision = 12
[measure.players]
source = "credited"
kind = "distinct"
of = "profile_id"
family = "datasketches"
precision = 12
[measure.watch]
source = "credited"
kind = "quantile"
of = "seconds"
error = "2%"
[measure.take_rate]
kind = "derived"
expr = "players / viewers"
format = "percent"
"""


class World:
    """The events, as NumPy has them. Each play follows a microsecond after its impression, which is the one that gets it."""

    def __init__(self) -> None:
        rng = np.random.default_rng(SEED)
        n = N_IMPRESSIONS
        self.day = np.sort(rng.integers(0, N_DAYS, n))
        # Some come every day, most now and then.
        self.person = (rng.random(n) ** 1.6 * N_PEOPLE).astype(np.int64)
        shares = np.array(list(COUNTRIES.values()))
        self.country = rng.choice(list(COUNTRIES), n, p=shares / shares.sum())
        self.is_played = rng.random(n) < np.where(self.country == "DE", 0.3, 0.2)
        self.seconds = rng.lognormal(4, 1.2, n)
        self.time = np.datetime64("2026-01-01", "us") + (
            self.day * 86_400_000_000 + np.arange(n) % (n // N_DAYS) * 1_000_000
        ).astype("timedelta64[us]")

    def write(self, folder: Path) -> None:
        """Writes the sources and the model."""
        for day in range(N_DAYS):
            of_day = self.day == day
            played = of_day & self.is_played
            name = f"dt=2026-01-{day + 1:02}/events.parquet"
            impressions = {"event_time": self.time[of_day], "profile_id": self.person[of_day], "country": self.country[of_day]}
            plays = {
                "event_time": self.time[played] + np.timedelta64(1, "us"), "profile_id": self.person[played],
                "seconds": self.seconds[played],
            }
            for source, columns in (("impressions", impressions), ("plays", plays)):
                path = folder / source / name
                path.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), path)
        (folder / "model.toml").write_text(MODEL)

    def people(self, measure: str = "viewers", country: str | None = None, days: list[int] | None = None) -> frozenset[int]:
        """Returns the set that a distinct measure counts."""
        which = np.ones(len(self.person), dtype=bool) if measure == "viewers" else self.is_played.copy()
        if country is not None:
            which &= self.country == country
        if days is not None:
            which &= np.isin(self.day, days)
        return frozenset(self.person[which].tolist())

    def watched(self, country: str) -> np.ndarray:
        """Returns the seconds that were watched, in order."""
        return np.sort(self.seconds[self.is_played & (self.country == country)])

    @cached_property
    def countries(self) -> list[str]:
        """The countries by their viewers, the most first."""
        return sorted(COUNTRIES, key=lambda country: -len(self.people(country=country)))


@cache
def coupons(people: frozenset[int]) -> list[int] | None:
    """Returns the coupons of a set, as the C++ library has them; `None` where it has registers."""
    mode, found = images.content(_image(people))
    return None if mode == images.DENSE else found


@cache
def registers(people: frozenset[int]) -> np.ndarray:
    """Returns the registers of a set, as the C++ library has them, or what its coupons make of them."""
    mode, found = images.content(_image(people))
    if mode == images.DENSE:
        return np.frombuffer(found, dtype=np.uint8)
    made = np.zeros(1 << PRECISION, dtype=np.uint8)
    for coupon in found:
        slot, rank = coupon & ((1 << PRECISION) - 1), coupon >> 26
        made[slot] = max(made[slot], rank)
    return made


def _image(people: frozenset[int]) -> bytes:
    sketch = hll_sketch(PRECISION, tgt_hll_type.HLL_8)
    for person in sorted(people):
        sketch.update(person)
    return sketch.serialize_compact()


def run(*arguments: str) -> str:
    """Runs the binary."""
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"clio {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def ask(lake: Path, *arguments: str) -> dict:
    """Asks a lake."""
    return json.loads(run("query", "--lake", str(lake), "--format", "json", *arguments))
