#!/usr/bin/env bash
# Miri on the pool, for machines that have it (rustup +nightly component add miri).
# Leaks: the process-wide pool and its threads live to the end. Preemption off: crossbeam-deque, whose slots are
# racy by design, is only accepted so (as in crossbeam's own ci/miri.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
export MIRIFLAGS="-Zmiri-ignore-leaks -Zmiri-disable-isolation -Zmiri-preemption-rate=0 ${MIRIFLAGS:-}"
cargo +nightly miri test -p joblib-core --lib pool::
cargo +nightly miri test -p joblib-core --test pool -- --skip fork:: --skip many_threads --skip absurd
