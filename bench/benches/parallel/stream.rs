//! Results one by one, in order.

use joblib_bench::{Comparison, span, wanted};
use joblib_parallel::Parallel;
use rayon::prelude::*;
use std::hint::black_box;

pub(crate) fn run() {
    if wanted("stream") {
        kilobytes();
    }
}

fn kilobyte(i: usize) -> Vec<u8> {
    vec![i as u8; 1024]
}

fn kilobytes() {
    const TASKS: usize = 10_000;
    let parallel = Parallel::new().n_jobs(2);
    let figures = Comparison::new("10,000 tasks that return 1 KB each, in order")
        .rounds(15)
        .time("rayon collect, then iterate", || {
            let all: Vec<Vec<u8>> = (0..TASKS).into_par_iter().map(kilobyte).collect();
            all.into_iter().for_each(|result| drop(black_box(result)));
        })
        .time("map, then iterate", || {
            parallel.map(0..TASKS, kilobyte).unwrap().into_iter().for_each(|result| drop(black_box(result)));
        })
        .time("stream", || {
            parallel.stream(0..TASKS, kilobyte).unwrap().for_each(|result| drop(black_box(result)));
        })
        .time("stream, unordered", || {
            parallel
                .stream(0..TASKS, kilobyte)
                .unwrap()
                .unordered()
                .for_each(|result| drop(black_box(result)));
        })
        .run();
    let more = (figures[2].1.median - figures[0].1.median) / TASKS as f64;
    println!("  stream: rayon {:+.0} ns a task ({})", more * 1e9, span(figures[2].1.median / TASKS as f64));
}
