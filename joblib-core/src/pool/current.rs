//! Where the running thread is: in which pool, on which seat, inside which loop.

use super::handle::Pool;
use super::registry::Registry;
use super::team::Team;
use std::cell::Cell;
use std::ptr;

/// A thread's position. Plain pointers: whoever sets a frame removes it before what it points to ends.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// The pool that loops started here use; null for the process-wide one.
    pub(super) pool: *const Pool,
    /// The registry on whose seat the thread sits; null if it sits on none.
    pub(super) registry: *const Registry,
    pub(super) seat: usize,
    /// The innermost loop of that registry the thread runs iterations of, and its slot in it; null outside of loops.
    pub(super) team: *const Team<'static>,
    pub(super) slot: usize,
}

impl Frame {
    pub(super) const OUTSIDE: Self =
        Self { pool: ptr::null(), registry: ptr::null(), seat: 0, team: ptr::null(), slot: 0 };
}

thread_local! {
    static FRAME: Cell<Frame> = const { Cell::new(Frame::OUTSIDE) };
}

/// The running thread's position. Outside of every pool while the thread is being torn down.
pub(super) fn get() -> Frame {
    FRAME.try_with(Cell::get).unwrap_or(Frame::OUTSIDE)
}

/// Moves the running thread to `frame` until the guard is dropped.
pub(super) fn enter(frame: Frame) -> Entered {
    let outer = get();
    set(frame);
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
