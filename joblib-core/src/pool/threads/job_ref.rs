//! Work whose type the threads do not know: an erased reference, as `JobRef` of rayon-core.
//!
//! Unsafe, for it is a pointer to what lives elsewhere: whoever makes one promises that it lives for as long.
#![allow(unsafe_code)]

/// A pointer and what to call with it.
pub(in crate::pool) struct JobRef {
    pointer: *const (),
    execute: unsafe fn(*const (), usize),
}

// SAFETY: `new` asks for it.
unsafe impl Send for JobRef {}

impl JobRef {
    /// # Safety
    /// As long as the reference exists, any thread may call `execute` once, with `pointer` and the index of
    /// the worker slot it has.
    pub(in crate::pool) unsafe fn new(pointer: *const (), execute: unsafe fn(*const (), usize)) -> Self {
        Self { pointer, execute }
    }

    /// Does the work on the calling thread, which has the worker slot `worker`.
    pub(super) fn execute(self, worker: usize) {
        // SAFETY: promised to `new`; the reference ends here.
        unsafe { (self.execute)(self.pointer, worker) }
    }
}
