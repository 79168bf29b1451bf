//! A process that is killed while it dumps, and several that dump to one path: a reader always finds a whole
//! value.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_persist::{Dump, Loader, load};
use serde::{Deserialize, Serialize};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::tempdir;

const PATH: &str = "JOBLIB_TEST_CRASH_PATH";
const LAYOUT: &str = "JOBLIB_TEST_CRASH_LAYOUT";

/// Two arrays that belong together.
#[derive(Serialize, Deserialize)]
struct Pair {
    number: u64,
    first: Vec<u64>,
    second: Vec<f64>,
}

fn pair(number: u64) -> Pair {
    Pair { number, first: vec![number; 40_000], second: vec![number as f64; 30_000] }
}

fn check(pair: &Pair) {
    assert!(pair.first.iter().all(|&x| x == pair.number) && pair.first.len() == 40_000);
    assert!(pair.second.iter().all(|&x| x == pair.number as f64) && pair.second.len() == 30_000);
}

fn layout(name: &str) -> Dump {
    match name {
        "multi" | "multi long" => Dump::new(),
        "single" => Dump::new().single_file(true),
        _ => Dump::new().compress("zlib"),
    }
}

/// Not a test of its own: what the child processes run.
#[test]
fn child_dumps_until_it_is_killed() {
    let Some(path) = env::var_os(PATH) else { return };
    let layout = layout(&env::var(LAYOUT).unwrap());
    for number in 0.. {
        layout.write(&pair(number), &path).unwrap();
    }
}

fn spawn(path: &Path, layout: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["child_dumps_until_it_is_killed", "--exact", "--test-threads=1"])
        .env(PATH, path)
        .env(LAYOUT, layout)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn stop_after(child: Child, milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
    stop(child);
}

fn stop(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The names in the directory.
fn names(dir: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

#[test]
fn a_killed_writer_leaves_a_whole_value_and_the_next_one_no_trace_of_it() {
    for name in ["multi", "single", "compressed", "multi long"] {
        let dir = tempdir().unwrap();
        // As long as a name may be, or short.
        let long = cfg!(unix) && name.ends_with("long");
        let path = dir.path().join(if long { "p".repeat(255) } else { "pair.jl".to_owned() });
        layout(name).write(&pair(1_000_000), &path).unwrap();
        for round in 0..6u64 {
            stop_after(spawn(&path, name), 60 + 7 * round);
            check(&load(&path).unwrap());
            if round % 3 == 2 {
                let mut files = layout(name).write(&pair(7), &path).unwrap();
                files.sort();
                assert_eq!(names(dir.path()), files, "{name}");
                check(&load(&path).unwrap());
            }
        }
    }
}

#[test]
fn what_belongs_to_others_is_never_removed() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("pair.jl");
    // A dump under another name, whose side files are called after the first one.
    Dump::new().write(&pair(1), &path).unwrap();
    let renamed = dir.path().join("renamed.jl");
    fs::rename(&path, &renamed).unwrap();
    let foreign = dir.path().join("pair.jl_01-0123456789abcdef.npy");
    fs::write(&foreign, "foreign").unwrap();
    for number in 2..5 {
        stop_after(spawn(&path, "multi"), 80);
        Dump::new().write(&pair(number), &path).unwrap();
        check(&load(&renamed).unwrap());
        assert!(foreign.exists());
    }
    assert_eq!(names(dir.path()).len(), 3 + 3 + 1);
}

#[test]
fn writers_that_race_leave_one_whole_value_and_nothing_else() {
    let dir = tempdir().unwrap();
    let path: PathBuf = dir.path().join("pair.jl");
    Dump::new().write(&pair(0), &path).unwrap();
    let mut writers = [spawn(&path, "multi"), spawn(&path, "single"), spawn(&path, "multi")];
    for round in 0..60 {
        let loader = if round % 2 == 0 { Loader::new() } else { Loader::new().verify(false) };
        check(&loader.read(&path).unwrap());
        if round % 10 == 0 {
            Dump::new().write(&pair(round), &path).unwrap();
        }
    }
    for writer in &mut writers {
        assert!(writer.try_wait().unwrap().is_none(), "a writer was disturbed");
    }
    writers.into_iter().for_each(stop);
    check(&load(&path).unwrap());
    let mut files = Dump::new().write(&pair(1), &path).unwrap();
    files.sort();
    assert_eq!(names(dir.path()), files);
}
