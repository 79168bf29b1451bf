//! What can go wrong with a run of tasks. Most of these errors are made only by `joblib-parallel`, and
//! hidden.

use super::{Error, Kind, Source};
use std::time::Duration;

impl Error {
    /// A failure of the back-end itself; for implementations of `Backend`.
    #[cold]
    pub fn backend(message: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::build(Kind::Backend, message.into(), None, Some(source.into()))
    }

    /// A task that took too long.
    #[doc(hidden)]
    #[cold]
    pub fn timeout(task: usize, limit: Duration) -> Self {
        Self::build(Kind::Timeout, format!("task {task} ran longer than {limit:?}"), None, None).of_task(task)
    }

    /// A run that was stopped by its token.
    #[doc(hidden)]
    #[cold]
    pub fn cancelled() -> Self {
        Self::build(Kind::Cancelled, "the run was cancelled".into(), None, None)
    }

    /// A panic of a task: its text, and where it was if that was in another process.
    #[doc(hidden)]
    #[cold]
    pub fn panic_in_task(task: usize, text: &str, place: &str) -> Self {
        let message = format!("task {task} panicked: {text}\n{place}");
        Self::panicked(message.trim_end()).of_task(task)
    }

    /// What the task at this position of the input failed with. An error of this type keeps its kind.
    #[doc(hidden)]
    #[cold]
    pub fn task_failed(task: usize, error: impl Into<Source>) -> Self {
        let message = format!("task {task} failed");
        let mut failed = match error.into().downcast::<Self>() {
            Ok(mut error) => {
                error.0.message.insert_str(0, &format!("{message}: "));
                *error
            }
            Err(error) => Self::build(Kind::Task, message, None, Some(error)),
        };
        failed.0.task = Some(task);
        failed
    }

    /// Something that could not be passed between processes.
    #[doc(hidden)]
    #[cold]
    pub fn message(message: impl Into<String>) -> Self {
        Self::build(Kind::Message, message.into(), None, None)
    }

    /// As [`message`](Self::message), with the cause.
    #[doc(hidden)]
    #[cold]
    pub fn message_from(message: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::build(Kind::Message, message.into(), None, Some(source.into()))
    }

    /// A worker process that ended under a task.
    #[doc(hidden)]
    #[cold]
    pub fn worker_died(message: impl Into<String>) -> Self {
        Self::build(Kind::WorkerDied, message.into(), None, None)
    }

    /// A worker process that was ended for using too much memory.
    #[doc(hidden)]
    #[cold]
    pub fn memory_limit(message: impl Into<String>) -> Self {
        Self::build(Kind::Memory, message.into(), None, None)
    }

    /// The same error, naming the task at `index` of the input.
    #[doc(hidden)]
    #[must_use]
    pub fn of_task(mut self, index: usize) -> Self {
        // Other messages about a task name it in their text.
        if self.0.kind == Kind::Message && self.0.task.is_none() {
            self.0.message.insert_str(0, &format!("task {index}: "));
        }
        self.0.task = Some(index);
        self
    }

    /// The position in the input of the task the error is about.
    #[must_use]
    pub fn task_index(&self) -> Option<usize> {
        self.0.task
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

    /// Whether a worker process ended while it ran the task.
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

    /// Whether a task returned an error of another type: the [`source`](std::error::Error::source).
    #[must_use]
    pub fn is_task(&self) -> bool {
        self.0.kind == Kind::Task
    }
}
