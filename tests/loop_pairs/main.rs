//! Random loops, written twice: as plain `for` loops and the same in parallel. Both forms compile or neither does, with
//! the same warnings, and do the same when they run. What differs is made smaller and printed.
//!
//! | variable | |
//! |---|---|
//! | `JOBLIB_PAIRS_SECONDS` | how long to go on, 40 by default |
//! | `JOBLIB_PAIRS_SEED` | where to start, 0 by default |
//! | `JOBLIB_PAIRS_ONLY`, `JOBLIB_PAIRS_WITHOUT` | names of features, with commas in between |
//! | `JOBLIB_PAIRS_SHRINK` | how many failures to make smaller, 6 by default |
//!
//! `ci/loop_pairs.sh SECONDS` is the long run.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod batch;
mod compile;
mod generate;
#[allow(dead_code, unused_imports, unreachable_pub, missing_docs)]
mod harness;
mod program;
mod random;
mod render;
mod shrink;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use batch::{Failure, Setting, Tools};
use program::Program;
use random::Switched;
use render::{Written, function};
use shrink::{explained, shrink};

/// The pairs of one crate.
const BATCH: u64 = 40;

struct Found {
    setting: Setting,
    program: Program,
    failure: Failure,
}

#[test]
fn parallel_loops_are_their_plain_loops() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let seconds = Duration::from_secs(number("JOBLIB_PAIRS_SECONDS", 40));
    let first = number("JOBLIB_PAIRS_SEED", 0);
    let most = number("JOBLIB_PAIRS_SHRINK", 6) as usize;
    let switched = Switched::from_environment();
    let tools = Tools::new();
    let start = Instant::now();
    let (next, tried) = (AtomicU64::new(0), AtomicU64::new(0));
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while start.elapsed() < seconds {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    let failing = one_batch(&tools, &switched, first, batch);
                    tried.fetch_add(BATCH, Ordering::Relaxed);
                    found.lock().unwrap().extend(failing);
                }
            });
        }
    });
    let tried = tried.into_inner();
    println!("{tried} pairs from seed {first} in {:.0} s", start.elapsed().as_secs_f64());
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|found| found.program.seed);
    let kinds = report(&tools, found, most);
    assert!(kinds == 0, "{kinds} kinds of parallel loops are not their plain loops");
}

fn one_batch(tools: &Tools, switched: &Switched, first: u64, batch: u64) -> Vec<Found> {
    // Every setting in turn.
    let (edition, release) =
        [("2024", false), ("2021", false), ("2024", true), ("2021", true)][batch as usize % 4];
    let setting = Setting { edition, release };
    let seeds = (0..BATCH).map(|i| first.wrapping_add(batch * BATCH + i));
    let programs: Vec<Program> = seeds.map(|seed| generate::program(seed, switched)).collect();
    let failures = tools.try_all(setting, &programs);
    let all = programs.into_iter().zip(failures);
    all.filter_map(|(program, failure)| Some(Found { setting, program, failure: failure? })).collect()
}

/// Prints the smallest of each kind of failure; returns how many there are.
fn report(tools: &Tools, found: Vec<Found>, most: usize) -> usize {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for Found { failure, .. } in &found {
        *counts.entry(failure.kind.clone()).or_default() += 1;
    }
    println!("failures by kind: {counts:?}");
    let mut kinds = Vec::new();
    for Found { setting, program, failure } in found {
        if kinds.iter().any(|kind| explained(kind, &program, &failure)) {
            continue;
        }
        // Each step of a hang takes the watchdog's patience.
        let (program, failure) = match kinds.len() < most && failure.kind != "hang" {
            true => shrink(tools, setting, program, failure),
            false => (program, failure),
        };
        let (seed, features) = (program.seed, program.features());
        println!("\n== seed {seed} {setting:?}: {} {features:?}\n{}", failure.kind, failure.detail);
        if kinds.len() < most {
            println!("{}\n{}", function(&program, Written::Plain), function(&program, Written::Parallel));
        }
        kinds.push((program, failure));
    }
    kinds.len()
}
