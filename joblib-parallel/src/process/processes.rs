//! `Processes`: a `Parallel` whose tasks run in worker processes.

use super::input::{Input, Placement};
use super::job::captures_nothing;
use super::job::{Call, CallTask, Message, TryCall};
use super::options::{self, Settings, Size};
use super::shared::SharedProcesses;
use super::{conduct, outcome};
use crate::delayed::{Callable, Task};
use crate::options::Options;
use crate::run::{Collect, Fold, Source};
use crate::stream::Stream;
use crate::{Parallel, Result, TaskError};
use joblib_core::MmapMode;
use std::path::PathBuf;
use std::time::Duration;

/// A [`Parallel`] whose tasks run in worker processes: for code that is not thread-safe, may crash or use too much memory,
/// or must be stopped from outside. Made by [`Parallel::processes`].
///
/// The workers are this same executable, started again; they serve before `main` begins, also in tests and
/// examples, so that nothing is needed in `main`. They are kept for later runs of the same settings until they have been
/// idle too long. Nothing outlives this process, however it ends.
///
/// A task is a function or a closure that captures nothing, which is checked when it is compiled: what it needs
/// is in its argument, or for all tasks in [`share`](Self::share). Arguments and results are passed by `serde`; arrays in them
/// larger than [`max_nbytes`](Self::max_nbytes) by shared memory, and mapped arrays by reference.
///
/// ```
/// use joblib_parallel::Parallel;
///
/// let squares = Parallel::new().n_jobs(2).processes().map(0..4u32, |i| i * i)?;
/// assert_eq!(squares, [0, 1, 4, 9]);
/// # Ok::<(), joblib_parallel::Error>(())
/// ```
///
/// ```compile_fail,E0080
/// use joblib_parallel::Parallel;
///
/// let offset = 5;
/// Parallel::new().processes().map(0..4u32, |i| i + offset).unwrap();
/// ```
///
/// | passed | costs |
/// |---|---|
/// | a value | what `serde` makes of it, as a message |
/// | a large array | a copy into shared memory at each call; on the other side it is mapped, or copied again where the type is an owned `Array` or `Vec` |
/// | a [`MappedArray`](joblib_core::MappedArray), or a slice of one, that is mapped | a reference: nothing for its size |
///
/// Nothing is remembered of an owned array from call to call, so one that was changed in place is never passed as it was before. What
/// is passed often is made a [`MappedArray`](joblib_core::MappedArray) once, by [`share`](fn@joblib_core::share). Large results are best returned as
/// one too. Copying into memory that is fresh goes at the speed at which the kernel hands out its pages, some times slower than copying.
///
/// A worker that dies, of a crash, a signal, or for want of memory, fails the task that it was running with an error for which
/// [`is_worker_death`](crate::Error::is_worker_death) holds, unless [`retries`](Self::retries) are left; a new one takes its place.
/// Tasks of the same batch whose results had not arrived run again.
///
/// Inside a worker, `processes()` means threads: workers do not start workers.
#[derive(Clone)]
#[must_use = "it does nothing until it is given tasks"]
pub struct Processes {
    options: Options,
    settings: Settings,
}

impl Parallel {
    /// These options, for tasks in worker processes.
    ///
    /// [`timeout`](Self::timeout) there ends the worker, and [`n_jobs`](Self::n_jobs) 1 is one worker.
    pub fn processes(self) -> Processes {
        Processes { options: self.into_options(), settings: Settings::default() }
    }
}

/// Options.
impl Processes {
    /// Arrays larger than this are passed by shared memory; the default is `"1M"`.
    pub fn max_nbytes(mut self, size: impl Into<Size>) -> Self {
        self.settings.max_nbytes = Some(size.into());
        self
    }

    /// Passes no array by shared memory, except mapped ones.
    pub fn without_shared_memory(mut self) -> Self {
        self.settings.max_nbytes = None;
        self
    }

    /// How a [`MappedArray`](joblib_core::MappedArray) is mapped whose memory was copied into shared memory on the way: `"r"` by
    /// default. What was mapped before keeps its mode.
    pub fn mmap_mode(mut self, mode: MmapMode) -> Self {
        self.settings.mmap_mode = mode;
        self
    }

