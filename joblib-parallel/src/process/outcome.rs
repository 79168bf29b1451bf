//! How tasks of worker processes end, and what that means for the run.

use crate::run::Failure;
use crate::{Error, TaskError};

/// How a task ended, as the parent is told.
#[cfg_attr(
    not(all(unix, feature = "processes")),
    allow(dead_code, reason = "there are no workers to use it")
)]
pub(crate) enum Outcome<R, E> {
    Returned(R),
    Failed(E),
    /// The text of the panic, and where it was.
    Panicked(String, String),
    Lost(Error),
}

/// What an outcome is to a run: a result, or a failure that ends the run.
pub(crate) type Judge<R, E, O> = fn(usize, Outcome<R, E>) -> Result<O, Failure<E>>;

/// Any failure ends the run.
pub(crate) fn strictly<R, E>(index: usize, outcome: Outcome<R, E>) -> Result<R, Failure<E>> {
    Err(match outcome {
        Outcome::Returned(result) => return Ok(result),
        Outcome::Failed(failure) => Failure::Task(failure),
        Outcome::Panicked(text, place) => {
            joblib_core::event!(DEBUG, task = index, text, place, "a task panicked in a worker");
            Failure::Panic(Box::new(text))
        }
        Outcome::Lost(error) => Failure::Run(error.of_task(index)),
    })
}

/// A failure is its task's result.
pub(crate) fn each<R, E>(
    index: usize,
    outcome: Outcome<R, E>,
) -> Result<Result<R, TaskError<E>>, Failure<E>> {
    Ok(match outcome {
        Outcome::Returned(result) => Ok(result),
        Outcome::Failed(error) => Err(TaskError::Failed { index, error }),
        Outcome::Panicked(text, place) => Err(Error::panic_in_task(index, &text, &place).into()),
        Outcome::Lost(error) => Err(error.of_task(index).into()),
    })
}
