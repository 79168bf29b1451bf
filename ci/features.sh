#!/usr/bin/env bash
# Builds with no feature, with each alone and with some together, give no warning.
#   RUSTUP_TOOLCHAIN=1.89.0 ci/features.sh     on another toolchain
set -euo pipefail
cd "$(dirname "$0")/.."

for features in "" ndarray num-complex half parallel parallel,ndarray parallel,half processes progress zlib ndarray,zlib zstd lz4 xz bz2 pco \
  ndarray,parallel,processes,progress; do
  RUSTFLAGS="-D warnings" cargo check --no-default-features --features "$features" --target-dir target/features
done
# No key depends on a feature.
cargo test -p joblib-core --no-default-features --test key --target-dir target/features
# What is left out is said to be, by the compiler where it can.
cargo test --doc --target-dir target/features NotBuiltIn
cargo test -p joblib-persist --no-default-features --test compression_options --target-dir target/features
