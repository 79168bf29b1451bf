//! Short loops: what starting, waking and nesting cost.

use crate::peers::{chili, orx, paralight, pool, rayon, sequential};
use crate::throughput::work;
use joblib_bench::{Candidate, Comparison, wanted};
use joblib_core::pool::{Pool, RangeSource, Region, Site};
use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

pub fn run() {
    static SITES: [Site; 4] = [const { Site::new() }; 4];
    let us = steps_per_us();
    hot("e1: 2 trivial items", &SITES[0], 2, |i| black_box(i) as u64);
    hot("e1: 16 trivial items", &SITES[1], 16, |i| black_box(i) as u64);
    hot("e2: 16 items of 1 us", &SITES[2], 16, move |i| work(us + (i as u64 & 1)));
    hot("e2: 64 items of 1 us", &SITES[3], 64, move |i| work(us + (i as u64 & 1)));
    overhead();
    static COLD: [Site; 2] = [const { Site::new() }; 2];
    cold("e3: 16 items of 1 us after a pause", &COLD[0], 16, move |i| work(us + (i as u64 & 1)));
    cold("e3: 256 items of 1 us after a pause", &COLD[1], 256, move |i| work(us + (i as u64 & 1)));
    nested();
}

/// Steps of [`work`] that take about a microsecond.
fn steps_per_us() -> u64 {
    let start = Instant::now();
    black_box(work(1_000_000));
    (1_000_000.0 / start.elapsed().as_secs_f64() / 1e6) as u64
}

/// The pool's part alone: nothing is summed up.
fn overhead() {
    let title = "e0: an empty region of 16 items";
    if !wanted(title) {
        return;
    }
    static SITE: Site = Site::new();
    let empty = |ranges: &mut RangeSource<'_>| {
        while let Some(range) = ranges.next() {
            black_box(range);
        }
    };
    Comparison::new(title)
        .round_time(Duration::from_millis(5))
        .rounds(15)
        .time("joblib pool", || Pool::global().run(&Region::new(black_box(16)).site(&SITE), empty))
        .time("joblib pool, one job", || Pool::global().run(&Region::new(black_box(16)).n_jobs(1), empty))
        .run();
}

fn hot(title: &str, site: &Site, len: usize, f: impl Fn(usize) -> u64 + Sync + Send + Copy) {
    if !wanted(title) {
        return;
    }
    let para = RefCell::new(paralight::start());
    Comparison::new(title)
        .yardstick("rayon")
        .round_time(Duration::from_millis(5))
        .rounds(15)
        .time("plain loop", || sequential::sum(black_box(len), f))
        .time("rayon", || rayon::sum(black_box(len), f))
        .time("joblib pool", || pool::sum(site, black_box(len), f))
        .time("chili", || chili::sum(black_box(len), f))
        .time("orx-parallel", || orx::sum(black_box(len), f))
        .time("paralight, stealing", || paralight::sum(&mut para.borrow_mut(), black_box(len), f))
        .run();
}

/// Times single runs, each after a pause in which all threads have gone to sleep.
fn cold(title: &str, site: &Site, len: usize, f: impl Fn(usize) -> u64 + Sync + Send + Copy) {
    if !wanted(title) {
        return;
    }
    let para = RefCell::new(paralight::start());
    let candidates: [(&str, Box<dyn Fn() -> u64>); 6] = [
        ("plain loop", Box::new(move || sequential::sum(len, f))),
        ("rayon", Box::new(move || rayon::sum(len, f))),
        ("joblib pool", Box::new(|| pool::sum(site, len, f))),
        ("chili", Box::new(move || chili::sum(len, f))),
        ("orx-parallel", Box::new(move || orx::sum(len, f))),
        ("paralight, stealing", Box::new(|| paralight::sum(&mut para.borrow_mut(), len, f))),
    ];
    let mut times = vec![Vec::new(); candidates.len()];
    for _ in 0..300 {
        for (times, (_, run)) in times.iter_mut().zip(&candidates) {
            std::thread::sleep(Duration::from_micros(300));
            let start = Instant::now();
            black_box(run());
            times.push(start.elapsed());
        }
    }
    times.iter_mut().for_each(|times| times.sort());
    let median = |times: &Vec<Duration>| times[times.len() / 2].as_secs_f64();
    let base = median(&times[1]);
    println!("\n{title}\n  {:<38} {:>11} {:>11} {:>7}", "", "median", "90 %", "ratio");
    for (times, (name, _)) in times.iter().zip(&candidates) {
        let tail = joblib_bench::span(times[times.len() * 9 / 10].as_secs_f64());
        println!(
            "  {name:<38} {:>11} {tail:>11} {:>7.2}",
            joblib_bench::span(median(times)),
            median(times) / base
        );
    }
}

fn nested() {
    let title = "f: nested 1000 x 1000";
    if !wanted(title) {
        return;
    }
    static OUTER: Site = Site::new();
    static INNER: Site = Site::new();
    let item = |i: usize, j: usize| (i ^ (j >> 3)) as u64 & black_box(u64::MAX);
    Comparison::new(title)
        .yardstick("rayon")
        .rounds(15)
        .candidate(Candidate::new("plain loop", || {
            sequential::sum(1000, |i| sequential::sum(1000, |j| item(i, j)))
        }))
        .time("rayon", || rayon::sum(1000, |i| rayon::sum(1000, |j| item(i, j))))
        .time("rayon, outer only", || rayon::sum(1000, |i| sequential::sum(1000, |j| item(i, j))))
        .time("joblib pool", || pool::sum(&OUTER, 1000, |i| pool::sum(&INNER, 1000, |j| item(i, j))))
        .time("joblib pool, outer only", || {
            pool::sum(&OUTER, 1000, |i| sequential::sum(1000, |j| item(i, j)))
        })
        .run();
}
