//! Results one by one while the tasks run: `Parallel::stream`.
//!
//! One thread of the stream's own drives the run: it calls the back-end's threads together, and they leave
//! together when the window of results that nobody has consumed yet is full and the last running task has
//! ended. While the consumer is busy elsewhere, the pool is therefore free. With one job there is no thread:
//! a task runs when its result is asked for.

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
use consumer::Results;
use joblib_core::computation::carrying;
use running::Running;
use std::fmt;
use std::sync::Arc;
use std::thread;

/// An iterator over the results of a run in progress, made by [`Parallel::stream`].
///
/// Dropping it cancels the tasks that have not started and frees the results; running tasks go on to their
/// end, and can ask [`is_cancelled`](crate::is_cancelled). After an error it ends.
#[must_use = "a stream runs only as far ahead of its consumer as `pre_dispatch` allows"]
pub struct Stream<'a, R> {
    results: Box<dyn Results<R> + 'a>,
}

impl<'a, R> Stream<'a, R> {
    pub(crate) fn new(results: impl Results<R> + 'a) -> Self {
        Self { results: Box::new(results) }
    }

    /// Yields results as they complete, not in the order of the inputs.
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
    /// Calls `f` on every item and returns an iterator over the results, in the order of the items, which
    /// yields them while tasks still run.
    ///
    /// Tasks never run further ahead of the consumer than [`pre_dispatch`](Parallel::pre_dispatch): at most
    /// that many results exist, running tasks included. By default this is about two milliseconds' worth of
    /// tasks, as long as the results not consumed yet take no more than some 64 MiB, and always two per job.
    /// The size of what a result points to cannot be measured: if its type owns memory, the run gets ahead in
    /// steps, on Linux only while the memory of the whole process has grown by less than that since the
    /// stream was made, elsewhere by two tasks for each result consumed.
    ///
    /// A long task delays nobody but the consumer of an ordered stream: the rest of its worker's batch is
    /// open to idle workers, unless a [`batch_size`](Parallel::batch_size) was set.
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
    /// An item is an error if a task times out or the run is cancelled; the stream ends after it.
    ///
    /// # Errors
    ///
    /// An invalid option, or no thread could be started.
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

    /// As [`stream`](Self::stream), for functions and items that borrow: the stream exists while `consume`
    /// runs.
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
