#!/usr/bin/env bash
# Values of random types for some seconds (600 by default) from a seed (another each time by default); at the end the
# smallest type of each kind of failure. JOBLIB_PAIRS_ONLY and _WITHOUT choose features by name, JOBLIB_TYPES_CHECKS the checks.
set -euo pipefail
cd "$(dirname "$0")/.."

export JOBLIB_PAIRS_SECONDS=${1:-600} JOBLIB_PAIRS_SEED=${2:-$RANDOM$RANDOM$RANDOM} JOBLIB_PAIRS_SHRINK=${JOBLIB_PAIRS_SHRINK:-40}
echo "seed $JOBLIB_PAIRS_SEED"
cargo test -p joblib-generated-types --all-features -- --nocapture
