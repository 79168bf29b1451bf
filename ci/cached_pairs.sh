#!/usr/bin/env bash
# Random functions, plain and cached, for some seconds (600 by default) from a seed (another each time by default); at the end
# the smallest of each kind that is not its plain function. JOBLIB_PAIRS_ONLY and _WITHOUT choose features by name.
# Before, others are only compiled, a quarter of the time.
set -euo pipefail
cd "$(dirname "$0")/.."

export JOBLIB_PAIRS_SECONDS=${1:-600} JOBLIB_PAIRS_SEED=${2:-$RANDOM$RANDOM$RANDOM} JOBLIB_PAIRS_SHRINK=${JOBLIB_PAIRS_SHRINK:-40}
echo "seed $JOBLIB_PAIRS_SEED"
failed=0
JOBLIB_PAIRS_CHECK=1 JOBLIB_PAIRS_SECONDS=$((JOBLIB_PAIRS_SECONDS / 4)) cargo test --test cached_pairs -- --nocapture || failed=1
cargo test --test cached_pairs -- --nocapture || failed=1
exit $failed
