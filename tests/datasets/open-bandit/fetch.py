"""Makes the Open Bandit sample that the tests read: `fetch.py FOLDER`, done at once where it is there already.

The sample (ZOZO Research, CC BY 4.0) is part of the Python package `obp`, which is downloaded by version and hash and is
neither installed nor run. Columns that no model reads are left out and the hashes of user features shortened to 8
characters; every file made is held against `sha256sums`. FOLDER appears whole or not at all.
"""

import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
COLUMNS = ["timestamp", "item_id", "position", "click", "propensity_score"]
FEATURES = [f"user_feature_{n}" for n in range(4)]


def known_sums() -> dict[str, str]:
    lines = (HERE / "sha256sums").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def wrong_files(folder: Path, sums: dict[str, str]) -> list[str]:
    def differs(name: str) -> bool:
        file = folder / name
        return not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != sums[name]

    return [name for name in sums if differs(name)]


def download(folder: Path) -> Path:
    """The package's file, whose hash pip has compared."""
    wanted = HERE / "requirements.txt"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    exact = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", str(wanted)]
    subprocess.run([*pip, *exact, "--dest", str(folder)], check=True)
    return next(folder.glob("*.whl"))


def shortened(text: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS + FEATURES)
    for row in csv.DictReader(io.StringIO(text, newline="")):
        writer.writerow([row[name] for name in COLUMNS] + [row[name][:8] for name in FEATURES])
    return out.getvalue().encode()


def unpack(package: Path, folder: Path) -> None:
    with zipfile.ZipFile(package) as files:
        for campaign in ["men", "women"]:
            for policy in ["bts", "random"]:
                events = files.read(f"obp/dataset/obd/{policy}/{campaign}/{campaign}.csv").decode()
                (folder / f"{policy}-{campaign}.csv").write_bytes(shortened(events))
            # Items are the same under both policies, apart from the last digits of a number.
            items = files.read(f"obp/dataset/obd/random/{campaign}/item_context.csv")
            (folder / f"items-{campaign}.csv").write_bytes(items)


def main() -> None:
    folder = Path(sys.argv[1])
    sums = known_sums()
    if not wrong_files(folder, sums):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.") as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        unpack(download(Path(scratch)), made)
        if wrong := wrong_files(made, sums):
            sys.exit(f"error: {', '.join(wrong)} differ from {HERE / 'sha256sums'}: is the package of requirements.txt another?")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(made, folder)


if __name__ == "__main__":
    main()
