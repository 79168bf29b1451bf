//! Work that would hold up an executor, done on our own threads.

use super::task::wake;
use crate::computation::{self, Computation};
use crate::fork::{PerProcess, Process};
use crate::sync::Mutex;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Waker};

/// Beyond this many at once, jobs run on the thread that asks: no job waits for another to end, since that
/// one might be waiting for it.
const THREADS: usize = 16;

/// The result of `job`, run on another thread as part of a computation, and to its end even if the future is
/// dropped.
///
/// # Panics
///
/// Where `job` does, and in a child forked in the meantime, which has no such thread.
pub(crate) async fn run<T: Send + 'static>(
    part: Option<Arc<dyn Computation>>,
    job: impl FnOnce() -> T + Send + 'static,
) -> T {
    let process = Process::current();
    let job = move || {
        let _inside = computation::enter(part);
        job()
    };
    let mailbox = Arc::new(Mutex::new(Mailbox { job: Some(job), outcome: None, waker: None }));
    if !start(&mailbox) {
        work(&mailbox);
    }
    let outcome = poll_fn(|cx| {
        assert!(process.is_current(), "a result is on a thread of the process that this one was forked from");
        // Cloned before the lock is taken, and dropped after: a waker is the executor's code.
        let waker = cx.waker().clone();
        let mut mailbox = mailbox.lock();
        if let Some(outcome) = mailbox.outcome.take() {
            return Poll::Ready(outcome);
        }
        let former = mailbox.waker.replace(waker);
        drop(mailbox);
        drop(former);
        Poll::Pending
    });
    outcome.await.unwrap_or_else(|payload| resume_unwind(payload))
}

struct Mailbox<J, T> {
    job: Option<J>,
    outcome: Option<std::thread::Result<T>>,
    waker: Option<Waker>,
}

/// Gets a thread to work, unless enough do.
fn start<T: Send + 'static>(mailbox: &Arc<Mutex<Mailbox<impl FnOnce() -> T + Send + 'static, T>>>) -> bool {
    static RUNNING: PerProcess<AtomicUsize> = PerProcess::new();
    let running = RUNNING.get_or_init(AtomicUsize::default);
    let has_started = running.fetch_add(1, Ordering::Relaxed) < THREADS && {
        let mailbox = Arc::clone(mailbox);
        let body = move || {
            // Wakers, and results that are dropped because nobody waits any more, run code that is not ours.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                work(&mailbox);
                drop(mailbox);
            }));
            running.fetch_sub(1, Ordering::Relaxed);
        };
        std::thread::Builder::new().name("joblib-blocking".into()).spawn(body).is_ok()
    };
    if !has_started {
        running.fetch_sub(1, Ordering::Relaxed);
    }
    has_started
}

fn work<T>(mailbox: &Mutex<Mailbox<impl FnOnce() -> T, T>>) {
    let job = mailbox.lock().job.take();
    let outcome = job.map(|job| catch_unwind(AssertUnwindSafe(job)));
    let waker = {
        let mut mailbox = mailbox.lock();
        mailbox.outcome = outcome;
        mailbox.waker.take()
    };
    if let Some(waker) = waker {
        wake(waker);
    }
}
