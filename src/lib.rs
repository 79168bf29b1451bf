//! joblib for Rust.

pub use joblib_core::{Key, KeyHasher, hash};
pub use joblib_core::{MappedArray, MmapMode, share};
pub use joblib_core::{cpu_count, effective_n_jobs};
pub use joblib_macros::tracked;
pub use joblib_parallel as parallel;
pub use joblib_parallel::{Parallel, delayed, parallel_config};

/// What the macros expand to. No interface of its own.
#[doc(hidden)]
pub mod __private {
    pub use joblib_core::rt::*;
}
