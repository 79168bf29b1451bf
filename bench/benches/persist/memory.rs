//! Peak memory of compressed dumps and loads: each in a process of its own, which reads its high-water mark.

use crate::noise;
use joblib_persist::{Dump, IntoCompression, load};
use ndarray::Array1;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

const ELEMENTS: usize = 25_000_000;
const VARIABLE: &str = "JOBLIB_BENCH_MEMORY";

pub fn is_child() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// What is asked for: `dump METHOD PATH` or `load METHOD PATH`; prints MiB beyond the array.
pub fn run_child() {
    let task = env::var(VARIABLE).expect("a task");
    let mut words = task.splitn(3, ' ');
    let mut word = || words.next().expect("three words");
    let (action, method, path) = (word(), word().to_owned(), word().to_owned());
    if action == "dump" {
        let mut next = noise();
        let array: Array1<f64> = (0..ELEMENTS).map(|i| (i as f64 / 1e4).sin() + next() * 1e-6).collect();
        let before = high_water();
        let compression = method.as_str().into_compression().expect("a compression");
        Dump::new().compress(compression).write(&array, &path).expect("dump");
        println!("{:.1}", high_water() - before);
    } else {
        let before = high_water();
        let array: Array1<f64> = load(Path::new(&path)).expect("load");
        println!("{:.1}", high_water() - before - array.len() as f64 * 8.0 / 1048576.0);
    }
}

pub fn run() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    println!("\npeak memory beyond an array of 200 MB, MiB\n  {:<12}{:>8}{:>8}", "", "dump", "load");
    for method in ["none", "zlib", "zstd", "lz4", "pco", "xz", "bz2"] {
        let path = folder.path().join(method);
        let [dump, load] = ["dump", "load"].map(|action| {
            let program = env::current_exe().expect("the path of this program");
            let output =
                Command::new(program).env(VARIABLE, format!("{action} {method} {}", path.display())).output();
            String::from_utf8_lossy(&output.expect("a child").stdout).trim().to_owned()
        });
        println!("  {method:<12}{dump:>8}{load:>8}");
    }
}

/// The most memory this process had so far, in MiB; where the system tells.
fn high_water() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kibibytes.map_or(f64::NAN, |kibibytes| kibibytes / 1024.0)
}
