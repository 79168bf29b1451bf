//! `dump` and `load` as users of the facade see them.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod behaviour;
#[path = "../common/heard.rs"]
mod heard;
mod mapping;
mod memory;
