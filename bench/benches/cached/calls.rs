//! Whole calls of `#[cached]` functions: hash the arguments, look up, decode; and what a miss adds to the
//! function's own time.

use crate::peers::Cached;
use joblib::{Memory, cached};
use joblib_bench::{Candidate, Comparison};
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{LazyLock, Mutex};

const ENTRIES: u64 = 20_000;
const MILLION: u64 = 1_000_000;
/// Filling this peer takes long.
const FEW: u64 = 2_000;

static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));
static MEMORY: LazyLock<Memory> = LazyLock::new(|| Memory::new(DIR.path()));
static HOT: LazyLock<Memory> =
    LazyLock::new(|| Memory::builder(DIR.path().join("hot")).hot(64 << 20).build().unwrap());

#[cached(memory = MEMORY)]
fn stored(x: u64, y: f64) -> f64 {
    x as f64 * y
}

#[cached(memory = MEMORY)]
fn among_a_million(x: u64, y: f64) -> f64 {
    x as f64 * y
}

#[cached(memory = HOT)]
fn hot(x: u64, y: f64) -> f64 {
    x as f64 * y
}

#[cached(memory = MEMORY)]
fn missed(x: u64, y: f64) -> f64 {
    x as f64 * y
}

fn plain(x: u64, y: f64) -> f64 {
    x as f64 * y
}

/// Goes through the entries in an order that no prefetcher follows.
fn next(state: &mut u64, entries: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % entries
}

pub(crate) fn run() {
    if !joblib_bench::wanted("call") {
        return;
    }
    (0..ENTRIES).for_each(|x| {
        stored(x, 0.5);
    });
    (0..1000).for_each(|x| {
        hot(x, 0.5);
    });
    let map =
        Mutex::new((0..1000u64).map(|x| ((x, 0.5f64.to_bits()), plain(x, 0.5))).collect::<HashMap<_, _>>());

    let cached = Cached::open(DIR.path(), "call");
    (0..FEW).for_each(|x| cached.put(x, &[7; 32]));
    Comparison::new("hit among 20 k entries, (u64, f64) -> f64 (cached: u64 -> 32 bytes among 2 k)")
        .candidate(Candidate::batched("joblib, stored", |reps| {
            let mut state = 1;
            for _ in 0..reps {
                black_box(stored(next(&mut state, ENTRIES), 0.5));
            }
        }))
        .candidate(Candidate::batched("cached, disk", |reps| {
            let mut state = 1;
            for _ in 0..reps {
                black_box(cached.get(next(&mut state, FEW)));
            }
        }))
        .candidate(Candidate::batched("plain call", |reps| {
            let mut state = 1;
            for _ in 0..reps {
                black_box(plain(black_box(next(&mut state, ENTRIES)), 0.5));
            }
        }))
        .run();

    (0..MILLION).for_each(|x| {
        among_a_million(x, 0.5);
    });
    // A hit far beyond the processor's cache reads a slot of the index, then the record that the slot names.
    let index: Vec<[u64; 4]> = (0..2 * MILLION).map(|at| [at * 7 % MILLION; 4]).collect();
    let records: Vec<[u64; 8]> = (0..MILLION).map(|at| [at; 8]).collect();
    Comparison::new("random hit among 1 M entries, (u64, f64) -> f64")
        .candidate(Candidate::batched("joblib, stored", |reps| {
            let mut state = 1;
            for _ in 0..reps {
                black_box(among_a_million(next(&mut state, MILLION), 0.5));
            }
        }))
        .candidate(Candidate::batched("two dependent reads of as much memory", |reps| {
            let mut state = 1;
            for _ in 0..reps {
                let [record, ..] = index[next(&mut state, 2 * MILLION) as usize];
                // The next read waits for this one, as the next call waits for its answer.
                state ^= black_box(records[record as usize][0] >> 63);
            }
        }))
        .run();

    Comparison::new("hit in memory, 1000 entries, (u64, f64) -> f64")
        .candidate(Candidate::batched("joblib, hot", |reps| {
            for x in 0..reps as u64 {
                black_box(hot(x % 1000, 0.5));
            }
        }))
        .candidate(Candidate::batched("Mutex<HashMap>", |reps| {
            for x in 0..reps as u64 {
                black_box(map.lock().expect("unpoisoned").get(&(x % 1000, 0.5f64.to_bits())).copied());
            }
        }))
        .run();

    let mut fresh = 0;
    Comparison::new("miss and store, (u64, f64) -> f64")
        .candidate(Candidate::batched("joblib", |reps| {
            for _ in 0..reps {
                fresh += 1;
                black_box(missed(fresh, 0.5));
            }
        }))
        .run();
}
