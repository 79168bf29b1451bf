//! Every message between processes fails, is cut or is late, and workers end between any two: each run ends
//! with the right values, or with an error that names the cause, in bounded time, and leaves nothing behind.
//!
//! `JOBLIB_FAULTS=all` tries every case, else each third.

#![cfg(all(target_os = "linux", feature = "faults"))]
#![allow(clippy::unwrap_used)]

use joblib_parallel::{Error, Parallel, Processes, TaskError};
use ndarray::Array1;
use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Set in the children of this test.
const CHILD: &str = "JOBLIB_TEST_FAULTY";

/// Longer than any fault may hold up a child.
const BOUND: Duration = Duration::from_secs(60);

fn processes() -> Processes {
    Parallel::new()
        .n_jobs(2)
        .batch_size(3)
        .processes()
        .idle_timeout(Duration::from_millis(60))
        .max_nbytes(10_000)
}

fn array(i: u64) -> Array1<f64> {
    Array1::from_elem(20_000, i as f64)
}

/// Runs of all kinds; what became of each that failed.
fn runs() -> Vec<Error> {
    let mut errors = Vec::new();
    fn value<T: PartialEq + std::fmt::Debug>(errors: &mut Vec<Error>, found: Result<T, Error>, right: T) {
        match found {
            Ok(found) => assert_eq!(found, right),
            Err(error) => errors.push(error),
        }
    }
    let squares = |i: u64| i * i;
    value(&mut errors, processes().map(0..20, squares), (0..20).map(squares).collect());
    let weights = array(7);
    let weighted = |weights: &Array1<f64>, i: u64| weights[19_999] * i as f64;
    let right = (0..8).map(|i| weighted(&weights, i)).collect();
    value(&mut errors, processes().share(&weights).map(0..8, weighted), right);
    value(&mut errors, processes().map(0..6, array), (0..6).map(array).collect());

    let odd = |i: u64| if i.is_multiple_of(2) { Ok(i) } else { Err(i) };
    match processes().retries(2).try_map_all(0..12, odd) {
        Err(error) => errors.push(error),
        Ok(outcomes) => outcomes.into_iter().enumerate().for_each(|(i, outcome)| match outcome {
            Ok(found) => assert_eq!(odd(found), Ok(i as u64)),
            Err(TaskError::Failed { index, error }) => assert!(index == i && odd(error) == Err(i as u64)),
            Err(TaskError::Run(error)) => errors.push(error),
            Err(other) => panic!("{other}"),
        }),
    }
    match processes().stream(0..20, squares) {
        Err(error) => errors.push(error),
        Ok(stream) => {
            for (i, found) in stream.enumerate() {
                match found {
                    Ok(found) => assert_eq!(found, squares(i as u64)),
                    Err(error) => errors.push(error),
                }
            }
        }
    }
    errors
}

/// What this process has: open files, maps of shared memory, children.
fn holdings() -> [usize; 3] {
    let files = fs::read_dir("/proc/self/fd").unwrap().count();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let maps = maps.lines().filter(|line| line.contains("/dev/shm") || line.contains("memfd")).count();
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let children = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
    [files, maps, children.map(|children| children.split_whitespace().count()).sum()]
}

/// What a child does.
fn faulty() {
    let before = holdings();
    let errors = runs();
    errors.iter().for_each(|error| eprintln!("{error}"));
    for error in &errors {
        let text = error.to_string();
        assert!(error.is_worker_death() || error.is_message() || error.is_backend(), "{text}");
        assert!(
            text.contains("on purpose") || text.contains("exit code") || text.contains("connection"),
            "{text}"
        );
    }
    // Workers that wait end by themselves.
    let started = Instant::now();
    while holdings() != before {
        assert!(started.elapsed() < BOUND / 2, "{:?} at first, {:?} at the end", before, holdings());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[derive(Debug)]
struct Case {
    fault: String,
    once: bool,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (side, kinds) in
        [("parent", &["fail", "cut", "late"][..]), ("worker", &["fail", "cut", "late", "end"])]
    {
        for way in ["send", "receive"] {
            for number in 0..5 {
                for kind in kinds {
                    let fault = format!("{side} {way} {number} {kind}");
                    cases.extend([true, false].map(|once| Case { fault: fault.clone(), once }));
                }
            }
        }
    }
    cases
}

fn start(case: &Case, marker: &std::path::Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "every_run_ends_well_whatever_happens_to_messages",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, "1")
        .env("JOBLIB_FAULT", &case.fault)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if case.once {
        command.env("JOBLIB_FAULT_ONCE", marker);
    }
    command.spawn().unwrap()
}

#[test]
fn every_run_ends_well_whatever_happens_to_messages() {
    if std::env::var_os(CHILD).is_some() {
        return faulty();
    }
    let all = std::env::var("JOBLIB_FAULTS").is_ok_and(|which| which == "all");
    let dir = tempfile::tempdir().unwrap();
    let cases = cases();
    let chosen: Vec<_> = cases.iter().enumerate().filter(|(at, _)| all || at % 3 == 0).collect();
    for pair in chosen.chunks(2) {
        let started = Instant::now();
        let children: Vec<_> =
            pair.iter().map(|(at, case)| (*case, start(case, &dir.path().join(at.to_string())))).collect();
        for (case, mut child) in children {
            // What a child says is little, and fits its pipes.
            let status = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
                if started.elapsed() > BOUND {
                    child.kill().unwrap();
                }
                std::thread::sleep(Duration::from_millis(5));
            };
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            assert!(status.success(), "{case:?}: {status}\n{said}");
        }
    }
}
