//! Several threads inside one closure, without ranges: for pulling from a shared source.

use super::participant::Participant;
use super::range_source::RangeSource;
use super::unwind::{self, Payload};
use crate::pool::handle::Pool;
use crate::pool::region::{Region, Schedule};
use crate::pool::site::Site;
use crate::sync::Mutex;
use std::panic::resume_unwind;

impl Pool {
    /// Calls `participant` with slot 0 on this thread, and with slots `1..n_jobs` on others as they come:
    /// each at most once, and none after the call for slot 0 has returned. Returns when everybody has.
    ///
    /// # Panics
    /// When a participant panics no further one starts; the panic of the lowest slot is re-thrown.
    ///
    /// ```
    /// use joblib::pool::Pool;
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
        self.gather(n_jobs, None, |slot, _| participant(slot));
    }

    /// Like [`broadcast`](Self::broadcast), but calls others in only when it pays, like a loop does: at once
    /// if `site` knows nothing yet or says so, else when the participant has been running for long enough. It
    /// is called with its slot and with what it calls now and then to have this decided (`call_others`; it
    /// costs a look at the clock).
    ///
    /// # Panics
    /// As `broadcast`.
    pub fn broadcast_lazily<P>(&self, n_jobs: usize, site: &Site, participant: P)
    where
        P: Fn(usize, &mut dyn FnMut()) + Sync,
    {
        self.gather(n_jobs, Some(site), |slot, others| participant(slot, &mut || others.call_others()));
    }

    /// Like [`broadcast_lazily`](Self::broadcast_lazily) where there is a `site`, for participants that wait
    /// for one another.
    pub(crate) fn gather<P>(&self, n_jobs: usize, site: Option<&Site>, participant: P)
    where
        P: Fn(usize, &mut dyn Participant) + Sync,
    {
        // A loop over the slots: one iteration each, which only its own participant takes.
        let mut region = Region::new(n_jobs.max(1)).n_jobs(n_jobs).schedule(Schedule::Static);
        region.site = site;
        let panic: Mutex<Option<(usize, Payload)>> = Mutex::new(None);
        self.run(&region, |ranges: &mut RangeSource<'_>| {
            let slot = ranges.slot();
            // The caller takes part even if another participant has panicked already.
            if ranges.next_alone().is_none() && slot != 0 {
                return;
            }
            let outcome = unwind::halt(|| participant(slot, ranges));
            if slot == 0 || outcome.is_err() {
                ranges.leave_at(0);
            }
            if slot == 0 {
                ranges.end_alone();
            }
            if let Err(payload) = outcome {
                unwind::keep_first_panic(&panic, slot, payload);
            }
        });
        if let Some((_, payload)) = panic.into_inner() {
            resume_unwind(payload);
        }
    }
}
