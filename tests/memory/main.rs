//! `#[cached]` and `Memory`: what is kept, found, shared, repaired.

#![allow(clippy::unwrap_used, reason = "tests and what they share")]

mod arguments;
mod comes_back;
mod depth;
mod entries;
mod events;
mod failures;
mod functions;
#[path = "../common/heard.rs"]
mod heard;
mod large_awaited;
mod mapped;
mod nested_calls;
mod options;
mod processes;
mod shared_state;
mod silent_wrong_answers;
mod single_flight;
mod stats;
mod stores;
#[path = "../common/cached.rs"]
mod support;
mod unreadable;
mod user_code;
mod waiting;
