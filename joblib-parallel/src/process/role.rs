//! Whether this process is a worker.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_WORKER: AtomicBool = AtomicBool::new(false);

/// Whether this process is a worker of another.
#[must_use]
pub fn is_worker() -> bool {
    IS_WORKER.load(Ordering::Relaxed)
}

/// From now on it is one.
#[cfg(all(unix, feature = "processes"))]
pub(super) fn become_worker() {
    IS_WORKER.store(true, Ordering::Relaxed);
}
