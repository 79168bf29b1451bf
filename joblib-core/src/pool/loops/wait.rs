//! Waiting for other participants of a loop, and helping them meanwhile.
#![allow(unsafe_code)]

use super::join::release;
use super::team::{Slot, Team};
use super::unwind::{self, Payload};
use crate::pool::clock;
use crate::pool::threads::sync::{AtomicU64, AtomicUsize, Ordering, fence};
use crate::pool::threads::{Backoff, Registry, WorkerThread};
use crossbeam_utils::CachePadded;
use std::time::Duration;

/// The longest sleep of a participant that waits for others, who may tell it without a fence.
const LOOKS_AGAIN: Duration = Duration::from_millis(10);

impl Team<'_> {
    /// The owner's way out, with its own part done: waits for the others, learns from the times.
    /// Returns the panic to re-throw, and where it belongs.
    pub(super) fn finish(&self, owner: &WorkerThread<'_>) -> Result<(), (usize, Payload)> {
        if owner.pop().is_some() {
            self.release();
        }
        self.wait(self.owner, owner, None, &mut || self.latch.is_free());
        if let Some((outer, slot)) = self.outer() {
            outer.slots[slot].inner.cut();
            // Whoever came in before that.
            self.wait(self.owner, owner, None, &mut || self.latch.is_free());
        }
        if let Some(site) = self.job.site {
            let sum = |part: fn(&Slot) -> &AtomicU64| {
                self.slots.iter().map(|slot| part(slot).load(Ordering::Relaxed)).fold(0, u64::saturating_add)
            };
            site.record(sum(|slot| &slot.ticks), sum(|slot| &slot.items));
        }
        match self.panic.lock().take() {
            // An iteration before the panicking one may have left the loop: then the panic never happened.
            Some((at, payload)) if at != usize::MAX && at > self.job.bound() => unwind::discard(payload),
            Some(panic) => return Err(panic),
            None => {}
        }
        Ok(())
    }

    /// The participant in `slot`, whose thread has the worker slot `me`, waits for something that other
    /// participants do and then [tell](Self::wake_one).
    pub(super) fn wait_in(&self, slot: usize, me: usize, ready: &mut dyn FnMut() -> bool) {
        // SAFETY: the thread has the slot for as long as it takes part.
        let worker = unsafe { WorkerThread::new(self.registry().slot(me)) };
        let mut is_ready = false;
        self.wait(me, &worker, Some(&self.slots[slot].asleep), &mut || {
            is_ready = is_ready || ready();
            is_ready
        });
    }

    /// Wakes one participant that waits for others. Says whether there was one.
    pub(super) fn wake_one(&self) -> bool {
        fence(Ordering::SeqCst);
        let sleeping = |slot: &CachePadded<Slot>| match slot.asleep.load(Ordering::Relaxed) {
            0 => None,
            _ => slot.asleep.swap(0, Ordering::Relaxed).checked_sub(1),
        };
        match self.slots.iter().find_map(sleeping) {
            Some(worker) => {
                self.registry().slot(worker).waiter.wake();
                true
            }
            None => false,
        }
    }

    /// Waits until `ready`. Runs iterations of loops nested in this one meanwhile, and nothing else.
    fn wait(
        &self,
        me: usize,
        worker: &WorkerThread<'_>,
        asleep: Option<&AtomicUsize>,
        ready: &mut dyn FnMut() -> bool,
    ) {
        let sleeps_on = |worker| {
            if let Some(asleep) = asleep {
                asleep.store(worker, Ordering::Relaxed);
            }
        };
        let longest = asleep.map(|_| LOOKS_AGAIN);
        let mut began = None;
        let mut backoff = Backoff::new();
        while !ready() {
            if self.help_nested(me, ready) {
                (began, backoff) = (None, Backoff::new());
                continue;
            }
            let began = *began.get_or_insert_with(clock::ticks);
            if clock::since(began) < self.registry().search_time {
                backoff.snooze();
                continue;
            }
            self.check_not_forked();
            sleeps_on(me + 1);
            worker.park_unless(longest, || ready() || self.help_nested(me, ready));
            sleeps_on(0);
        }
    }

    /// Panics in a child of `fork` that came back into a loop begun by its parent: the threads that run the
    /// rest of it do not exist here.
    fn check_not_forked(&self) {
        assert!(
            self.registry().is_native(),
            "a process forked inside a parallel loop cannot finish the loop"
        );
    }

    /// Joins a loop nested in this one, at any depth. Says whether there was something to do.
    fn help_nested(&self, me: usize, ready: &mut dyn FnMut() -> bool) -> bool {
        self.slots.iter().any(|slot| slot.help(self.registry(), me, ready))
    }
}

impl Slot {
    /// Joins the loop that this slot's participant waits for, or one nested in that.
    fn help(&self, registry: &Registry, me: usize, ready: &mut dyn FnMut() -> bool) -> bool {
        let Some(team) = self.inner.follow(|inner| inner.latch.add()) else { return false };
        // SAFETY: the claim just made keeps it alive.
        let inner = unsafe { &*team };
        // Once more: the loop may wait for what this participant can do since just before it was opened.
        let helped = ready()
            || match inner.join(me) {
                Some(slot) => {
                    (inner.participate)(inner, slot, me);
                    true
                }
                None => inner.help_nested(me, ready),
            };
        // SAFETY: the claim made above is given back; `inner` is not used any more.
        unsafe { release(team, registry) };
        helped
    }
}
