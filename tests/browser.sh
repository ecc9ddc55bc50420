#!/usr/bin/env bash
# Prints the path of a Chrome or Chromium for the browser tests, installing Debian's package where
# none is there and it may.
set -euo pipefail

find_browser() {
  local name
  if [ -n "${CHROMIUM_PATH:-}" ] && [ -x "$CHROMIUM_PATH" ]; then
    echo "$CHROMIUM_PATH"
    return
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name"; then
      return
    fi
  done
  for name in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
    "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if [ -x "$name" ]; then
      echo "$name"
      return
    fi
  done
  return 1
}

if find_browser; then
  exit 0
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  {
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium
  } >&2
  find_browser && exit 0
fi
cat >&2 <<'MEND'
error: the browser tests need Chrome or Chromium, and none was found.
  Debian, Ubuntu:  sudo apt-get install chromium
  elsewhere:       install Google Chrome or Chromium, or set CHROMIUM_PATH to its program
MEND
exit 1
