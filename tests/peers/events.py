"""The events that engines are timed on: impressions and plays of a week, skewed, the same in every run.

`python -m peers.events OUT [MILLIONS [DAYS]]` writes OUT/impressions/dt=DAY/*.parquet (zstd), by default 21 million of 5 million
people in 7 days, 2 000 assets by 40 countries by 4 devices, and OUT/plays of a play after 19 of 100 impressions. A person has one
country and mostly one device; assets and countries are drawn by Zipf's law, people by the square of a uniform number, so that
some watch every day and most a few times a week. Plays follow within hours, some on the next day.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20260105
FIRST_DAY = np.datetime64("2026-01-05", "us")
N_PEOPLE, N_ASSETS, N_COUNTRIES = 5_000_000, 2_000, 40
DEVICES = ["mobile", "tablet", "tv", "web"]
FILES_A_DAY = 2
# Of the impressions, and how long after it at the mean.
SHARE_PLAYED, MEAN_HOURS_TO_PLAY = 0.19, 2.0


def zipf(rng: np.random.Generator, n: int, exponent: float, size: int) -> np.ndarray:
    """Draws from 0 to n - 1, the first the most often."""
    cumulated = np.cumsum(np.arange(1, n + 1) ** -exponent)
    return np.searchsorted(cumulated, rng.random(size) * cumulated[-1]).astype(np.int32)


def at(microseconds: np.ndarray) -> pa.Array:
    return pa.array(FIRST_DAY + microseconds.astype("timedelta64[us]"), pa.timestamp("us", "UTC"))


def names(prefix: str, n: int, ids: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(ids, [f"{prefix}{i:04}" for i in range(n)])


def table(columns: dict[str, pa.Array]) -> pa.Table:
    # Columns that may hold nulls would cost all engines the same, and be another type to some.
    schema = pa.schema([pa.field(name, values.type, nullable=False) for name, values in columns.items()])
    return pa.table(columns, schema=schema)


def events(rng: np.random.Generator, day: int, size: int, country_of: np.ndarray) -> dict[str, np.ndarray]:
    """Some impressions of one day, in order of time."""
    person = (rng.random(size) ** 2 * N_PEOPLE).astype(np.int64)
    strays = rng.random(size) < 0.2
    return {
        "time": ((day + np.sort(rng.random(size))) * 86_400e6).astype(np.int64),
        "person": person,
        "asset": zipf(rng, N_ASSETS, 1.0, size),
        "country": country_of[person],
        "device": np.where(strays, rng.integers(0, 4, size), person % 4).astype(np.int32),
    }


def impressions(seen: dict[str, np.ndarray]) -> pa.Table:
    return table(
        {
            "event_time": at(seen["time"]),
            "profile_id": pa.array(seen["person"]),
            "asset_id": names("asset-", N_ASSETS, seen["asset"]).cast(pa.string()),
            "country": names("country-", N_COUNTRIES, seen["country"]).cast(pa.string()),
            "device": pa.DictionaryArray.from_arrays(seen["device"], DEVICES).cast(pa.string()),
        }
    )


def plays(rng: np.random.Generator, seen: dict[str, np.ndarray]) -> tuple[np.ndarray, pa.Table]:
    """Plays after some of the impressions, in order of time, and the day of each."""
    of = np.flatnonzero(rng.random(len(seen["time"])) < SHARE_PLAYED)
    time = seen["time"][of] + (rng.exponential(MEAN_HOURS_TO_PLAY * 3600e6, len(of))).astype(np.int64)
    order = np.argsort(time, kind="stable")
    columns = {
        "event_time": at(time[order]),
        "profile_id": pa.array(seen["person"][of][order]),
        "asset_id": names("asset-", N_ASSETS, seen["asset"][of][order]).cast(pa.string()),
    }
    return time[order] // int(86_400e6), table(columns)


def store(out: Path, events: str, day: int, name: str, rows: pa.Table) -> None:
    folder = out / events / f"dt={(FIRST_DAY + np.timedelta64(day, 'D')).astype('datetime64[D]')}"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, folder / f"{name}.parquet", compression="zstd")


def write(out: Path, millions: float, n_days: int) -> None:
    rng = np.random.Generator(np.random.PCG64(SEED))
    country_of = zipf(rng, N_COUNTRIES, 1.0, N_PEOPLE)
    size = int(millions * 1e6) // (n_days * FILES_A_DAY)
    for day in range(n_days):
        for file in range(FILES_A_DAY):
            seen = events(rng, day, size, country_of)
            store(out, "impressions", day, f"part-{file}", impressions(seen))
            day_of, played = plays(rng, seen)
            for other in np.unique(day_of):
                store(out, "plays", int(other), f"part-{day}-{file}", played.filter(pa.array(day_of == other)))


if __name__ == "__main__":
    write(
        Path(sys.argv[1]),
        float(sys.argv[2]) if len(sys.argv) > 2 else 21.0,
        int(sys.argv[3]) if len(sys.argv) > 3 else 7,
    )
