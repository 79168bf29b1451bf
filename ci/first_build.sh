#!/usr/bin/env bash
# What a first program waits for: builds from nothing (debug, dependencies downloaded before), beside rayon and `cached` with its store on
# disk, one after the other; and rebuilds of a crate with thirty cached functions, beside the same without the attribute. Times are printed,
# not judged; how many packages there are, and that none is there twice, is.
#   ci/first_build.sh [DIRECTORY]     where programs and their targets are put; removed at the end
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d "${1:-${TMPDIR:-/tmp}}/first-build-XXXXXX")"
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR="$work/target"
TIMEFORMAT=%R

# program NAME DEPENDENCY < main.rs
program() {
  mkdir -p "$work/$1/src"
  cat >"$work/$1/src/main.rs"
  printf '[package]\nname = "first_%s"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n%s\n' "$1" "$2" >"$work/$1/Cargo.toml"
  (cd "$work/$1" && cargo fetch --quiet)
}

program rayon 'rayon = "1"' <<'RUST'
use rayon::prelude::*;

fn main() {
    println!("{}", (0..1000u64).into_par_iter().map(|x| x * x).sum::<u64>());
}
RUST
program cached 'cached = { version = "4.1", features = ["redb_store"] }' <<'RUST'
fn main() {
    println!("cached");
}
RUST
cache_alone="joblib = { path = \"$root\", default-features = false }"
program joblib_cache "$cache_alone" <<'RUST'
use joblib::cached;

#[cached]
fn slow(x: f64, n: u32) -> f64 {
    (0..n).fold(x, |x, _| x.sin())
}

fn main() {
    println!("{}", slow(0.5, 1000));
}
RUST
program joblib "joblib = { path = \"$root\" }" <<'RUST'
use joblib::{cached, parallel_for};

#[cached]
fn slow(x: f64, n: u32) -> f64 {
    (0..n).fold(x, |x, _| x.sin())
}

#[parallel_for]
fn sum(n: u32) -> f64 {
    let mut sum = 0.0;
    #[parallel_for(reduce(+ = sum))]
    for i in 0..n {
        sum += slow(f64::from(i), 1000);
    }
    sum
}

fn main() {
    println!("{}", sum(100));
}
RUST

# What it is built of, itself left out, a package a line.
packages() {
  (cd "$work/$1" && cargo tree --quiet --offline --edges normal,build --prefix none --format '{p}') | sed 's/ (.*//' | sort -u | grep -v '^first_'
}

# Seconds that a build from nothing takes. Packages of registries are never built incrementally: neither is joblib here, which lies in a
# directory.
from_nothing() {
  rm -rf "$CARGO_TARGET_DIR"
  { time (cd "$work/$1" && CARGO_INCREMENTAL=0 cargo build --quiet --offline); } 2>&1 | tail -1
}

ratio() {
  awk -v a="$1" -v b="$2" 'BEGIN { print a / b }'
}

printf '%-14s %8s %8s %9s\n' 'from nothing' seconds ratio packages
unit=
for name in rayon cached joblib_cache joblib; do
  seconds="$(from_nothing "$name")"
  unit="${unit:-$seconds}"
  printf '%-14s %8.1f %8.1f %9d\n' "$name" "$seconds" "$(ratio "$seconds" "$unit")" "$(packages "$name" | wc -l)"
done

# thirty ATTRIBUTE
thirty() {
  [ -z "$1" ] || echo 'use joblib::cached;'
  for number in $(seq 30); do
    cat <<RUST
$1
pub fn work_$number(items: &[f64], text: &str, rounds: u32) -> Result<Vec<f64>, String> {
    let mut found = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut value = *item + $number.0;
        for _ in 0..rounds {
            value = (value * 1.5).sin() + index as f64;
            if value.is_nan() {
                return Err(format!("item {index} of {text} is not a number"));
            }
        }
        found.push(value);
    }
    found.sort_by(f64::total_cmp);
    Ok(found)
}
RUST
  done
}
plain= marked='#[cached]'
for form in plain marked; do
  program "$form" "$cache_alone" </dev/null
  thirty "${!form}" >"$work/$form/src/lib.rs"
  rm "$work/$form/src/main.rs"
  (cd "$work/$form" && cargo build --quiet --offline)
done

# The best of five rebuilds, each after a change in one function.
rebuilt() {
  for round in 1 2 3 4 5; do
    sed -i -E "s/item \+ 7\.[0-9]+/item + 7.$round/" "$work/$1/src/lib.rs"
    { time (cd "$work/$1" && cargo build --quiet --offline); } 2>&1 | tail -1
  done | sort -n | head -1
}
printf '\n%-14s %8s %8s\n' 'thirty, again' seconds ratio
unit="$(rebuilt plain)"
seconds="$(rebuilt marked)"
printf '%-14s %8.2f\n%-14s %8.2f %8.1f\n' plain "$unit" cached "$seconds" "$(ratio "$seconds" "$unit")"

count="$(packages joblib | wc -l)"
if [ "$count" -ge 40 ]; then
  echo "the default features need $count packages: 40 are too many" >&2
  exit 1
fi
twice="$(packages joblib | cut -d ' ' -f 1 | uniq -d)"
if [ -n "$twice" ]; then
  echo "in two versions: $twice" >&2
  exit 1
fi
