//! Which failure decides a run: that of the earliest task, whatever the threads did.

use super::Payload;
use crate::cancel::Signal;
use crate::{Error, TaskError};
use joblib_core::pool::keep_first;
use joblib_core::sync::Mutex;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a task, or asking for it, failed.
pub(crate) enum Failure<E> {
    /// The task returned this.
    Task(E),
    /// The task or the input iterator panicked.
    Panic(Payload),
    /// Everything else.
    Run(Error),
}

/// The failures of one run so far.
pub(crate) struct Verdict<E> {
    signal: Arc<Signal>,
    earliest: Mutex<Option<(usize, Failure<E>)>>,
    skipped: AtomicBool,
}

impl<E> Verdict<E> {
    pub(crate) fn new(signal: Arc<Signal>) -> Self {
        Self { signal, earliest: Mutex::new(None), skipped: AtomicBool::new(false) }
    }

    pub(crate) fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }

    /// Whether tasks not taken from the input yet are needed. Those taken come before any that is not.
    pub(crate) fn is_open(&self) -> bool {
        self.signal.is_open()
    }

    /// A task was left out.
    pub(crate) fn skipped(&self) {
        self.skipped.store(true, Ordering::Relaxed);
    }

    /// The task at `index` failed; of several failures the earliest stays.
    pub(crate) fn fail(&self, index: usize, failure: Failure<E>) {
        self.signal.fail_at(index);
        drop(keep_first(&self.earliest, index, failure));
    }

    /// The position of the earliest failure so far.
    pub(crate) fn failed_at(&self) -> Option<usize> {
        self.earliest.lock().as_ref().map(|(index, _)| *index)
    }

    /// What the caller of the run is told, once; a panic is re-thrown.
    pub(crate) fn conclude(&self) -> Result<(), TaskError<E>> {
        if self.skipped.load(Ordering::Relaxed) && self.signal.is_cancelled() {
            return Err(Error::cancelled().into());
        }
        let earliest = self.earliest.lock().take();
        match earliest {
            None => Ok(()),
            Some((index, Failure::Task(error))) => Err(TaskError::Failed { index, error }),
            Some((_, Failure::Run(error))) => Err(error.into()),
            Some((_, Failure::Panic(payload))) => resume_unwind(payload),
        }
    }
}
