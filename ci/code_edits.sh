#!/usr/bin/env bash
# Every edit of the tables in tests/code_edits/rows/, made between two builds by Cargo of a workspace: which results are computed again,
# and which are found, after edits and in other builds. Prints a table. JOBLIB_EDITS=A,-B makes those edits whose names begin with A, but
# for those that begin with B.
set -euo pipefail
cd "$(dirname "$0")/.."

export JOBLIB_EDITS=${JOBLIB_EDITS:-all} JOBLIB_EDITS_BUILDS=1
cargo test --test code_edits -- --nocapture
