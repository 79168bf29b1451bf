//! `Parallel` with the rest of the facade: caches and references to results in worker processes, loops.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod cached;
mod configured;
mod forked;
#[path = "../common/heard.rs"]
mod heard;
mod memories;
mod reports;
mod streams;
mod terminal;
