//! Threads beyond the pool's size, for loops that ask for more jobs than there are processors.
//!
//! Such loops wait (for files, for the network) rather than compute. Their additional participants are
//! threads of their own, each sent into one loop by the loop's owner; they never take part in anything else,
//! so other loops are not spread over more threads than the pool has. They are kept for a while for the next
//! such loop.
#![allow(unsafe_code)]

use super::job_ref::JobRef;
use super::registry::Registry;
use super::stack;
use super::worker_slot::WorkerThread;
use crate::sync::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a thread without work is kept.
const KEPT: Duration = Duration::from_secs(5);

/// The additional threads of a pool.
pub(in crate::pool) struct ExtraThreads {
    registry: Arc<Registry>,
    /// The pool's setting.
    stack_size: Option<usize>,
    idle: Mutex<Vec<Arc<Inbox>>>,
    handles: Mutex<Vec<JoinHandle<()>>>,
    closing: AtomicBool,
}

/// Where a thread is given its job and the worker slot it has meanwhile.
#[derive(Default)]
struct Inbox {
    order: Mutex<Option<(JobRef, usize)>>,
    arrived: Condvar,
}

impl ExtraThreads {
    pub(in crate::pool) fn new(registry: Arc<Registry>, stack_size: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            registry,
            stack_size,
            idle: Mutex::default(),
            handles: Mutex::default(),
            closing: AtomicBool::new(false),
        })
    }

    /// Has one more thread do this job. Gives it back if there is no slot for the thread, or the system
    /// refuses to start one.
    pub(in crate::pool) fn send(self: &Arc<Self>, job: JobRef) -> Result<(), JobRef> {
        let Some(slot) = self.registry.reserve_guest() else { return Err(job) };
        let idle = self.idle.lock().pop();
        let inbox = match idle {
            Some(inbox) => inbox,
            None => match self.start() {
                Ok(inbox) => inbox,
                Err(error) => {
                    crate::event!(WARN, %error, "a loop runs with fewer threads than asked for");
                    self.registry.slot(slot).free();
                    return Err(job);
                }
            },
        };
        *inbox.order.lock() = Some((job, slot));
        inbox.arrived.notify_one();
        Ok(())
    }

    fn start(self: &Arc<Self>) -> std::io::Result<Arc<Inbox>> {
        let inbox = Arc::new(Inbox::default());
        let (own, extra) = (Arc::clone(&inbox), Arc::clone(self));
        let mut thread = thread::Builder::new().name("joblib-extra".into());
        if let Some(bytes) = stack::size(self.stack_size) {
            thread = thread.stack_size(bytes);
        }
        let handle = thread.spawn(move || extra.serve(&own))?;
        let mut handles = self.handles.lock();
        handles.retain(|thread| !thread.is_finished());
        handles.push(handle);
        Ok(inbox)
    }

    /// What an additional thread does.
    fn serve(&self, inbox: &Arc<Inbox>) {
        while let Some((job, slot)) = self.next_order(inbox) {
            // SAFETY: the slot was reserved for this thread.
            let guest = unsafe { WorkerThread::guest(self.registry.slot(slot)) };
            job.execute(slot);
            drop(guest);
            self.idle.lock().push(Arc::clone(inbox));
        }
    }

    /// Waits for a job; `None` when the thread should end.
    fn next_order(&self, inbox: &Arc<Inbox>) -> Option<(JobRef, usize)> {
        let mut order = inbox.order.lock();
        loop {
            if let Some(order) = order.take() {
                return Some(order);
            }
            if self.closing.load(Ordering::Relaxed) {
                return None;
            }
            let (next, timed_out) = inbox.arrived.wait_timeout(order, KEPT);
            order = next;
            if timed_out && order.is_none() {
                // The list is locked before inboxes elsewhere, never the other way round.
                drop(order);
                if self.resign(inbox) {
                    return None;
                }
                order = inbox.order.lock();
            }
        }
    }

    /// Takes a thread off the list because it ends. False if it has been given a job meanwhile.
    fn resign(&self, inbox: &Arc<Inbox>) -> bool {
        let mut idle = self.idle.lock();
        let before = idle.len();
        idle.retain(|other| !Arc::ptr_eq(other, inbox));
        idle.len() < before
    }

    /// Ends all threads; they are idle, because a pool is closed only when it runs no loop.
    pub(in crate::pool) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        for inbox in self.idle.lock().iter() {
            let _order = inbox.order.lock();
            inbox.arrived.notify_one();
        }
    }

    pub(in crate::pool) fn join(&self) {
        let handles = std::mem::take(&mut *self.handles.lock());
        for thread in handles {
            let _ = thread.join();
        }
    }
}
