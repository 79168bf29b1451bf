//! Threads beyond the pool's size, for loops that ask for more jobs than there are processors.
//!
//! Such loops wait (for files, for the network) rather than compute. Their additional participants are threads of
//! their own, each sent into one loop by the loop's owner; they never take part in anything else, so other loops are
//! not spread over more threads than the pool has. They are kept for a while for the next such loop.

use super::registry::Registry;
use super::stack;
use super::team::Ticket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a thread without work is kept.
const KEPT: Duration = Duration::from_secs(5);

/// The additional threads of a pool.
#[derive(Default)]
pub(super) struct Extras {
    /// The pool's setting.
    pub(super) stack_size: Option<usize>,
    idle: Mutex<Vec<Arc<Inbox>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    closing: AtomicBool,
}

/// Where a thread is given its loop and the seat it has there.
#[derive(Default)]
struct Inbox {
    order: Mutex<Option<(Ticket, usize)>>,
    arrived: Condvar,
}

impl Extras {
    /// Sends one more thread to the loop of `ticket`, on `seat`. Gives both back if the system refuses to start one.
    pub(super) fn send(
        &self,
        registry: &Arc<Registry>,
        ticket: Ticket,
        seat: usize,
    ) -> Result<(), (Ticket, usize)> {
        let idle = lock(&self.idle).pop();
        let inbox = match idle {
            Some(inbox) => inbox,
            None => match self.start(registry) {
                Ok(inbox) => inbox,
                Err(error) => {
                    crate::event!(WARN, %error, "a loop runs with fewer threads than asked for");
                    return Err((ticket, seat));
                }
            },
        };
        *lock(&inbox.order) = Some((ticket, seat));
        inbox.arrived.notify_one();
        Ok(())
    }

    fn start(&self, registry: &Arc<Registry>) -> std::io::Result<Arc<Inbox>> {
        let inbox = Arc::new(Inbox::default());
        let (own, registry) = (Arc::clone(&inbox), Arc::clone(registry));
        let mut thread = thread::Builder::new().name("joblib-extra".into());
        if let Some(bytes) = stack::size(self.stack_size) {
            thread = thread.stack_size(bytes);
        }
        let handle = thread.spawn(move || serve(&registry, &own))?;
        let mut threads = lock(&self.threads);
        threads.retain(|thread| !thread.is_finished());
        threads.push(handle);
        Ok(inbox)
    }

    /// Takes a thread off the list because it ends. False if it has been given a loop meanwhile.
    fn resign(&self, inbox: &Arc<Inbox>) -> bool {
        let mut idle = lock(&self.idle);
        let before = idle.len();
        idle.retain(|other| !Arc::ptr_eq(other, inbox));
        idle.len() < before
    }

    /// Ends all threads; they are idle, because a pool is closed only when it runs no loop.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        for inbox in lock(&self.idle).iter() {
            let _order = lock(&inbox.order);
            inbox.arrived.notify_one();
        }
    }

    pub(super) fn join(&self) {
        let threads = std::mem::take(&mut *lock(&self.threads));
        for thread in threads {
            let _ = thread.join();
        }
    }
}

/// What an additional thread does.
fn serve(registry: &Arc<Registry>, inbox: &Arc<Inbox>) {
    while let Some((ticket, seat)) = next_order(&registry.extras, inbox) {
        ticket.redeem_as_guest(registry, seat);
        lock(&registry.extras.idle).push(Arc::clone(inbox));
    }
}

/// Waits for a loop; `None` when the thread should end.
fn next_order(extras: &Extras, inbox: &Arc<Inbox>) -> Option<(Ticket, usize)> {
    let mut order = lock(&inbox.order);
    loop {
        if let Some(order) = order.take() {
            return Some(order);
        }
        if extras.closing.load(Ordering::Relaxed) {
            return None;
        }
        let (next, timeout) = inbox.arrived.wait_timeout(order, KEPT).unwrap_or_else(PoisonError::into_inner);
        order = next;
        if timeout.timed_out() && order.is_none() {
            // The list is locked before inboxes elsewhere, never the other way round.
            drop(order);
            if extras.resign(inbox) {
                return None;
            }
            order = lock(&inbox.order);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
