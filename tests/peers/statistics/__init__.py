"""Does `clio query` answer what SciPy makes of the same events? Bounds, parts, places, and who is in common.

Nothing is taken from Clio but its answers: sets are NumPy's, their registers those of the C++ library, the most likely numbers are searched
for by SciPy, and every bound is worked out from its formula; those of comparisons are also held against errors that are drawn.
"""

import shutil

from ..comparison import CannotCompare, Comparison, Outcome
from ..records import Record
from . import world
from .checks import Checks
from .world import BINARY, FOLDER, World


def run(_ours: list[Record]) -> Outcome:
    """Makes a lake, asks it, and works everything out again."""
    if not BINARY.is_file():
        raise CannotCompare(f"{BINARY} is not there: `make peers` builds it")
    shutil.rmtree(FOLDER, ignore_errors=True)
    events = World()
    events.write(FOLDER)
    lake = FOLDER / "lake"
    world.run("etl", "run", "--model", str(FOLDER / "model.toml"), "--lake", str(lake), "--state", str(FOLDER / "state"))
    checks = Checks(events, lake)
    checks.distinct_counts()
    checks.shares_and_places()
    checks.reach()
    checks.newcomers()
    checks.comparisons()
    checks.quantiles()
    return checks.outcome()


COMPARISON = Comparison("statistics", "SciPy works out the bounds of `clio query` from their definitions", run)
