//! The consumer's side of a stream whose tasks run elsewhere.

use super::window::Window;
use crate::cancel::Subscription;
use crate::error::Never;
use crate::run::Verdict;
use crate::{Error, Result, TaskError};
use joblib_core::fork::Process;
use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Arc;

/// Where a stream's results come from.
pub(crate) trait Results<R>: Send {
    fn next(&mut self) -> Option<Result<R>>;

    /// From now on in the order of completion.
    fn unorder(&mut self);
}

/// What a stream's tasks run in.
pub(crate) trait Production<R>: Send + Sync {
    fn window(&self) -> &Window<R>;
    fn verdict(&self) -> &Verdict<Never>;

    /// How many items were taken from the input.
    fn taken(&self) -> usize;
}

/// Takes results out of a production. Dropping it stops the production.
pub(crate) struct Consumer<P, R>
where
    P: Deref<Target: Production<R>>,
    R: Send,
{
    production: P,
    buffer: VecDeque<R>,
    concluded: bool,
    process: Process,
    _wake_on_cancel: Option<Subscription>,
}

impl<P, R> Consumer<P, R>
where
    P: Deref<Target: Production<R>>,
    R: Send,
{
    pub(crate) fn new(production: P) -> Self {
        let bell = Arc::clone(production.window().arrived());
        let wake_on_cancel = production.verdict().signal().on_cancel(move || bell.ring());
        Self {
            production,
            buffer: VecDeque::new(),
            concluded: false,
            process: Process::current(),
            _wake_on_cancel: wake_on_cancel,
        }
    }

    /// Waits for results; false if there will be none, or none before a failure.
    fn fill(&mut self) -> bool {
        let (window, verdict) = (self.production.window(), self.production.verdict());
        loop {
            let heard = window.arrived().listen();
            let mut state = window.lock();
            if state.take_ready(&mut self.buffer) {
                return true;
            }
            let failed = verdict.failed_at().is_some_and(|index| state.has_reached(index));
            if state.ended || failed || verdict.signal().is_cancelled() {
                return false;
            }
            state.await_ring();
            drop(state);
            window.arrived().wait(heard);
        }
    }
}

impl<P, R> Results<R> for Consumer<P, R>
where
    P: Deref<Target: Production<R>> + Send,
    R: Send,
{
    fn next(&mut self) -> Option<Result<R>> {
        if self.concluded {
            return None;
        }
        if !self.process.is_current() {
            // Who makes the results is in the parent.
            self.concluded = true;
            return Some(Err(Error::backend(
                "the stream cannot go on",
                "this process was forked while it ran",
            )));
        }
        if self.buffer.is_empty() && !self.fill() {
            self.concluded = true;
            let verdict = self.production.verdict();
            if verdict.signal().is_cancelled() {
                verdict.skipped();
            }
            return verdict.conclude().map_err(TaskError::into_error).err().map(Err);
        }
        let result = self.buffer.pop_front();
        self.production.window().give(self.production.taken());
        result.map(Ok)
    }

    fn unorder(&mut self) {
        self.production.window().lock().unorder();
    }
}

impl<P, R> Drop for Consumer<P, R>
where
    P: Deref<Target: Production<R>>,
    R: Send,
{
    fn drop(&mut self) {
        if !self.process.is_current() {
            return;
        }
        self.production.verdict().signal().stop();
        self.production.window().wake_all();
    }
}
