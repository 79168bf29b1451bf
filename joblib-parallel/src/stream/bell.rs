//! Waking one who waits for several things at once.

use std::sync::{Condvar, Mutex, PoisonError};

/// Counts its rings, so that one between looking and waiting is not missed.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    /// To be called before looking at what might have changed.
    pub(crate) fn listen(&self) -> u64 {
        *self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a ring since `heard`.
    pub(crate) fn wait(&self, heard: u64) {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        while *rings == heard {
            rings = self.rung.wait(rings).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends all waiting.
    pub(crate) fn ring(&self) {
        *self.rings.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rung.notify_all();
    }
}
