#!/usr/bin/env bash
# Installs each package of build.sh where nothing else is, checks its sum, and goes with it from events to a page.
set -euo pipefail
cd "$(dirname "$0")/../../.."

packages=$(cd "${CARGO_TARGET_DIR:-target}/dist/packages" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "error: $*" >&2
  exit 1
}

# From events to a page with the binary $2, called $1 in messages: nothing of this shell's environment, an empty home.
use() {
  local name=$1 clio=$2 home=$work/home-$1 said
  mkdir "$home"
  run() { (cd "$home" && env -i HOME="$home" PATH=/usr/bin:/bin "$clio" "$@"); }
  said=$(run --version)
  [ "$said" = "clio $version" ] || fail "$name: --version says '$said', not 'clio $version'"
  run synth --out events >/dev/null
  run etl run --model events/media.toml --lake lake >/dev/null 2>&1
  said=$(run query --lake lake --measures impressions --format csv | tail -1)
  [[ $said =~ ^[0-9] ]] || fail "$name: the total of impressions is '$said'"
  # The demo says its address once it is ready, and ends by a signal.
  (cd "$home" && exec env -i HOME="$home" PATH=/usr/bin:/bin "$clio" demo --data demo --http 127.0.0.1:0) \
    >"$home/said" 2>&1 &
  local demo=$! address=
  while [ -z "$address" ]; do
    kill -0 "$demo" 2>/dev/null || fail "$name: the demo ended: $(cat "$home/said")"
    address=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$home/said" | head -1) || sleep 0.2
  done
  python3 - "$address" <<'PY' || fail "$name: no page at $address"
import sys, urllib.request
page = urllib.request.urlopen(sys.argv[1], timeout=30).read().decode()
assert "<title>Clio" in page, page[:200]
PY
  kill -INT "$demo"
  wait "$demo" || fail "$name: the demo ended with $?"
  echo "$name: installed and used, from events to a page"
}

(cd "$packages" && sha256sum --check --quiet --strict SHA256SUMS) || fail "a package is not what SHA256SUMS says"

python3 -m venv "$work/wheel"
"$work/wheel/bin/pip" install --quiet --disable-pip-version-check --no-index "$packages"/*.whl
use wheel "$work/wheel/bin/clio"

mkdir "$work/tarball"
tar --extract --gzip --file "$packages"/*.tar.gz --directory "$work/tarball" --strip-components=1
use tarball "$work/tarball/clio"

if command -v dpkg >/dev/null; then
  # What it depends on must be here; the package itself goes to a tree of its own, for which nobody needs to be root.
  depends=$(dpkg-deb --field "$packages"/*.deb Depends)
  while read -r package _; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q ' installed$' ||
      fail "the Debian package depends on $package, which is not installed"
  done < <(tr ',' '\n' <<<"$depends")
  mkdir -p "$work/system/var/lib/dpkg"
  dpkg --root="$work/system" --force-not-root --force-depends --force-script-chrootless --log=/dev/null \
    --install "$packages"/*.deb >/dev/null 2>&1 || fail "dpkg does not install the package"
  use deb "$work/system/usr/bin/clio"
else
  echo "deb: not tried, for there is no dpkg" >&2
fi
