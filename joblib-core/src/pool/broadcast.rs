//! Several threads inside one closure, without ranges: for pulling from a shared source.

use super::feeder::Feeder;
use super::handle::Pool;
use super::region::{Region, Schedule};
use super::unwind::{self, Payload};
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};

impl Pool {
    /// Calls `participant` with slot 0 on this thread, and with slots `1..n_jobs` on others as they come:
    /// each at most once, and none after the call for slot 0 has returned. Returns when everybody has.
    ///
    /// # Panics
    /// When a participant panics no further one starts; the panic of the lowest slot is re-thrown.
    ///
    /// ```
    /// use joblib_core::pool::Pool;
    /// use std::sync::Mutex;
    ///
    /// let words = Mutex::new("several threads pull from one iterator".split(' '));
    /// let letters = Mutex::new(0);
    /// Pool::global().broadcast(4, |_slot| loop {
    ///     let Some(word) = words.lock().unwrap().next() else { break };
    ///     *letters.lock().unwrap() += word.len();
    /// });
    /// assert_eq!(*letters.lock().unwrap(), 33);
    /// ```
    pub fn broadcast<P: Fn(usize) + Sync>(&self, n_jobs: usize, participant: P) {
        // A loop over the slots: one iteration each, which only its own participant takes.
        let region = Region::new(n_jobs.max(1)).n_jobs(n_jobs).schedule(Schedule::Static);
        let panic: Mutex<Option<(usize, Payload)>> = Mutex::new(None);
        self.run(&region, |feeder: &mut Feeder<'_>| {
            let slot = feeder.slot();
            // The caller takes part even if another participant has panicked already.
            if feeder.next().is_none() && slot != 0 {
                return;
            }
            let outcome = unwind::halt(|| participant(slot));
            if slot == 0 || outcome.is_err() {
                feeder.leave_at(0);
            }
            if let Err(payload) = outcome {
                unwind::keep_first(&panic, slot, payload);
            }
        });
        if let Some((_, payload)) = panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(payload);
        }
    }
}
