//! Cancelling a run from outside, and noticing it from inside.

use joblib_core::position::{Position, Positions};
use joblib_core::sync::Mutex;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Cancels the runs it was given to. Clones are the same token; once cancelled it stays so.
///
/// No task starts after `cancel`; tasks that run may ask [`is_cancelled`] and end early. The run returns an
/// error for which [`Error::is_cancelled`](crate::Error::is_cancelled) holds.
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Inner>);

#[derive(Default)]
struct Inner {
    cancelled: AtomicBool,
    wakers: Mutex<Vec<(usize, Waker)>>,
}

type Waker = Box<dyn Fn() + Send>;

impl CancelToken {
    /// A token that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        for (_, wake) in self.0.wakers.lock().iter() {
            wake();
        }
    }

    /// Whether `cancel` was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Calls `wake` at `cancel`, until the guard is dropped; at once if cancelled already.
    pub(crate) fn on_cancel(&self, wake: impl Fn() + Send + 'static) -> Subscription {
        let mut wakers = self.0.wakers.lock();
        if self.is_cancelled() {
            wake();
        }
        let number = wakers.last().map_or(0, |(last, _)| last + 1);
        wakers.push((number, Box::new(wake)));
        Subscription { token: self.clone(), number }
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelToken").field(&self.is_cancelled()).finish()
    }
}

pub(crate) struct Subscription {
    token: CancelToken,
    number: usize,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut wakers = self.token.0.wakers.lock();
        wakers.retain(|(number, _)| *number != self.number);
    }
}

/// Whether the run of the current task no longer needs it: the run was cancelled, an earlier task failed, its
/// time is up, or its stream was dropped. `false` outside of tasks.
///
/// ```
/// use joblib::{CancelToken, Parallel, is_cancelled};
///
/// let token = CancelToken::new();
/// let result = Parallel::new().n_jobs(2).cancel_token(&token).map(0..100, |i| {
///     if i == 3 {
///         token.cancel();
///     }
///     while i == 4 && !is_cancelled() {}
/// });
/// assert!(result.unwrap_err().is_cancelled());
/// ```
#[must_use]
pub fn is_cancelled() -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(|signal| !signal.wants(INDEX.get())))
}

/// What tells the tasks of one run to end.
pub(crate) struct Signal {
    stopped: AtomicBool,
    /// Tasks after this one are not needed, because it failed. `usize::MAX` while none has.
    lowest_failed: AtomicUsize,
    token: Option<CancelToken>,
    /// Another process to ask as well.
    remote: Option<Remote>,
    /// Where the run was started.
    positions: Positions,
}

/// Says whether the task at a position is still needed.
type Remote = Box<dyn Fn(usize) -> bool + Send + Sync>;

impl Signal {
    /// For a run started here.
    pub(crate) fn new(token: Option<CancelToken>) -> Arc<Self> {
        Arc::new(Self::of(token, None, Positions::here()))
    }

    /// A signal that another process sets, in which the run was started at `positions`.
    #[cfg(all(unix, feature = "processes"))]
    pub(crate) fn remote(
        wants: impl Fn(usize) -> bool + Send + Sync + 'static,
        positions: Positions,
    ) -> Arc<Self> {
        Arc::new(Self::of(None, Some(Box::new(wants)), positions))
    }

    fn of(token: Option<CancelToken>, remote: Option<Remote>, positions: Positions) -> Self {
        let lowest_failed = AtomicUsize::new(usize::MAX);
        Self { stopped: AtomicBool::new(false), lowest_failed, token, remote, positions }
    }

    /// Where the run was started: inside which tasks and iterations.
    #[cfg(all(unix, feature = "processes"))]
    pub(crate) fn positions(&self) -> Positions {
        self.positions
    }

    /// Calls `wake` when the run is cancelled by its token, until the guard is dropped.
    pub(crate) fn on_cancel(&self, wake: impl Fn() + Send + 'static) -> Option<Subscription> {
        self.token.as_ref().map(|token| token.on_cancel(wake))
    }

    /// The position of the earliest task that failed.
    #[cfg(all(unix, feature = "processes"))]
    pub(crate) fn lowest_failed(&self) -> Option<usize> {
        Some(self.lowest_failed.load(Ordering::Acquire)).filter(|&index| index != usize::MAX)
    }

    /// Whether the run was stopped, or cancelled by its token.
    #[cfg(all(unix, feature = "processes"))]
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire) || self.is_cancelled()
    }

    /// No task is needed any more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// The task at `index` failed: only earlier ones are still needed. Says whether it is the earliest so
    /// far.
    pub(crate) fn fail_at(&self, index: usize) -> bool {
        self.lowest_failed.fetch_min(index, Ordering::AcqRel) > index
    }

    /// Whether the run was cancelled by its token.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.token.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// Whether nothing has failed and nothing ended the run.
    pub(crate) fn is_open(&self) -> bool {
        self.wants(usize::MAX - 1)
    }

    /// Whether the task at `index` is still needed.
    pub(crate) fn wants(&self, index: usize) -> bool {
        index < self.lowest_failed.load(Ordering::Acquire)
            && !self.stopped.load(Ordering::Acquire)
            && !self.is_cancelled()
            && self.remote.as_ref().is_none_or(|wants| wants(index))
    }

    /// Until the guard is dropped, [`is_cancelled`] on this thread asks this signal, and the thread counts as
    /// running tasks.
    pub(crate) fn enter(self: &Arc<Self>) -> Entered {
        Entered {
            outer: CURRENT.replace(Some(Arc::clone(self))),
            index: INDEX.get(),
            position: self.positions.enter(),
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Signal>>> = const { RefCell::new(None) };
    /// The task of that run that the thread is running.
    static INDEX: Cell<usize> = const { Cell::new(0) };
}

pub(crate) struct Entered {
    outer: Option<Arc<Signal>>,
    index: usize,
    position: Position,
}

impl Entered {
    /// Notes which task the thread runs from now on.
    pub(crate) fn begin(&self, index: usize) {
        INDEX.set(index);
        self.position.set(index);
    }

    /// The thread runs no task at present.
    pub(crate) fn rest(&self) {
        self.position.leave();
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.outer.take());
        INDEX.set(self.index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_tasks_than_the_failed_one_are_of_no_use() {
        let signal = Signal::new(None);
        assert!(signal.fail_at(5) && !signal.fail_at(7) && signal.fail_at(3));
        assert!(signal.wants(2) && !signal.wants(3) && !signal.wants(9));
        signal.stop();
        assert!(!signal.wants(0));
    }

    #[test]
    fn wakers_are_called_once_subscribed_and_not_after() {
        let (token, calls) = (CancelToken::new(), Arc::new(AtomicUsize::new(0)));
        let count = |calls: &Arc<AtomicUsize>| {
            let calls = Arc::clone(calls);
            move || {
                calls.fetch_add(1, Ordering::Relaxed);
            }
        };
        drop(token.on_cancel(count(&calls)));
        let _kept = token.on_cancel(count(&calls));
        token.cancel();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        let _late = token.on_cancel(count(&calls));
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    }
}
