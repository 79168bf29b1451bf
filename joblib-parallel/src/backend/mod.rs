//! Where the threads of a run come from.

mod choice;
mod registry;
mod sequential;
mod threads;

pub use choice::BackendChoice;
pub(crate) use registry::{find, not_threads};
pub use registry::{register_backend, set_default_backend};
pub use sequential::Sequential;
pub use threads::Threads;

use crate::Result;
use std::any::type_name;
use std::sync::Arc;

/// A source of threads for [`Parallel`](crate::Parallel), to be given to it as a value, or by name after
/// [`register_backend`].
///
/// Everything else is the same for all back-ends: pulling from the input, batches, order, errors, time
/// limits, progress. A back-end has one task, to call a closure from several threads at once:
///
/// ```
/// use joblib::{Backend, Parallel, Result, parallel_config, register_backend};
///
/// /// New threads for every run.
/// struct Scoped;
///
/// impl Backend for Scoped {
///     fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
///         std::thread::scope(|scope| {
///             for slot in 1..workers {
///                 scope.spawn(move || work(slot));
///             }
///             work(0);
///         });
///         Ok(())
///     }
/// }
///
/// assert_eq!(Parallel::new().backend(Scoped).n_jobs(4).map(0..3, |i| i + 1)?, [1, 2, 3]);
///
/// register_backend("scoped", Scoped)?;
/// let squares = parallel_config().backend("scoped").scope(|| Parallel::new().map(0..3, |i| i * i))?;
/// assert_eq!(squares, [0, 1, 4]);
/// # Ok::<(), joblib::Error>(())
/// ```
pub trait Backend: Send + Sync {
    /// Calls `work(slot)` for each `slot` in `0..workers`, at most once each and as many at a time as it can,
    /// and returns when all calls have returned.
    ///
    /// Each call works until nothing is left to be done. A slot whose turn comes late therefore returns at
    /// once, and one that is never called is not missed.
    ///
    /// # Errors
    ///
    /// If no thread could be started. What has not run by then does not run.
    fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()>;

    /// The number of workers that `n_jobs` stands for: a positive number is taken as it is, -1 means all
    /// processors, -2 all but one, and so on.
    ///
    /// # Errors
    ///
    /// If `n_jobs` is zero.
    fn effective_n_jobs(&self, n_jobs: isize) -> Result<usize> {
        joblib_core::effective_n_jobs(n_jobs)
    }

    /// The name that reports use where it has no registered one; by default the name of its type.
    fn name(&self) -> &str {
        let path = type_name::<Self>();
        let path = path.split_once('<').map_or(path, |(path, _)| path);
        path.rsplit_once("::").map_or(path, |(_, name)| name)
    }
}

impl<B: Backend + ?Sized> Backend for Arc<B> {
    fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
        (**self).broadcast(workers, work)
    }

    fn effective_n_jobs(&self, n_jobs: isize) -> Result<usize> {
        (**self).effective_n_jobs(n_jobs)
    }

    fn name(&self) -> &str {
        (**self).name()
    }
}
