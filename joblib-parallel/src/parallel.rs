//! `Parallel`: many calls of one function, on several threads.

use crate::cancel::CancelToken;
use crate::delayed::{Callable, Task};
use crate::error::Never;
use crate::options::{BatchSize, Options, PreDispatch};
use crate::progress::Reporter;
use crate::run::{self, Collect, Fold};
use crate::{Error, Result, TaskError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Runs one function over many inputs, on several threads at once; results keep the order of the inputs.
///
/// ```
/// use joblib_parallel::Parallel;
///
/// let names = ["ada", "grace", "barbara"];
/// let lengths = Parallel::new().n_jobs(2).map(&names, |name| name.len())?;
/// assert_eq!(lengths, [3, 5, 7]);
/// # Ok::<(), joblib_parallel::Error>(())
/// ```
///
/// The inputs come from any iterator, pulled in order as workers need them. Functions may borrow what surrounds them. Among
/// failures the one of the earliest input decides, at any number of threads; a panic is re-thrown with its
/// payload, after all earlier inputs are done and everything running has ended.
///
/// A `Parallel` holds options only and may be used again, from several threads and inside its own tasks: nested runs share
/// the same threads. Options that are not set come from the [`parallel_config`](crate::parallel_config) in force.
#[derive(Clone, Default)]
#[must_use = "a `Parallel` does nothing until it is given tasks"]
pub struct Parallel {
    options: Options,
}

/// Options.
impl Parallel {
    /// On all processors, with the default back-end.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many tasks run at once: 1 is in order on the caller's thread, -1 as many as there are processors, -2 one less,
    /// and so on. More than there are processors is allowed: for tasks that wait.
    ///
    /// Zero is an error of the run.
    pub fn n_jobs(mut self, n_jobs: isize) -> Self {
        self.options.n_jobs = Some(n_jobs);
        self
    }

    /// The back-end: `"threads"`, `"sequential"`, or one that was [registered](crate::register_backend). An unknown name is
    /// an error of the run.
    pub fn backend(mut self, name: impl Into<String>) -> Self {
        self.options.backend = Some(name.into());
        self
    }

    /// How many tasks a worker takes at once: a number, or [`BatchSize::Auto`] (the default).
    ///
    /// With `Auto` quick tasks are taken several at once, and a run that is over in a few microseconds stays on the caller's
    /// thread. Tasks that wait for one another need 1: then as many run at the same time as there are jobs.
    pub fn batch_size(mut self, size: impl Into<BatchSize>) -> Self {
        self.options.batch_size = Some(size.into());
        self
    }

    /// How many inputs may be taken from the iterator before they are needed: a number, `"all"`, or arithmetic such as
    /// `"2 * n_jobs"`. A malformed expression is an error of the run.
    pub fn pre_dispatch(mut self, tasks: impl Into<PreDispatch>) -> Self {
        self.options.pre_dispatch = Some(tasks.into());
        self
    }

    /// A limit for each task, from its own start.
    ///
    /// When one runs out of time the run fails with [`is_timeout`](Error::is_timeout): no later task starts, and tasks that
    /// ask [`is_cancelled`](crate::is_cancelled) can end early. A thread cannot be stopped from outside, so the call returns
    /// when its running tasks have.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = Some(limit);
        self
    }

    /// Prints how the run gets on, as Python's joblib does: 0 nothing, up to 10 lines further and further apart, above every
    /// batch; from 50 on to standard output instead of standard error.
    pub fn verbose(mut self, level: u32) -> Self {
        self.options.verbose = Some(level);
        self
    }

    /// Shows a bar with rate and time left where standard error is a terminal (with the feature `progress`), and a line now and
    /// then elsewhere, as well as where `TERM` is `dumb` or `NO_COLOR` is set: no escape codes then.
    ///
    /// Code that runs meanwhile prints above the bar with `joblib::progress::println!` and `joblib::progress::eprintln!`.
    pub fn progress(mut self, show: bool) -> Self {
        self.options.progress = Some(show);
        self
    }

    /// Writes a timeline of each run to this file, a lane per worker and a slice per batch, for
    /// [Perfetto](https://ui.perfetto.dev) and `chrome://tracing`. A file that cannot be written is warned of by `tracing`.
    pub fn trace(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.trace = Some(path.into());
        self
    }

    /// Tells this reporter how runs get on; may be called for several.
    pub fn reporter(mut self, reporter: Arc<dyn Reporter>) -> Self {
        self.options.reporters.push(reporter);
        self
    }

    /// A token by which the run can be cancelled from elsewhere.
    pub fn cancel_token(mut self, token: &CancelToken) -> Self {
        self.options.cancel = Some(token.clone());
        self
    }
}

