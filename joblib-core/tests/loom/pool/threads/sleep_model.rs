//! No job is left lying while a worker sleeps.

use super::sleep::Sleepers;
use super::sync::{AtomicUsize, Ordering, Parker, Unparker, fence};
use crate::explore;
use loom::sync::Arc;
use loom::thread;

/// A pool of `N` workers with one deque, which is a count.
struct Pool {
    sleepers: Sleepers,
    jobs: AtomicUsize,
    unparkers: Vec<Unparker>,
}

impl Pool {
    /// Looks into the deque the way thieves do: a relaxed look first.
    fn steal(&self) -> bool {
        let mut seen = self.jobs.load(Ordering::Relaxed);
        while seen > 0 {
            match self.jobs.compare_exchange(seen, seen - 1, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    fn publish(&self) {
        self.jobs.fetch_add(1, Ordering::Release);
        self.wake_one();
    }

    fn wake_one(&self) {
        if let Some(worker) = self.sleepers.pick_after_publishing() {
            self.unparkers[worker].unpark();
        }
    }

    /// A worker's search for one job, without the time spent awake.
    fn work(&self, me: usize, parker: &Parker) {
        self.sleepers.begin_search();
        loop {
            self.sleepers.announce(me);
            let mut found = self.steal();
            if !found {
                parker.park();
            }
            self.sleepers.withdraw(me);
            found = found || self.steal();
            if found {
                break;
            }
        }
        if self.sleepers.end_search() {
            fence(Ordering::SeqCst);
            if self.sleepers.anyone_asleep() && self.jobs.load(Ordering::Relaxed) > 0 {
                self.wake_one();
            }
        }
    }
}

/// Every one of the workers gets one of the jobs; a lost wake-up is a deadlock, which loom reports.
fn all_jobs_are_found(workers: usize, publishers: usize) {
    explore(move || {
        let parkers: Vec<Parker> = (0..workers).map(|_| Parker::new()).collect();
        let pool = Arc::new(Pool {
            sleepers: Sleepers::new(workers),
            jobs: AtomicUsize::new(0),
            unparkers: parkers.iter().map(|parker| parker.unparker().clone()).collect(),
        });
        let threads: Vec<_> = parkers
            .into_iter()
            .enumerate()
            .map(|(me, parker)| {
                let pool = pool.clone();
                thread::spawn(move || pool.work(me, &parker))
            })
            .collect();
        for _ in 0..publishers {
            pool.publish();
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn one_worker_never_sleeps_through_a_job() {
    all_jobs_are_found(1, 1);
}

#[test]
fn two_workers_find_two_jobs() {
    all_jobs_are_found(2, 2);
}
