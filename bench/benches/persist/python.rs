//! NumPy and Python's joblib on the same data, where they are installed: medians of some rounds in a process
//! of theirs.

use joblib_bench::span;
use ndarray::Array2;
use ndarray_npy::WritableElement;
use std::path::Path;
use std::process::Command;

/// Seconds, and bytes of the file.
pub struct Timed {
    pub dump: f64,
    pub load: f64,
    pub stored: u64,
}

const PRELUDE: &str = "
import os, sys, time
import numpy as np, joblib
def best(f, n, fresh=None):
    times = []
    for _ in range(n):
        if fresh and os.path.exists(fresh): os.unlink(fresh)
        np.ones(touch, np.uint8)
        t = time.perf_counter(); r = f(); times.append(time.perf_counter() - t); del r
    return sorted(times)[len(times) // 2]
folder, touch = sys.argv[1], int(sys.argv[2])
";

/// Prints what NumPy and joblib take for a square array of noise.
pub fn arrays(folder: &Path, side: usize) {
    let script = "
a = np.random.default_rng(0).random((int(sys.argv[3]),) * 2)
npy, jl = os.path.join(folder, 'p.npy'), os.path.join(folder, 'p.joblib')
print(best(lambda: np.save(npy, a), 5, npy), best(lambda: np.load(npy), 5),
      best(lambda: np.load(npy, mmap_mode='r')[1, 1], 9),
      best(lambda: joblib.dump(a, jl), 5, jl), best(lambda: joblib.load(jl), 5),
      best(lambda: joblib.load(jl, mmap_mode='r')[1, 1], 9))
";
    let Some(times) = run(script, 0, &[folder.as_os_str(), side.to_string().as_ref()]) else {
        return;
    };
    println!("\nPython on the same size, medians in a process of its own");
    for (name, times) in [("NumPy", &times[..3]), ("Python joblib", &times[3..])] {
        let [save, load, map] = times else { continue };
        println!("  {name:<24} dump {}   load {}   mapped {}", span(*save), span(*load), span(*map));
    }
}

/// What joblib's `compress=('zlib', 3)` takes for `field`.
pub fn zlib<T: WritableElement>(folder: &Path, name: &str, field: &Array2<T>) -> Option<Timed> {
    let npy = folder.join(format!("{name}.npy"));
    ndarray_npy::write_npy(&npy, field).ok()?;
    let script = "
a = np.load(sys.argv[3]); p = os.path.join(folder, 'zlib.joblib')
print(best(lambda: joblib.dump(a, p, compress=('zlib', 3)), 3), best(lambda: joblib.load(p), 3), os.path.getsize(p))
";
    match run(script, 2 * field.len() * 8, &[folder.as_os_str(), npy.as_os_str()])?[..] {
        [dump, load, stored] => Some(Timed { dump, load, stored: stored as u64 }),
        _ => None,
    }
}

/// `touch`: bytes of memory to make present before every round.
fn run(script: &str, touch: usize, arguments: &[&std::ffi::OsStr]) -> Option<Vec<f64>> {
    let (folder, others) = arguments.split_first()?;
    let mut python = Command::new("python3");
    python.arg("-c").arg(format!("{PRELUDE}{script}")).arg(folder).arg(touch.to_string()).args(others);
    let output = python.output();
    match output {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.split_whitespace().map(|word| word.parse().ok()).collect()
        }
        Ok(output) => {
            println!("\nPython is left out: {}", String::from_utf8_lossy(&output.stderr).trim());
            None
        }
        Err(error) => {
            println!("\nPython is left out: {error}");
            None
        }
    }
}
