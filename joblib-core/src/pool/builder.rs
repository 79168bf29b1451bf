//! Starting and ending a pool's threads.

use super::handle::Pool;
use super::placement;
use super::registry::Registry;
use super::stack;
use super::worker;
use crate::error::{Error, Result};
use std::fmt;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

type Name = dyn Fn(usize) -> String + Send + Sync;
type Handler = dyn Fn(usize) + Send + Sync;

/// Settings of a pool of one's own; see [`Pool::builder`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct PoolBuilder {
    num_threads: Option<usize>,
    stack_size: Option<usize>,
    name: Option<Arc<Name>>,
    on_start: Option<Arc<Handler>>,
    on_exit: Option<Arc<Handler>>,
}

impl PoolBuilder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// How many threads run a loop, the caller included: one less is started. By default [`cpu_count`](crate::cpu_count).
    pub fn num_threads(mut self, num_threads: usize) -> Self {
        self.num_threads = Some(num_threads);
        self
    }

    /// The name of thread `i`, from 0 on; `joblib-i` by default.
    pub fn thread_name(mut self, name: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        self.name = Some(Arc::new(name));
        self
    }

    /// The stack size of the threads in bytes. By default that of the main thread, between 8 and 64 MiB (std's 2 MiB where pointers have 32 bits);
    /// the environment's `JOBLIB_STACK_SIZE` or `RUST_MIN_STACK` changes that.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
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
    /// A thread that the system refuses to start is done without: the pool is smaller then, which
    /// [`Pool::num_threads`] tells.
    ///
    /// # Errors
    /// If the number of threads is zero.
    pub fn build(self) -> Result<Pool> {
        if self.num_threads == Some(0) {
            return Err(Error::invalid("a pool needs at least one thread, the one that calls"));
        }
        Ok(self.start())
    }

    pub(super) fn start(&self) -> Pool {
        let wanted = self.num_threads.unwrap_or_else(crate::cpu_count).max(1) - 1;
        let mut registry = Registry::new(wanted);
        registry.extras.stack_size = self.stack_size;
        let registry = Arc::new(registry);
        let (home, mut handles) = (placement::here(), Vec::new());
        for index in 0..wanted {
            match self.spawn(&registry, index, home) {
                Ok(handle) => handles.push(handle),
                Err(error) => {
                    crate::event!(WARN, %error, started = index, wanted, "the pool is smaller than asked for");
                    break;
                }
            }
        }
        registry.set_workers_alive(handles.len());
        crate::event!(DEBUG, threads = handles.len(), "pool started");
        Pool::started(registry, Threads(handles))
    }

    fn spawn(&self, registry: &Arc<Registry>, index: usize, home: usize) -> std::io::Result<JoinHandle<()>> {
        let name = self.name.as_ref().map_or_else(|| format!("joblib-{index}"), |name| name(index));
        let mut thread = thread::Builder::new().name(name);
        if let Some(bytes) = stack::size(self.stack_size) {
            thread = thread.stack_size(bytes);
        }
        let registry = Arc::clone(registry);
        let (on_start, on_exit) = (self.on_start.clone(), self.on_exit.clone());
        thread.spawn(move || {
            placement::spread(index, home);
            if let Some(handler) = on_start {
                handler(index);
            }
            worker::work(&registry, index);
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

/// A pool's running threads.
#[derive(Debug)]
pub(super) struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    /// Waits for all to end, except for the calling one, should the pool be dropped by a loop of its own.
    pub(super) fn join(self) {
        let me = thread::current().id();
        for handle in self.0 {
            if handle.thread().id() != me {
                // A start or exit handler that panicked has been reported by the panic hook.
                let _ = handle.join();
            }
        }
    }
}
