#!/usr/bin/env bash
# Every message between processes fails, is cut or is late, once or always, and workers end between any two: all cases, of which the test suite runs each third.
set -euo pipefail
cd "$(dirname "$0")/.."

JOBLIB_FAULTS=all cargo test -p joblib-parallel --all-features --test faults
