//! The pool as its users hold it: its threads and when loops are shared with them.

use super::loops::SharingPolicy;
use super::threads::{ExtraThreads, Registry};
use std::fmt;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// Threads that wait for parallel loops.
///
/// Most code never names a pool: loops use the process-wide one, which starts at the first loop that is worth
/// it. A separate pool keeps some work apart or limits it:
///
/// ```
/// use joblib::pool::Pool;
///
/// let pool = Pool::builder().num_threads(2).thread_name(|i| format!("io-{i}")).build()?;
/// pool.install(|| println!("loops that start here run on {pool:?}"));
/// assert_eq!(pool.num_threads(), 2);
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// Dropping a separate pool ends and joins its threads.
pub struct Pool {
    registry: Arc<Registry>,
    workers: Vec<JoinHandle<()>>,
    extra_threads: Arc<ExtraThreads>,
    sharing: SharingPolicy,
}

impl Pool {
    /// Of workers that are running, and more to come with `stack_size`.
    pub(super) fn of_workers(
        registry: Arc<Registry>,
        workers: Vec<JoinHandle<()>>,
        stack_size: Option<usize>,
    ) -> Self {
        let extra_threads = ExtraThreads::new(Arc::clone(&registry), stack_size);
        Self { registry, workers, extra_threads, sharing: SharingPolicy::new() }
    }

    /// How many threads run a loop: the pool's own and the one that calls.
    #[must_use]
    pub fn num_threads(&self) -> usize {
        self.workers.len() + 1
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn extra_threads(&self) -> &Arc<ExtraThreads> {
        &self.extra_threads
    }

    pub(super) fn sharing(&self) -> &SharingPolicy {
        &self.sharing
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("num_threads", &self.num_threads()).finish_non_exhaustive()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.registry.close();
        self.extra_threads.close();
        if !self.registry.is_native() {
            // The threads are the parent's.
            return;
        }
        let here = thread::current().id();
        for worker in self.workers.drain(..) {
            // The calling thread is one of them if a handler of its own dropped the pool.
            if worker.thread().id() != here {
                // A start or exit handler that panicked has been reported by the panic hook.
                let _ = worker.join();
            }
        }
        self.extra_threads.join();
    }
}
