//! Starting a pool.

use super::handle::Pool;
use super::threads::{self, Registry};
use crate::error::{Error, Result};
use crate::fork::PerProcess;
use crate::{Refused, Size};
use std::fmt;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

type Name = dyn Fn(usize) -> String + Send + Sync;
type Handler = dyn Fn(usize) + Send + Sync;

static GLOBAL: PerProcess<Pool> = PerProcess::new();

impl Pool {
    /// The process-wide pool, started now if it was not yet. Its size is [`cpu_count`](crate::cpu_count).
    ///
    /// A child made by `fork` gets a new one.
    pub fn global() -> &'static Self {
        GLOBAL.get_or_init(|| PoolBuilder::default().start())
    }

    /// Settings for a separate pool.
    pub fn builder() -> PoolBuilder {
        PoolBuilder::default()
    }
}

/// Settings of a separate pool; see [`Pool::builder`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct PoolBuilder {
    num_threads: Option<usize>,
    stack_size: Option<usize>,
    name: Option<Arc<Name>>,
    on_start: Option<Arc<Handler>>,
    on_exit: Option<Arc<Handler>>,
    refused: Refused,
}

impl PoolBuilder {
    /// How many threads run a loop, the caller included: one fewer is started. By default
    /// [`cpu_count`](crate::cpu_count).
    pub fn num_threads(mut self, num_threads: usize) -> Self {
        self.num_threads = Some(num_threads);
        self
    }

    /// The name of thread `i`, from 0 on; `joblib-i` by default.
    pub fn thread_name(mut self, name: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        self.name = Some(Arc::new(name));
        self
    }

    /// The stack size of the threads, a number of bytes or text such as `"16M"`. By default that of the main
    /// thread, between 8 and 64 MiB (std's 2 MiB where pointers have 32 bits); the environment's
    /// `JOBLIB_STACK_SIZE` or `RUST_MIN_STACK` changes that.
    pub fn stack_size(mut self, bytes: impl Into<Size>) -> Self {
        let bytes = self.refused.accept("stack_size", bytes.into().bytes());
        self.stack_size = bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        self
    }

    /// Called with its number by each thread before its first loop.
    pub fn start_handler(mut self, handler: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.on_start = Some(Arc::new(handler));
        self
    }

    /// Called with its number by each thread after its last loop.
    pub fn exit_handler(mut self, handler: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.on_exit = Some(Arc::new(handler));
        self
    }

    /// Starts the pool.
    ///
    /// If the system refuses to start a thread, the pool is smaller, as [`Pool::num_threads`] says.
    ///
    /// # Errors
    ///
    /// If the number of threads is zero, or the stack size is not a size.
    pub fn build(self) -> Result<Pool> {
        self.refused.check()?;
        if self.num_threads == Some(0) {
            return Err(Error::invalid("num_threads: a pool needs at least one thread, the one that calls"));
        }
        Ok(self.start())
    }

    fn start(&self) -> Pool {
        let wanted = self.num_threads.unwrap_or_else(crate::cpu_count).max(1) - 1;
        let registry = Arc::new(Registry::new(wanted));
        let mut workers = Vec::new();
        for index in 0..wanted {
            match self.spawn(&registry, index) {
                Ok(handle) => workers.push(handle),
                Err(error) => {
                    crate::event!(WARN, %error, started = index, wanted, "the pool is smaller than asked for");
                    break;
                }
            }
        }
        crate::event!(DEBUG, threads = workers.len(), "pool started");
        Pool::of_workers(registry, workers, self.stack_size)
    }

    fn spawn(&self, registry: &Arc<Registry>, index: usize) -> std::io::Result<JoinHandle<()>> {
        let name = self.name.as_ref().map_or_else(|| format!("joblib-{index}"), |name| name(index));
        let mut thread = thread::Builder::new().name(name);
        if let Some(bytes) = threads::stack_size(self.stack_size) {
            thread = thread.stack_size(bytes);
        }
        let registry = Arc::clone(registry);
        let (on_start, on_exit) = (self.on_start.clone(), self.on_exit.clone());
        thread.spawn(move || {
            if let Some(handler) = on_start {
                handler(index);
            }
            threads::work(&registry, index);
            if let Some(handler) = on_exit {
                handler(index);
            }
        })
    }
}

impl fmt::Debug for PoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolBuilder")
            .field("num_threads", &self.num_threads)
            .field("stack_size", &self.stack_size)
            .finish_non_exhaustive()
    }
}
