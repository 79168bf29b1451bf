//! What the macros expand to. No interface of its own: it changes with the macros.

pub mod cached;
pub mod fingerprint;
pub mod parallel_for;
