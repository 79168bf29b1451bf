//! Results that are there but not consumed yet, and how many tasks may be out.

use super::bell::Bell;
use super::footprint::Footprint;
use crate::run::Sink;
use joblib_core::sync::{Condvar, Mutex};
use std::collections::VecDeque;
use std::mem::needs_drop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

/// The window between the first result not consumed and the last task taken from the input.
pub(crate) struct Window<R> {
    state: Mutex<State<R>>,
    /// The consumer waits here for results.
    arrived: Arc<Bell>,
    /// Workers, and the driver when all of them have left, wait here for room.
    consumed: Condvar,
    /// Results given to the consumer so far; counted without the lock.
    given: AtomicUsize,
    /// Threads in [`wait_while`](Self::wait_while).
    sleepers: AtomicUsize,
    /// Tasks that may be out if there is memory for their results.
    limit: AtomicUsize,
    /// As told; not to be adapted.
    fixed: bool,
    /// Tasks that may be out in any case.
    least: usize,
    /// Bytes of a result; 0 while nothing is known.
    weight: AtomicUsize,
    /// The process's memory, and tasks that may be out by what has become of it, while no size is known.
    footprint: Option<Footprint>,
    proven: AtomicUsize,
    /// Told when there is room again, after there was none.
    waker: Option<Waker>,
    starved: AtomicBool,
}

/// Bytes of results that may be there and not consumed, and those on their way: but for two per job, which
/// may be of any size.
const HELD_BYTES: usize = 64 << 20;

/// Most tasks in a batch whose results take nobody knows how much.
const UNSEEN: usize = 64;

/// Tasks that may be out for each result that was consumed, while nothing is known of their sizes.
const EARNED: usize = 2;

/// Wakes who makes results.
pub(crate) type Waker = Box<dyn Fn() + Send + Sync>;

pub(crate) struct State<R> {
    ordered: bool,
    /// The first position whose result is not in `ready`.
    next: usize,
    /// Results from that position on, where they are there.
    early: VecDeque<Option<R>>,
    ready: VecDeque<R>,
    consumer_waits: bool,
    /// Workers that have not left, and those of them that wait for room.
    pub(crate) at_work: usize,
    pub(crate) waiting: usize,
    pub(crate) ended: bool,
}

impl<R> Window<R> {
    /// For `limit` tasks, if that was said; else for up to `per_job` tasks for each job.
    pub(crate) fn new(limit: Option<usize>, n_jobs: usize, per_job: usize) -> Self {
        let state = State {
            ordered: true,
            next: 0,
            early: VecDeque::new(),
            ready: VecDeque::new(),
            consumer_waits: false,
            at_work: 0,
            waiting: 0,
            ended: false,
        };
        Self {
            state: Mutex::new(state),
            arrived: Arc::default(),
            consumed: Condvar::new(),
            given: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit.unwrap_or(per_job * n_jobs).max(1)),
            fixed: limit.is_some(),
            least: 2 * n_jobs,
            // What needs no dropping has nothing elsewhere.
            weight: AtomicUsize::new(if needs_drop::<R>() { 0 } else { size_of::<R>().max(1) }),
            footprint: None,
            proven: AtomicUsize::new(0),
            waker: None,
            starved: AtomicBool::new(false),
        }
    }

    /// Calls `waker` when there is room again after [`room`](Sink::room) said that there was none, and at
    /// [`wake_all`](Self::wake_all).
    #[cfg(all(unix, feature = "processes"))]
    pub(crate) fn waking(mut self, waker: Waker) -> Self {
        self.waker = Some(waker);
        self
    }

    /// For results that nobody weighs: the process's own memory is watched.
    pub(super) fn watching(mut self) -> Self {
        if needs_drop::<R>() && !self.fixed {
            self.footprint = Footprint::new();
        }
        self
    }

    /// Sets how many tasks may be out when `taken` were taken from the input, unless that was said from
    /// outside.
    pub(crate) fn adapt(&self, limit: usize, taken: usize) {
        if self.fixed {
            return;
        }
        // Not less than half at once: one batch may have been held up.
        let limit = limit.max(self.limit.load(Ordering::Relaxed) / 2);
        self.limit.store(limit, Ordering::Relaxed);
        if self.proven.load(Ordering::Relaxed).max(self.least) < limit
            && let Some(footprint) = &self.footprint
        {
            self.look(footprint, taken);
        }
    }

    /// Sets how many tasks may be out by what memory has become of those that are.
    fn look(&self, footprint: &Footprint, taken: usize) {
        let held = taken.saturating_sub(self.given.load(Ordering::SeqCst));
        let Some(grown) = footprint.growth() else { return };
        let proven = self.proven.load(Ordering::Relaxed).max(self.least);
        if held <= self.least && grown > HELD_BYTES / 2 {
            footprint.rest();
        }
        // All but those of the other jobs have finished.
        let finished = (held + 1).saturating_sub(self.least / 2).max(1);
        let each = (grown / finished).max(size_of::<R>()).max(1);
        // Few results say little about many.
        let fits = if grown < HELD_BYTES { (HELD_BYTES / each).min(8 * proven) } else { 0 };
        self.proven.store(fits.max(self.least), Ordering::Relaxed);
    }

    /// Whether enough room is there to go on: not for every single result, where the window is large.
    pub(crate) fn has_room(&self, taken: usize) -> bool {
        let given = self.given.load(Ordering::SeqCst);
        let allowed = self.allowed(given);
        taken.saturating_sub(given) <= allowed - allowed.div_ceil(2)
    }

    /// How many tasks may be out when `given` results were given.
    fn allowed(&self, given: usize) -> usize {
        let limit = self.limit.load(Ordering::Relaxed);
        if self.fixed {
            return limit;
        }
        let for_memory = match self.weight.load(Ordering::Relaxed) {
            0 if self.footprint.is_some() => self.proven.load(Ordering::Relaxed).max(self.least),
            0 => self.least.saturating_add(given.saturating_mul(EARNED)),
            weight => (HELD_BYTES / weight).max(self.least),
        };
        limit.min(for_memory)
    }

    /// Waits as long as `idle` says so, or for `pause`; woken when the consumer has made room and by
    /// [`wake_all`](Self::wake_all).
    ///
    /// The flag is set before `idle` looks at the room, and read after the consumer has made some: one of the
    /// two sees the other.
    pub(crate) fn wait_while<'s>(
        &self,
        state: MutexGuard<'s, State<R>>,
        pause: Option<Duration>,
        idle: impl Fn(&State<R>) -> bool,
    ) -> MutexGuard<'s, State<R>> {
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let idle = |state: &mut State<R>| idle(state);
        let state = match pause {
            None => self.consumed.wait_while(state, idle),
            Some(pause) => self.consumed.wait_timeout_while(state, pause, idle),
        };
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        state
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock()
    }

    /// Rung when results have arrived, or something else has happened, after [`State::await_ring`].
    pub(crate) fn arrived(&self) -> &Arc<Bell> {
        &self.arrived
    }

    /// One more result went to the consumer; `taken` tasks were taken from the input. Wakes who waits for
    /// room.
    pub(crate) fn give(&self, taken: usize) {
        self.given.fetch_add(1, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 && self.has_room(taken) {
            drop(self.state.lock());
            self.consumed.notify_all();
        }
        if let Some(wake) = &self.waker
            && self.starved.load(Ordering::SeqCst)
            && self.has_room(taken)
            && self.starved.swap(false, Ordering::SeqCst)
        {
            wake();
        }
    }

    /// Wakes everybody to look again.
    pub(crate) fn wake_all(&self) {
        drop(self.state.lock());
        self.consumed.notify_all();
        self.arrived.ring();
        if let Some(wake) = &self.waker {
            wake();
        }
    }

    /// Says, when dropped, that the run is over: nothing more will arrive.
    pub(crate) fn end_on_drop(&self) -> impl Drop {
        struct End<'w, R>(&'w Window<R>);
        impl<R> Drop for End<'_, R> {
            fn drop(&mut self) {
                self.0.state.lock().ended = true;
                self.0.arrived.ring();
            }
        }
        End(self)
    }
}

