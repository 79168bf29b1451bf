//! Arrays to worker processes and back.

use joblib_bench::{Comparison, span, wanted};
use joblib_core::{MappedArray, share};
use joblib_parallel::Parallel;
use ndarray::{Array1, ArrayView1, Ix1};
use std::hint::black_box;
use std::time::Instant;

pub(crate) fn run() {
    if wanted("arguments") {
        arguments();
    }
    if wanted("results") {
        results();
    }
}

fn ends(array: &MappedArray<f64, Ix1>, _: u8) -> f64 {
    array[0] + array[array.len() - 1]
}

fn arguments() {
    const LEN: usize = 100_000_000;
    let array = Array1::from_elem(LEN, 1.5);
    let processes = Parallel::new().n_jobs(2).processes();
    processes.map(0..2u8, |i| i).unwrap();
    let owned = MappedArray::from(array.clone());
    Comparison::new("800 MB array to 2 worker processes, one task each")
        .bytes(8 * LEN as u64)
        .rounds(3)
        .round_time(std::time::Duration::ZERO)
        .time("yardstick: one copy into shared memory", || drop(share(&array).unwrap()))
        .time("not shared before: copied at each call", || {
            black_box(processes.share(&owned).map(0..2u8, ends).unwrap());
        })
        .run();
    let start = Instant::now();
    let shared = share(&array).unwrap();
    println!("  share(&array): {}", span(start.elapsed().as_secs_f64()));
    Comparison::new("the same array, shared before (again)")
        .time("processes", || processes.share(&shared).map(0..2u8, ends).unwrap())
        .run();
}

/// What bounds it is memory that is fresh: the kernel hands out pages of shared memory at about the speed of
/// the third yardstick, some times slower than copying within memory that is there. Workers therefore make
/// their results in huge pages (`GLIBC_TUNABLES`), which halved the time. In shared memory (`MADV_HUGEPAGE`
/// on the mapping, with `shmem_enabled` at `advise`) they were not granted; allocating the file first, or
/// mapping it populated, brought nothing.
fn results() {
    const LEN: usize = 10_000_000;
    let processes = Parallel::new().n_jobs(2).processes();
    let make = |i: u8| Array1::from_elem(LEN, f64::from(i));
    let make_mapped = |i: u8| MappedArray::from(Array1::from_elem(LEN, f64::from(i)));
    let source = vec![1.0f64; LEN];
    Comparison::new("2 worker processes return 80 MB each")
        .bytes(2 * 8 * LEN as u64)
        .rounds(7)
        .time("yardstick: making both here, one thread", || (make(0), make(1)))
        .time("yardstick: two memcpy to fresh memory", || (source.clone(), source.clone()))
        .time("yardstick: two copies into shared memory", || {
            let source = ArrayView1::from(&source);
            (share(&source).unwrap(), share(&source).unwrap())
        })
        .time("as Array", || processes.map(0..2u8, make).unwrap())
        .time("as MappedArray", || processes.map(0..2u8, make_mapped).unwrap())
        .run();
}
