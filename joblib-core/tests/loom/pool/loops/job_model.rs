//! A loop lives on its owner's stack: nobody touches it after the owner has left.

use super::help_link::HelpLink;
use super::latch::Latch;
use crate::explore;
use crate::pool::threads::Waiter;
use crate::pool::threads::sync::{Mutex, Parker};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

/// A loop: claims on it, and something that the owner overwrites once it believes to be alone.
struct Loop {
    latch: Latch,
    body: UnsafeCell<u32>,
    link: HelpLink<Loop>,
}

impl Loop {
    fn new(claims: usize) -> Self {
        Self { latch: Latch::new(claims), body: UnsafeCell::new(0), link: HelpLink::cut_off() }
    }

    fn run(&self) {
        // SAFETY: loom reports an access that overlaps with the owner's.
        self.body.with(|body| assert_eq!(unsafe { *body }, 0));
    }

    /// What returning from `run` does to the stack frame.
    fn destroy(&self) {
        // SAFETY: as above.
        self.body.with_mut(|body| unsafe { *body = 1 });
    }
}

/// The owner's worker slot, which outlives its loops.
struct Slot(Waiter);

fn wait(job: &Loop, slot: &Slot, parker: &Parker) {
    while !job.latch.is_free() {
        slot.0.park(parker, None, || job.latch.is_free());
    }
}

/// A job reference is a pointer; loom tracks the loop itself.
#[derive(Clone)]
struct JobRef(Arc<Loop>);

impl JobRef {
    fn release(self, slot: &Slot) {
        // SAFETY: the loop is kept in memory by the model, so that a late access is seen and not a crash.
        unsafe { Latch::release(&raw const self.0.latch, &slot.0) };
    }
}

fn owner() -> (Parker, Arc<Slot>) {
    let parker = Parker::new();
    let slot = Arc::new(Slot(Waiter::new(&parker)));
    (parker, slot)
}

#[test]
fn the_owner_leaves_after_the_last_claim_and_is_woken() {
    explore(|| {
        let (parker, slot) = owner();
        let job = Arc::new(Loop::new(2));
        for _ in 0..2 {
            let (job_ref, slot) = (JobRef(job.clone()), slot.clone());
            thread::spawn(move || {
                job_ref.0.run();
                job_ref.release(&slot);
            });
        }
        wait(&job, &slot, &parker);
        job.destroy();
    });
}

#[test]
fn a_job_is_stolen_and_copied_or_taken_back() {
    explore(|| {
        let (parker, slot) = owner();
        let job = Arc::new(Loop::new(1));
        let deque = Arc::new(Mutex::new(vec![JobRef(job.clone())]));
        for _ in 0..2 {
            let (deque, slot) = (deque.clone(), slot.clone());
            thread::spawn(move || {
                let stolen = deque.lock().pop();
                let Some(job_ref) = stolen else { return };
                job_ref.0.latch.add();
                deque.lock().push(job_ref.clone());
                job_ref.0.run();
                let back = deque.lock().pop();
                if let Some(back) = back {
                    back.release(&slot);
                }
                job_ref.release(&slot);
            });
        }
        job.run();
        let back = deque.lock().pop();
        if let Some(back) = back {
            back.release(&slot);
        }
        wait(&job, &slot, &parker);
        job.destroy();
    });
}

#[test]
fn a_visitor_comes_in_time_or_not_at_all() {
    explore(|| {
        let outer = Arc::new(Loop::new(0));
        let inner_owner = thread::spawn({
            let outer = outer.clone();
            move || {
                let (parker, slot) = owner();
                let inner = Arc::new(Loop::new(0));
                let visitor = thread::spawn({
                    let (outer, slot, keep) = (outer.clone(), slot.clone(), inner.clone());
                    move || {
                        if let Some(inner) = outer.link.follow(|inner| inner.latch.add()) {
                            assert_eq!(inner, Arc::as_ptr(&keep));
                            keep.run();
                            JobRef(keep.clone()).release(&slot);
                        }
                    }
                });
                // SAFETY: the link is cut below, and visitors are waited for after that.
                unsafe { outer.link.lead_to(Arc::as_ptr(&inner)) };
                inner.run();
                wait(&inner, &slot, &parker);
                outer.link.cut();
                wait(&inner, &slot, &parker);
                inner.destroy();
                visitor.join().unwrap();
            }
        });
        inner_owner.join().unwrap();
    });
}
