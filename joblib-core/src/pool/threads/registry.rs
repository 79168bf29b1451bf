//! What the threads of one pool share: their slots, and who of them sleeps.

use super::affinity::Affinity;
use super::job_ref::JobRef;
use super::sleep::Sleepers;
use super::sync::{AtomicBool, AtomicUsize, Ordering, fence};
use super::worker_slot::WorkerSlot;
use crate::fork::Process;
use crate::pool::clock;
use crossbeam_utils::CachePadded;
use std::sync::OnceLock;

/// Slots for threads that are not workers of the pool. More callers than this at once run their loops alone.
const GUEST_SLOTS: usize = 1024;

/// How long a thread looks around before it sleeps, in nanoseconds.
const SEARCH_TIME: f64 = 20_000.0;

/// The shared state of a pool's threads.
pub(in crate::pool) struct Registry {
    workers: usize,
    /// Those of workers, then those of guests, which are made when first used.
    slots: Box<[CachePadded<OnceLock<WorkerSlot>>]>,
    /// Slots from here on have never been used.
    high_water: AtomicUsize,
    pub(in crate::pool) sleepers: Sleepers,
    /// How long a thread looks around before it sleeps, in ticks of the clock.
    pub(in crate::pool) search_time: u64,
    closing: AtomicBool,
    born: Process,
}

impl Registry {
    /// Slots for `workers` threads and for guests.
    pub(in crate::pool) fn new(workers: usize) -> Self {
        let slots: Box<[_]> = (0..workers + GUEST_SLOTS).map(|_| CachePadded::new(OnceLock::new())).collect();
        for slot in &slots[..workers] {
            slot.get_or_init(|| WorkerSlot::new(Affinity::inherited()));
        }
        Self {
            workers,
            slots,
            high_water: AtomicUsize::new(workers),
            sleepers: Sleepers::new(workers),
            search_time: clock::ticks_in(SEARCH_TIME),
            closing: AtomicBool::new(false),
            born: Process::current(),
        }
    }

    pub(in crate::pool) fn slot(&self, index: usize) -> &WorkerSlot {
        self.slots[index].get_or_init(|| WorkerSlot::new(Affinity::default()))
    }

    /// The slots that have been used so far.
    fn used_slots(&self) -> impl Iterator<Item = &WorkerSlot> {
        self.slots[..self.high_water.load(Ordering::Relaxed)].iter().filter_map(|slot| slot.get())
    }

    /// How many threads can be in one loop.
    pub(in crate::pool) fn capacity(&self) -> usize {
        self.slots.len()
    }

    pub(in crate::pool) fn is_guest(&self, index: usize) -> bool {
        index >= self.workers
    }

    /// Whether the pool's threads exist in this process: they do not in a child made by `fork`.
    pub(in crate::pool) fn is_native(&self) -> bool {
        self.born.is_current()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Tells every worker to end.
    pub(in crate::pool) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        for worker in 0..self.workers {
            self.slot(worker).waiter.unpark();
        }
    }

    /// Reserves a slot for a thread that is no worker; `None` if all are taken.
    pub(in crate::pool) fn reserve_guest(&self) -> Option<usize> {
        let index = (self.workers..self.slots.len()).find(|&index| self.slot(index).reserve())?;
        if self.high_water.load(Ordering::Relaxed) <= index {
            self.high_water.fetch_max(index + 1, Ordering::Relaxed);
        }
        Some(index)
    }

    /// Looks for a job in everybody else's deque, beginning with the next slot.
    pub(super) fn find_job(&self, me: usize) -> Option<JobRef> {
        let used = self.high_water.load(Ordering::Relaxed);
        let (before, after) = self.slots[..used].split_at(me.min(used));
        after.iter().skip(1).chain(before).find_map(|slot| slot.get()?.steal())
    }

    /// The last worker that looked around has found a job: if there are more, another one shall look.
    pub(super) fn wake_if_offering(&self) {
        fence(Ordering::SeqCst);
        if self.sleepers.anyone_asleep() && self.used_slots().any(WorkerSlot::is_offering) {
            self.wake_one();
        }
    }

    /// After a job was pushed: wakes one sleeping worker, if nobody looks around anyhow.
    pub(in crate::pool) fn wake_one(&self) -> bool {
        let picked = self.sleepers.pick_after_publishing();
        if let Some(worker) = picked {
            let slot = self.slot(worker);
            slot.affinity.avoid_this_processor();
            slot.waiter.unpark();
        }
        picked.is_some()
    }
}
