//! One call: look up, compute, store, refer to, remove.

use crate::support::{Runs, memory};
use joblib::{MemorizedResult, Memory, cached};
use serde::{Deserialize, Serialize};
use std::time::Duration;

static RUNS: Runs = Runs::new();

#[cached(memory = memory, ignore = ["memory", "debug"])]
fn power(memory: &Memory, base: f64, exponent: i32, debug: bool) -> f64 {
    RUNS.add();
    if debug { f64::NAN } else { base.powi(exponent) }
}

/// The tests share a counter.
static ORDER: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn in_order() -> std::sync::MutexGuard<'static, ()> {
    let order = ORDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    RUNS.take();
    order
}

#[test]
fn a_second_call_with_equal_arguments_does_not_run_the_function() {
    let (_dir, memory) = memory();
    let _order = in_order();
    for _ in 0..3 {
        assert_eq!(power(&memory, 2.0, 10, false), 1024.0);
    }
    assert_eq!(RUNS.take(), 1);
    assert_eq!(power(&memory, 2.0, 11, false), 2048.0);
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn ignored_arguments_do_not_change_the_key() {
    let (_dir, memory) = memory();
    let _order = in_order();
    assert_eq!(power(&memory, 3.0, 2, false), 9.0);
    assert_eq!(power(&memory, 3.0, 2, true), 9.0);
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn an_entry_shows_without_running() {
    let (dir, memory) = memory();
    let _order = in_order();
    assert!(!power::entry(&memory, 2.0, 3, false).is_cached());
    assert!(power::entry(&memory, 2.0, 3, false).load().unwrap().is_none());
    assert!(power::entry(&memory, 2.0, 3, false).metadata().is_none());
    assert_eq!(RUNS.take(), 0);
    assert_eq!(power::entry(&memory, 2.0, 3, false).get_or_compute(), 8.0);
    assert_eq!(RUNS.take(), 1);
    let entry = power::entry(&memory, 2.0, 3, false);
    assert!(entry.is_cached());
    assert_eq!(entry.load().unwrap(), Some(8.0));
    assert!(entry.metadata().unwrap().duration < Duration::from_secs(60));
    assert!(entry.dir().unwrap().starts_with(dir.path()));
    assert!(entry.remove().unwrap());
    assert!(!entry.remove().unwrap());
    assert!(!entry.is_cached());
    assert_eq!(RUNS.take(), 0);
}

#[test]
fn recompute_runs_again_and_refreshes() {
    let (_dir, memory) = memory();
    let _order = in_order();
    power::entry(&memory, 5.0, 1, false).insert(&-1.0).unwrap();
    assert_eq!(power(&memory, 5.0, 1, false), -1.0);
    let (answer, meta) = power::entry(&memory, 5.0, 1, false).recompute();
    assert_eq!(answer, 5.0);
    assert!(meta.time.elapsed().unwrap() < Duration::from_secs(60));
    assert_eq!(RUNS.take(), 1);
    assert_eq!(power(&memory, 5.0, 1, false), 5.0);
    assert_eq!(RUNS.take(), 0);
}

#[test]
fn a_shelved_result_is_small_and_travels_as_text() {
    let (_dir, memory) = memory();
    let _order = in_order();
    let shelved = power::entry(&memory, 2.0, 20, false).shelve();
    assert_eq!(RUNS.take(), 1);
    assert_eq!(shelved.get().unwrap(), 1_048_576.0);
    let again = power::entry(&memory, 2.0, 20, false).shelve();
    assert_eq!(again.key(), shelved.key());
    assert_eq!(RUNS.take(), 0);

    let text = shelved.to_string();
    assert!(text.len() < 1000, "{text}");
    let parsed: MemorizedResult<f64> = text.parse().unwrap();
    assert_eq!(parsed.get().unwrap(), 1_048_576.0);
    let json = serde_json::to_string(&shelved).unwrap();
    let read: MemorizedResult<f64> = serde_json::from_str(&json).unwrap();
    assert_eq!(read.get().unwrap(), 1_048_576.0);
    assert!(read.metadata().is_some());

    assert!(read.clear().unwrap());
    for gone in [shelved, again, parsed, read] {
        assert!(gone.get().unwrap_err().is_not_found());
    }
}

#[test]
fn text_that_is_no_reference_is_refused() {
    for text in
        ["", "joblib:", "joblib:xyz@1/f?dir=/tmp", "joblib-value:0", "joblib-value:zz", "joblib-error:"]
    {
        assert!(text.parse::<MemorizedResult<f64>>().is_err(), "{text}");
    }
}

#[cached(memory = memory, ignore = ["memory"])]
fn narrow(memory: &Memory, x: i64) -> Result<u8, String> {
    u8::try_from(x).map_err(|error| error.to_string())
}

#[test]
fn a_disabled_memory_keeps_every_call_legal() {
    let memory = Memory::disabled();
    let _order = in_order();
    assert_eq!(power(&memory, 2.0, 2, false), 4.0);
    assert_eq!(power(&memory, 2.0, 2, false), 4.0);
    assert_eq!(RUNS.take(), 2);
    let entry = power::entry(&memory, 2.0, 2, false);
    assert!(!entry.is_cached() && entry.dir().is_none() && entry.load().unwrap().is_none());
    assert!(!entry.remove().unwrap());
    assert!(entry.insert(&1.0).unwrap_err().is_unsupported());
    let shelved = entry.shelve();
    assert_eq!(shelved.get().unwrap(), 4.0);
    assert_eq!(shelved.get().unwrap(), 4.0);
    let travelled: MemorizedResult<f64> = shelved.to_string().parse().unwrap();
    assert_eq!(travelled.get().unwrap(), 4.0);

    assert!(shelved.is_present() && shelved.clear().unwrap());
    assert!(!shelved.is_present() && !shelved.clear().unwrap());
    assert!(shelved.get().unwrap_err().is_not_found());
    assert_eq!(format!("{shelved:?}"), "MemorizedResult(held, cleared)");
    let cleared: MemorizedResult<f64> = shelved.to_string().parse().unwrap();
    assert!(!cleared.is_present() && cleared.get().unwrap_err().is_not_found());
    assert_eq!(travelled.get().unwrap(), 4.0, "the other one has a copy of its own");
    // What cannot be encoded, too.
    let failed = narrow::entry(&memory, -1).shelve();
    assert!(failed.is_present() && failed.clear().unwrap() && !failed.is_present());
    assert!(failed.get().unwrap_err().is_not_found());

    memory.clear().unwrap();
    assert!(memory.functions().unwrap().is_empty());
}

#[test]
fn the_function_is_seen_as_a_whole() {
    let (_dir, memory) = memory();
    let cube = memory.cache(|x: u64| x * x * x);
    for x in 0..10 {
        assert_eq!(cube.call((x,)), x * x * x);
    }
    assert_eq!(cube.stats().entries, 10);
    let entries = cube.entries().unwrap();
    assert_eq!(entries.len(), 10);
    let mut cubes: Vec<u64> = entries.iter().map(|entry| cube.load_output_as(entry.key).unwrap()).collect();
    cubes.sort_unstable();
    assert_eq!(cubes[..4], [0, 1, 8, 27]);
    assert!(cube.remove(entries[0].key).unwrap());
    assert!(cube.load_output_as::<u64>(entries[0].key).unwrap_err().is_not_found());
    cube.clear().unwrap();
    assert_eq!(cube.stats().entries, 0);
    assert_eq!(cube.call((3,)), 27);
}

#[test]
fn functions_without_macro_keep_references_and_structures() {
    #[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
    struct Summary {
        mean: f64,
        words: Vec<String>,
    }
    fn summary(values: &[f64], text: &str) -> Summary {
        Summary {
            mean: values.iter().sum::<f64>() / values.len() as f64,
            words: text.split(' ').map(str::to_owned).collect(),
        }
    }
    let (_dir, memory) = memory();
    let cached = memory.cache(summary);
    let first = cached.call((&[1.0, 2.0][..], "a b"));
    {
        let local = [1.0, 2.0];
        assert_eq!(cached.call((&local[..], String::from("a b").as_str())), first);
    }
    assert_eq!(cached.stats().entries, 1);
    assert_eq!(memory.eval(summary, (&[1.0, 2.0][..], "a b")), first);
}
