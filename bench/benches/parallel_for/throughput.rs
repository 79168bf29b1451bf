//! Long loops: cheap items, skewed items, memory.

use crate::peers::{chili, orx, paralight, pool, rayon, scope, sequential};
use joblib_bench::{Comparison, wanted};
use joblib_core::pool::Site;
use std::cell::RefCell;
use std::hint::black_box;
use std::time::Duration;

const MILLION: usize = 1_000_000;

pub fn run() {
    sums("a1: sum of 100 M cheap items, vectorisable", 100 * MILLION, |i| {
        let i = i as u64;
        i ^ (i >> 3)
    });
    sums("a2: sum of 100 M cheap items, opaque", 100 * MILLION, |i| black_box(i) as u64);
    update();
    collect();
    sums("d1: cost grows", 20_000, |i| work(i as u64));
    sums("d2: cost falls", 20_000, |i| work(20_000 - i as u64));
    sums("d3: heavy tail", 20_000, |i| work(pareto(i)));
    sums("g1: mandelbrot by rows", 600, |row| (0..600).map(|column| mandelbrot(column, row)).sum());
    sums("g2: mandelbrot by pixels", 600 * 600, |pixel| mandelbrot(pixel % 600, pixel / 600));
}

/// The same sum on every candidate.
fn sums(title: &str, len: usize, f: impl Fn(usize) -> u64 + Sync + Send + Copy) {
    if !wanted(title) {
        return;
    }
    static SITES: [Site; 8] = [const { Site::new() }; 8];
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let site = &SITES[NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)];
    let para = RefCell::new(paralight::start());
    let expected = sequential::sum(len, f);
    assert_eq!(pool::sum(site, len, f), expected);
    Comparison::new(title)
        .yardstick("rayon")
        .round_time(Duration::ZERO)
        .rounds(15)
        .time("plain loop", || sequential::sum(len, f))
        .time("rayon", || rayon::sum(len, f))
        .time("joblib pool", || pool::sum(site, len, f))
        .time("std scoped threads", || scope::sum(len, f))
        .time("chili", || chili::sum(len, f))
        .time("orx-parallel", || orx::sum(len, f))
        .time("paralight, stealing", || paralight::sum(&mut para.borrow_mut(), len, f))
        .run();
}

fn update() {
    let title = "c: 10 M f64 in place";
    if !wanted(title) {
        return;
    }
    static SITE: Site = Site::new();
    let data = RefCell::new(vec![1.0f64; 10 * MILLION]);
    let para = RefCell::new(paralight::start());
    let f = |x: f64| x * 1.000_000_1 + 0.5;
    Comparison::new(title)
        .yardstick("rayon")
        .bytes(160 * MILLION as u64)
        .round_time(Duration::ZERO)
        .rounds(25)
        .time("plain loop", || data.borrow_mut().iter_mut().for_each(|x| *x = f(*x)))
        .time("rayon", || rayon::update(&mut data.borrow_mut(), f))
        .time("joblib pool", || pool::update(&SITE, &mut data.borrow_mut(), f))
        .time("std scoped threads", || scope::update(&mut data.borrow_mut(), f))
        .time("paralight, stealing", || paralight::update(&mut para.borrow_mut(), &mut data.borrow_mut(), f))
        .run();
}

fn collect() {
    let title = "b: map and collect 10 M f64";
    if !wanted(title) {
        return;
    }
    static SITE: Site = Site::new();
    let f = |i: usize| (i as f64).sqrt();
    Comparison::new(title)
        .yardstick("rayon")
        .round_time(Duration::ZERO)
        .rounds(15)
        .time("plain loop", || (0..10 * MILLION).map(f).collect::<Vec<f64>>())
        .time("rayon", || rayon::collect(10 * MILLION, f))
        .time("joblib pool", || pool::collect(&SITE, 10 * MILLION, f))
        .time("orx-parallel", || orx::collect(10 * MILLION, f))
        .run();
}

/// `rounds` dependent steps of arithmetic.
pub fn work(rounds: u64) -> u64 {
    let mut x = black_box(rounds) | 1;
    for _ in 0..rounds {
        x = x.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17);
    }
    x
}

/// A heavy tail: most items short, few of them thousands of times longer.
fn pareto(i: usize) -> u64 {
    let hash = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    let uniform = (hash as f64 + 1.0) / (1u64 << 24) as f64;
    (500.0 * uniform.powf(-0.8)).min(5_000_000.0) as u64
}

fn mandelbrot(column: usize, row: usize) -> u64 {
    let (cx, cy) = (column as f64 / 600.0 * 3.0 - 2.0, row as f64 / 600.0 * 2.4 - 1.2);
    let (mut x, mut y, mut count) = (0.0f64, 0.0f64, 0);
    while count < 500 && x * x + y * y <= 4.0 {
        (x, y) = (x * x - y * y + cx, 2.0 * x * y + cy);
        count += 1;
    }
    count
}
