//! One computation per key inside a process: single flight.
//!
//! The first caller of a key that is not stored leads a *flight*; later ones wait for it to land. Landing
//! hands over the result where its type can be shared, and otherwise the news that there is nothing more to
//! wait for. The protocol, and when waiting ends early, are described in `README.md` beside this file.
//!
//! A child made by `fork` has flights of its own: the leaders of those it inherited do not exist there.

use super::task::{Poller, this_thread, wake};
use super::timer::sleep;
use crate::Key;
use crate::computation::{self, Computation, Waiting};
use crate::fork::{PerProcess, Process};
use crate::store::FunctionId;
use crate::sync::{Condvar, Mutex};
use std::any::Any;
use std::collections::HashMap;
use std::future::poll_fn;
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// How long a wait is before it is reported.
pub(super) const LONG: Duration = Duration::from_secs(20);
/// How often a waiting task looks whether its leader is polled.
const LOOK: Duration = Duration::from_secs(3);

/// A value on its way from the leader to the waiters.
pub(crate) type Shared = Arc<dyn Any + Send + Sync>;

/// The flights of one function.
#[derive(Default)]
pub(crate) struct Flights {
    open: PerProcess<Mutex<Open>>,
}

type Open = HashMap<u128, Arc<Flight>, BuildHasherDefault<KeyBits>>;

/// What a caller is to do.
pub(crate) enum Boarding<'a> {
    /// Compute, then [`Leader::land`].
    Lead(Leader<'a>),
    /// Wait for the flight of another.
    Wait(Arc<Flight>),
}

impl Flights {
    /// Leads a new flight for the key, or joins the one under way.
    pub(crate) fn board(&self, key: Key) -> Boarding<'_> {
        let mut open = self.open();
        if let Some(flight) = open.get(&key.0) {
            flight.is_awaited.store(true, Ordering::Relaxed);
            return Boarding::Wait(Arc::clone(flight));
        }
        let flight = Arc::new(Flight::new(key));
        open.insert(key.0, Arc::clone(&flight));
        Boarding::Lead(Leader { flights: self, flight, is_over: false })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.get_or_init(Mutex::default).lock()
    }
}

/// One computation under way. It is also the waker of the leader's future, so that others can tell whether
/// that is polled.
pub(crate) struct Flight {
    key: Key,
    outer: Option<Arc<dyn Computation>>,
    process: Process,
    leader: ThreadId,
    /// Set under the lock of the list of flights.
    is_awaited: AtomicBool,
    polls: AtomicU64,
    is_woken: AtomicBool,
    state: Mutex<State>,
    landed: Condvar,
}

#[derive(Default)]
struct State {
    landing: Option<Landing>,
    /// Threads blocked on the condition: waking nobody costs a system call.
    blocked: usize,
    waiters: Vec<(u64, Waker)>,
    last_waiter: u64,
    poller: Option<Poller>,
}

/// How waiting ended.
#[derive(Clone)]
pub(crate) enum Landing {
    /// The leader's result.
    Value(Shared),
    /// It has been computed, and can be had only from the store, if at all.
    Computed,
    /// The leader panicked or was dropped.
    Abandoned,
    /// Waiting longer could last for ever: compute.
    WouldDeadlock,
}

impl Computation for Flight {
    fn outer(&self) -> Option<&Arc<dyn Computation>> {
        self.outer.as_ref()
    }
}

impl Flight {
    fn new(key: Key) -> Self {
        Self {
            key,
            outer: computation::current(),
            process: Process::current(),
            leader: this_thread(),
            is_awaited: AtomicBool::new(false),
            polls: AtomicU64::new(0),
            is_woken: AtomicBool::new(false),
            state: Mutex::default(),
            landed: Condvar::new(),
        }
    }

