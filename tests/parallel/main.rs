//! `Parallel` with the rest of the facade: caches and references to results in worker processes.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod cached;
