//! Sleeping without an executor's help: one thread wakes every sleeper, and ends when there has been none for
//! a while.

use super::task::wake;
use crate::fork::PerProcess;
use crate::sync::{Condvar, Mutex};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// How long the thread stays when there is no sleeper.
const IDLE: Duration = Duration::from_secs(2);

/// Waits this long; `false`, at once, where no thread can be started. Dropped, it leaves nothing behind.
pub(crate) async fn sleep(duration: Duration) -> bool {
    let mut sleeper = Sleeper { at: (Instant::now() + duration, 0) };
    poll_fn(|cx| {
        if Instant::now() >= sleeper.at.0 {
            return Poll::Ready(true);
        }
        // Cloned, and what it replaces dropped, without the lock: a waker is the executor's code.
        let waker = cx.waker().clone();
        let (timer, changed) = timer();
        let mut timer = timer.lock();
        if sleeper.at.1 == 0 {
            timer.last += 1;
            sleeper.at.1 = timer.last;
        }
        let former = timer.sleepers.insert(sleeper.at, waker);
        let runs = timer.keep_running();
        let is_next = timer.sleepers.first_key_value().is_some_and(|(first, _)| *first == sleeper.at);
        drop(timer);
        drop(former);
        if is_next {
            changed.notify_one();
        }
        if runs { Poll::Pending } else { Poll::Ready(false) }
    })
    .await
}

/// An entry in the list of sleepers.
struct Sleeper {
    at: (Instant, u64),
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        if self.at.1 != 0 {
            let gone = timer().0.lock().sleepers.remove(&self.at);
            drop(gone);
        }
    }
}

#[derive(Default)]
struct Timer {
    sleepers: BTreeMap<(Instant, u64), Waker>,
    last: u64,
    is_running: bool,
}

/// The list, and how the thread is told that its first entry is a new one.
fn timer() -> &'static (Mutex<Timer>, Condvar) {
    static TIMER: PerProcess<(Mutex<Timer>, Condvar)> = PerProcess::new();
    TIMER.get_or_init(Default::default)
}

impl Timer {
    /// Starts the thread where it does not run.
    fn keep_running(&mut self) -> bool {
        if !self.is_running {
            let thread = std::thread::Builder::new().name("joblib-timer".into()).spawn(run);
            self.is_running = thread.is_ok();
        }
        self.is_running
    }
}

fn run() {
    let (list, changed) = timer();
    let mut idle = false;
    let mut timer = list.lock();
    loop {
        let now = Instant::now();
        let later = timer.sleepers.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut timer.sleepers, later);
        if !due.is_empty() {
            drop(timer);
            due.into_values().for_each(wake);
            timer = list.lock();
            continue;
        }
        let next = timer.sleepers.first_key_value().map(|((at, _), _)| at.saturating_duration_since(now));
        if next.is_none() && idle {
            timer.is_running = false;
            return;
        }
        idle = next.is_none();
        timer = changed.wait_timeout(timer, next.unwrap_or(IDLE)).0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Wake};
    use std::thread::Thread;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    #[test]
    fn a_sleeper_is_woken_and_one_that_is_dropped_leaves_nothing() {
        let unpark = Arc::new(Unpark(std::thread::current()));
        let waker = Waker::from(Arc::clone(&unpark));
        let mut context = Context::from_waker(&waker);
        {
            let mut long = pin!(sleep(Duration::from_secs(3600)));
            assert!(long.as_mut().poll(&mut context).is_pending());
            let mut short = pin!(sleep(Duration::from_millis(5)));
            while short.as_mut().poll(&mut context).is_pending() {
                std::thread::park();
            }
        }
        drop(waker);
        // The thread that woke the short one lets go of its waker a little later.
        while Arc::strong_count(&unpark) > 1 {
            std::thread::yield_now();
        }
    }
}
