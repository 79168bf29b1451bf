//! The list of the options: one method each, on every type that holds [`Options`](super::Options).

/// Gives a type with a field `options` all setters, and a `Debug` that shows what is set.
/// [`Parallel`](crate::Parallel) alone has no setter of `retries`: they make another type of it.
macro_rules! setters {
    ($builder:ident $(<$($generic:tt),+>)?, retries) => {
        $crate::options::setters! { $builder $(<$($generic),+>)? }

        impl $(<$($generic),+>)? $builder $(<$($generic),+>)? {
            /// How many more times to try a task that returned an error, or whose worker process died or ran
            /// out of time. A panic is not tried again: it is a bug in the program.
            ///
            /// In worker processes each attempt has the whole [`timeout`](Self::timeout). On threads only the
            /// runs of a [`Retrying`](crate::Retrying) try again, which
            /// [`Parallel::retries`](crate::Parallel::retries) makes.
            ///
            /// ```
            /// use joblib::Parallel;
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
                self.options.place.retries = Some(times);
                self
            }
        }
    };
    ($builder:ident $(<$($generic:tt),+>)?) => {
        /// Options of every run.
        impl $(<$($generic),+>)? $builder $(<$($generic),+>)? {
            /// How many tasks run at once: with 1 they run in order on the caller's thread, or in one worker
            /// process; -1 means as many as there are processors, -2 one fewer, and so on. There may be more
            /// than processors, for tasks that wait: up to 1,024 more threads.
            ///
            /// Zero is an error of the run.
            pub fn n_jobs(mut self, n_jobs: isize) -> Self {
                self.options.run.n_jobs = Some(n_jobs);
                self
            }

            /// The back-end: `"threads"`, `"sequential"`, one that was [registered](crate::register_backend)
            /// under a name, or a value of one's own type that is a [`Backend`](crate::Backend). An unknown
            /// name is an error of the run.
            ///
            /// `"processes"` is where the tasks of [`processes()`](crate::Parallel::processes) run anyway. It
            /// does not move a run on threads into processes, because a closure that captures something
            /// cannot be sent there: set on a run on threads it is an error, in a
            /// [`parallel_config`](crate::parallel_config) it does not affect such runs.
            pub fn backend(mut self, backend: impl Into<$crate::BackendChoice>) -> Self {
                self.options.choose(backend.into());
                self
            }

            /// How many tasks a worker takes at once: a number, or
            /// [`BatchSize::Auto`](crate::BatchSize::Auto) (the default).
            ///
            /// With `Auto` quick tasks are taken several at once, and a run that is over in a few
            /// microseconds stays on the caller's thread. On threads, a batch of a size that was asked for
            /// stays with its worker. Tasks that wait for one another need 1: then as many run at the same
            /// time as there are jobs.
            pub fn batch_size(mut self, size: impl Into<$crate::BatchSize>) -> Self {
                self.options.run.batch_size = Some(size.into());
                self
            }

            /// How many inputs may be taken from the iterator before they are needed: a number, `"all"`, or a
            /// multiple such as `"2 * n_jobs"`. Any other text is an error of the run.
            ///
            /// A stream gets this far ahead of its consumer, however large its results are; if it is not set,
            /// memory is a bound, too.
            pub fn pre_dispatch(mut self, tasks: impl Into<$crate::PreDispatch>) -> Self {
                self.options.run.pre_dispatch = Some(tasks.into());
                self
            }

            /// A limit for each task, from its own start: a `Duration`, or text such as `"30s"`.
            ///
            /// When one runs out of time the run fails with [`is_timeout`](crate::Error::is_timeout), and no
            /// later task starts. A worker process is then ended. A thread cannot be stopped from outside, so
            /// there the call returns when its running tasks have; those that ask
            /// [`is_cancelled`](crate::is_cancelled) can end early.
            pub fn timeout(mut self, limit: impl Into<$crate::TimeSpan>) -> Self {
                self.options.run.timeout = Some(limit.into());
                self
            }

            /// A token by which the run can be cancelled from elsewhere.
            pub fn cancel_token(mut self, token: &$crate::CancelToken) -> Self {
                self.options.run.cancel_token = Some(token.clone());
                self
            }

            /// Prints the progress of the run, as Python's joblib does: nothing at 0, lines further and
            /// further apart up to 10, every batch above that; from 50 on to standard output instead of
            /// standard error.
            pub fn verbose(mut self, level: u32) -> Self {
                self.options.run.verbose = Some(level);
                self
            }

            /// Shows a bar with rate and time left where standard error is a terminal (with the feature
            /// `progress`), and a line now and then elsewhere, as well as where `TERM` is `dumb` or
            /// `NO_COLOR` is set: no escape codes then.
            ///
            /// Code that runs meanwhile prints above the bar with `joblib::progress::println!` and
            /// `joblib::progress::eprintln!`.
            pub fn progress(mut self, show: bool) -> Self {
                self.options.run.progress = Some(show);
                self
            }

            /// Writes a timeline of each run to this file, a lane per worker and a slice per batch, for
            /// [Perfetto](https://ui.perfetto.dev) and `chrome://tracing`. If the file cannot be written,
            /// `tracing` gets a warning.
            pub fn trace(mut self, path: impl Into<std::path::PathBuf>) -> Self {
                self.options.run.trace = Some(path.into());
                self
            }

            /// Reports the progress of runs to this reporter; call it again to add another.
            pub fn reporter(mut self, reporter: std::sync::Arc<dyn $crate::Reporter>) -> Self {
                self.options.run.reporter.get_or_insert_default().0.push(reporter);
                self
            }
        }

        /// Options of worker processes; without effect on threads.
        impl $(<$($generic),+>)? $builder $(<$($generic),+>)? {
            /// Arrays larger than this (a number of bytes, or text such as `"10M"`) are passed to worker
            /// processes by shared memory; the default is `"1M"`.
            pub fn max_nbytes(mut self, size: impl Into<$crate::Size>) -> Self {
                self.options.place.max_nbytes = Some(Some(size.into()));
                self
            }

            /// Passes no array to worker processes by shared memory, except mapped ones.
            pub fn without_shared_memory(mut self) -> Self {
                self.options.place.max_nbytes = Some(None);
                self
            }

            /// The mode of a [`MappedArray`](joblib_core::MappedArray) whose memory was copied into shared
            /// memory on the way to or from a worker process; `"r"` by default. Arrays that were mapped
            /// before keep their mode.
            pub fn mmap_mode(mut self, mode: joblib_core::MmapMode) -> Self {
                self.options.place.mmap_mode = Some(mode);
                self
            }

            /// The folder for shared memory; a leading `~` is the home directory. See
            /// [`ShareOptions`](joblib_core::memmap::ShareOptions) for the default.
            pub fn temp_folder(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
                self.options.place.temp_folder = Some(folder.into());
                self
            }

            /// How many threads a worker process's libraries, and this crate's pool there, may use; set
            /// through `OMP_NUM_THREADS` and the like, whatever this process's environment says. By default
            /// the variables of the environment are left as they are, and those it lacks are set to the
            /// number of processors divided by `n_jobs`, but at least one.
            pub fn inner_threads(mut self, threads: usize) -> Self {
                self.options.place.inner_threads = Some(threads.max(1));
                self
            }

            /// Ends a worker process whose own memory exceeds this, a number of bytes or text such as `"2G"`
            /// (shared memory does not count); its task fails with
            /// [`is_memory_limit`](crate::Error::is_memory_limit).
            pub fn memory_limit(mut self, size: impl Into<$crate::Size>) -> Self {
                self.options.place.memory_limit = Some(size.into());
                self
            }

            /// How long worker processes wait for another run, as a `Duration` or text such as `"30s"`; five
            /// minutes by default.
            pub fn idle_timeout(mut self, limit: impl Into<$crate::TimeSpan>) -> Self {
                self.options.place.idle_timeout = Some(limit.into());
                self
            }

            /// Calls `f`, which captures nothing, in each worker process before its first task.
            pub fn initializer<F: Fn() + Copy>(mut self, f: F) -> Self {
                const { $crate::process::captures_nothing::<F>() };
                let _ = f;
                self.options.place.initializer = Some($crate::process::call::<F>);
                self
            }
        }

        impl $(<$($generic),+>)? std::fmt::Debug for $builder $(<$($generic),+>)? {
            /// Shows the options that are set.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.options.show(stringify!($builder), f)
            }
        }
    };
}

pub(crate) use setters;
