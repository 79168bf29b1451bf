//! `#[cached]` and `Memory`: what is kept, found, shared, repaired.

#![allow(clippy::unwrap_used, reason = "tests and what they share")]

mod arguments;
mod entries;
mod events;
mod failures;
mod mapped;
mod processes;
mod silent_wrong_answers;
mod single_flight;
#[path = "../common/cached.rs"]
mod support;
