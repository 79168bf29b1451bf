//! Results worth keeping, loops worth all cores, arrays worth a file: Python's joblib for Rust.
//!
//! | what | by |
//! |---|---|
//! | results of functions on disk, across runs and processes | [`#[cached]`](macro@cached), [`Memory`] |
//! | ordinary `for` loops on all cores | [`#[parallel_for]`](macro@parallel_for), [`parallel!`](macro@parallel) |
//! | lists of tasks: threads or processes, streams, time limits, progress | [`Parallel`] |
//! | any serde value in a file, its arrays out of band | [`dump`], [`load`], [`Dump`], [`Loader`] |
//! | arrays in mapped files and shared memory | [`MappedArray`], [`share`] |
//! | the key of a value, for one's own caches | [`hash`](fn@hash), [`KeyHasher`] |
//!
//! # Keeping results
//!
//! The first call computes and stores, later ones read: in this process, in the next run, in other programs
//! that share the directory. The key covers all arguments by value; the version covers the code of the
//! function and of what it calls, in its crate and in those that it depends on.
//!
//! ```
//! use joblib::cached;
//!
//! #[cached(dir = "cache", ignore = ["verbose"])]
//! fn simulate(seed: u64, steps: usize, verbose: bool) -> Vec<f64> {
//!     if verbose {
//!         println!("computing");
//!     }
//!     (0..steps).map(|i| ((seed + i as u64) as f64).sin()).collect()
//! }
//!
//! # let scratch = tempfile::tempdir()?;
//! # std::env::set_current_dir(&scratch)?;
//! let first = simulate(7, 1000, true);
//! assert!(simulate::entry(7, 1000, false).is_cached());
//! assert_eq!(simulate(7, 1000, false), first);
//! simulate::memo().clear()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Parallel loops
//!
//! A marked loop keeps the meaning of the sequential one: `break`, `continue`, `return` and `?` work, the
//! earliest iteration in loop order decides, and reductions give the same bits with any number of threads.
//!
//! ```
//! use joblib::parallel_for;
//!
//! #[parallel_for]
//! fn normalise(samples: &mut [f64]) -> Result<f64, String> {
//!     let mut sum = 0.0;
//!     #[parallel_for(reduce(+ = sum))]
//!     for x in samples.iter() {
//!         if x.is_nan() {
//!             return Err("a sample is missing".to_owned());
//!         }
//!         sum += x * x;
//!     }
//!     let norm = sum.sqrt();
//!     #[parallel_for]
//!     for x in samples.iter_mut() {
//!         *x /= norm;
//!     }
//!     Ok(norm)
//! }
//!
//! let mut samples = [3.0, 4.0];
//! assert_eq!(normalise(&mut samples), Ok(5.0));
//! assert_eq!(samples, [0.6, 0.8]);
//! assert!(normalise(&mut [f64::NAN]).is_err());
//! ```
//!
//! # Dumping and loading
//!
//! Arrays anywhere inside a value are found without wrappers and written as they lie in memory: beside the
//! main file as `.npy` files that NumPy opens, or in one archive. They come back owned, or mapped where a
//! field says so.
//!
//! ```
//! use joblib::{Loader, MappedArray, MmapMode};
//! use ndarray::{Array2, Ix2};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Model<W> {
//!     name: String,
//!     weights: W,
//! }
//!
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("model.jl");
//! let model = Model { name: "first".into(), weights: Array2::<f64>::eye(200) };
//! let files = joblib::dump(&model, &path)?;
//! assert_eq!(files.len(), 2);
//!
//! let again: Model<Array2<f64>> = joblib::load(&path)?;
//! assert_eq!(again.weights, model.weights);
//! let mapped: Model<MappedArray<f64, Ix2>> = Loader::new().mmap_mode(MmapMode::Read).read(&path)?;
//! assert_eq!(mapped.weights.sum(), 200.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Crate features
//!
//! | feature | adds |
//! |---|---|
//! | `ndarray` (default) | arrays of `ndarray`: hashed, dumped and loaded whole, mapped, shared, looped over; with `num-complex` |
//! | `parallel` (default) | [`#[parallel_for]`](macro@parallel_for), [`parallel!`](macro@parallel), [`Parallel`], and more than one thread for large keys and dumps |
//! | `processes` (default) | worker processes (on Linux and macOS); without it, no code runs before `main`, and runs in processes are an error |
//! | `progress` | the bars of `Parallel::progress` and of loops on terminals; without it, lines |
//! | `num-complex` | arrays of complex numbers, taken whole |
//! | `half` | arrays of `half::f16` and `half::bf16`, taken whole; without it, they are kept number by number |
//! | `zlib` | zlib and gzip compression, in pure Rust |
//! | `zstd` | zstd compression (builds C) |
//! | `lz4` | LZ4 compression, in pure Rust |
//! | `xz`, `bz2` | these compressions, in pure Rust: slow, for files that other tools must read |
//! | `pco` | compression of numbers as numbers: for integers near multiples of one number ([`Method`] compares them all) |
//!
//! `#[cached]`, [`Memory`], [`dump`] and [`load`] are there without any: a program that wants only these
//! builds in half the time with `default-features = false`.
//!
//! # Observing
//!
//! Events go through [`tracing`](https://docs.rs/tracing) with the target `joblib`: hits, misses, stores,
//! evictions, and every failure that a call survived. Nothing is printed by default; `verbose = N` prints
//! Python's lines. With `progress`, runs and loops show a bar, above which [`progress::println!`] and
//! [`progress::eprintln!`] write. Whatever reports (an output that is closed or full, a subscriber or a
//! [`Reporter`](progress::Reporter) that panics), no result depends on it; and escape codes go to terminals
//! only, unless `TERM` is `dumb` or `NO_COLOR` is set.
//!
//! `$JOBLIB_CACHE` set to `off`, `readonly` or `refresh` changes what caches do, `$JOBLIB_CACHE_DIR` where
//! caches without a directory lie, `$JOBLIB_NUM_THREADS` the size of the pool, `$JOBLIB_STACK_SIZE` (`16M`)
//! that of its threads' stacks, `$JOBLIB_TEMP_FOLDER` where shared arrays lie.