/// Runs.
impl Parallel {
    /// Calls `f` on every item; the results, in the order of the items.
    ///
    /// # Errors
    ///
    /// An invalid option, a time-out, a cancelled run, a back-end that fails.
    ///
    /// # Panics
    ///
    /// If `f` or the iterator panics.
    pub fn map<I, R, F>(&self, items: I, f: F) -> Result<Vec<R>>
    where
        I: IntoIterator<Item: Send, IntoIter: Send>,
        F: Fn(I::Item) -> R + Sync,
        R: Send,
    {
        let results = Collect::new();
        self.execute(items, &|item| Ok::<_, Never>(f(item)), &results).map_err(TaskError::into_error)?;
        Ok(results.into_vec())
    }

    /// As [`map`](Self::map), where each worker makes something with `init` once and lends it to all its tasks: a buffer, a
    /// connection, a generator. A run with one job makes one.
    ///
    /// ```
    /// use joblib_parallel::Parallel;
    ///
    /// let words = ["left", "right"];
    /// let backwards = Parallel::new().n_jobs(2).map_init(words, String::new, |buffer, word| {
    ///     buffer.clear();
    ///     buffer.extend(word.chars().rev());
    ///     buffer.clone()
    /// })?;
    /// assert_eq!(backwards, ["tfel", "thgir"]);
    /// # Ok::<(), joblib_parallel::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map).
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map), and if `init` panics.
    pub fn map_init<I, W, R, N, F>(&self, items: I, init: N, f: F) -> Result<Vec<R>>
    where
        I: IntoIterator<Item: Send, IntoIter: Send>,
        N: Fn() -> W + Sync,
        F: Fn(&mut W, I::Item) -> R + Sync,
        R: Send,
    {
        let (results, plan) = (Collect::new(), self.options.plan()?);
        run::execute(
            &plan,
            items.into_iter(),
            &init,
            &|state, item| Ok::<_, Never>(f(state, item)),
            &results,
        )
        .map_err(TaskError::into_error)?;
        Ok(results.into_vec())
    }

    /// Calls `f` on every item until one fails; the results, in the order of the items.
    ///
    /// Iterators of results, such as the lines of a file, are consumed by `f`: `|line| parse(&line?)`.
    ///
    /// ```
    /// use joblib_parallel::{Parallel, TaskError};
    ///
    /// let numbers = Parallel::new().try_map(["1", "x", "y"], str::parse::<u8>);
    /// assert!(matches!(numbers, Err(TaskError::Failed { index: 1, .. })));
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the earliest item that failed; and as [`map`](Self::map).
    ///
    /// # Panics
    ///
    /// If `f` or the iterator panics, unless an earlier item failed.
    pub fn try_map<I, R, E, F>(&self, items: I, f: F) -> Result<Vec<R>, TaskError<E>>
    where
        I: IntoIterator<Item: Send, IntoIter: Send>,
        F: Fn(I::Item) -> Result<R, E> + Sync,
        R: Send,
        E: Send,
    {
        let results = Collect::new();
        self.execute(items, &f, &results)?;
        Ok(results.into_vec())
    }

    /// Calls `f` on every item, whatever happens to the others; each item's result or failure, in the order of the items.
    ///
    /// A panic is a failure of its item: an error for which [`is_panic`](Error::is_panic) holds.
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map).
    ///
    /// # Panics
    ///
    /// If the iterator panics.
    pub fn try_map_all<I, R, E, F>(&self, items: I, f: F) -> Result<Vec<Result<R, TaskError<E>>>>
    where
        I: IntoIterator<Item: Send, IntoIter: Send>,
        F: Fn(I::Item) -> Result<R, E> + Sync,
        R: Send,
        E: Send,
    {
        self.map(items.into_iter().enumerate(), |(index, item)| {
            match catch_unwind(AssertUnwindSafe(|| f(item))) {
                Ok(Ok(result)) => Ok(result),
                Ok(Err(error)) => Err(TaskError::Failed { index, error }),
                Err(payload) => Err(TaskError::Run(Error::panic(index, &*payload))),
            }
        })
    }

    /// Calls `f` on every item.
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map).
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map).
    pub fn for_each<I, F>(&self, items: I, f: F) -> Result<()>
    where
        I: IntoIterator<Item: Send, IntoIter: Send>,
        F: Fn(I::Item) + Sync,
    {
        self.map(items, f).map(drop)
    }

    /// Calls `f` on every item and folds the results with `combine`, in the order of the items: the same result, to
    /// the last bit, at any number of threads. `None` if there are no items.
    ///
    /// ```
    /// use joblib_parallel::Parallel;
    ///
    /// let sum = Parallel::new().n_jobs(4).reduce(1..=100, |i| 1.0 / i as f64, |a, b| a + b)?;
    /// assert_eq!(sum, Some((2..=100).fold(1.0, |sum, i| sum + 1.0 / i as f64)));
    /// # Ok::<(), joblib_parallel::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map).
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map), and if `combine` panics.
    pub fn reduce<I, R, F, G>(&self, items: I, f: F, combine: G) -> Result<Option<R>>
    where
        I: IntoIterator<Item: Send, IntoIter: Send>,
        F: Fn(I::Item) -> R + Sync,
        G: FnMut(R, R) -> R + Send,
        R: Send,
    {
        let total = Fold::new(combine);
        self.execute(items, &|item| Ok::<_, Never>(f(item)), &total).map_err(TaskError::into_error)?;
        Ok(total.into_total())
    }

    /// Runs tasks made by [`delayed`](crate::delayed); their results, in the order of the tasks.
    ///
    /// ```
    /// use joblib_parallel::{Parallel, delayed};
    ///
    /// let powers = Parallel::new().n_jobs(2).run((1..4).map(|i| delayed(u32::pow).call((2, i))))?;
    /// assert_eq!(powers, [2, 4, 8]);
    /// # Ok::<(), joblib_parallel::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map).
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map).
    pub fn run<F, A>(
        &self,
        tasks: impl IntoIterator<Item = Task<F, A>, IntoIter: Send>,
    ) -> Result<Vec<F::Output>>
    where
        F: Callable<A, Output: Send> + Send,
        A: Send,
    {
        self.map(tasks, Task::run)
    }

    pub(crate) fn with_options(options: Options) -> Self {
        Self { options }
    }

    pub(crate) fn into_options(self) -> Options {
        self.options
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    fn execute<I, R, E, C, S>(&self, items: I, call: &C, sink: &S) -> Result<(), TaskError<E>>
    where
        I: IntoIterator<Item: Send, IntoIter: Send>,
        C: Fn(I::Item) -> Result<R, E> + Sync,
        E: Send,
        S: run::Sink<R>,
    {
        let plan = self.options.plan()?;
        run::execute(&plan, items.into_iter(), &|| (), &|(): &mut (), item| call(item), sink)
    }
}
