#!/usr/bin/env bash
# Everything builds on the oldest toolchain that is promised.
set -euo pipefail
cd "$(dirname "$0")/.."

oldest="$(sed -n 's/^rust-version = "\(.*\)"/\1.0/p' Cargo.toml)"
rustup toolchain list | grep -q "^$oldest" || rustup toolchain install "$oldest" --profile minimal
export RUSTUP_TOOLCHAIN="$oldest"
cargo check --workspace --exclude sqlite_store --all-features --target-dir target/features
ci/features.sh