    /// Where shared memory is taken from; a leading `~` is the home directory. See
    /// [`ShareOptions`](joblib_core::memmap::ShareOptions) for the default.
    pub fn temp_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.temp_folder = Some(folder.into());
        self
    }

    /// Threads that a worker's libraries (and this crate's pool there) may use: by `OMP_NUM_THREADS` and its like, whatever this
    /// process's environment has in them. Where nothing is asked for, the environment's stay, and those that it has not are the
    /// processors divided by `n_jobs`, and one at least.
    pub fn inner_threads(mut self, threads: usize) -> Self {
        self.settings.inner_threads = Some(threads.max(1));
        self
    }

    /// Ends a worker that uses more memory of its own than this (what it shares does not count); its task fails with
    /// [`is_memory_limit`](crate::Error::is_memory_limit).
    pub fn memory_limit(mut self, size: impl Into<Size>) -> Self {
        self.settings.memory_limit = Some(size.into());
        self
    }

    /// How long workers wait for a next run; five minutes by default.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.settings.idle_timeout = limit;
        self
    }

    /// How often a task may be tried again that returned an error, or whose worker died or ran out of time. A panic is not
    /// tried again: it is a mistake in the program. Each attempt has the whole [`timeout`](Parallel::timeout).
    ///
    /// ```
    /// use joblib_parallel::Parallel;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// static CALLS: AtomicU32 = AtomicU32::new(0);
    /// let flaky = Parallel::new().n_jobs(1).processes().retries(2);
    /// let calls = flaky.try_map([()], |()| match CALLS.fetch_add(1, Ordering::Relaxed) {
    ///     call @ 0..2 => Err(format!("call {call} failed")),
    ///     call => Ok(call),
    /// });
    /// assert_eq!(calls.unwrap(), [2]);
    /// ```
    pub fn retries(mut self, times: usize) -> Self {
        self.settings.retries = times;
        self
    }

    /// Calls `f`, which captures nothing, in each worker before its first task.
    pub fn initializer<F: Fn() + Copy>(mut self, f: F) -> Self {
        const { captures_nothing::<F>() };
        let _ = f;
        self.settings.initializer = Some(options::call::<F>);
        self
    }

    /// A value that all tasks are given by reference. It is passed to each worker once a run.
    ///
    /// ```
    /// use joblib_parallel::Parallel;
    ///
    /// let weights = vec![2.0, 3.0];
    /// let parallel = Parallel::new().n_jobs(2).processes();
    /// let products = parallel.share(&weights).map(0..2, |weights, i| weights[i] * 10.0)?;
    /// assert_eq!(products, [20.0, 30.0]);
    /// # Ok::<(), joblib_parallel::Error>(())
    /// ```
    pub fn share<'s, S: Message + Sync>(&self, value: &'s S) -> SharedProcesses<'s, S> {
        SharedProcesses::new(self.options.clone(), self.settings.clone(), value)
    }
}

/// Runs.
impl Processes {
    /// As [`Parallel::map`].
    ///
    /// # Errors
    ///
    /// As there; also if a worker dies, or something cannot be passed.
    ///
    /// # Panics
    ///
    /// As there; the payload is the panic's text.
    pub fn map<I, T, R, F>(&self, items: I, f: F) -> Result<Vec<R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(T) -> R + Copy + Send + Sync,
        T: Message,
        R: Message,
    {
        const { captures_nothing::<F>() };
        let results = Collect::new();
        let job = Call::of(f);
        conduct::execute(job, &self.options, &self.settings, &(), items.into_iter(), &results)
            .map_err(TaskError::into_error)?;
        Ok(results.into_vec())
    }

