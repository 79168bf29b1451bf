//! `dump` and `load` beside the crates that store arrays or values, and beside NumPy and Python's joblib.
//!
//! Groups: `array` (one large array in a struct), `mixed` (records and arrays), `records`, `compressed`,
//! `memory`. Files are written to `$TMPDIR`; `JOBLIB_BENCH_MB` sets the size of the large array (800).

mod array;
mod compressed;
mod memory;
mod python;
mod records;

use joblib_bench::wanted;

fn main() {
    if memory::is_child() {
        return memory::run_child();
    }
    if wanted("array") {
        array::run();
    }
    if wanted("mixed") {
        records::run_mixed();
    }
    if wanted("records") {
        records::run_plain();
    }
    if wanted("compressed") {
        compressed::run();
    }
    if wanted("memory") {
        memory::run();
    }
}

/// Bytes of the large array.
fn large() -> usize {
    let megabytes = std::env::var("JOBLIB_BENCH_MB").ok().and_then(|value| value.parse::<usize>().ok());
    megabytes.unwrap_or(800) * 1_000_000
}

/// Makes free memory present: a virtual machine gives what was free for a second back to its host, and
/// whoever takes it next, for data or as page cache, waits ten times longer. Small pages and huge ones are
/// kept apart: both.
fn touch(bytes: usize) {
    let small = vec![1u8; bytes];
    let mut huge = memmap2::MmapMut::map_anon(bytes).expect("memory");
    let _ = huge.advise(memmap2::Advice::HugePage);
    huge.fill(1);
    std::hint::black_box((small, huge));
    // Nobody is lucky with memory that the allocator happened to keep.
    #[cfg(target_env = "gnu")]
    // SAFETY: frees what nobody has.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Noise: nothing that a file system or a codec could make smaller.
fn noise() -> impl FnMut() -> f64 {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}
