//! One computation per key inside a process.
//!
//! The first caller of a key that is not stored leads a *flight*; later ones wait for it to land. Landing hands
//! over the value, where its type can be shared and somebody waits, and otherwise the news that looking it up again may
//! help. A leader that panics or is dropped lands empty-handed, and one of the waiters leads the next flight.
//!
//! Waiting must not deadlock. Each blocked thread is listed with the flight it waits for; a thread about to wait
//! follows owner -> flight waited for -> owner .. and computes by itself if the chain ends at its own.
//! Chains through locks, channels or other thread pools cannot be seen; `patience` notices when the whole process
//! stands still.
//!
//! A child made by `fork` has flights of its own: the leaders of those it inherited do not exist there.

use super::patience::Patience;
use super::task::{Owner, Poller, TaskWait, Turn};
use crate::Key;
use crate::fork::{PerProcess, Process};
use std::any::Any;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// A value on its way from the leader to those who wait.
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
    pub(crate) fn board(&self, key: Key, owner: Owner) -> Boarding<'_> {
        let mut open = self.open();
        if let Some(flight) = open.get(&key.0) {
            return Boarding::Wait(Arc::clone(flight));
        }
        let flight = Arc::new(Flight::new(owner));
        open.insert(key.0, Arc::clone(&flight));
        Boarding::Lead(Leader { flights: self, key, flight })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        lock(self.open.get_or_init(Mutex::default))
    }
}

/// One computation under way.
pub(crate) struct Flight {
    owner: Owner,
    process: Process,
    polls: AtomicU64,
    state: Mutex<State>,
    landed: Condvar,
}

#[derive(Default)]
struct State {
    outcome: Option<Outcome>,
    /// Threads blocked on the condition: waking nobody costs a system call.
    blocked: usize,
    wakers: Vec<Waker>,
    leader: Option<Poller>,
}

#[derive(Clone)]
enum Outcome {
    Shared(Shared),
    LookAgain,
}

/// How waiting ended.
pub(crate) enum Landing {
    /// The leader's value.
    Value(Shared),
    /// The flight is over: look the value up, or lead the next one.
    LookAgain,
    /// Waiting on could last for ever: compute.
    WouldDeadlock,
}

impl Flight {
    fn new(owner: Owner) -> Self {
        Self {
            owner,
            process: Process::current(),
            polls: AtomicU64::new(0),
            state: Mutex::default(),
            landed: Condvar::new(),
        }
    }

    /// Blocks until the flight has landed, unless that could be never.
    pub(crate) fn wait(self: &Arc<Self>) -> Landing {
        if !self.process.is_current() {
            return Landing::WouldDeadlock;
        }
        let Some(_listed) = Listed::enter(self) else { return Landing::WouldDeadlock };
        let mut patience = Patience::new();
        let mut state = lock(&self.state);
        loop {
            if let Some(outcome) = &state.outcome {
                return outcome.clone().into();
            }
            state.blocked += 1;
            let (guard, timeout) =
                self.landed.wait_timeout(state, Patience::SLICE).unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.blocked -= 1;
            if timeout.timed_out() && patience.is_over() {
                return Landing::WouldDeadlock;
            }
        }
    }

    /// Asks whether the flight has landed, to be woken otherwise.
    pub(crate) fn poll(&self, waker: &Waker, wait: &mut TaskWait) -> Option<Landing> {
        if !self.process.is_current() {
            return Some(Landing::WouldDeadlock);
        }
        // Cloned before the lock is taken: a waker is the executor's code.
        let own = waker.clone();
        let mut state = lock(&self.state);
        if let Some(outcome) = &state.outcome {
            return Some(outcome.clone().into());
        }
        let same_task = state.leader.as_ref().is_some_and(|leader| leader.is(waker));
        if wait.turn(same_task, self.polls.load(Ordering::Relaxed)) == Turn::Stuck {
            return Some(Landing::WouldDeadlock);
        }
        if !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(own);
        }
        None
    }

    fn land(&self, outcome: Outcome) {
        if !self.process.is_current() {
            // Whoever waits for it does so in the parent.
            return;
        }
        let (blocked, wakers) = {
            let mut state = lock(&self.state);
            if state.outcome.is_some() {
                return;
            }
            state.outcome = Some(outcome);
            (state.blocked > 0, std::mem::take(&mut state.wakers))
        };
        if blocked {
            self.landed.notify_all();
        }
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl From<Outcome> for Landing {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Shared(value) => Landing::Value(value),
            Outcome::LookAgain => Landing::LookAgain,
        }
    }
}

/// The duty to land a flight; done on drop at the latest.
pub(crate) struct Leader<'a> {
    flights: &'a Flights,
    key: Key,
    flight: Arc<Flight>,
}

impl Leader<'_> {
    /// Ends the flight; `share` gives what is handed over, and is asked only if somebody waits.
    pub(crate) fn land(self, share: impl FnOnce() -> Option<Shared>) {
        self.unlist();
        // Nobody boards any more, so whoever holds the flight beside its leader waits for it.
        let value = if Arc::strong_count(&self.flight) > 1 { share() } else { None };
        self.flight.land(value.map_or(Outcome::LookAgain, Outcome::Shared));
    }

    /// Notes that the leading task is being polled, and by whom.
    pub(crate) fn polled_by(&self, waker: &Waker) {
        self.flight.polls.fetch_add(1, Ordering::Relaxed);
        if !self.flight.process.is_current() {
            return;
        }
        if !lock(&self.flight.state).leader.as_ref().is_some_and(|known| known.is(waker)) {
            let poller = Poller::current(waker);
            // Swapped, so that the former waker is dropped without the lock.
            let _former = lock(&self.flight.state).leader.replace(poller);
        }
    }

    /// Takes the flight out of the list: whoever looks from here on finds the stored value or leads a flight of its own.
    fn unlist(&self) {
        let mut open = self.flights.open();
        if open.get(&self.key.0).is_some_and(|listed| Arc::ptr_eq(listed, &self.flight)) {
            open.remove(&self.key.0);
        }
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.unlist();
        self.flight.land(Outcome::LookAgain);
    }
}

/// The waiting thread's line in the list of who waits for which flight.
struct Listed {
    thread: u64,
}

static WAITING: PerProcess<Mutex<HashMap<u64, Arc<Flight>>>> = PerProcess::new();

fn waiting() -> MutexGuard<'static, HashMap<u64, Arc<Flight>>> {
    lock(WAITING.get_or_init(Mutex::default))
}

impl Listed {
    /// `None` if the flight's owner waits, through any number of flights, for the calling thread.
    fn enter(flight: &Arc<Flight>) -> Option<Self> {
        let me = Owner::this_thread();
        let Owner::Thread(thread) = me else { return None };
        let mut waiting = waiting();
        let mut next = flight;
        loop {
            if next.owner == me {
                return None;
            }
            let Owner::Thread(owner) = next.owner else { break };
            match waiting.get(&owner) {
                Some(further) => next = further,
                None => break,
            }
        }
        waiting.insert(thread, Arc::clone(flight));
        Some(Self { thread })
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        waiting().remove(&self.thread);
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
