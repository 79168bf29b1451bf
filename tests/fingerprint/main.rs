//! Fingerprints as the compiler computes them: a small crate is built and run, edited, built and run again.

mod cached;
mod edits;
mod project;
