//! Keys: hashing arguments, against encoding them first; hashing arrays, against reading their memory.

use joblib_bench::{Comparison, wanted};
use joblib_core::pool::Pool;
use ndarray::Array2;
use serde::Serialize;
use std::hint::black_box;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

fn main() {
    if wanted("small") {
        small("(u64, f64)", &(42u64, 1.5f64));
        small("(&str, u32, bool)", &("some/path/to/data.csv", 7u32, true));
        small("struct of 5 fields", &Config::sample());
        small("HashMap<String, f64> of 16", &Config::map());
    }
    if wanted("array") {
        for megabytes in [8, 80, 800] {
            array(megabytes);
        }
    }
    if wanted("layout") {
        layouts();
    }
}

#[derive(Serialize)]
struct Config {
    name: String,
    alpha: f64,
    depth: u32,
    flags: Vec<bool>,
    path: Option<String>,
}

impl Config {
    fn sample() -> Self {
        let path = Some("a/b".to_owned());
        Self { name: "experiment-17".into(), alpha: 0.1, depth: 8, flags: vec![true; 6], path }
    }

    fn map() -> std::collections::HashMap<String, f64> {
        (0..16).map(|i| (format!("parameter {i}"), f64::from(i))).collect()
    }
}

fn small<T: Serialize>(title: &str, value: &T) {
    Comparison::new(title)
        .time("joblib", || joblib::hash(black_box(value)).unwrap())
        .time("rmp-serde, then XXH3", || xxh3_128(&rmp_serde::to_vec(black_box(value)).unwrap()))
        .time("postcard, then XXH3", || xxh3_128(&postcard::to_stdvec(black_box(value)).unwrap()))
        .run();
}

fn array(megabytes: usize) {
    let array = Array2::from_shape_fn((megabytes * 125, 1000), |(i, j)| (i * 1000 + j) as f64);
    let pools: Vec<Pool> = [1, 2].map(|n| Pool::builder().num_threads(n).build().unwrap()).into();
    let bytes = as_bytes(array.as_slice().unwrap());
    Comparison::new(format!("array of {megabytes} MB"))
        .bytes(megabytes as u64 * 1_000_000)
        .yardstick("memory read, 1 thread")
        .time("memory read, 1 thread", || read(black_box(bytes)))
        .time("XXH3-128 in one call", || xxh3_128(black_box(bytes)))
        .time("joblib, 1 thread", || pools[0].install(|| joblib::hash(black_box(&array)).unwrap()))
        .time("joblib, 2 threads", || pools[1].install(|| joblib::hash(black_box(&array)).unwrap()))
        .run();
}

fn layouts() {
    let array = Array2::from_shape_fn((1000, 10_000), |(i, j)| (i * 1000 + j) as f64);
    let fortran = array.t().as_standard_layout().into_owned().reversed_axes();
    let shared = Arc::new(array.clone());
    let wide = Array2::<f64>::zeros((1000, 20_000));
    let strided = wide.slice(ndarray::s![.., ..;2]);
    let pool = Pool::builder().num_threads(1).build().unwrap();
    pool.install(|| {
        Comparison::new("80 MB held in other ways, 1 thread")
            .bytes(80_000_000)
            .time("C order", || joblib::hash(black_box(&array)).unwrap())
            .time("C order behind Arc", || joblib::hash(black_box(&shared)).unwrap())
            .time("Fortran order", || joblib::hash(black_box(&fortran)).unwrap())
            .time("every second column", || joblib::hash(black_box(&strided)).unwrap())
            .run();
    });
}

/// The sum of all words in eight independent lanes: as fast as one thread reads.
fn read(bytes: &[u8]) -> u64 {
    let mut lanes = [0u64; 32];
    for block in bytes.chunks_exact(256) {
        for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(8)) {
            *lane = lane.wrapping_add(u64::from_ne_bytes(word.try_into().unwrap()));
        }
    }
    lanes.iter().fold(0, |sum, lane| sum.wrapping_add(*lane))
}

fn as_bytes(numbers: &[f64]) -> &[u8] {
    // SAFETY: f64 has no padding, and u8 no alignment.
    unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), size_of_val(numbers)) }
}
