//! Time limits per task, from the task's own start.
//!
//! A thread cannot be ended from outside. A task that is out of time is told so
//! ([`is_cancelled`](crate::is_cancelled)), the run fails with a time-out, no later task starts, and what the
//! task returns in the end is dropped.

use super::verdict::{Failure, Verdict};
use crate::Error;
use joblib_core::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// What each worker of a run is doing since when.
pub(crate) struct Deadlines {
    limit: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// By slot: the running task and its start.
    running: Vec<Option<(usize, Instant)>>,
    over: bool,
}

/// A task that runs.
pub(crate) struct Timed<'d> {
    deadlines: &'d Deadlines,
    slot: usize,
    index: usize,
    started: Instant,
}

impl Deadlines {
    pub(crate) fn new(limit: Duration, slots: usize) -> Self {
        let state = State { running: vec![None; slots], over: false };
        Self { limit, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Worker `slot` starts the task at `index`.
    pub(crate) fn start(&self, slot: usize, index: usize) -> Timed<'_> {
        let started = Instant::now();
        let mut state = self.state.lock();
        if let Some(running) = state.running.get_mut(slot) {
            *running = Some((index, started));
        }
        Timed { deadlines: self, slot, index, started }
    }

    /// Watches until [`end`](Self::end), failing tasks as their time runs out and calling `late` after each.
    pub(crate) fn watch<E>(&self, verdict: &Verdict<E>, late: &dyn Fn()) {
        let mut state = self.state.lock();
        while !state.over {
            let now = Instant::now();
            let mut wait = self.limit;
            for running in &mut state.running {
                let Some((index, started)) = *running else { continue };
                // A limit that is beyond all time never passes.
                let Some(end) = started.checked_add(self.limit) else { continue };
                match end.checked_duration_since(now) {
                    Some(left) if !left.is_zero() => wait = wait.min(left),
                    _ => {
                        verdict.fail(index, Failure::Run(Error::timeout(index, self.limit)));
                        late();
                        *running = None;
                    }
                }
            }
            let woken = self.changed.wait_timeout(state, wait);
            state = woken.0;
        }
    }

    /// Lets [`watch`](Self::watch) return.
    pub(crate) fn end(&self) {
        self.state.lock().over = true;
        self.changed.notify_all();
    }
}

impl Timed<'_> {
    /// The task ended; the error if its time had run out.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let limit = self.deadlines.limit;
        let mut state = self.deadlines.state.lock();
        if let Some(running) = state.running.get_mut(self.slot) {
            *running = None;
        }
        if self.started.elapsed() <= limit { Ok(()) } else { Err(Error::timeout(self.index, limit)) }
    }
}
