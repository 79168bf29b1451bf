//! Peak memory: a dump or load needs little beside the array.

#![cfg(target_os = "linux")]

use joblib::{Dump, load};
use ndarray::Array2;
use std::env;
use std::fs;
use std::process::Command;
use tempfile::tempdir;

const TASK: &str = "JOBLIB_TEST_MEMORY_TASK";
const MIB: u64 = 1 << 20;
const ARRAY: u64 = 64 * MIB;

fn array() -> Array2<f64> {
    Array2::from_shape_fn((2048, 4096), |(i, j)| f64::from((i * 31 + j) as u32 % 1000))
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
        "dump" | "compress" => {
            let array = array();
            let before = status("VmRSS");
            let options = if what == "dump" { Dump::new() } else { Dump::new().compress("zlib") };
            options.write(&array, path).unwrap();
            status("VmHWM") - before
        }
        _ => {
            let before = status("VmRSS");
            let array: Array2<f64> = load(path).unwrap();
            assert_eq!(array.dim(), (2048, 4096));
            (status("VmHWM") - before).saturating_sub(ARRAY)
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
    for (what, name) in [("dump", "a.jl"), ("compress", "b.jl"), ("dump", "c.jl.gz")] {
        let dumped = used(what, &path(name));
        assert!(dumped < 32 * MIB, "dumping {name} took {} MiB", dumped / MIB);
        let loaded = used("load", &path(name));
        assert!(loaded < 32 * MIB, "loading {name} took {} MiB more than the array", loaded / MIB);
    }
}
