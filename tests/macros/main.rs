//! What `#[cached]` accepts, and that what it generates does not meet the user's names.

#![deny(warnings)]
#![allow(clippy::unwrap_used, reason = "tests and what they share")]

mod asynchronous;
mod drops;
mod functions;
mod hygiene;
mod impl_blocks;
mod local;
mod methods;
mod names;
mod options;
#[path = "../common/cached.rs"]
mod support;
