//! Several threads inside one closure, without ranges: for pulling from a shared source.

use super::feeder::Feeder;
use super::handle::Pool;
use super::region::{Region, Schedule};
use super::site::Site;
use super::unwind::{self, Payload};
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};

/// What a participant asks of the others.
pub(crate) trait Crew {
    /// Lets others in if it pays by now.
    fn call_others(&mut self);

    /// Whether others have been let in: they may be there by now.
    fn is_shared(&self) -> bool;

    /// Waits until `ready` says so, without the processor if that takes long. Runs iterations of loops nested
    /// in this one meanwhile, and nothing else. Whoever makes it ready says so by
    /// [`wake_one`](Self::wake_one); `ready` is not called again after a `true`.
    fn wait_until(&self, ready: &mut dyn FnMut() -> bool);

    /// Has one of those that wait look again. To be called after what it shall see.
    fn wake_one(&self) -> bool;
}

impl Crew for Feeder<'_> {
    fn call_others(&mut self) {
        Feeder::call_others(self);
    }

    fn is_shared(&self) -> bool {
        Feeder::is_shared(self)
    }

    fn wait_until(&self, ready: &mut dyn FnMut() -> bool) {
        Feeder::wait_until(self, ready);
    }

    fn wake_one(&self) -> bool {
        Feeder::wake_one(self)
    }
}

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
        self.gather(n_jobs, None, |slot, _| participant(slot));
    }

    /// Like [`broadcast`](Self::broadcast), but calls others in only when it pays, like a loop does: at once if `site` knows nothing yet or says so,
    /// else when the participant has been running for long enough. It is called with its slot and with what it calls now and then to have this
    /// decided (`call_others`; it costs a look at the clock).
    ///
    /// # Panics
    /// As `broadcast`.
    pub fn broadcast_lazily<P>(&self, n_jobs: usize, site: &Site, participant: P)
    where
        P: Fn(usize, &mut dyn FnMut()) + Sync,
    {
        self.gather(n_jobs, Some(site), |slot, crew| participant(slot, &mut || crew.call_others()));
    }

    /// Like [`broadcast_lazily`](Self::broadcast_lazily) where there is a `site`, for participants that wait
    /// for one another.
    pub(crate) fn gather<P>(&self, n_jobs: usize, site: Option<&Site>, participant: P)
    where
        P: Fn(usize, &mut dyn Crew) + Sync,
    {
        // A loop over the slots: one iteration each, which only its own participant takes.
        let mut region = Region::new(n_jobs.max(1)).n_jobs(n_jobs).schedule(Schedule::Static);
        region.site = site;
        let panic: Mutex<Option<(usize, Payload)>> = Mutex::new(None);
        self.run(&region, |feeder: &mut Feeder<'_>| {
            let slot = feeder.slot();
            // The caller takes part even if another participant has panicked already.
            if feeder.next_alone().is_none() && slot != 0 {
                return;
            }
            let outcome = unwind::halt(|| participant(slot, feeder));
            if slot == 0 || outcome.is_err() {
                feeder.leave_at(0);
            }
            if slot == 0 {
                feeder.end_alone();
            }
            if let Err(payload) = outcome {
                unwind::keep_first_panic(&panic, slot, payload);
            }
        });
        if let Some((_, payload)) = panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(payload);
        }
    }
}
