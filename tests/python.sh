#!/usr/bin/env bash
# Makes a virtual environment with the Python packages of a requirements file: `python.sh FILE FOLDER`.
# Without arguments it is target/python, with other implementations of what we write: the Delta reader
# and DuckDB that read our lake in tests. Does nothing where it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=${1:-tests/compat/requirements.txt}
folder=${2:-target/python}
made=$folder/requirements.txt
if cmp -s "$wanted" "$made"; then
  exit 0
fi
if ! command -v python3 >/dev/null; then
  echo "error: $wanted lists Python packages for tests; python3 was not found" >&2
  exit 1
fi
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
if ! python3 -m venv "$folder" 2>/dev/null; then
  # Debian ships venv as a package of its own.
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv
    python3 -m venv "$folder"
  else
    echo "error: python3 cannot make a virtual environment; install python3-venv" >&2
    exit 1
  fi
fi
"$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
cp "$wanted" "$made"
