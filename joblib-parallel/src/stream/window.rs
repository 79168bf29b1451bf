//! Results that are there but not consumed yet, and how many tasks may be out.

use super::bell::Bell;
use crate::run::Sink;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

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
    /// Tasks that may be out.
    limit: AtomicUsize,
    /// As told; not to be adapted.
    fixed: bool,
    /// Told when there is room again, after there was none.
    waker: Option<Waker>,
    starved: AtomicBool,
}

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
    pub(crate) fn new(limit: Option<usize>, n_jobs: usize) -> Self {
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
            limit: AtomicUsize::new(limit.unwrap_or(2 * n_jobs).max(1)),
            fixed: limit.is_some(),
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

    pub(crate) fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets how many tasks may be out, unless that was said from outside.
    pub(crate) fn adapt(&self, limit: usize) {
        if !self.fixed {
            self.limit.store(limit, Ordering::Relaxed);
        }
    }

    /// Whether enough room is there to go on: not for every single result, where the window is large.
    pub(crate) fn has_room(&self, taken: usize) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        taken - self.given.load(Ordering::SeqCst) <= limit - limit.div_ceil(2)
    }

    /// Waits as long as `idle` says so; woken when the consumer has made room and by [`wake_all`](Self::wake_all).
    ///
    /// The flag is set before `idle` looks at the room, and read after the consumer has made some: one of the two
    /// sees the other.
    pub(crate) fn wait_while<'s>(
        &self,
        mut state: MutexGuard<'s, State<R>>,
        mut idle: impl FnMut(&State<R>) -> bool,
    ) -> MutexGuard<'s, State<R>> {
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while idle(&state) {
            state = self.consumed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        state
    }

    /// Rung when results have arrived, or something else has happened, after [`State::await_ring`].
    pub(crate) fn arrived(&self) -> &Arc<Bell> {
        &self.arrived
    }

    /// One more result went to the consumer; `taken` tasks were taken from the input. Wakes who waits for room.
    pub(crate) fn give(&self, taken: usize) {
        self.given.fetch_add(1, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 && self.has_room(taken) {
            drop(self.lock());
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
        drop(self.lock());
        self.consumed.notify_all();
        self.arrived.ring();
        if let Some(wake) = &self.waker {
            wake();
        }
    }

    /// The run is over: nothing more will arrive.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.arrived.ring();
    }
}

impl<R> State<R> {
    /// Moves what is ready into `buffer`, which is empty. Whether there was something.
    pub(crate) fn take_ready(&mut self, buffer: &mut VecDeque<R>) -> bool {
        std::mem::swap(&mut self.ready, buffer);
        !buffer.is_empty()
    }

    /// Whether the results of all tasks before `index` have been handed out, in a stream that keeps the order.
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
        let mut state = self.lock();
        state.put(index, result);
        if state.consumer_waits && !state.ready.is_empty() {
            state.consumer_waits = false;
            drop(state);
            self.arrived.ring();
        }
    }

    fn room(&self, next: usize) -> usize {
        let room = || {
            let out = next - self.given.load(Ordering::SeqCst);
            self.limit.load(Ordering::Relaxed).saturating_sub(out)
        };
        match room() {
            // Said before looking once more: the consumer looks at it after having made room.
            0 if self.waker.is_some() => {
                self.starved.store(true, Ordering::SeqCst);
                room()
            }
            room => room,
        }
    }
}
