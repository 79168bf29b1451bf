#!/usr/bin/env bash
# Damages each number of a cache's index and segments, one at a time, then random pairs for some seconds (600 by default) from a seed
# (another each time by default); at the end what panicked, answered wrongly or did not store. With overflow checks.
set -euo pipefail
cd "$(dirname "$0")/.."

export JOBLIB_INDEX_BYTES_SECONDS=${1:-600} JOBLIB_INDEX_BYTES_SEED=${2:-$RANDOM$RANDOM$RANDOM} RUST_BACKTRACE=0
echo "seed $JOBLIB_INDEX_BYTES_SEED"
cargo test -p joblib-core --test store_index_bytes -- --nocapture
