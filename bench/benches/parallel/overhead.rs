//! What a call and a task cost when the tasks cost nothing.

use joblib_bench::{Comparison, span, wanted};
use joblib_parallel::Parallel;
use rayon::prelude::*;
use std::hint::black_box;
use std::time::Instant;

pub(crate) fn run() {
    if wanted("first call") {
        first_call();
    }
    if wanted("warm call") {
        warm_call();
    }
    if wanted("tasks") {
        tasks();
    }
}

fn noop(i: u64) -> u64 {
    black_box(i)
}

/// Settings of their own make new workers each time; an idle time-out of the round's number does it.
fn first_call() {
    let mut times: Vec<f64> = (0..7)
        .map(|round| {
            let parallel = Parallel::new().n_jobs(2).processes();
            let parallel = parallel.idle_timeout(std::time::Duration::from_secs(1000 + round));
            let start = Instant::now();
            black_box(parallel.map(0..2u64, noop).unwrap());
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "\nfirst call, 2 tasks in 2 new worker processes\n  median {}, best {}",
        span(times[3]),
        span(times[0])
    );
}

fn warm_call() {
    let threads = Parallel::new().n_jobs(2);
    let processes = Parallel::new().n_jobs(2).processes();
    Comparison::new("warm call, 2 tiny tasks")
        .time("rayon", || (0..2u64).into_par_iter().map(noop).collect::<Vec<_>>())
        .time("threads", || threads.map(0..2u64, noop).unwrap())
        .time("processes", || processes.map(0..2u64, noop).unwrap())
        .run();
}

fn tasks() {
    const TASKS: u64 = 100_000;
    let threads = Parallel::new().n_jobs(2);
    let processes = Parallel::new().n_jobs(2).processes();
    let figures = Comparison::new("100,000 no-op tasks, batches sized by themselves")
        .time("rayon collect", || (0..TASKS).into_par_iter().map(noop).collect::<Vec<_>>())
        .time("threads", || threads.map(0..TASKS, noop).unwrap())
        .time("processes", || processes.map(0..TASKS, noop).unwrap())
        .run();
    for (name, figure) in figures {
        println!("  {name}: {} a task", span(figure.median / TASKS as f64));
    }
}
