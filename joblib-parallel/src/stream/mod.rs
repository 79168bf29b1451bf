//! Results one by one while the tasks run: `Parallel::stream`.
//!
//! One thread of the stream's own drives the run: it calls the back-end's threads together, and they leave together when
//! the window of results that nobody has consumed yet is full and the last running task has ended. While the
//! consumer is busy elsewhere, the pool is therefore free. With one job there is no thread: a task runs when its
//! result is asked for.

mod bell;
mod consumer;
mod footprint;
mod lazy;
mod running;
mod window;

pub(crate) use consumer::Consumer;
#[cfg(all(unix, feature = "processes"))]
pub(crate) use consumer::Production;
#[cfg(all(unix, feature = "processes"))]
pub(crate) use window::Window;

use crate::run::Source;
use crate::{Parallel, Result};
use joblib_core::computation::carrying;
use running::Running;
use std::fmt;
use std::sync::Arc;
use std::thread;

/// An iterator over the results of a run in progress, made by [`Parallel::stream`].
///
/// Dropping it cancels what has not started and frees what has; running tasks end by themselves and can ask
/// [`is_cancelled`](crate::is_cancelled). After an error it ends.
#[must_use = "a stream runs only as far ahead of its consumer as `pre_dispatch` allows"]
pub struct Stream<'a, R> {
    results: Box<dyn Results<R> + 'a>,
}

/// Where a stream's results come from.
pub(crate) trait Results<R>: Send {
    fn next(&mut self) -> Option<Result<R>>;

    /// From now on in the order of completion.
    fn unorder(&mut self);
}

impl<'a, R> Stream<'a, R> {
    pub(crate) fn new(results: impl Results<R> + 'a) -> Self {
        Self { results: Box::new(results) }
    }

    /// Gives results as they complete, not in the order of the inputs.
    pub fn unordered(mut self) -> Self {
        self.results.unorder();
        self
    }
}

impl<R> Iterator for Stream<'_, R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Result<R>> {
        self.results.next()
    }
}

impl<R> fmt::Debug for Stream<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

/// Streams.
impl Parallel {
    /// Calls `f` on every item; an iterator over the results, in the order of the items, that runs while the tasks do.
    ///
    /// Tasks never run further ahead of the consumer than [`pre_dispatch`](Parallel::pre_dispatch): that many results exist at
    /// most, running tasks included. By default it is about two milliseconds' worth of tasks, as long as results that are there and
    /// not consumed take some 64 MiB at most, and two per job in any case. What a result refers to cannot be measured: where a type owns
    /// something, the run gets ahead in steps, each only while the memory of the whole process has grown by less than that since the stream was made
    /// (on Linux), or as results are consumed, two tasks for each (elsewhere).
    ///
    /// A task that takes long keeps nobody waiting but an ordered stream's consumer: what its worker has taken with it is open to workers
    /// that have nothing to do, unless a [`batch_size`](Parallel::batch_size) was asked for.
    ///
    /// ```
    /// use joblib::Parallel;
    ///
    /// let mut squares = Parallel::new().n_jobs(2).stream(0.., |i: u64| i * i)?;
    /// assert_eq!(squares.next().unwrap()?, 0);
    /// assert_eq!(squares.next().unwrap()?, 1);
    /// drop(squares); // the endless rest is cancelled
    /// # Ok::<(), joblib::Error>(())
    /// ```
    ///
    /// Each item is an error only once, for a time-out or when the run is cancelled; then the stream ends.
    ///
    /// # Errors
    ///
    /// An invalid option, or if no thread can be had.
    ///
    /// # Panics
    ///
    /// `next` panics when it comes to an item on which `f` or the iterator panicked, with its payload.
    pub fn stream<I, R, F>(&self, items: I, f: F) -> Result<Stream<'static, R>>
    where
        I: IntoIterator<Item: Send, IntoIter: Send + 'static>,
        F: Fn(I::Item) -> R + Send + Sync + 'static,
        R: Send + 'static,
    {
        let plan = self.options.plan()?;
        let source = Source::new(items.into_iter());
        if plan.n_jobs == 1 {
            return Ok(Stream::new(lazy::Lazy::new(&plan, source, f)));
        }
        let running = Arc::new(Running::new(plan, source, f));
        let driven = Arc::clone(&running);
        let driver = thread::Builder::new().name("joblib-stream".into());
        running::spawn_error(driver.spawn(carrying(move || driven.drive())))?;
        Ok(Stream::new(Consumer::new(running)))
    }

    /// As [`stream`](Self::stream), for functions and items that borrow: the stream exists while `consume` runs.
    ///
    /// ```
    /// use joblib::Parallel;
    ///
    /// let text = String::from("a borrowed text");
    /// let long = Parallel::new().n_jobs(2).stream_scoped(
    ///     text.split(' '),
    ///     |word| (word, word.len()),
    ///     |mut stream| stream.find_map(|result| result.ok().filter(|(_, len)| *len > 5)),
    /// )?;
    /// assert_eq!(long, Some(("borrowed", 8)));
    /// # Ok::<(), joblib::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`stream`](Self::stream).
    ///
    /// # Panics
    ///
    /// If `consume` panics.
    pub fn stream_scoped<'env, I, R, F, T>(
        &self,
        items: I,
        f: F,
        consume: impl FnOnce(Stream<'_, R>) -> T,
    ) -> Result<T>
    where
        I: IntoIterator<Item: Send, IntoIter: Send + 'env>,
        F: Fn(I::Item) -> R + Send + Sync + 'env,
        R: Send + 'env,
    {
        let plan = self.options.plan()?;
        let source = Source::new(items.into_iter());
        if plan.n_jobs == 1 {
            return Ok(consume(Stream::new(lazy::Lazy::new(&plan, source, f))));
        }
        let running = Running::new(plan, source, f);
        thread::scope(|scope| {
            let driver = thread::Builder::new().name("joblib-stream".into());
            running::spawn_error(driver.spawn_scoped(scope, carrying(|| running.drive())))?;
            Ok(consume(Stream::new(Consumer::new(&running))))
        })
    }
}

/// Tasks that a stream may be ahead of its consumer where nothing is said: what takes about this long, within bounds.
const AHEAD: std::time::Duration = std::time::Duration::from_millis(2);
