//! Workers that wait for their next run, shared by all runs of the process. A child made by `fork` starts its
//! own.
//!
//! A thread looks after them when the first should have ended, for having been idle too long, so that none
//! stays behind.

use super::spawn::{Settings, Worker};
use crate::Result;
use joblib_core::fork::{PerProcess, Process};
use joblib_core::sync::{Condvar, Mutex};
use std::sync::MutexGuard;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Idle {
    workers: Vec<Waiting>,
    is_watched: bool,
    /// When the thread looks next.
    next_look: Option<Instant>,
}

struct Waiting {
    worker: Worker,
    /// When it should have ended by itself.
    until: Instant,
}

/// How long after its time a worker may still be ending.
const GRACE: Duration = Duration::from_millis(50);

/// How long the thread that looks after them outlasts them: a run may have taken them.
const LINGER: Duration = Duration::from_secs(1);

static IDLE: PerProcess<(Mutex<Idle>, Condvar)> = PerProcess::new();

fn idle() -> MutexGuard<'static, Idle> {
    IDLE.get_or_init(Default::default).0.lock()
}

/// A worker with these settings: one that waits, or a new one.
pub(super) fn take(settings: &Settings) -> Result<Worker> {
    loop {
        let waiting = {
            let mut idle = idle();
            let index = idle.workers.iter().rposition(|waiting| waiting.worker.settings == *settings);
            index.map(|index| idle.workers.swap_remove(index))
        };
        let Some(Waiting { mut worker, .. }) = waiting else { return Worker::start(settings) };
        if worker.is_quiet() {
            return Ok(worker);
        }
    }
}

/// Lets a worker wait for its next run.
pub(super) fn give_back(worker: Worker) {
    let limit = Duration::from_millis(worker.settings.idle_timeout_ms);
    // A time too long to be counted is as good as forever.
    let until = Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + FOR_EVER);
    let mut idle = idle();
    idle.workers.push(Waiting { worker, until });
    if idle.next_look.is_some_and(|look| until + GRACE < look) {
        IDLE.get_or_init(Default::default).1.notify_one();
    }
    if !std::mem::replace(&mut idle.is_watched, true) {
        idle.is_watched = thread::Builder::new().name("joblib-idle".into()).spawn(watch).is_ok();
    }
}

const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

impl Idle {
    /// Takes out the workers that have ended, to be dropped without the lock.
    fn remove_ended(&mut self) -> Vec<Waiting> {
        self.workers.extract_if(.., |waiting| !waiting.worker.is_alive()).collect()
    }
}

/// Looks after idle workers until there have been none for a while.
fn watch() {
    let process = Process::current();
    let mut guard = idle();
    let mut was_empty = false;
    while process.is_current() {
        let gone = guard.remove_ended();
        if !gone.is_empty() {
            drop(guard);
            drop(gone);
            guard = idle();
            continue;
        }
        let first = guard.workers.iter().map(|waiting| waiting.until).min();
        if first.is_none() && was_empty {
            (guard.is_watched, guard.next_look) = (false, None);
            return;
        }
        was_empty = first.is_none();
        let now = Instant::now();
        let look = first.map_or(now + LINGER, |first| (first + GRACE).max(now + GRACE));
        guard.next_look = Some(look);
        let (_, woken) = IDLE.get_or_init(Default::default);
        guard = woken.wait_timeout(guard, look - now).0;
    }
}
