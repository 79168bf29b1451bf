//! What the worker pool promises.

mod early_exit;
mod nesting;
mod panics;
mod ranges;
mod threads;
