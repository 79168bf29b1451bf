//! The promises of keys.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

#[cfg(all(feature = "half", feature = "ndarray"))]
mod arrays;
mod features;
mod golden;
mod mutable;
mod process;
mod properties;
mod unsaid;
mod values;
