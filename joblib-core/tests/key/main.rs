//! The promises of keys.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod arrays;
mod golden;
mod mutable;
mod process;
mod properties;
mod unsaid;
mod values;
