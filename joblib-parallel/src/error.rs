//! How tasks fail.

use crate::{Error, Result};
use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

/// What a panic says, where its payload is text.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a payload that is no text")
}

/// What an option says; an error names the option.
pub(crate) fn said<T>(option: &str, value: joblib_core::Result<T>) -> Result<T> {
    value.map_err(|error| Error::invalid(format!("{option}: {error}")))
}

/// The error of tasks that return no `Result`: there is none.
#[derive(Debug)]
pub(crate) enum Never {}

joblib_core::impl_serde_enum!(Never {});

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
///
/// `?` makes an [`Error`] of it, for which [`task_index`](Error::task_index) says which task failed.
///
/// ```
/// use joblib::Parallel;
///
/// fn total(texts: &[&str]) -> joblib::Result<u32> {
///     let numbers = Parallel::new().try_map(texts, |text| text.parse::<u32>())?;
///     Ok(numbers.into_iter().sum())
/// }
///
/// assert_eq!(total(&["1", "2"])?, 3);
/// assert_eq!(total(&["1", "x"]).unwrap_err().task_index(), Some(1));
/// # Ok::<(), joblib::Error>(())
/// ```
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

/// An error of the same type keeps its kind; any other is the [`source`](StdError::source).
impl<E: Into<Box<dyn StdError + Send + Sync>>> From<TaskError<E>> for Error {
    fn from(error: TaskError<E>) -> Self {
        match error {
            TaskError::Failed { index, error } => Error::task_failed(index, error),
            TaskError::Run(error) => error,
        }
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
