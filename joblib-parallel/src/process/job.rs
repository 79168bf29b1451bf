//! What a task for worker processes is: code and no data.

#![cfg_attr(
    not(all(unix, feature = "processes")),
    allow(dead_code, reason = "there are no workers to use it")
)]

use super::code::value_of;
use crate::Result;
use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// What the tasks of a run do. Implemented by zero-sized types only.
pub(crate) trait Job: Send + Sync {
    /// What all tasks of the run share.
    type Shared: DeserializeOwned + 'static;
    type Item: DeserializeOwned;
    type Output: Serialize + DeserializeOwned + Send + 'static;
    type Failure: Serialize + DeserializeOwned + Send + 'static;

    /// Runs the tasks of a batch, in a worker.
    fn serve(shared: &mut Self::Shared, tasks: &mut dyn Serving<Self>);
}

/// The tasks of a batch, as a worker takes them one after the other.
pub(crate) trait Serving<J: Job> {
    /// The item of the next task. Its outcome is to be told before the next is asked for.
    fn next(&mut self) -> Option<J::Item>;

    /// How that task ended: as it returned, or with a panic's payload.
    fn ended(&mut self, outcome: thread::Result<Result<J::Output, J::Failure>>);
}

/// Names types without having values of them.
pub(crate) type TypeNames<T> = PhantomData<fn() -> T>;

/// What crosses the border between processes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel between processes",
    label = "what travels is `Serialize + DeserializeOwned + Send + 'static`",
    note = "of an error that cannot, such as `joblib::Error`, the text does: `.map_err(|error| error.to_string())`"
)]
pub trait Message: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Message for T {}

/// The job that calls an `F` on what all tasks share and each item.
pub(crate) struct Call<F, S, T, R, E>(TypeNames<(F, S, T, R, E)>);

impl<F: Fn(&S, T) -> Result<R, E>, S, T, R, E> Call<F, S, T, R, E> {
    pub(crate) fn of(_: F) -> Self {
        Self(PhantomData)
    }
}

impl<F, S: Message, T: Message, R: Message, E: Message> Job for Call<F, S, T, R, E>
where
    F: Fn(&S, T) -> Result<R, E> + Copy + Send + Sync,
{
    type Shared = S;
    type Item = T;
    type Output = R;
    type Failure = E;

    fn serve(shared: &mut S, tasks: &mut dyn Serving<Self>) {
        let f = value_of::<F>();
        while let Some(item) = tasks.next() {
            // The parent is told of a panic, and nothing of the task is looked at after it.
            tasks.ended(catch_unwind(AssertUnwindSafe(|| f(shared, item))));
        }
    }
}
