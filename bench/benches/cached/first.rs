//! From the start of `main` to the first hit, in a process of its own.

use joblib::{Memory, cached};
use std::process::Command;
use std::time::Instant;

const DIR: &str = "JOBLIB_BENCH_FIRST_HIT";

#[cached(memory = memory, ignore = ["memory"])]
fn stored(memory: &Memory, x: u64) -> u64 {
    x + 1
}

/// In the child: makes one call and says how long that took. To be called first in `main`.
pub(crate) fn child() -> bool {
    let start = Instant::now();
    let Some(dir) = std::env::var_os(DIR) else { return false };
    let memory = Memory::new(dir);
    let answer = stored(&memory, 1);
    let elapsed = start.elapsed();
    assert_eq!(answer, 2);
    println!("{}", elapsed.as_nanos());
    true
}

pub(crate) fn run() {
    if !joblib_bench::wanted("first") {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let executable = std::env::current_exe().expect("this program");
    let mut times: Vec<u64> = (0..41)
        .filter_map(|_| {
            let output = Command::new(&executable).env(DIR, dir.path()).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        })
        .collect();
    // The first child stores.
    times.remove(0);
    times.sort_unstable();
    let micros = |at: usize| times[at] as f64 / 1e3;
    println!(
        "\nstart of main to first hit: median {:.0} us, best {:.0} us, of {} processes",
        micros(times.len() / 2),
        micros(0),
        times.len()
    );
}
