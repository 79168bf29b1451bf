//! `Processes`: a `Parallel` whose tasks run in worker processes.

use super::job::{Message, captures_nothing, value_of};
use super::runs::Runs;
use super::shared::SharedProcesses;
use crate::delayed::Task;
use crate::options::{Options, setters};
use crate::stream::Stream;
use crate::{Parallel, Result, TaskError};
use joblib_core::Callable;

/// A [`Parallel`] whose tasks run in worker processes: for code that is not thread-safe, may crash or use too
/// much memory, or must be stopped from outside. Made by [`Parallel::processes`].
///
/// The workers are this same executable, started again; they serve before `main` begins, also in tests and
/// examples, so that nothing is needed in `main`. They are kept for later runs of the same settings until
/// they have been idle too long. Nothing outlives this process, however it ends.
///
/// A task is a function or a closure that captures nothing, which the compiler checks: what it needs is in
/// its argument or, for all tasks, in [`share`](Self::share). Arguments and results are passed by `serde`,
/// arrays in them larger than [`max_nbytes`](Self::max_nbytes) by shared memory, and mapped arrays by
/// reference.
///
/// ```
/// use joblib::Parallel;
///
/// let squares = Parallel::new().n_jobs(2).processes().map(0..4u32, |i| i * i)?;
/// assert_eq!(squares, [0, 1, 4, 9]);
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// ```compile_fail,E0080
/// use joblib::Parallel;
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
/// Owned arrays are not remembered from call to call, so one that was changed in place is never passed as it
/// was before. Make what is passed often a [`MappedArray`](joblib_core::MappedArray) once, by
/// [`share`](fn@joblib_core::share). Large results are best returned as one, too. Copying into fresh memory
/// is several times slower than copying, because the kernel has to hand out its pages; workers therefore have
/// their C library ask for huge pages for large allocations, as NumPy does.
///
/// A worker that dies, from a crash, a signal or lack of memory, fails the task that it was running with an
/// error for which [`is_worker_death`](crate::Error::is_worker_death) holds, unless
/// [`retries`](Self::retries) are left; a new one takes its place. Tasks of the same batch whose results had
/// not arrived run again.
///
/// Inside a worker, `processes()` means threads: workers do not start workers.
#[derive(Clone)]
#[must_use = "it does nothing until it is given tasks"]
pub struct Processes {
    options: Options,
}

setters! { Processes, retries }

impl Parallel {
    /// These options, for tasks in worker processes.
    ///
    /// There a [`timeout`](Self::timeout) ends the worker, and [`n_jobs`](Self::n_jobs) 1 is one worker.
    pub fn processes(self) -> Processes {
        Processes { options: self.options }
    }
}

impl Processes {
    /// A value that all tasks get by reference. It is sent to each worker once per run.
    ///
    /// ```
    /// use joblib::Parallel;
    ///
    /// let weights = vec![2.0, 3.0];
    /// let parallel = Parallel::new().n_jobs(2).processes();
    /// let products = parallel.share(&weights).map(0..2, |weights, i| weights[i] * 10.0)?;
    /// assert_eq!(products, [20.0, 30.0]);
    /// # Ok::<(), joblib::Error>(())
    /// ```
    pub fn share<'s, S: Message + Sync>(&self, value: &'s S) -> SharedProcesses<'s, S> {
        SharedProcesses { options: self.options.clone(), value }
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
        self.runs().map(items, move |(), item| f(item))
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
        self.runs().try_map(items, move |(), item| f(item))
    }

    /// As [`Parallel::try_map_all`]; a task whose worker died, or that ran out of time, is one failure among
    /// the results, too.
    ///
    /// ```
    /// use joblib::Parallel;
    ///
    /// let outcomes = Parallel::new().n_jobs(2).processes().try_map_all(0..3, |i: u8| match i {
    ///     1 => std::process::abort(),
    ///     2 => Err("two".to_owned()),
    ///     i => Ok(i),
    /// })?;
    /// assert!(outcomes[0].is_ok() && outcomes[1].is_err() && outcomes[2].is_err());
    /// # Ok::<(), joblib::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map), except for the failures of single tasks.
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
        self.runs().try_map_all(items, move |(), item| f(item))
    }

    /// As [`Parallel::run`], for tasks whose functions capture nothing.
    ///
    /// ```
    /// use joblib::{Parallel, delayed};
    ///
    /// let tasks = (1..4).map(|i| delayed(u32::pow).call((2, i)));
    /// assert_eq!(Parallel::new().n_jobs(2).processes().run(tasks)?, [2, 4, 8]);
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
        F: Callable<A, Output: Message> + Copy + Send + Sync,
        A: Message,
    {
        const { captures_nothing::<F>() };
        self.runs().map(tasks.into_iter().map(Task::into_args), |(), args| value_of::<F>().call_with(args))
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
        self.runs().map(items, move |(), item| f(item)).map(drop)
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
        self.runs().reduce(items, move |(), item| f(item), combine)
    }

    /// As [`Parallel::stream`]. If [`pre_dispatch`](Parallel::pre_dispatch) is not set, up to 32 tasks per
    /// job are under way, as long as 64 MiB hold their results, and always two per job.
    ///
    /// # Errors
    ///
    /// As there. An item may also be an error because a worker died, or something cannot be passed.
    pub fn stream<I, T, R, F>(&self, items: I, f: F) -> Result<Stream<'static, R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send + 'static>,
        F: Fn(T) -> R + Copy + Send + Sync + 'static,
        T: Message,
        R: Message,
    {
        const { captures_nothing::<F>() };
        self.runs().stream(items, move |(), item| f(item))
    }

    fn runs(&self) -> Runs<'_, ()> {
        Runs { options: &self.options, shared: &() }
    }
}
