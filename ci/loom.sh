#!/usr/bin/env bash
# The pool's protocols under loom: every interleaving, up to LOOM_MAX_PREEMPTIONS switches (3 by default).
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTFLAGS="${RUSTFLAGS:-} --cfg loom" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
cargo test --release -p joblib-core --test loom "$@"
