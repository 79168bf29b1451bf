//! `Parallel`: many calls of one function, on several threads.

use crate::delayed::Task;
use crate::error::{Never, panic_text};
use crate::options::{Options, setters};
use crate::run::{self, Collect, Fold, Sink};
use crate::{Error, Result, TaskError};
use joblib_core::Callable;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs one function over many inputs, on several threads at once; results keep the order of the inputs.
///
/// ```
/// use joblib::Parallel;
///
/// let names = ["ada", "grace", "barbara"];
/// let lengths = Parallel::new().n_jobs(2).map(&names, |name| name.len())?;
/// assert_eq!(lengths, [3, 5, 7]);
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// The inputs come from any iterator, pulled in order as workers need them. Functions may borrow what
/// surrounds them. If several inputs fail, the earliest of them decides, at any number of threads; a panic is
/// re-thrown with its payload, once all earlier inputs are done and all running tasks have ended.
///
/// A `Parallel` only holds options and can be reused, from several threads and inside its own tasks: nested
/// runs share the same threads. Options that are not set come from the
/// [`parallel_config`](crate::parallel_config) in force.
#[derive(Clone, Default)]
#[must_use = "a `Parallel` does nothing until it is given tasks"]
pub struct Parallel {
    pub(crate) options: Options,
}

setters! { Parallel }

impl Parallel {
    /// On all processors, with the default back-end.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Runs.
impl Parallel {
    /// Calls `f` on every item and returns the results, in the order of the items.
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
        self.try_map(items, |item| Ok(f(item))).map_err(TaskError::into_error)
    }

    /// As [`map`](Self::map), where each worker makes something with `init` once and lends it to all its
    /// tasks: a buffer, a connection, a generator. A run with one job makes one.
    ///
    /// ```
    /// use joblib::Parallel;
    ///
    /// let words = ["left", "right"];
    /// let backwards = Parallel::new().n_jobs(2).map_init(words, String::new, |buffer, word| {
    ///     buffer.clear();
    ///     buffer.extend(word.chars().rev());
    ///     buffer.clone()
    /// })?;
    /// assert_eq!(backwards, ["tfel", "thgir"]);
    /// # Ok::<(), joblib::Error>(())
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
        collect(|results| self.execute(items, &init, &|state, item| Ok(f(state, item)), results))
            .map_err(TaskError::into_error)
    }

    /// Calls `f` on every item until one fails, and returns the results, in the order of the items.
    ///
    /// Iterators of results, such as the lines of a file, are consumed by `f`: `|line| parse(&line?)`.
    ///
    /// ```
    /// use joblib::{Parallel, TaskError};
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
        collect(|results| self.execute(items, &|| (), &|(): &mut (), item| f(item), results))
    }

    /// Calls `f` on every item, whatever happens to the others, and returns each item's result or failure, in
    /// the order of the items.
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
                Err(payload) => Err(TaskError::Run(Error::panic_in_task(index, panic_text(&*payload), ""))),
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

    /// Calls `f` on every item and folds the results with `combine`, in the order of the items: the same
    /// result, to the last bit, at any number of threads. `None` if there are no items.
    ///
    /// ```
    /// use joblib::Parallel;
    ///
    /// let sum = Parallel::new().n_jobs(4).reduce(1..=100, |i| 1.0 / i as f64, |a, b| a + b)?;
    /// assert_eq!(sum, Some((2..=100).fold(1.0, |sum, i| sum + 1.0 / i as f64)));
    /// # Ok::<(), joblib::Error>(())
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
        fold(combine, |total| self.execute(items, &|| (), &|(): &mut (), item| Ok(f(item)), total))
    }

    /// Runs tasks made by [`delayed`](crate::delayed) and returns their results, in the order of the tasks.
    ///
    /// ```
    /// use joblib::{Parallel, delayed};
    ///
    /// let powers = Parallel::new().n_jobs(2).run((1..4).map(|i| delayed(u32::pow).call((2, i))))?;
    /// assert_eq!(powers, [2, 4, 8]);
    /// # Ok::<(), joblib::Error>(())
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

    pub(crate) fn execute<I, W, R, E, S>(
        &self,
        items: I,
        init: &(impl Fn() -> W + Sync),
        call: &(impl Fn(&mut W, I::Item) -> Result<R, E> + Sync),
        sink: &S,
    ) -> Result<(), TaskError<E>>
    where
        I: IntoIterator<Item: Send, IntoIter: Send>,
        E: Send,
        S: Sink<R>,
    {
        run::execute(&self.options.plan()?, items.into_iter(), init, call, sink)
    }
}

/// What `run` hands to its sink, in the order of the items.
pub(crate) fn collect<R, E>(
    run: impl FnOnce(&Collect<R>) -> Result<(), TaskError<E>>,
) -> Result<Vec<R>, TaskError<E>> {
    let results = Collect::new();
    run(&results)?;
    Ok(results.into_vec())
}

/// What `run` hands to its sink, folded in the order of the items.
pub(crate) fn fold<R, G: FnMut(R, R) -> R>(
    combine: G,
    run: impl FnOnce(&Fold<R, G>) -> Result<(), TaskError<Never>>,
) -> Result<Option<R>> {
    let total = Fold::new(combine);
    run(&total).map_err(TaskError::into_error)?;
    Ok(total.into_total())
}
