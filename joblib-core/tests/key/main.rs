//! The promises of keys.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod arrays;
mod golden;
mod process;
mod properties;
mod values;