impl<R> State<R> {
    /// Moves what is ready into `buffer`, which is empty. Whether there was something.
    pub(crate) fn take_ready(&mut self, buffer: &mut VecDeque<R>) -> bool {
        std::mem::swap(&mut self.ready, buffer);
        !buffer.is_empty()
    }

    /// Whether the results of all tasks before `index` have been handed out, in a stream that keeps the
    /// order.
    pub(crate) fn has_reached(&self, index: usize) -> bool {
        self.ordered && self.next >= index
    }

    /// The consumer is about to wait for the bell.
    pub(crate) fn await_ring(&mut self) {
        self.consumer_waits = true;
    }

    fn put(&mut self, index: usize, result: R) {
        if !self.ordered {
            self.ready.push_back(result);
            return;
        }
        let slot = index - self.next;
        if slot == 0 && self.early.is_empty() {
            self.next += 1;
            self.ready.push_back(result);
            return;
        }
        if self.early.len() <= slot {
            self.early.resize_with(slot + 1, || None);
        }
        self.early[slot] = Some(result);
        while let Some(Some(_)) = self.early.front() {
            self.next += 1;
            self.ready.extend(self.early.pop_front().flatten());
        }
    }

    pub(crate) fn unorder(&mut self) {
        self.ordered = false;
        let early = std::mem::take(&mut self.early);
        self.ready.extend(early.into_iter().flatten());
    }
}

impl<R: Send> Sink<R> for Window<R> {
    fn accept(&self, _: usize, _: Vec<R>) {}

    fn batch(_: usize) -> Vec<R> {
        Vec::new()
    }

    /// At once: the consumer may be waiting for this very result while the next task of the batch takes long.
    fn put(&self, index: usize, result: R, _: &mut Vec<R>) {
        let mut state = self.state.lock();
        state.put(index, result);
        if state.consumer_waits && !state.ready.is_empty() {
            state.consumer_waits = false;
            drop(state);
            self.arrived.ring();
        }
    }

    /// Large ones count at once, and are forgotten as smaller ones come.
    #[cfg(all(unix, feature = "processes"))]
    fn weigh(&self, bytes: usize) {
        let before = self.weight.load(Ordering::Relaxed);
        self.weight.store(bytes.max(before - before / 8).max(1), Ordering::Relaxed);
    }

    fn room(&self, next: usize) -> usize {
        let mut most = usize::MAX;
        if let Some(footprint) = &self.footprint {
            // Results may become larger than they were, within a batch, too.
            most = UNSEEN;
            if footprint.is_due() {
                self.look(footprint, next);
            }
        }
        let room = || {
            let given = self.given.load(Ordering::SeqCst);
            self.allowed(given).saturating_sub(next.saturating_sub(given)).min(most)
        };
        match room() {
            // Set before looking once more: the consumer looks at it after having made room.
            0 if self.waker.is_some() => {
                self.starved.store(true, Ordering::SeqCst);
                room()
            }
            room => room,
        }
    }
}
