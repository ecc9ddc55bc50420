#!/usr/bin/env bash
# Makes target/python, a virtual environment with other implementations of what we write: the
# Delta reader and DuckDB that read our lake in tests. Does nothing where it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=tests/compat/requirements.txt
made=target/python/requirements.txt
if cmp -s "$wanted" "$made"; then
  exit 0
fi
if ! command -v python3 >/dev/null; then
  echo "error: the tests read the lake with Python's deltalake and duckdb packages; python3 was not found" >&2
  exit 1
fi
rm -rf target/python
mkdir -p target
if ! python3 -m venv target/python 2>/dev/null; then
  # Debian ships venv as a package of its own.
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv
    python3 -m venv target/python
  else
    echo "error: python3 cannot make a virtual environment; install python3-venv" >&2
    exit 1
  fi
fi
target/python/bin/pip install --quiet --disable-pip-version-check --requirement "$wanted"
cp "$wanted" "$made"
