//! Waking one who waits for several things at once.

use joblib_core::sync::{Condvar, Mutex};

/// Counts its rings, so that one between looking and waiting is not missed.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    /// To be called before looking at what might have changed.
    pub(crate) fn listen(&self) -> u64 {
        *self.rings.lock()
    }

    /// Waits for a ring since `heard`.
    pub(crate) fn wait(&self, heard: u64) {
        drop(self.rung.wait_while(self.rings.lock(), |rings| *rings == heard));
    }

    /// Ends all waiting.
    pub(crate) fn ring(&self) {
        *self.rings.lock() += 1;
        self.rung.notify_all();
    }
}
