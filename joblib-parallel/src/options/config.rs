//! Options for all runs started by a piece of code: `parallel_config`.

use super::{CURRENT, Options, in_force, setters};

/// Starts a configuration: options for every [`Parallel`](crate::Parallel), on threads or in worker
/// processes, that runs inside its [`scope`](ParallelConfig::scope), on this thread.
///
/// What a `Parallel` sets itself wins; what an inner configuration leaves unset is taken from the outer one.
/// A [`backend`](ParallelConfig::backend) that is a place for worker processes does not affect runs on
/// threads.
///
/// ```
/// use joblib::{Parallel, parallel_config};
///
/// let squares = parallel_config().n_jobs(2).scope(|| Parallel::new().map(0..4, |i| i * i))?;
/// assert_eq!(squares, [0, 1, 4, 9]);
/// # Ok::<(), joblib::Error>(())
/// ```
pub fn parallel_config() -> ParallelConfig {
    ParallelConfig::default()
}

/// Options to be put in force; see [`parallel_config`].
#[derive(Clone, Default)]
#[must_use = "a configuration does nothing until `scope` is called"]
pub struct ParallelConfig {
    options: Options,
}

setters! { ParallelConfig, retries }

impl ParallelConfig {
    /// Calls `body` with this configuration in force on this thread; the outer one is restored also on
    /// unwinding.
    pub fn scope<R>(mut self, body: impl FnOnce() -> R) -> R {
        struct Restore(Options);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(std::mem::take(&mut self.0));
            }
        }
        in_force(|outer| self.options.fill_from(outer));
        let _restore = Restore(CURRENT.replace(self.options));
        body()
    }
}
