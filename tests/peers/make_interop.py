"""Makes the files in `sketch/testdata/interop`: sketches that other engines wrote, which ours must read.

`python -m peers.make_interop` writes them; with `--check` it makes them again and compares. Names choose
files: `python -m peers.make_interop cpp`.
"""

import argparse
import sys
from pathlib import Path

from . import cpp, java, records, spark

FOLDER = Path(__file__).parents[2] / "sketch" / "testdata" / "interop"
MAKERS = {"cpp": cpp.make, "java": java.make, "spark": spark.make}


def _differences(stored: list[records.Record], made: list[records.Record]) -> list[str]:
    before, now = ({record.name(): record for record in of} for of in (stored, made))
    return [
        name + (" is new" if name not in before else " is gone" if name not in now else " differs")
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def main() -> int:
    """Makes or checks the files that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m peers.make_interop", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(MAKERS)}; all where none is given")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in MAKERS]
    if unknown:
        parser.error(f"unknown name {unknown[0]!r}, expected one of {', '.join(MAKERS)}")

    n_differences = 0
    for name in arguments.names or MAKERS:
        path = FOLDER / f"{name}.jsonl.gz"
        try:
            made = list(MAKERS[name]())
        except spark.JavaMissing as missing:
            print(f"error: {name}: {missing}", file=sys.stderr)
            return 1
        if arguments.check:
            differences = _differences(records.read(path), made)
            n_differences += len(differences)
            print(f"{name}: {len(made)} records, {len(differences)} differences")
            print("".join(f"  {difference}\n" for difference in differences), end="")
        else:
            records.write(path, made)
            print(f"{name}: {len(made)} records, {path.stat().st_size / 1e6:.2f} MB in {path}")
    return 1 if n_differences else 0


if __name__ == "__main__":
    sys.exit(main())
