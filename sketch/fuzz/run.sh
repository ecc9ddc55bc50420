#!/usr/bin/env bash
# run.sh SECONDS     fuzzes each target for so long; what is new goes to target/corpus, a finding to artifacts/
# run.sh minimise    rewrites corpus/ as the fewest inputs that reach as much as corpus/ and target/corpus do
#
# Needs stable Rust and a C++ compiler: the flags are those of `cargo fuzz` without a sanitizer, which safe Rust gives
# nothing to find.
set -euo pipefail
cd "$(dirname "$0")"

host="$(rustc -vV | sed -n 's/^host: //p')"
targets=(decode_hllpp decode_datasketches union_decoded grouped_union decode_quantiles union_quantiles)

# For the host by name, so that the flags are for our code and not for build scripts.
RUSTFLAGS="--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0" \
  cargo build --release --locked --bins --target "$host" --target-dir target

for target in "${targets[@]}"; do
  binary="target/$host/release/$target"
  found="target/corpus/$target"
  mkdir -p "$found" "artifacts/$target"
  if [ "$1" = minimise ]; then
    fewest="target/minimised/$target"
    rm -rf "$fewest"
    mkdir -p "$fewest"
    "$binary" -set_cover_merge=1 -max_len=8192 "$fewest" "corpus/$target" "$found" 2>&1 | tail -n 1
    rm -rf "corpus/$target"
    mv "$fewest" "corpus/$target"
  else
    log="target/$target.log"
    if ! "$binary" -max_total_time="$1" -max_len=8192 -timeout=5 -rss_limit_mb=512 \
      -artifact_prefix="artifacts/$target/" "$found" "corpus/$target" > "$log" 2>&1; then
      tail -n 60 "$log"
      echo "$target: a finding in sketch/fuzz/artifacts/$target; run $binary on it to see it again" >&2
      exit 1
    fi
    echo "$target: $(grep DONE "$log")"
  fi
done