mod memory;
#[cfg(feature = "parallel")]
pub mod progress;

// Everywhere.
pub use joblib_core::{Error, Result, Size, TimeSpan};

// Caches: the attribute, by hand, and where they keep results.
pub use joblib_core::{Access, Answers, Arguments, Callable, Run};
pub use joblib_core::{Key, KeyHasher, hash};
pub use joblib_core::{keep, store};
pub use joblib_macros::{cached, tracked};
pub use memory::{AsyncEntry, Entry, MemorizedFunc, MemorizedResult, Memory, MemoryBuilder, Policy};

// Loops, and the pool under them.
#[cfg(feature = "parallel")]
pub use joblib_core::{cpu_count, effective_n_jobs, pool};
#[cfg(feature = "parallel")]
#[doc = include_str!("parallel.md")]
pub use joblib_macros::parallel;
#[cfg(feature = "parallel")]
#[doc = include_str!("parallel_for.md")]
pub use joblib_macros::parallel_for;

// Lists of tasks: how they run, in what, with what options.
#[cfg(feature = "parallel")]
pub use joblib_parallel::{
    Backend, BackendChoice, BatchSize, CancelToken, Delayed, Message, Parallel, ParallelConfig, PreDispatch,
    Processes, Retrying, Sequential, SharedProcesses, Stream, Task, TaskError, TaskRng, Threads, delayed,
    is_cancelled, is_worker, parallel_config, register_backend, set_default_backend, task_rng,
};

// Files: values with their arrays, and how they are compressed.
#[cfg(feature = "ndarray")]
pub use joblib_persist::load_into;
pub use joblib_persist::{ArrayInfo, FileLayout, Inspection, inspect};
pub use joblib_persist::{Codec, Dump, Loader, dump, dump_to, load, load_from};
pub use joblib_persist::{
    Compression, Compressor, IntoCompression, Method, Shuffle, Speed, StreamWriter, register_compressor,
};

// Arrays in mapped files and shared memory.
pub use joblib_core::MmapMode;
pub use joblib_core::array::{DType, Element, Order};
pub use joblib_core::memmap::{ArrayPlace, FileId, MappedFile, ShareOptions};
#[cfg(feature = "ndarray")]
pub use joblib_core::{MappedArray, share};

/// What the macros of this version expand to, which name it so. No interface of its own.
#[doc(hidden)]
pub mod __private_0_1_0 {
    pub use crate::memory::{Memory, compiled_once};
    pub use joblib_core::rt::cached::{
        Add, AddGeneric, AddPlain, Argument, ByCopy, ByReborrow, ByReference, Changing, EveryKind, Function,
        FunctionRef, Lend, NoErrorKind, OkKind, Probe, Settings, SharedEveryKind, SharedOkKind,
        SharedWholeKind, Site, WholeKind, Written, async_entry, describe, entry, hot, key, memo,
        monomorphisation, storable, type_of, typed,
    };
    // For messages of the compiler.
    pub use joblib_core::rt::cached::{HasErrors, InMemory, KeyArg, Unchanging};
    pub use joblib_core::rt::fingerprint;
    #[cfg(feature = "parallel")]
    pub use joblib_core::rt::parallel_for;
    pub use joblib_core::{KeyHasher, MmapMode};
    #[cfg(feature = "parallel")]
    pub use joblib_parallel::{Meter, process_for};
    pub use joblib_persist::Codec;

    /// What a literal `compress = ..` refers to, so that one that is not built in does not compile.
    pub mod compression {
        #[cfg(any(feature = "zstd", feature = "lz4", feature = "zlib"))]
        pub fn zstd_lz4_or_zlib() {}
        #[cfg(feature = "zlib")]
        pub fn zlib() {}
        #[cfg(feature = "zlib")]
        pub fn gzip() {}
        #[cfg(feature = "bz2")]
        pub fn bz2() {}
        #[cfg(feature = "xz")]
        pub fn xz() {}
        #[cfg(feature = "xz")]
        pub fn lzma() {}
        #[cfg(feature = "lz4")]
        pub fn lz4() {}
        #[cfg(feature = "zstd")]
        pub fn zstd() {}
        #[cfg(feature = "pco")]
        pub fn pco() {}
    }
}

/// A literal compression that is not built in does not compile.
///
/// ```compile_fail,E0425
/// #[joblib::cached(dir = "cache", compress = ("lz4", 3))]
/// fn halved(x: f64) -> f64 {
///     x / 2.0
/// }
/// ```
#[cfg(all(doctest, not(feature = "lz4")))]
struct NotBuiltIn;

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
