//! The program of a batch: runs its pairs one after the other and reports what it finds.

use std::sync::atomic::Ordering;

use super::report::Report;
use super::{Cx, Known, PROGRESS, Record, difference, mix};

/// A pair of a batch.
pub struct Pair {
    pub number: usize,
    /// Where the inputs come from.
    pub seed: u64,
    pub known: Known,
    /// Runs in worker processes: sizes stay small.
    pub processes: bool,
    /// Its sums are those of the plain loop up to 4096 iterations alone.
    pub rounds: bool,
    /// Runs the parallel form, or the plain one.
    pub run: fn(&Cx, bool),
}

/// The arguments are the file to report to and the numbers of the pairs to run.
pub fn run_all(pairs: &[Pair]) {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, report, numbers] = &arguments[..] else { panic!("two arguments: file, numbers") };
    let report = Report::new(report);
    let numbers: Vec<usize> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
    std::panic::set_hook(Box::new(|_| {}));
    for pair in pairs.iter().filter(|pair| numbers.contains(&pair.number)) {
        report.start(pair.number);
        if let Some((kind, detail)) = run_one(pair, &report) {
            report.fail(pair.number, kind, &detail);
        }
    }
    report.end();
}

/// Sizes from small to large, so that the first difference is a small one.
fn run_one(pair: &Pair, report: &Report) -> Option<(&'static str, String)> {
    let seed = mix(pair.seed);
    let random = |i: u64, below: u64| (mix(seed ^ i) % below) as i64;
    let mut sizes = vec![random(1, 4), 4 + random(2, 12), 20 + random(3, 60), 100 + random(4, 200)];
    if pair.processes {
        sizes.pop();
    } else if !pair.rounds && random(5, 12) == 0 {
        sizes.push(5000);
    }
    for (i, n) in sizes.into_iter().enumerate() {
        let k = random(10 + i as u64, n.max(1) as u64);
        let plain = record(pair, n, k, None, 0);
        let jobs: &[i32] = if pair.processes { &[1, 2] } else { &[1, 2, 3, if n % 2 == 0 { 8 } else { -1 }] };
        for &jobs in jobs {
            let timing = if jobs == 1 || n == 5000 { 0 } else { mix(seed ^ n as u64 ^ jobs as u64) | 1 };
            report.at(&format!("n = {n}, k = {k}, n_jobs = {jobs}"));
            let other = record(pair, n, k, Some(jobs), timing);
            if let Some((kind, text)) = difference(&plain, &other, jobs, pair.known) {
                return Some((kind, format!("at n = {n}, k = {k}, n_jobs = {jobs}: {text}")));
            }
        }
    }
    None
}

fn record(pair: &Pair, n: i64, k: i64, jobs: Option<i32>, timing: u64) -> Record {
    PROGRESS.fetch_add(1, Ordering::Relaxed);
    let cx = Cx::new(n, k, jobs.unwrap_or(1), timing);
    (pair.run)(&cx, jobs.is_some());
    cx.into_record()
}
