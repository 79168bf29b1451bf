//! joblib for Rust.

pub use joblib_core::{Key, KeyHasher, hash};

/// What the macros expand to. No interface of its own.
#[doc(hidden)]
pub mod __private {
    pub use joblib_core::rt::*;
}
