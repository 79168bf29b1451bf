//! Fingerprints as the compiler computes them: a small crate is built and run, edited, built and run again.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod blocks;
mod cached;
mod edits;
mod macros;
mod packages;
#[path = "../common/project.rs"]
mod project;
