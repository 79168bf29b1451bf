#!/usr/bin/env bash
# Type-checks everything, tests and examples too, for systems that this machine is not (one of them big-endian), and tests the library with
# 32 bits. zstd and SQLite, with C code behind them, need a compiler for each: left out.
#   ci/platforms.sh [TARGET ..]     with targets: type-checks for these alone
set -euo pipefail
cd "$(dirname "$0")/.."

targets=("$@")
[ $# -gt 0 ] || targets=(x86_64-pc-windows-gnu aarch64-apple-darwin s390x-unknown-linux-gnu)
for target in "${targets[@]}"; do
  rustup target list --installed | grep -qx "$target" || rustup target add "$target"
  RUSTFLAGS="-D warnings" cargo check --workspace --exclude sqlite_store --all-targets --features joblib/lz4,joblib/xz,joblib/bz2,joblib/pco \
    --target "$target" --target-dir target/platforms
done
[ $# -eq 0 ] || exit 0

# With 32 bits the tests run, too: musl and rust-lld need no compiler.
target=i686-unknown-linux-musl
rustup target add "$target"
export CARGO_TARGET_I686_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
cargo test --target "$target" --target-dir target/platforms -p joblib-core -p joblib-persist -p joblib-parallel
cargo test --target "$target" --target-dir target/platforms \
  --test macros --test memory --test parallel_for --test parallel --test persist
