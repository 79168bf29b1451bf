//! What can go wrong with a run.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// What every fallible call of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// Why a run, or one task of it, failed; for reasons other than the task's own error.
///
/// Opaque, so that causes can be added; asked with the `is_*` predicates. Where one task is to blame,
/// [`task_index`](Error::task_index) says which.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    task: Option<usize>,
    source: Option<Source>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(all(unix, feature = "processes")),
    allow(dead_code, reason = "there are no workers to use it")
)]
enum Kind {
    Invalid,
    Timeout,
    Cancelled,
    Panic,
    WorkerDied,
    Memory,
    Message,
    Backend,
    Unsupported,
}

impl Error {
    /// An option whose value cannot be used.
    #[cold]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::build(Kind::Invalid, message.into(), None)
    }

    /// A back-end that failed; for implementations of [`Backend`](crate::Backend).
    #[cold]
    pub fn backend(message: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::build(Kind::Backend, message.into(), Some(source.into()))
    }

    #[cold]
    pub(crate) fn timeout(task: usize, limit: Duration) -> Self {
        Self::build(Kind::Timeout, format!("task {task} ran longer than {limit:?}"), None).of_task(task)
    }

    /// Something that could not be passed between processes.
    #[cold]
    pub(crate) fn message(message: impl Into<String>) -> Self {
        Self::build(Kind::Message, message.into(), None)
    }

    #[cfg(all(unix, feature = "processes"))]
    #[cold]
    pub(crate) fn message_from(message: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::build(Kind::Message, message.into(), Some(source.into()))
    }

    /// A worker process that ended under a task.
    #[cfg(all(unix, feature = "processes"))]
    #[cold]
    pub(crate) fn worker_died(message: impl Into<String>) -> Self {
        Self::build(Kind::WorkerDied, message.into(), None)
    }

    /// A worker process that was ended for using too much memory.
    #[cfg(all(unix, feature = "processes"))]
    #[cold]
    pub(crate) fn memory_limit(message: impl Into<String>) -> Self {
        Self::build(Kind::Memory, message.into(), None)
    }

    #[cfg(not(all(unix, feature = "processes")))]
    #[cold]
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::build(Kind::Unsupported, message.into(), None)
    }

    /// A panic in another process: its text, and where it was.
    #[cold]
    pub(crate) fn panic_elsewhere(task: usize, text: &str, place: &str) -> Self {
        let message = format!("task {task} panicked: {text}\n{place}");
        Self::build(Kind::Panic, message.trim_end().to_owned(), None).of_task(task)
    }

    #[cold]
    pub(crate) fn cancelled() -> Self {
        Self::build(Kind::Cancelled, "the run was cancelled".into(), None)
    }

    #[cold]
    pub(crate) fn panic(task: usize, payload: &(dyn Any + Send)) -> Self {
        let message = format!("task {task} panicked: {}", panic_text(payload));
        Self::build(Kind::Panic, message, None).of_task(task)
    }

    /// The same error, said to be about the task at `index` of the input.
    #[must_use]
    pub(crate) fn of_task(mut self, index: usize) -> Self {
        self.0.task = Some(index);
        self
    }

    /// The position in the input of the task the error is about.
    #[must_use]
    pub fn task_index(&self) -> Option<usize> {
        self.0.task
    }

    /// Whether an option is at fault.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.0.kind == Kind::Invalid
    }

    /// Whether a task took longer than `timeout`.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == Kind::Timeout
    }

    /// Whether the run was cancelled by its token.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.kind == Kind::Cancelled
    }

    /// Whether a task panicked. Only where panics are values: most calls re-throw them.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.0.kind == Kind::Panic
    }

    /// Whether a worker process died under the task.
    #[must_use]
    pub fn is_worker_death(&self) -> bool {
        matches!(self.0.kind, Kind::WorkerDied | Kind::Memory)
    }

    /// Whether a worker process was ended because it used more memory than allowed.
    #[must_use]
    pub fn is_memory_limit(&self) -> bool {
        self.0.kind == Kind::Memory
    }

    /// Whether arguments or results could not be passed between processes.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.0.kind == Kind::Message
    }

    /// Whether the back-end itself failed.
    #[must_use]
    pub fn is_backend(&self) -> bool {
        self.0.kind == Kind::Backend
    }

    /// Whether this platform or build lacks what was asked for.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.0.kind == Kind::Unsupported
    }

    #[cold]
    fn build(kind: Kind, message: String, source: Option<Source>) -> Self {
        Self(Box::new(Inner { kind, message, task: None, source }))
    }
}

/// What a panic says, where its payload is text.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a payload that is no text")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Other messages about a task name it in their text.
        if let (Kind::Message, Some(task)) = (self.0.kind, self.0.task) {
            write!(f, "task {task}: ")?;
        }
        f.write_str(&self.0.message)?;
        match &self.0.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The error of tasks that return no `Result`: there is none.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) enum Never {}

impl TaskError<Never> {
    /// The only kind of error there can be.
    pub(crate) fn into_error(self) -> Error {
        match self {
            TaskError::Failed { error, .. } => match error {},
            TaskError::Run(error) => error,
        }
    }
}

/// How a task of [`try_map`](crate::Parallel::try_map) failed: by its own error or for another reason.
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskError<E> {
    /// The task at this position of the input returned an error.
    Failed {
        /// Position in the input.
        index: usize,
        /// What the task returned.
        error: E,
    },
    /// Anything else: a time-out, a cancelled run, a worker that died.
    Run(Error),
}

impl<E> TaskError<E> {
    /// The task's own error.
    pub fn into_inner(self) -> Result<E, Error> {
        match self {
            TaskError::Failed { error, .. } => Ok(error),
            TaskError::Run(error) => Err(error),
        }
    }

    /// The position in the input of the task that failed.
    #[must_use]
    pub fn task_index(&self) -> Option<usize> {
        match self {
            TaskError::Failed { index, .. } => Some(*index),
            TaskError::Run(error) => error.task_index(),
        }
    }
}

impl<E> From<Error> for TaskError<E> {
    fn from(error: Error) -> Self {
        TaskError::Run(error)
    }
}

impl<E: fmt::Display> fmt::Display for TaskError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskError::Failed { index, error } => write!(f, "task {index} failed: {error}"),
            TaskError::Run(error) => error.fmt(f),
        }
    }
}

impl<E: StdError + 'static> StdError for TaskError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            TaskError::Failed { error, .. } => Some(error),
            TaskError::Run(error) => Some(error),
        }
    }
}
