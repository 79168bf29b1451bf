#!/usr/bin/env bash
# AddressSanitizer (with leak detection) on the tests of the core, of dump and load, and of parallel loops.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(rustc +nightly -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/asan"
export ASAN_OPTIONS="detect_stack_use_after_return=1:allocator_may_return_null=1:${ASAN_OPTIONS:-}"
# A test of claims forgets some, as a process that was killed does.
ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" cargo +nightly test --target "$target" -p joblib-core --lib "$@"
# Frames that are kept for detection are not on the stack whose room one test measures.
cargo +nightly test --target "$target" -p joblib-core --test pool "$@" -- --skip stacks::
cargo +nightly test --target "$target" -p joblib-persist --lib --test files "$@"
cargo +nightly test --target "$target" -p joblib --test parallel_for "$@"
