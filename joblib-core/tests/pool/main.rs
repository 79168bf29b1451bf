//! What the worker pool promises.

mod early_exit;
#[cfg(unix)]
mod fork;
mod nesting;
mod panics;
mod ranges;
mod threads;
