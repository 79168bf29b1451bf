#!/usr/bin/env bash
# Type-checks the library for systems that this machine is not (one of them big-endian), and tests it with 32 bits. Features with C code need a
# compiler for each: left out.
set -euo pipefail
cd "$(dirname "$0")/.."

for target in x86_64-pc-windows-gnu aarch64-apple-darwin s390x-unknown-linux-gnu; do
  rustup target add "$target"
  RUSTFLAGS="-D warnings" cargo check --target "$target" --target-dir target/platforms
done

# With 32 bits the tests run, too: musl and rust-lld need no compiler.
target=i686-unknown-linux-musl
rustup target add "$target"
export CARGO_TARGET_I686_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
cargo test --target "$target" --target-dir target/platforms -p joblib-core -p joblib-persist -p joblib-parallel
cargo test --target "$target" --target-dir target/platforms \
  --test macros --test memory --test parallel_for --test parallel --test persist
