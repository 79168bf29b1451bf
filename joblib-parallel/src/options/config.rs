//! Options for all runs started by a piece of code: `parallel_config`.

use super::{BatchSize, Options, PreDispatch};
use crate::cancel::CancelToken;
use crate::progress::Reporter;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

thread_local! {
    static CURRENT: RefCell<Options> = RefCell::default();
}

/// The options in force on this thread.
pub(super) fn current() -> Options {
    CURRENT.with_borrow(Options::clone)
}

/// Starts a configuration: options for every [`Parallel`](crate::Parallel) that runs inside its
/// [`scope`](ParallelConfig::scope), on this thread.
///
/// What a `Parallel` sets itself wins; what an inner configuration leaves unset is taken from the outer one.
///
/// ```
/// use joblib_parallel::{Parallel, parallel_config};
///
/// let squares = parallel_config().n_jobs(2).scope(|| Parallel::new().map(0..4, |i| i * i))?;
/// assert_eq!(squares, [0, 1, 4, 9]);
/// # Ok::<(), joblib_parallel::Error>(())
/// ```
pub fn parallel_config() -> ParallelConfig {
    ParallelConfig { options: Options::default() }
}

/// Options to be put in force; see [`parallel_config`].
#[derive(Clone, Default)]
#[must_use = "a configuration does nothing until `scope` is called"]
pub struct ParallelConfig {
    options: Options,
}

impl ParallelConfig {
    /// As [`Parallel::n_jobs`](crate::Parallel::n_jobs).
    pub fn n_jobs(mut self, n_jobs: isize) -> Self {
        self.options.n_jobs = Some(n_jobs);
        self
    }

    /// As [`Parallel::backend`](crate::Parallel::backend).
    pub fn backend(mut self, name: impl Into<String>) -> Self {
        self.options.backend = Some(name.into());
        self
    }

    /// As [`Parallel::batch_size`](crate::Parallel::batch_size).
    pub fn batch_size(mut self, size: impl Into<BatchSize>) -> Self {
        self.options.batch_size = Some(size.into());
        self
    }

    /// As [`Parallel::pre_dispatch`](crate::Parallel::pre_dispatch).
    pub fn pre_dispatch(mut self, tasks: impl Into<PreDispatch>) -> Self {
        self.options.pre_dispatch = Some(tasks.into());
        self
    }

    /// As [`Parallel::timeout`](crate::Parallel::timeout).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = Some(limit);
        self
    }

    /// As [`Parallel::cancel_token`](crate::Parallel::cancel_token).
    pub fn cancel_token(mut self, token: &CancelToken) -> Self {
        self.options.cancel = Some(token.clone());
        self
    }

    /// As [`Parallel::verbose`](crate::Parallel::verbose).
    pub fn verbose(mut self, level: u32) -> Self {
        self.options.verbose = Some(level);
        self
    }

    /// As [`Parallel::progress`](crate::Parallel::progress).
    pub fn progress(mut self, show: bool) -> Self {
        self.options.progress = Some(show);
        self
    }

    /// As [`Parallel::trace`](crate::Parallel::trace).
    pub fn trace(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.trace = Some(path.into());
        self
    }

    /// As [`Parallel::reporter`](crate::Parallel::reporter).
    pub fn reporter(mut self, reporter: Arc<dyn Reporter>) -> Self {
        self.options.reporters.push(reporter);
        self
    }

    /// Calls `body` with this configuration in force on this thread; the outer one is restored also on unwinding.
    pub fn scope<R>(self, body: impl FnOnce() -> R) -> R {
        struct Restore(Options);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(std::mem::take(&mut self.0));
            }
        }
        let outer = current();
        let _restore = Restore(CURRENT.replace(self.options.or(&outer)));
        body()
    }
}