    /// As [`Parallel::try_map`].
    ///
    /// # Errors
    ///
    /// As there; also if a worker dies, or something cannot be passed.
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map).
    pub fn try_map<I, T, R, E, F>(&self, items: I, f: F) -> Result<Vec<R>, TaskError<E>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(T) -> Result<R, E> + Copy + Send + Sync,
        T: Message,
        R: Message,
        E: Message,
    {
        const { captures_nothing::<F>() };
        let results = Collect::new();
        let job = TryCall::of(f);
        conduct::execute(job, &self.options, &self.settings, &(), items.into_iter(), &results)?;
        Ok(results.into_vec())
    }

    /// As [`Parallel::try_map_all`]: also a task whose worker died, or that ran out of time, is one failure among the outcomes.
    ///
    /// ```
    /// use joblib_parallel::Parallel;
    ///
    /// let outcomes = Parallel::new().n_jobs(2).processes().try_map_all(0..3, |i: u8| match i {
    ///     1 => std::process::abort(),
    ///     2 => Err("two".to_owned()),
    ///     i => Ok(i),
    /// })?;
    /// assert!(outcomes[0].is_ok() && outcomes[1].is_err() && outcomes[2].is_err());
    /// # Ok::<(), joblib_parallel::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map), for what is not one task's failure.
    ///
    /// # Panics
    ///
    /// If the iterator panics.
    pub fn try_map_all<I, T, R, E, F>(&self, items: I, f: F) -> Result<Vec<Result<R, TaskError<E>>>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(T) -> Result<R, E> + Copy + Send + Sync,
        T: Message,
        R: Message,
        E: Message,
    {
        const { captures_nothing::<F>() };
        if conduct::is_worker() && self.settings.retries == 0 {
            return Parallel::with_options(self.options.clone()).try_map_all(items, f);
        }
        let results = Collect::new();
        let (options, settings) = (&self.options, &self.settings);
        let source = Source::new(items.into_iter());
        let input = Input::of(&(), &source);
        let run = conduct::conduct::<TryCall<F, T, R, E>, _, _, _, _>;
        run(options, settings, &input, outcome::each, &results, Placement::of_this_process()).map_err(
            |error| match error {
                TaskError::Run(error) => error,
                // Unreachable: a task's failure is its outcome.
                TaskError::Failed { index, .. } => {
                    crate::Error::message("a failure was not kept").of_task(index)
                }
            },
        )?;
        Ok(results.into_vec())
    }

    /// As [`Parallel::run`], for tasks whose functions capture nothing.
    ///
    /// ```
    /// use joblib_parallel::{Parallel, delayed};
    ///
    /// let tasks = (1..4).map(|i| delayed(u32::pow).call((2, i)));
    /// assert_eq!(Parallel::new().n_jobs(2).processes().run(tasks)?, [2, 4, 8]);
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
        F: Callable<A, Output: Message> + Copy + Send + Sync,
        A: Message,
    {
        const { captures_nothing::<F>() };
        let results = Collect::new();
        let arguments = tasks.into_iter().map(Task::into_args);
        let job = CallTask::<F, A, F::Output>::new();
        conduct::execute(job, &self.options, &self.settings, &(), arguments, &results)
            .map_err(TaskError::into_error)?;
        Ok(results.into_vec())
    }

    /// As [`Parallel::for_each`].
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map).
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map).
    pub fn for_each<I, T, F>(&self, items: I, f: F) -> Result<()>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(T) + Copy + Send + Sync,
        T: Message,
    {
        const { captures_nothing::<F>() };
        self.map(items, f).map(drop)
    }

    /// As [`Parallel::reduce`]; `combine` runs in this process.
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map).
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map), and if `combine` panics.
    pub fn reduce<I, T, R, F, G>(&self, items: I, f: F, combine: G) -> Result<Option<R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(T) -> R + Copy + Send + Sync,
        G: FnMut(R, R) -> R + Send,
        T: Message,
        R: Message,
    {
        const { captures_nothing::<F>() };
        let total = Fold::new(combine);
        conduct::execute(Call::of(f), &self.options, &self.settings, &(), items.into_iter(), &total)
            .map_err(TaskError::into_error)?;
        Ok(total.into_total())
    }

    /// As [`Parallel::stream`]. Where [`pre_dispatch`](Parallel::pre_dispatch) is not set, up to 32 tasks per job are out.
    ///
    /// # Errors
    ///
    /// As there. Its items may also be errors because a worker died, or something cannot be passed.
    pub fn stream<I, T, R, F>(&self, items: I, f: F) -> Result<Stream<'static, R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send + 'static>,
        F: Fn(T) -> R + Copy + Send + Sync + 'static,
        T: Message,
        R: Message,
    {
        const { captures_nothing::<F>() };
        conduct::stream(Call::of(f), &self.options, &self.settings, (), items.into_iter())
    }
}
