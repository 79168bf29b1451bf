//! The pool as its users see it.
#![allow(unsafe_code)]

use super::builder::{PoolBuilder, Threads};
use super::current::{self, Frame};
use super::feeder::Feeder;
use super::job::Job;
use super::region::Region;
use super::registry::Registry;
use super::unwind::{self, Payload};
use crate::fork::PerProcess;
use std::cell::OnceCell;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

/// Threads that wait for parallel loops.
///
/// Most code never names a pool: loops use the process-wide one, which starts at the first loop that is worth it.
/// An own pool keeps some work apart or limits it:
///
/// ```
/// use joblib_core::pool::{Pool, with_current};
///
/// let pool = Pool::builder().num_threads(2).thread_name(|i| format!("io-{i}")).build()?;
/// let threads = pool.install(|| with_current(Pool::num_threads));
/// assert_eq!(threads, 2);
/// # Ok::<(), joblib_core::Error>(())
/// ```
///
/// Dropping an own pool ends and joins its threads.
pub struct Pool {
    registry: Arc<Registry>,
    /// The threads to join; none in the handle that a worker has of its own pool.
    threads: Option<Threads>,
}

static GLOBAL: PerProcess<Pool> = PerProcess::new();

impl Pool {
    /// The process-wide pool, started now if it was not yet. Its size is [`cpu_count`](crate::cpu_count).
    ///
    /// A child made by `fork` gets a new one.
    pub fn global() -> &'static Self {
        GLOBAL.get_or_init(|| PoolBuilder::new().start())
    }

    /// Settings for a pool of one's own.
    pub fn builder() -> PoolBuilder {
        PoolBuilder::new()
    }

    pub(super) fn started(registry: Arc<Registry>, threads: Threads) -> Self {
        Self { registry, threads: Some(threads) }
    }

    pub(super) fn of_worker(registry: Arc<Registry>) -> Self {
        Self { registry, threads: None }
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn shared_registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// How many threads run a loop: the pool's own and the one that calls.
    #[must_use]
    pub fn num_threads(&self) -> usize {
        self.registry.workers_alive() + 1
    }

    /// Calls `f` on this thread; loops started inside use this pool.
    pub fn install<R>(&self, f: impl FnOnce() -> R) -> R {
        let _inside = current::enter(Frame { pool: self, ..current::get() });
        f()
    }

    /// Runs a loop: calls `participant` on this thread, and on others as they come, until all ranges are
    /// handed out and everybody has left.
    ///
    /// Nothing but iterations of this loop, and of loops started by them, runs on this thread meanwhile: a lock may be held around the call.
    /// From any thread, inside of other loops, and from many threads at once; if more than 1,024 threads
    /// that are not the pool's own share loops at once, the others run theirs alone.
    ///
    /// # Panics
    /// When a participant panics, later ranges are skipped, earlier ones still run, by calling `participant` again if
    /// need be; then the panic of the earliest range is re-thrown with its payload. It is dropped if an earlier iteration
    /// [left](Feeder::leave_at) the loop, because then the sequential loop had never come to it.
    pub fn run<P: Fn(&mut Feeder<'_>) + Sync>(&self, region: &Region<'_>, participant: P) {
        if let Err((_, payload)) = self.try_run(region, participant) {
            resume_unwind(payload);
        }
    }

    /// Like [`run`](Self::run), but returns the panic, with the start of the range it happened in.
    pub(crate) fn try_run<P>(&self, region: &Region<'_>, participant: P) -> Result<(), (usize, Payload)>
    where
        P: Fn(&mut Feeder<'_>) + Sync,
    {
        self.run_job(&Job::new(self, region, &participant))
    }

    fn run_job(&self, job: &Job<'_>) -> Result<(), (usize, Payload)> {
        if job.len == 0 {
            return Ok(());
        }
        let team = OnceCell::new();
        let mut feeder = Feeder::owner(job, &team);
        let outcome = unwind::halt(|| (job.body)(&mut feeder));
        feeder.finish(outcome)
    }
}

/// Calls `f` with the pool that loops use here: the [installed](Pool::install) one, on a pool's thread that pool, and
/// the process-wide one elsewhere.
pub fn with_current<R>(f: impl FnOnce(&Pool) -> R) -> R {
    let installed = current::get().pool;
    // SAFETY: a frame's pool is borrowed by whoever set the frame, for as long as it stays set.
    match unsafe { installed.as_ref() } {
        Some(pool) => f(pool),
        None => f(Pool::global()),
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("num_threads", &self.num_threads()).finish_non_exhaustive()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            self.registry.close();
            if self.registry.is_native() {
                threads.join();
                self.registry.extras.join();
            }
        }
    }
}
