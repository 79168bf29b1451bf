//! Peak memory: a dump or load needs little beside the array.

#![cfg(target_os = "linux")]

use joblib::{Dump, load, load_from};
use ndarray::Array2;
use std::env;
use std::fs::{self, File};
use std::process::Command;
use tempfile::tempdir;

const TASK: &str = "JOBLIB_TEST_MEMORY_TASK";
const MIB: u64 = 1 << 20;
/// No power of two: what grows by doubling shows.
const ROWS: usize = 2560;
const ARRAY: u64 = ROWS as u64 * 4096 * 8;

fn array() -> Array2<f64> {
    Array2::from_shape_fn((ROWS, 4096), |(i, j)| f64::from((i * 31 + j) as u32 % 1000))
}

fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Not a test of its own: what the child processes run.
#[test]
fn child_measures_its_peak() {
    let Ok(task) = env::var(TASK) else { return };
    let (what, path) = task.split_once(':').unwrap();
    let used = match what {
        "load" | "load_from" => {
            let before = status("VmRSS");
            let array: Array2<f64> = if what == "load" {
                load(path).unwrap()
            } else {
                load_from(File::open(path).unwrap()).unwrap()
            };
            assert_eq!(array.dim(), (ROWS, 4096));
            (status("VmHWM") - before).saturating_sub(ARRAY)
        }
        _ => {
            let array = array();
            let before = status("VmRSS");
            match what {
                "dump" => Dump::new().write(&array, path).map(drop),
                "single file" => Dump::new().single_file(true).write(&array, path).map(drop),
                "compress" => Dump::new().compress("zlib").write(&array, path).map(drop),
                "stream" => Dump::new().write_to(&array, File::create(path).unwrap()),
                _ => Dump::new().compress("zlib").write_to(&array, File::create(path).unwrap()),
            }
            .unwrap();
            status("VmHWM") - before
        }
    };
    println!("\nused {used} bytes");
}

fn used(what: &str, path: &str) -> u64 {
    let output = Command::new(env::current_exe().unwrap())
        .args(["memory::child_measures_its_peak", "--exact", "--nocapture", "--test-threads=1"])
        .env(TASK, format!("{what}:{path}"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let line = text.lines().find_map(|line| line.strip_prefix("used ")?.strip_suffix(" bytes"));
    line.expect("a figure").parse().unwrap()
}

#[test]
fn dumping_and_loading_need_little_beside_the_array() {
    let dir = tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    // Compressed parts of a stream have 8 MiB, and are there packed and unpacked.
    for (what, name, least) in [
        ("dump", "a.jl", 16),
        ("single file", "b.jl", 16),
        ("compress", "c.jl", 28),
        ("dump", "d.jl.gz", 16),
        ("stream", "e.jl", 16),
        ("compressed stream", "f.jl", 28),
    ] {
        let dumped = used(what, &path(name));
        assert!(dumped < 32 * MIB, "dumping {name} took {} MiB", dumped / MIB);
        for way in ["load", "load_from"].iter().take(if name == "a.jl" { 1 } else { 2 }) {
            let loaded = used(way, &path(name));
            assert!(loaded < least * MIB, "{way} of {name} took {} MiB more than the array", loaded / MIB);
        }
    }
}
