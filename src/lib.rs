//! joblib for Rust.

mod memory;

pub use joblib_core::store;
pub use joblib_core::{Access, Callable};
pub use joblib_core::{Error, Key, KeyHasher, Result, hash};
pub use joblib_core::{MappedArray, MmapMode, share};
pub use joblib_core::{cpu_count, effective_n_jobs};
pub use joblib_macros::{cached, parallel, parallel_for, tracked};
pub use joblib_parallel as parallel;
pub use joblib_parallel::{Parallel, delayed, parallel_config};
pub use joblib_persist::{Codec, Dump, Loader, dump, dump_to, load, load_from};
pub use joblib_persist::{
    Compression, Compressor, IntoCompression, Method, Shuffle, StreamWriter, register_compressor,
};

pub use memory::{AsyncEntry, Entry, MemorizedFunc, MemorizedResult, Memory, MemoryBuilder, Policy};

/// What the macros expand to. No interface of its own.
#[doc(hidden)]
pub mod __private {
    pub use crate::memory::{AsyncEntry, Entry, MemorizedFunc, Memory, compression};
    pub use joblib_core::rt::cached::*;
    pub use joblib_core::rt::*;
    pub use joblib_persist::Codec;
}
