//! What the macros expand to. No interface of its own: it changes with the macros.

#![allow(
    missing_debug_implementations,
    unnameable_types,
    reason = "values of these types are made by expansions, which give them no name and never show them"
)]

pub mod cached;
pub mod fingerprint;
#[cfg(feature = "parallel")]
pub mod parallel_for;
