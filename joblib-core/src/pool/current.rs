//! Where the running thread is: which pool loops use here, and which loop it runs.
//!
//! Unsafe where a pointer to a pool is followed: whoever set it borrows the pool until it has been removed.
#![allow(unsafe_code)]

use super::handle::Pool;
use super::threads::Registry;
use std::cell::Cell;
use std::ptr;

impl Pool {
    /// Calls `f` on this thread; loops started inside use this pool.
    pub fn install<R>(&self, f: impl FnOnce() -> R) -> R {
        let _inside = enter(Frame { pool: self, ..frame() });
        f()
    }
}

/// Calls `f` with the pool that loops use here: the [installed](Pool::install) one, in a loop the one that
/// runs it, and the process-wide one elsewhere.
pub fn with_current<R>(f: impl FnOnce(&Pool) -> R) -> R {
    let pool = frame().pool;
    // SAFETY: a frame's pool is borrowed by whoever set the frame, for as long as it stays set.
    match unsafe { pool.as_ref() } {
        Some(pool) => f(pool),
        None => f(Pool::global()),
    }
}

/// A thread's position. Plain pointers: whoever sets a frame removes it before what it points to ends.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// The pool that loops started here use; null for the process-wide one.
    pub(super) pool: *const Pool,
    /// The registry in which the thread has a slot; null if in none.
    pub(super) registry: *const Registry,
    pub(super) worker: usize,
    /// The innermost team of that registry the thread is in, and its slot there; null outside of loops.
    pub(super) team: *const (),
    pub(super) slot: usize,
}

impl Frame {
    const OUTSIDE: Self =
        Self { pool: ptr::null(), registry: ptr::null(), worker: 0, team: ptr::null(), slot: 0 };
}

thread_local! {
    static FRAME: Cell<Frame> = const { Cell::new(Frame::OUTSIDE) };
}

/// The running thread's position. Outside of every pool while the thread is being torn down.
pub(super) fn frame() -> Frame {
    FRAME.try_with(Cell::get).unwrap_or(Frame::OUTSIDE)
}

/// Moves the running thread to `frame` until the guard is dropped.
pub(super) fn enter(inner: Frame) -> Entered {
    let outer = frame();
    set(inner);
    Entered { outer }
}

fn set(frame: Frame) {
    // A thread being torn down has no position to keep.
    let _ = FRAME.try_with(|cell| cell.set(frame));
}

/// Moves the thread back where it was.
#[must_use]
pub(super) struct Entered {
    outer: Frame,
}

impl Drop for Entered {
    fn drop(&mut self) {
        set(self.outer);
    }
}
