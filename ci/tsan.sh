#!/usr/bin/env bash
# ThreadSanitizer on the tests of the pool and of parallel loops, with the installed nightly. std is not instrumented (that would take
# -Zbuild-std and the rust-src component), and fences are not understood: ci/tsan.supp says what is let pass and why.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(rustc +nightly -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/tsan"
export TSAN_OPTIONS="suppressions=$PWD/ci/tsan.supp halt_on_error=1 ${TSAN_OPTIONS:-}"
# fork: the sanitizer's run-time keeps threads of its own, which a forked child lacks.
cargo +nightly test --target "$target" -p joblib-core --test pool "$@" -- --skip fork::
cargo +nightly test --target "$target" -p joblib --test parallel_for "$@"
