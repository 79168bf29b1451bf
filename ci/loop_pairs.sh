#!/usr/bin/env bash
# Random loops, plain and in parallel, for some seconds (600 by default) from a seed (another each time by default); at the end
# the smallest of each kind that is not its plain loop. JOBLIB_PAIRS_ONLY and _WITHOUT choose features by name.
set -euo pipefail
cd "$(dirname "$0")/.."

export JOBLIB_PAIRS_SECONDS=${1:-600} JOBLIB_PAIRS_SEED=${2:-$RANDOM$RANDOM$RANDOM} JOBLIB_PAIRS_SHRINK=${JOBLIB_PAIRS_SHRINK:-40}
echo "seed $JOBLIB_PAIRS_SEED"
cargo test --test loop_pairs -- --nocapture
