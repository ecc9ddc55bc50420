"""The record of a sketch, and the files of records: what another engine made, or what Clio made.

One JSON object a line:

    tool, version   who made the bytes
    made            "update": by adding values; "union": by uniting sketches; "copy": by turning another type into this
    lg_k            4 to 21
    type            "HLL_4", "HLL_6" or "HLL_8"
    values          "bigint": the numbers of `ranges`; "string": "id-" before each of them
    ranges          [[start, end], …], ends exclusive: one, or those of the united sketches
    n               how many different values that is
    form            "compact" or "updatable"
    inputs          the types of the united sketches; else absent
    partitions      how many partial sketches Spark made and united, where more than one; else absent
    estimate        the maker's own
    composite       its estimate without the history of insertions: what it says of the same bytes flagged as out of order
    lower, upper    its bounds at two standard deviations, of `composite`; absent where the maker has no call for them
    bytes           the sketch, in base64
"""

import base64
import gzip
import json
from dataclasses import dataclass, fields
from pathlib import Path

from .cases import Range


@dataclass(frozen=True)
class Record:
    """One sketch; the fields are those of the file."""

    tool: str
    version: str
    made: str
    lg_k: int
    type: str
    values: str
    ranges: list[Range]
    n: int
    form: str
    estimate: float
    bytes: bytes
    composite: float | None = None
    lower: float | None = None
    upper: float | None = None
    inputs: list[str] | None = None
    partitions: int | None = None

    def name(self) -> str:
        """Returns what tells this record from the others of its file."""
        spans = " ∪ ".join(f"[{start}, {end})" for start, end in self.ranges)
        parts = [self.made, f"lg_k {self.lg_k}", self.type, self.form, f"{self.values} {spans}"]
        if self.inputs:
            parts.append("of " + " and ".join(self.inputs))
        if self.partitions:
            parts.append(f"{self.partitions} partitions")
        return ", ".join(parts)

    def to_line(self) -> str:
        """Returns the line of the file, without its end."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        row["bytes"] = base64.b64encode(self.bytes).decode()
        return json.dumps({key: value for key, value in row.items() if value is not None})

    @staticmethod
    def from_line(line: str) -> "Record":
        """Reads what `to_line` wrote."""
        row = json.loads(line)
        row["bytes"] = base64.b64decode(row["bytes"])
        row["ranges"] = [(start, end) for start, end in row["ranges"]]
        return Record(**row)


def read(path: Path) -> list[Record]:
    """Reads a file of records, compressed where its name says so."""
    with (gzip.open(path, "rt") if path.suffix == ".gz" else open(path)) as lines:
        return [Record.from_line(line) for line in lines]


def write(path: Path, records: list[Record]) -> None:
    """Writes a compressed file that is a function of the records alone: it holds no time and no name."""
    text = "".join(record.to_line() + "\n" for record in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file, gzip.GzipFile(
        filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0
    ) as compressed:
        compressed.write(text.encode())