    /// Blocks until the flight has landed, unless that could be never.
    pub(crate) fn wait(self: &Arc<Self>, function: &FunctionId) -> Landing {
        let Some(_waiting) = self.begin_wait() else { return Landing::WouldDeadlock };
        let mut is_said = false;
        let mut state = self.state.lock();
        loop {
            if let Some(landing) = &state.landing {
                return landing.clone();
            }
            state.blocked += 1;
            let is_long;
            (state, is_long) = self.landed.wait_timeout(state, LONG);
            state.blocked -= 1;
            if is_long && state.landing.is_none() && !is_said {
                is_said = true;
                drop(state);
                self.say_long(function);
                state = self.state.lock();
            }
        }
    }

    /// Waits without blocking until the flight has landed, unless that could be never.
    pub(crate) async fn landed(self: &Arc<Self>, function: &FunctionId) -> Landing {
        let Some(_waiting) = self.begin_wait() else { return Landing::WouldDeadlock };
        let mut waiter = Waiter { flight: self, number: 0, overtaken: None };
        let (since, mut is_said, mut woken_at) = (Instant::now(), false, None);
        loop {
            let mut look = pin!(sleep(LOOK));
            let landed = poll_fn(|cx| match waiter.poll(cx.waker()) {
                Some(landing) => Poll::Ready(Err(landing)),
                None => look.as_mut().poll(cx).map(Ok),
            });
            match landed.await {
                Err(landing) => return landing,
                // There is no thread to check from.
                Ok(false) => {
                    return poll_fn(|cx| waiter.poll(cx.waker()).map_or(Poll::Pending, Poll::Ready)).await;
                }
                Ok(true) => {}
            }
            if !is_said && since.elapsed() >= LONG {
                is_said = true;
                self.say_long(function);
            }
            let polls = self.is_woken.load(Ordering::Relaxed).then(|| self.polls.load(Ordering::Relaxed));
            if polls.is_some() && polls == woken_at {
                // Nobody else should wait for it either.
                self.land(Landing::Computed);
            }
            woken_at = polls;
        }
    }

    fn begin_wait(self: &Arc<Self>) -> Option<Waiting> {
        if self.process.is_current() { computation::wait(Arc::clone(self) as _) } else { None }
    }

    fn say_long(&self, function: &FunctionId) {
        crate::event!(
            WARN, %function, key = %self.key, leader = ?self.leader,
            "a call has long been waiting for another one with the same arguments; does that one wait for this one?"
        );
    }

    fn land(&self, landing: Landing) {
        if !self.process.is_current() {
            // Its waiters are all in the parent.
            return;
        }
        let (blocked, waiters) = {
            let mut state = self.state.lock();
            if state.landing.is_some() {
                return;
            }
            state.landing = Some(landing);
            (state.blocked > 0, std::mem::take(&mut state.waiters))
        };
        if blocked {
            self.landed.notify_all();
        }
        waiters.into_iter().for_each(|(_, waker)| wake(waker));
    }

    /// Notes that the leading task is being polled, and by whom.
    fn polled_by(&self, waker: &Waker) {
        self.is_woken.store(false, Ordering::Relaxed);
        let is_first = self.polls.fetch_add(1, Ordering::Relaxed) == 0;
        if is_first || !self.state.lock().poller.as_ref().is_some_and(|known| known.is(waker)) {
            let poller = Poller::current(waker);
            // Swapped, so that the former waker is dropped without the lock.
            let _former = self.state.lock().poller.replace(poller);
        }
    }
}

impl Wake for Flight {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Relaxed);
        // A child inherits the lock in whatever state it was.
        let state = if self.process.is_current() { Some(self.state.lock()) } else { self.state.try_lock() };
        let poller = state.and_then(|state| state.poller.clone());
        if let Some(poller) = poller {
            poller.wake();
        }
    }
}

/// A task that waits for a flight: its waker, until dropped.
struct Waiter<'f> {
    flight: &'f Flight,
    /// 0 before the first poll.
    number: u64,
    /// The polls of a leader of the same task, woken since, and how often the task has come round without
    /// another.
    overtaken: Option<(u64, u32)>,
}

