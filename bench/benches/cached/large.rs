//! Calls with large arrays: as arguments, which are hashed, and as answers, which are read or mapped.

use joblib::{MappedArray, Memory, cached};
use joblib_bench::Comparison;
use memmap2::{Advice, MmapMut};
use ndarray::{Array2, Ix2};
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::os::unix::fs::FileExt;
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

/// What no hit that returns an owned array can beat: the kernel clears memory, then it is written.
fn fresh(bytes: &[u8], threads: usize) -> MmapMut {
    filled(threads, |at, part| part.copy_from_slice(&bytes[at..at + part.len()]))
}

fn fresh_from(file: &File, threads: usize) -> MmapMut {
    // Parts that stay in the cache, as where each is checked.
    filled(threads, |at, part| {
        for (n, piece) in part.chunks_mut(1 << 20).enumerate() {
            file.read_exact_at(piece, (at + (n << 20)) as u64).expect("the file");
        }
    })
}

fn filled(threads: usize, fill: impl Fn(usize, &mut [u8]) + Sync) -> MmapMut {
    let mut memory = MmapMut::map_anon(BYTES as usize).expect("memory");
    memory.advise(Advice::HugePage).expect("huge pages");
    let share = memory.len().div_ceil(threads);
    std::thread::scope(|scope| {
        for (n, part) in memory.chunks_mut(share).enumerate() {
            let fill = &fill;
            scope.spawn(move || fill(n * share, part));
        }
    });
    memory
}

pub(crate) fn run() {
    if !joblib_bench::wanted("large") {
        return;
    }
    let values = array(0);
    let without_macro = MEMORY.cache(|values: &Array2<f64>| values.sum());
    sum(&values);
    without_macro.call((&values,));
    Comparison::new("hit, 80 MB array argument")
        .bytes(BYTES)
        .time("joblib", || sum(&values))
        .time("joblib, Memory::cache", || without_macro.call((&values,)))
        .time("reading it once (sum)", || values.sum())
        .run();

    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let file = DIR.path().join("raw");
    std::fs::write(&file, &bytes).expect("room");
    let raw = std::fs::File::open(&file).expect("a file");
    owned(1);
    mapped(1);
    Comparison::new("hit returning 80 MB")
        .bytes(BYTES)
        .time("joblib, owned", || owned(1))
        .time("joblib, mapped", || mapped(1))
        .time("clone in memory", || values.clone())
        .time("copy to fresh huge pages, 1 thread", || fresh(&bytes, 1))
        .time("copy to fresh huge pages, 2 threads", || fresh(&bytes, 2))
        .time("read to fresh huge pages, 1 thread, unchecked", || fresh_from(&raw, 1))
        .time("read to fresh huge pages, 2 threads, unchecked", || fresh_from(&raw, 2))
        .run();

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
