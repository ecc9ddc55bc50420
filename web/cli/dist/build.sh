#!/usr/bin/env bash
# Builds the release binary and packs it into target/dist/packages: a wheel, a tarball, a Debian package, and SHA256SUMS of all three.
# PROFILE names another profile of cargo's. `make dist` builds the dashboard before and tries the packages after (try.sh). The time in
# archives is that of the last commit, so that the same commit gives the same tarball.
set -euo pipefail
cd "$(dirname "$0")/../../.."

target=${CARGO_TARGET_DIR:-target}
profile=${PROFILE:-release}
made=$target/dist/packages
tools=$target/dist/tools
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
host=$(rustc -vV | sed -n 's/^host: //p')
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

rm -rf "$made"
mkdir -p "$made"
tests/python.sh web/cli/dist/requirements.txt "$target/dist/python"
cargo_deb=$(sed -n 's/^cargo-deb = "=\(.*\)"$/\1/p' web/cli/dist/tools.toml)
cargo install --quiet --locked --root "$tools" cargo-deb --version "=$cargo_deb"

# Builds the binary, with flags of its own; the other packages take the same. The wheel has no Python in it: it fits every version
# of Python, on systems whose libraries are as new as this one's.
"$target/dist/python/bin/maturin" build --quiet --profile "$profile" --locked --manifest-path web/cli/Cargo.toml \
  --compatibility linux --out "$made"

folder=clio-$version-$host
rm -rf "$target/dist/$folder"
mkdir -p "$target/dist/$folder"
cp "$target/$profile/clio" README.md CHANGELOG.md LICENSE "$target/dist/$folder"
cp -r docs "$target/dist/$folder/docs"
tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
  --directory "$target/dist" "$folder" | gzip --no-name --best >"$made/$folder.tar.gz"
rm -rf "$target/dist/$folder"

# Built and stripped already, by our own profile.
"$tools/bin/cargo-deb" --no-build --no-strip --profile "$profile" --locked --manifest-path web/cli/Cargo.toml --output "$made" >/dev/null

cd "$made"
sha256sum -- * >SHA256SUMS
ls -l --human-readable
