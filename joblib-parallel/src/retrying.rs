//! Tasks that are tried again when they fail.

use crate::cancel::is_cancelled;
use crate::options::{Options, setters};
use crate::{Parallel, Processes, Result, TaskError};

/// A [`Parallel`] whose tasks are tried again when they return an error; made by [`Parallel::retries`].
#[derive(Clone)]
#[must_use = "it does nothing until it is given tasks"]
pub struct Retrying {
    options: Options,
}

setters! { Retrying, retries }

impl Parallel {
    /// These options, for tasks that are tried again, up to this many times, when they return an error.
    ///
    /// The next attempt follows at once, on the same worker, with a clone of the item. A
    /// [`timeout`](Self::timeout) is for all attempts together, and a run that is over or cancelled makes no
    /// more of them. A panic is not tried again: it is a bug in the program. For worker processes that die
    /// see [`Processes::retries`].
    ///
    /// ```
    /// use joblib::Parallel;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// let calls = AtomicU32::new(0);
    /// let flaky = |name: &str| match calls.fetch_add(1, Ordering::Relaxed) {
    ///     0 => Err("no answer"),
    ///     _ => Ok(name.len()),
    /// };
    /// let lengths = Parallel::new().n_jobs(2).retries(1).try_map(["ada", "grace"], flaky);
    /// assert_eq!(lengths.unwrap(), [3, 5]);
    /// ```
    pub fn retries(self, times: usize) -> Retrying {
        Retrying { options: self.options }.retries(times)
    }
}

impl Retrying {
    /// As [`Parallel::processes`], with these [`retries`](Processes::retries).
    pub fn processes(self) -> Processes {
        Parallel { options: self.options }.processes()
    }

    /// As [`Parallel::try_map`]; the error is that of the last attempt.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn try_map<I, R, E, F>(&self, items: I, f: F) -> Result<Vec<R>, TaskError<E>>
    where
        I: IntoIterator<Item: Clone + Send, IntoIter: Send>,
        F: Fn(I::Item) -> Result<R, E> + Sync,
        R: Send,
        E: Send,
    {
        self.parallel().try_map(items, |item| self.attempt(item, &f))
    }

    /// As [`Parallel::try_map_all`]; each error is that of the last attempt.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn try_map_all<I, R, E, F>(&self, items: I, f: F) -> Result<Vec<Result<R, TaskError<E>>>>
    where
        I: IntoIterator<Item: Clone + Send, IntoIter: Send>,
        F: Fn(I::Item) -> Result<R, E> + Sync,
        R: Send,
        E: Send,
    {
        self.parallel().try_map_all(items, |item| self.attempt(item, &f))
    }

    pub(crate) fn parallel(&self) -> Parallel {
        Parallel { options: self.options.clone() }
    }

    fn attempt<T: Clone, R, E>(&self, item: T, f: impl Fn(T) -> Result<R, E>) -> Result<R, E> {
        for attempt in 1..=self.options.place.retries() {
            match f(item.clone()) {
                Err(error) if is_cancelled() => return Err(error),
                Err(_) => joblib_core::event!(DEBUG, attempt, "a task failed and is tried again"),
                done => return done,
            }
        }
        f(item)
    }
}
