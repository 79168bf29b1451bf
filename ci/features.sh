#!/usr/bin/env bash
# Builds with no feature, and with each alone, give no warning.
set -euo pipefail
cd "$(dirname "$0")/.."

for feature in "" processes progress zlib zstd lz4 xz bz2 pco; do
  RUSTFLAGS="-D warnings" cargo check --no-default-features --features "$feature" --target-dir target/features
done
