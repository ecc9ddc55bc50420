"""Runs the comparisons: `python -m peers [NAME…]`, all where none is named.

A comparison is a module with a `COMPARISON`, listed below.
"""

import argparse
import sys
from pathlib import Path

from . import cpp_reads_clio, records, spark_reads_clio, statistics
from .comparison import CannotCompare

COMPARISONS = {
    comparison.name: comparison
    for comparison in (cpp_reads_clio.COMPARISON, spark_reads_clio.COMPARISON, statistics.COMPARISON)
}
MOST_FAILURES = 20
CLIO = Path(__file__).parents[2] / "target" / "peers" / "clio.jsonl"


def main() -> int:
    """Runs the named comparisons; fails when one fails or cannot be made."""
    listed = "\n".join(f"  {comparison.name:10} {comparison.what}" for comparison in COMPARISONS.values())
    parser = argparse.ArgumentParser(
        prog="python -m peers", description=f"Compares Clio with other engines:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="the comparisons to make; all where none is given")
    parser.add_argument("--clio", type=Path, default=CLIO, metavar="FILE", help="the records of Clio's own sketches")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in COMPARISONS]
    if unknown:
        parser.error(f"unknown comparison {unknown[0]!r}, expected one of {', '.join(COMPARISONS)}")
    if not arguments.clio.is_file():
        parser.error(f"{arguments.clio} is not there: `make peers` writes it, by the example `images` of clio-sketch")

    ours = records.read(arguments.clio)
    failed = [name for name in arguments.names or COMPARISONS if not _passes(name, ours)]
    if failed:
        print(f"error: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _passes(name: str, ours: list[records.Record]) -> bool:
    """Runs one comparison and prints what it found."""
    comparison = COMPARISONS[name]
    print(f"{name}: {comparison.what}")
    try:
        outcome = comparison.run(ours)
    except CannotCompare as missing:
        print(f"  NOT COMPARED: {missing}")
        return False
    for figure in outcome.figures:
        print(f"  {figure}")
    for failure in outcome.failures[:MOST_FAILURES]:
        print(f"  FAILED {failure}")
    if len(outcome.failures) > MOST_FAILURES:
        print(f"  FAILED {len(outcome.failures) - MOST_FAILURES} more")
    return not outcome.failures


if __name__ == "__main__":
    sys.exit(main())
