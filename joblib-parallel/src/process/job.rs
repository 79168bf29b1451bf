//! What a task for worker processes is: code and no data.
//!
//! A function or a closure that captures nothing has a zero-sized type, so its value can be made anywhere.

#![allow(unsafe_code)]
#![cfg_attr(
    not(all(unix, feature = "processes")),
    allow(dead_code, reason = "there are no workers to use it")
)]

use crate::Result;
use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
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

/// Does not compile for an `F` that captures something. Each public method asks this first, so that the
/// compiler names the user's call.
pub(crate) const fn captures_nothing<F>() {
    assert!(
        size_of::<F>() == 0,
        "a task for worker processes must not capture anything: pass what it needs in its argument, or to all tasks by `share(..)`"
    );
}

/// Makes the value of a zero-sized type, of which the caller has one.
pub(crate) fn value_of<F: Copy>() -> F {
    // Asked where the caller was given it, and for one error only there.
    assert!(size_of::<F>() == 0);
    // SAFETY: reading no bytes from an aligned address. The type is `Copy` and its user, in this or in the
    // parent process of the same program, has a value of it, of which this is a copy.
    unsafe { NonNull::<F>::dangling().read() }
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
