#!/usr/bin/env bash
# Runs every fuzz target for some seconds (20 by default) from its seeds; skipped where cargo-fuzz is not installed.
set -euo pipefail
cd "$(dirname "$0")/../joblib-persist"

seconds=${1:-20}
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
  echo "skipped: needs a nightly toolchain and cargo-fuzz (cargo install cargo-fuzz)"
  exit 0
fi
for target in $(cargo +nightly fuzz list); do
  echo "== $target"
  mkdir -p "fuzz/corpus/$target"
  cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10
done
