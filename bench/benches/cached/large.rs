//! Calls with large arrays: as arguments, which are hashed, and as answers, which are read or mapped.

use joblib::{MappedArray, Memory, cached};
use joblib_bench::Comparison;
use ndarray::{Array2, Ix2};
use std::hint::black_box;
use std::io::Write;
use std::sync::LazyLock;

const ROWS: usize = 10_000;
const COLUMNS: usize = 1_000;
const BYTES: u64 = (ROWS * COLUMNS * 8) as u64;

static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));
static MEMORY: LazyLock<Memory> = LazyLock::new(|| Memory::new(DIR.path()));

#[cached(memory = MEMORY)]
fn sum(values: &Array2<f64>) -> f64 {
    values.sum()
}

fn array(seed: u64) -> Array2<f64> {
    Array2::from_shape_fn((ROWS, COLUMNS), |(i, j)| (i * COLUMNS + j) as f64 + seed as f64)
}

#[cached(memory = MEMORY)]
fn owned(seed: u64) -> Array2<f64> {
    array(seed)
}

#[cached(memory = MEMORY, mmap_mode = "r")]
fn mapped(seed: u64) -> MappedArray<f64, Ix2> {
    array(seed).into()
}

pub(crate) fn run() {
    if !joblib_bench::wanted("large") {
        return;
    }
    let values = array(0);
    sum(&values);
    Comparison::new("hit, 80 MB array argument")
        .bytes(BYTES)
        .time("joblib", || sum(&values))
        .time("reading it once (sum)", || values.sum())
        .run();

    owned(1);
    mapped(1);
    Comparison::new("hit returning 80 MB")
        .bytes(BYTES)
        .time("joblib, owned", || owned(1))
        .time("joblib, mapped", || mapped(1))
        .time("clone in memory", || values.clone())
        .run();

    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let file = DIR.path().join("raw");
    Comparison::new("miss and store, 80 MB answer (its computation not counted)")
        .bytes(BYTES)
        .rounds(5)
        .time("joblib", || owned::entry(2).insert(&values))
        .time("raw write to a new file", || {
            let _ = std::fs::remove_file(&file);
            let mut raw = std::fs::File::create(&file).expect("a file");
            raw.write_all(black_box(&bytes)).expect("room");
        })
        .run();
}
