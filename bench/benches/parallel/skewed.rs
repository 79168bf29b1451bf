//! Tasks of very different length in worker processes, against the best possible end.

use joblib_bench::wanted;
use joblib_parallel::Parallel;
use std::time::{Duration, Instant};

pub(crate) fn run() {
    if !wanted("skewed") {
        return;
    }
    // 1 to 100 ms, in an order without pattern; sleeping, so that neighbours on the machine do not count.
    let lengths: Vec<u64> = (0..100u64).map(|i| 1 + (i * 37) % 100).collect();
    let total: u64 = lengths.iter().sum();
    let processes = Parallel::new().n_jobs(2).processes();
    processes.map(0..2u8, |i| i).unwrap();
    let mut worst: f64 = 0.0;
    for _ in 0..3 {
        let start = Instant::now();
        processes
            .for_each(lengths.clone(), |length| std::thread::sleep(Duration::from_millis(length)))
            .unwrap();
        worst = worst.max(start.elapsed().as_secs_f64());
    }
    // A list schedule ends at most half the last task after the even split.
    let best = total as f64 / 2000.0;
    println!(
        "\n100 tasks of 1 to 100 ms in 2 worker processes\n  best possible {best:.3} s, slowest of 3 runs {worst:.3} s, ratio {:.3}",
        worst / best
    );
}
