//! Noticing `fork`: the child has the memory of a pool, but none of its threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many forks lie between this process and the one that first asked.
pub(super) type Generation = usize;

static GENERATION: AtomicUsize = AtomicUsize::new(0);

/// The present process's generation. Costs one load.
pub(super) fn generation() -> Generation {
    GENERATION.load(Ordering::Relaxed)
}

/// Makes forks count from now on.
#[cfg(all(unix, not(any(loom, miri))))]
#[allow(unsafe_code)]
pub(super) fn watch() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: the handler only adds to an atomic, which is allowed between `fork` and `exec`.
    ONCE.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    });
}

/// Processes do not fork here.
#[cfg(not(all(unix, not(any(loom, miri)))))]
pub(super) fn watch() {}
