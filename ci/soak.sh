#!/usr/bin/env bash
# Random loops on the pool against their sequential meaning: SECONDS [SEED], ten minutes by default.
set -euo pipefail
cd "$(dirname "$0")/.."
export JOBLIB_SOAK_SECONDS="${1:-600}" JOBLIB_SOAK_SEED="${2:-1}"
cargo test --release -p joblib-core --test pool_soak -- --nocapture
