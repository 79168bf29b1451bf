//! A stream with one job: each task runs when its result is asked for, on the consumer's thread.

use super::consumer::Results;
use crate::cancel::Signal;
use crate::progress::Progress;
use crate::run::{Plan, Pulled, Source};
use crate::{Error, Result};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) struct Lazy<I: Iterator, F> {
    source: Source<I>,
    f: F,
    signal: Arc<Signal>,
    timeout: Option<Duration>,
    progress: Progress,
    ended: bool,
}

impl<I: Iterator, F> Lazy<I, F> {
    pub(super) fn new(plan: &Plan, source: Source<I>, f: F) -> Self {
        let (signal, progress) = (Signal::new(plan.cancel.clone()), plan.begin(1, source.remaining()));
        Self { source, f, signal, timeout: plan.timeout, progress, ended: false }
    }
}

impl<I, F, R> Results<R> for Lazy<I, F>
where
    I: Iterator + Send,
    F: Fn(I::Item) -> R + Send,
{
    fn next(&mut self) -> Option<Result<R>> {
        if self.ended {
            return None;
        }
        // Also if the task panics.
        self.ended = true;
        if self.signal.is_cancelled() {
            return Some(Err(Error::cancelled()));
        }
        let entered = self.signal.enter();
        let mut items = Vec::new();
        let index = match self.source.pull(&mut items, |_, _| 1) {
            Pulled::From(index) => index,
            Pulled::Panicked { payload, .. } => resume_unwind(payload),
            Pulled::Ended | Pulled::Full => return None,
        };
        let item = items.pop()?;
        entered.begin(index);
        let started = Instant::now();
        let result = (self.f)(item);
        self.progress.batch(0, index, 1, started, Instant::now());
        if let Some(limit) = self.timeout.filter(|&limit| started.elapsed() > limit) {
            return Some(Err(Error::timeout(index, limit)));
        }
        self.ended = false;
        Some(Ok(result))
    }

    fn unorder(&mut self) {}
}
