//! What the worker pool promises.

mod affinity;
mod early_exit;
#[cfg(unix)]
mod fork;
mod nesting;
mod panics;
mod ranges;
#[cfg(not(miri))]
mod stacks;
mod threads;
