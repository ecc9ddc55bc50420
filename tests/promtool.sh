#!/usr/bin/env bash
# Prints the path of promtool, which checks and tests alert rules; takes it from Debian's package where none is there.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${PROMTOOL_PATH:-}" ] && [ -x "$PROMTOOL_PATH" ]; then
  echo "$PROMTOOL_PATH"
  exit 0
fi
if command -v promtool; then
  exit 0
fi
folder=target/promtool
if [ ! -x "$folder/promtool" ] && command -v apt-get >/dev/null; then
  (
    made=$(mktemp -d)
    trap 'rm -rf "$made"' EXIT
    cd "$made"
    # The lists of a fresh machine are empty.
    apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
    mkdir -p "$OLDPWD/$folder"
    mv usr/bin/promtool "$OLDPWD/$folder/promtool"
  ) >&2
fi
if [ -x "$folder/promtool" ]; then
  echo "$PWD/$folder/promtool"
  exit 0
fi
cat >&2 <<'MEND'
error: the tests of alert rules need promtool, and it was not found.
  Debian, Ubuntu:  sudo apt-get install prometheus
  elsewhere:       install Prometheus, or set PROMTOOL_PATH to its program promtool
MEND
exit 1
