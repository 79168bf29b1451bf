//! What a thread of the pool does: look for a job, and sleep while there is none.

use super::backoff::Backoff;
use super::job_ref::JobRef;
use super::registry::Registry;
use super::worker_slot::WorkerThread;
use crate::pool::clock;

/// Runs until the pool closes, as worker number `me`.
pub(in crate::pool) fn work(registry: &Registry, me: usize) {
    let worker = WorkerThread::for_life(registry.slot(me));
    registry.sleepers.begin_search();
    while let Some(job) = search(registry, me, &worker) {
        if registry.sleepers.end_search() {
            registry.wake_if_offering();
        }
        job.execute(me);
        registry.sleepers.begin_search();
    }
}

/// Looks for a job, awake for a while and then asleep. `None` when the pool closes.
fn search(registry: &Registry, me: usize, worker: &WorkerThread<'_>) -> Option<JobRef> {
    loop {
        let (began, mut backoff) = (clock::ticks(), Backoff::new());
        while clock::since(began) < registry.search_time {
            if let Some(job) = registry.find_job(me) {
                return Some(job);
            }
            backoff.snooze();
        }
        registry.sleepers.announce(me);
        let last_look = registry.find_job(me);
        if last_look.is_none() && !registry.is_closing() {
            worker.park();
        }
        registry.sleepers.withdraw(me);
        if registry.is_closing() {
            return None;
        }
        if last_look.is_some() {
            return last_look;
        }
    }
}
