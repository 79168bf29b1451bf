//! joblib for Rust.

pub use joblib_core::{Key, KeyHasher, hash};
pub use joblib_core::{MappedArray, MmapMode, share};
pub use joblib_core::{cpu_count, effective_n_jobs};
pub use joblib_macros::{parallel, parallel_for, tracked};
pub use joblib_parallel as parallel;
pub use joblib_parallel::{Parallel, delayed, parallel_config};
pub use joblib_persist::{Codec, Dump, Loader, dump, load};
pub use joblib_persist::{
    Compression, Compressor, IntoCompression, Method, Shuffle, StreamWriter, register_compressor,
};

/// What the macros expand to. No interface of its own.
#[doc(hidden)]
pub mod __private {
    pub use joblib_core::rt::*;
}
