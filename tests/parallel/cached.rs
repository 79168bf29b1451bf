//! Cached functions in worker processes, and references to results passed instead of the results.

use joblib::{MemorizedResult, Memory, Parallel, Processes, cached};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Says in a file that it ran, and where.
#[cached(memory = Memory::new(folder.join("cache")), ignore = ["folder"])]
fn powers(folder: &Path, base: u32) -> Vec<u64> {
    let mut log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    log.write_all(format!("{base} {}\n", std::process::id()).as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    (0..4).map(|exponent| u64::from(base).pow(exponent)).collect()
}

/// What was computed, and by which process.
fn computed(folder: &Path) -> Vec<(u32, u32)> {
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let line = |line: &str| {
        let (base, pid) = line.split_once(' ').unwrap();
        (base.parse().unwrap(), pid.parse().unwrap())
    };
    let mut all: Vec<_> = log.lines().map(line).collect();
    all.sort_unstable();
    all
}

fn three() -> Processes {
    Parallel::new().n_jobs(3).batch_size(1).processes()
}

#[test]
fn workers_compute_each_key_once_between_them() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_owned();
    let run = || three().share(&folder).map(0..24u32, |folder: &PathBuf, i| powers(folder, i % 4)).unwrap();
    let results = run();
    let expected = |i: u32| (0..4).map(|e| u64::from(i % 4).pow(e)).collect::<Vec<_>>();
    assert!(results.iter().zip(0..).all(|(result, i)| *result == expected(i)));
    let log = computed(&folder);
    assert_eq!(log.iter().map(|(base, _)| *base).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(log.iter().all(|(_, pid)| *pid != std::process::id()));
    // Here, and in workers again, they are read.
    assert_eq!(powers(&folder, 3), expected(3));
    assert_eq!(run(), results);
    assert_eq!(computed(&folder), log);
}

/// Of the same arguments whatever the depth.
#[cached(memory = Memory::new(folder.join("cache")), ignore = ["folder", "depth"])]
fn leaves(folder: &Path, depth: u32) -> u64 {
    if depth == 0 {
        return 1;
    }
    let below = three().share(&folder.to_owned()).map(0..2u32, move |folder: &PathBuf, _| leaves(folder, 0));
    below.unwrap().into_iter().sum()
}

#[test]
fn a_task_that_wants_what_its_run_is_part_of_ends() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(leaves(dir.path(), 1), 2);
}

#[test]
fn references_travel_instead_of_results() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_owned();
    let shelved = || (2..5).map(|base| powers::entry(&folder, base).shelve()).collect::<Vec<_>>();
    let sums = three().map(shelved(), |result: MemorizedResult<Vec<u64>>| {
        result.get().map(|powers| powers.iter().sum::<u64>()).map_err(|error| error.to_string())
    });
    assert_eq!(sums.unwrap(), [Ok(15), Ok(40), Ok(85)]);
    // The other way: computed there, read here.
    let theirs =
        three().share(&folder).map(5..7u32, |folder: &PathBuf, base| powers::entry(folder, base).shelve());
    let theirs: Vec<Vec<u64>> = theirs.unwrap().iter().map(|result| result.get().unwrap()).collect();
    assert_eq!(theirs, [[1, 5, 25, 125], [1, 6, 36, 216]]);
    // What is gone is gone everywhere, and said to be.
    let kept = shelved();
    powers::entry(&folder, 2).remove().unwrap();
    let missing = three().map(kept, |result: MemorizedResult<Vec<u64>>| match result.get() {
        Ok(_) => None,
        Err(error) => Some(error.is_not_found()),
    });
    assert_eq!(missing.unwrap(), [Some(true), None, None]);
}

#[test]
fn loops_in_workers_call_cached_functions() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let lengths: Vec<u64> = joblib::parallel! {
        #[backend = "processes", share(folder), n_jobs = 2]
        for base in 0..6u32 {
            powers(folder, base % 3)[1]
        }
    };
    assert_eq!(lengths, [0, 1, 2, 0, 1, 2]);
    assert_eq!(computed(folder).len(), 3);
}
