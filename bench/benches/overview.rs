//! One figure for each part of the library, beside a peer: where a reader should look first.

use joblib::{cached, parallel_for};
use joblib_bench::{Comparison, wanted};
use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

fn main() {
    if wanted("cached") {
        cached_calls();
    }
    if wanted("dump") {
        dump_and_load();
    }
    if wanted("loops") {
        loops();
    }
}

fn cache() -> PathBuf {
    std::env::temp_dir().join(format!("joblib-bench-overview-{}", std::process::id()))
}

#[cached(dir = cache())]
fn small(x: u64) -> u64 {
    x + 1
}

#[cached(dir = cache())]
fn mean(values: &Array2<f64>) -> f64 {
    values.mean().unwrap_or_default()
}

fn cached_calls() {
    let array = Array2::from_shape_fn((1000, 1000), |(i, j)| (i * j) as f64);
    for x in 0..1000 {
        small(x);
    }
    mean(&array);
    let mut x = 0;
    Comparison::new("a hit, u64 -> u64, among 1000 entries (Python: 70 us)")
        .time("#[cached]", || {
            x = (x + 1) % 1000;
            small(x)
        })
        .run();
    Comparison::new("a hit with an argument of 8 MB (Python: 9.3 ms)")
        .bytes(8_000_000)
        .time("sum of the argument, one thread", || array.sum())
        .time("#[cached]", || mean(&array))
        .run();
    let _ = std::fs::remove_dir_all(cache());
}

#[derive(Serialize, Deserialize)]
struct Model {
    name: String,
    weights: Array2<f64>,
}

fn dump_and_load() {
    let Ok(dir) = tempfile::tempdir() else { return };
    let model = Model { name: "model".into(), weights: Array2::from_elem((10_000, 10_000), 1.5) };
    let path = dir.path().join("model.jl");
    let raw = dir.path().join("raw");
    let bytes = bytes_of(&model.weights);
    let once = |title: &str| Comparison::new(title).rounds(5).round_time(Duration::ZERO).bytes(800_000_000);
    once("dump of 800 MB in a struct")
        .time("std::fs::write", || std::fs::write(&raw, bytes))
        .time("joblib::dump", || joblib::dump(&model, &path))
        .run();
    once("load of 800 MB in a struct")
        .time("std::fs::read", || std::fs::read(&raw))
        .time("joblib::load", || joblib::load::<Model>(&path).map(|model| model.weights[(9, 9)]))
        .run();
}

fn bytes_of(array: &Array2<f64>) -> &[u8] {
    let numbers = array.as_slice().unwrap_or_default();
    // SAFETY: the bytes of initialised numbers.
    unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), size_of_val(numbers)) }
}

#[parallel_for]
fn region(out: &mut [u64; 16]) {
    #[parallel_for]
    for slot in out.iter_mut() {
        *slot = slot.wrapping_add(1);
    }
}

#[parallel_for]
fn sum(n: u64) -> u64 {
    let mut sum = 0u64;
    #[parallel_for(reduce(+ = sum))]
    for i in 0..n {
        sum += i ^ (i >> 3);
    }
    sum
}

fn loops() {
    let mut out = [0u64; 16];
    let mut rayon_out = [0u64; 16];
    let mut plain_out = [0u64; 16];
    Comparison::new("a loop of 16 trivial items")
        .yardstick("rayon")
        .time("plain loop", || {
            for slot in black_box(&mut plain_out) {
                *slot = slot.wrapping_add(1);
            }
        })
        .time("rayon", || rayon_out.par_iter_mut().for_each(|slot| *slot = slot.wrapping_add(1)))
        .time("#[parallel_for]", || region(black_box(&mut out)))
        .run();
    let n = black_box(100_000_000);
    Comparison::new("sum over 100 M cheap items")
        .yardstick("rayon")
        .time("plain loop", || (0..n).fold(0u64, |sum, i| sum + (i ^ (i >> 3))))
        .time("rayon", || (0..n).into_par_iter().map(|i| i ^ (i >> 3)).sum::<u64>())
        .time("#[parallel_for]", || sum(n))
        .run();
}