impl Waiter<'_> {
    /// Asks whether the flight has landed, to be woken otherwise.
    fn poll(&mut self, waker: &Waker) -> Option<Landing> {
        if !self.flight.process.is_current() {
            return Some(Landing::WouldDeadlock);
        }
        // Cloned before the lock is taken, and dropped after: a waker is the executor's code.
        let own = waker.clone();
        let mut state = self.flight.state.lock();
        if let Some(landing) = state.landing.clone() {
            return Some(landing);
        }
        let is_woken = self.flight.is_woken.load(Ordering::Relaxed);
        let same_task = state.poller.as_ref().is_some_and(|leader| leader.is(waker));
        let polls = (is_woken && same_task).then(|| self.flight.polls.load(Ordering::Relaxed));
        self.overtaken = polls.map(|polls| match self.overtaken {
            Some((former, times)) if former == polls => (polls, times + 1),
            _ => (polls, 0),
        });
        // Futures that are joined may take turns: the one polled last in a round is first in the next.
        if self.overtaken.is_some_and(|(_, times)| times > 1) {
            return Some(Landing::WouldDeadlock);
        }
        let _spare = match state.waiters.iter_mut().find(|(number, _)| *number == self.number) {
            Some((_, known)) if known.will_wake(waker) => Some(own),
            Some((_, known)) => Some(std::mem::replace(known, own)),
            None => {
                state.last_waiter += 1;
                self.number = state.last_waiter;
                state.waiters.push((self.number, own));
                None
            }
        };
        drop(state);
        if self.overtaken.is_some() {
            // Poll once more: the leader has its turn then, or never.
            waker.wake_by_ref();
        }
        None
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.flight.process.is_current() {
            let mut state = self.flight.state.lock();
            let at = state.waiters.iter().position(|(number, _)| *number == self.number);
            let gone = at.map(|at| state.waiters.swap_remove(at));
            drop(state);
            drop(gone);
        }
    }
}

/// The duty to land a flight, at the latest on drop.
pub(crate) struct Leader<'a> {
    flights: &'a Flights,
    flight: Arc<Flight>,
    is_over: bool,
}

impl Leader<'_> {
    /// What is computed.
    pub(crate) fn computation(&self) -> Arc<dyn Computation> {
        Arc::clone(&self.flight) as _
    }

    /// Polls what is computed.
    pub(crate) fn poll<F: Future>(&self, body: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _inside = computation::enter(Some(self.computation()));
        if !self.flight.process.is_current() {
            return body.poll(cx);
        }
        self.flight.polled_by(cx.waker());
        body.poll(&mut Context::from_waker(&Waker::from(Arc::clone(&self.flight))))
    }

    /// Ends the flight; `share` gives what is handed over, and is asked only if somebody waits.
    pub(crate) fn land(mut self, share: impl FnOnce() -> Option<Shared>) {
        self.unlist();
        // Nobody can join any more. Where `share` panics, the flight is abandoned.
        let value = if self.flight.is_awaited.load(Ordering::Relaxed) { share() } else { None };
        self.end(value.map_or(Landing::Computed, Landing::Value));
    }

    /// Takes the flight out of the list: later callers find the stored value or lead flights of their own.
    fn unlist(&self) {
        let mut open = self.flights.open();
        let key = self.flight.key.0;
        if open.get(&key).is_some_and(|listed| Arc::ptr_eq(listed, &self.flight)) {
            open.remove(&key);
        }
    }

    fn end(&mut self, landing: Landing) {
        self.is_over = true;
        self.flight.land(landing);
        if self.flight.polls.load(Ordering::Relaxed) > 0 && self.flight.process.is_current() {
            let _poller = self.flight.state.lock().poller.take();
        }
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.unlist();
            self.end(Landing::Abandoned);
        }
    }
}

/// Keys are hashes already.
#[derive(Default)]
pub(crate) struct KeyBits(u64);

impl Hasher for KeyBits {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, bits: u64) {
        self.0 = self.0.rotate_left(32) ^ bits;
    }

    fn write_u128(&mut self, bits: u128) {
        self.0 = (bits >> 64) as u64 ^ bits as u64;
    }
}
