//! What the macros expand to. No interface of its own: it changes with the macros.

pub mod cached;
pub mod fingerprint;
#[cfg(feature = "parallel")]
pub mod parallel_for;
