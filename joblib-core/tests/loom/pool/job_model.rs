//! A loop lives on its owner's stack: nobody touches it after the owner has left.

use super::door::Door;
use super::latch::{Latch, Waiter};
use super::sync::{Mutex, Parker};
use crate::explore;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

/// A loop: claims on it, and something that the owner overwrites once it believes to be alone.
struct Loop {
    latch: Latch,
    body: UnsafeCell<u32>,
    door: Door<Loop>,
}

impl Loop {
    fn new(claims: usize) -> Self {
        Self { latch: Latch::new(claims), body: UnsafeCell::new(0), door: Door::shut() }
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

/// The owner's seat, which outlives its loops.
struct Seat(Waiter);

fn wait(job: &Loop, seat: &Seat, parker: &Parker) {
    while !job.latch.is_free() {
        seat.0.park(parker, None, || job.latch.is_free());
    }
}

/// A ticket is a pointer; loom tracks the loop itself.
#[derive(Clone)]
struct Ticket(Arc<Loop>);

impl Ticket {
    fn release(self, seat: &Seat) {
        // SAFETY: the loop is kept in memory by the model, so that a late access is seen and not a crash.
        unsafe { Latch::release(&raw const self.0.latch, &seat.0) };
    }
}

fn owner() -> (Parker, Arc<Seat>) {
    let parker = Parker::new();
    let seat = Arc::new(Seat(Waiter::new(&parker)));
    (parker, seat)
}

#[test]
fn the_owner_leaves_after_the_last_claim_and_is_woken() {
    explore(|| {
        let (parker, seat) = owner();
        let job = Arc::new(Loop::new(2));
        for _ in 0..2 {
            let (ticket, seat) = (Ticket(job.clone()), seat.clone());
            thread::spawn(move || {
                ticket.0.run();
                ticket.release(&seat);
            });
        }
        wait(&job, &seat, &parker);
        job.destroy();
    });
}

#[test]
fn a_ticket_is_stolen_and_copied_or_taken_back() {
    explore(|| {
        let (parker, seat) = owner();
        let job = Arc::new(Loop::new(1));
        let deque = Arc::new(Mutex::new(vec![Ticket(job.clone())]));
        for _ in 0..2 {
            let (deque, seat) = (deque.clone(), seat.clone());
            thread::spawn(move || {
                let stolen = deque.lock().unwrap().pop();
                let Some(ticket) = stolen else { return };
                ticket.0.latch.add();
                deque.lock().unwrap().push(ticket.clone());
                ticket.0.run();
                let back = deque.lock().unwrap().pop();
                if let Some(back) = back {
                    back.release(&seat);
                }
                ticket.release(&seat);
            });
        }
        job.run();
        let back = deque.lock().unwrap().pop();
        if let Some(back) = back {
            back.release(&seat);
        }
        wait(&job, &seat, &parker);
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
                let (parker, seat) = owner();
                let inner = Arc::new(Loop::new(0));
                let visitor = thread::spawn({
                    let (outer, seat, keep) = (outer.clone(), seat.clone(), inner.clone());
                    move || {
                        if let Some(inner) = outer.door.visit(|inner| inner.latch.add()) {
                            assert_eq!(inner, Arc::as_ptr(&keep));
                            keep.run();
                            Ticket(keep.clone()).release(&seat);
                        }
                    }
                });
                // SAFETY: the door is closed below, and visitors are waited for after that.
                unsafe { outer.door.open(Arc::as_ptr(&inner)) };
                inner.run();
                wait(&inner, &seat, &parker);
                outer.door.close();
                wait(&inner, &seat, &parker);
                inner.destroy();
                visitor.join().unwrap();
            }
        });
        inner_owner.join().unwrap();
    });
}
