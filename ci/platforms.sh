#!/usr/bin/env bash
# Type-checks the library for systems that this machine is not. Features with C code need a compiler for each: left out.
set -euo pipefail
cd "$(dirname "$0")/.."

for target in x86_64-pc-windows-gnu aarch64-apple-darwin i686-unknown-linux-gnu; do
  rustup target add "$target"
  RUSTFLAGS="-D warnings" cargo check --target "$target" --target-dir target/platforms
done
