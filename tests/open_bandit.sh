#!/usr/bin/env bash
# Makes target/open-bandit, the sample of real events that tests read; see tests/datasets/open-bandit/fetch.py.
# Does nothing where it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

tests/python.sh
target/python/bin/python tests/datasets/open-bandit/fetch.py target/open-bandit
