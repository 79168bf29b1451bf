//! The progress of a run: reporters, Python's lines, a bar, a timeline file.

#[cfg(feature = "progress")]
mod bars;
mod lines;
mod meter;
pub(crate) mod screen;
mod trace;
mod verbose;

pub use meter::Meter;
pub(crate) use meter::OfRun;
pub use screen::print_line;
pub(crate) use trace::Timeline;
pub(crate) use verbose::Verbose;

use joblib_core::events::quietly;
use joblib_core::fork::Process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Hears of the progress of runs; given to [`Parallel::reporter`](crate::Parallel::reporter).
///
/// Called from the threads that do the work (for worker processes, from the one that supervises them), so it
/// should be quick. If it panics, no result changes: the panic hook reports it, and the reporter hears no
/// more of that run.
///
/// ```
/// use joblib::Parallel;
/// use joblib::progress::{BatchReport, Reporter};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// #[derive(Default)]
/// struct Count(AtomicUsize);
///
/// impl Reporter for Count {
///     fn batch(&self, batch: &BatchReport) {
///         self.0.fetch_add(batch.tasks, Ordering::Relaxed);
///     }
/// }
///
/// let count = Arc::new(Count::default());
/// Parallel::new().n_jobs(2).reporter(count.clone()).map(0..100, |i| i)?;
/// assert_eq!(count.0.load(Ordering::Relaxed), 100);
/// # Ok::<(), joblib::Error>(())
/// ```
pub trait Reporter: Send + Sync {
    /// A run begins.
    fn begin(&self, run: &RunStart) {
        let _ = run;
    }

    /// A batch of tasks was run.
    fn batch(&self, batch: &BatchReport) {
        let _ = batch;
    }

    /// A run is over, whether it succeeded or not.
    fn end(&self, run: &RunEnd) {
        let _ = run;
    }
}

/// What is known when a run begins.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunStart {
    /// Name of the back-end.
    pub backend: String,
    /// Workers.
    pub n_jobs: usize,
    /// Number of tasks, if the input knows it.
    pub total: Option<usize>,
}

/// A batch that was run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BatchReport {
    /// Which worker of the run.
    pub worker: usize,
    /// Position of the first task.
    pub first: usize,
    /// Number of tasks.
    pub tasks: usize,
    /// When it began, counted from the run's start.
    pub begin: Duration,
    /// When it ended, counted from the run's start.
    pub end: Duration,
    /// Tasks of the run done so far.
    pub done: usize,
    /// Number of tasks of the run, if it is known.
    pub total: Option<usize>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RunEnd {
    /// Tasks that were done.
    pub done: usize,
    /// Time from the first to the last.
    pub elapsed: Duration,
}

/// A reporter, as long as it does not panic.
struct Listener {
    reporter: Arc<dyn Reporter>,
    is_deaf: AtomicBool,
}

impl Listener {
    fn tell(&self, what: impl FnOnce(&dyn Reporter)) {
        if !self.is_deaf.load(Ordering::Relaxed) && quietly(|| what(&*self.reporter)).is_none() {
            self.is_deaf.store(true, Ordering::Relaxed);
        }
    }
}

/// The progress of one run. Its end is told when it is dropped.
pub(crate) struct Progress {
    reporters: Vec<Listener>,
    started: Instant,
    total: Option<usize>,
    done: AtomicUsize,
    span: tracing::Span,
    process: Process,
}

impl Progress {
    /// A run begins.
    pub(crate) fn begin(
        reporters: &[Arc<dyn Reporter>],
        backend: &str,
        n_jobs: usize,
        total: Option<usize>,
    ) -> Self {
        let span = || tracing::debug_span!(target: "joblib", "parallel", backend, n_jobs, total);
        let span = if joblib_core::is_heard!(DEBUG) { quietly(span) } else { None };
        let listen = |reporter: &Arc<dyn Reporter>| Listener {
            reporter: Arc::clone(reporter),
            is_deaf: AtomicBool::new(false),
        };
        let reporters: Vec<Listener> = reporters.iter().map(listen).collect();
        if !reporters.is_empty() {
            let start = RunStart { backend: backend.to_owned(), n_jobs, total };
            reporters.iter().for_each(|listener| listener.tell(|reporter| reporter.begin(&start)));
        }
        Self {
            reporters,
            started: Instant::now(),
            total,
            done: AtomicUsize::new(0),
            span: span.unwrap_or_else(tracing::Span::none),
            process: Process::current(),
        }
    }

    /// Worker `worker` ran `tasks` tasks, the first of which has position `first`.
    pub(crate) fn batch(&self, worker: usize, first: usize, tasks: usize, started: Instant, ended: Instant) {
        let micros = (ended - started).as_micros() as u64;
        joblib_core::event!(TRACE, parent: &self.span, worker, first, tasks, micros, "batch");
        if self.reporters.is_empty() || !self.process.is_current() {
            return;
        }
        let done = self.done.fetch_add(tasks, Ordering::Relaxed) + tasks;
        let since = |at: Instant| at.saturating_duration_since(self.started);
        let (begin, end) = (since(started), since(ended));
        let report = BatchReport { worker, first, tasks, begin, end, done, total: self.total };
        self.reporters.iter().for_each(|listener| listener.tell(|reporter| reporter.batch(&report)));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.process.is_current() {
            return;
        }
        let end = RunEnd { done: self.done.load(Ordering::Relaxed), elapsed: self.started.elapsed() };
        joblib_core::event!(DEBUG, parent: &self.span, done = end.done, "run over");
        self.reporters.iter().for_each(|listener| listener.tell(|reporter| reporter.end(&end)));
        if !self.span.is_disabled() {
            let span = std::mem::replace(&mut self.span, tracing::Span::none());
            quietly(|| drop(span));
        }
    }
}
