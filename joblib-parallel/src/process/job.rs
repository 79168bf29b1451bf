//! What a task for worker processes is: code and no data.
//!
//! A function or a closure that captures nothing has a type without size, so its value can be made anywhere.

#![allow(unsafe_code)]
#![cfg_attr(
    not(all(unix, feature = "processes")),
    allow(dead_code, reason = "there are no workers to use it")
)]

use crate::Result;
use crate::delayed::Callable;
use crate::error::Never;
use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::thread;

/// What the tasks of a run do. Implemented by types without size only.
pub(crate) trait Job: Copy + Send + Sync {
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

/// A job that is a call for each item, which can be made in this process too.
pub(crate) trait Calls: Job<Shared: Serialize, Item: Serialize + Send> {
    fn call(self, shared: &Self::Shared, item: Self::Item) -> Result<Self::Output, Self::Failure>;
}

/// Does not compile for an `F` that captures something. Whoever is given one asks at once, so that the compiler names that call.
pub(crate) const fn captures_nothing<F>() {
    assert!(
        size_of::<F>() == 0,
        "a task for worker processes must not capture anything: pass what it needs in its argument, or to all tasks by `share(..)`"
    );
}

/// Conjures up the value of a type without size, of which the caller has one.
pub(crate) fn value_of<F: Copy>() -> F {
    // Asked where the caller was given it, and for one error only there.
    assert!(size_of::<F>() == 0);
    // SAFETY: reading no bytes from an aligned address. The type is `Copy` and its user, in this or in the parent
    // process of the same program, has a value of it, of which this is a copy.
    unsafe { NonNull::<F>::dangling().read() }
}

/// Names types without having values of them.
pub(crate) type TypeNames<T> = PhantomData<fn() -> T>;

/// What crosses the border between processes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel between processes",
    label = "what travels is `Serialize + DeserializeOwned + Send + 'static`"
)]
pub trait Message: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Message for T {}

/// Defines a job that calls an `F` on each item, with or without what all share.
macro_rules! calls {
    ($(
        $(#[$doc:meta])*
        $name:ident<$($types:ident: $bound:path),*> by $function:path;
        shared $shared:ty, item $item:ty, output $output:ty, failure $failure:ty;
        |$f:ident, $with:pat_param, $arg:ident| $call:expr;
    )*) => {$(
        $(#[$doc])*
        pub(crate) struct $name<F, $($types),*>(TypeNames<(F, $($types),*)>);

        impl<F, $($types),*> $name<F, $($types),*>
        where
            F: $function,
        {
            /// The job that calls this function.
            #[allow(dead_code, reason = "there may be no value of it at hand")]
            pub(crate) fn of(_: F) -> Self {
                Self::new()
            }

            pub(crate) fn new() -> Self {
                Self(PhantomData)
            }
        }

        impl<F, $($types),*> Clone for $name<F, $($types),*> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<F, $($types),*> Copy for $name<F, $($types),*> {}

        impl<F, $($types: $bound),*> Job for $name<F, $($types),*>
        where
            F: $function + Copy + Send + Sync,
        {
            type Shared = $shared;
            type Item = $item;
            type Output = $output;
            type Failure = $failure;

            fn serve(shared: &mut $shared, tasks: &mut dyn Serving<Self>) {
                let job = Self::new();
                while let Some(item) = tasks.next() {
                    // The parent is told of a panic, and nothing of the task is looked at after it.
                    tasks.ended(catch_unwind(AssertUnwindSafe(|| job.call(shared, item))));
                }
            }
        }

        impl<F, $($types: $bound),*> Calls for $name<F, $($types),*>
        where
            F: $function + Copy + Send + Sync,
        {
            fn call(self, $with: &$shared, $arg: $item) -> Result<$output, $failure> {
                let $f = value_of::<F>();
                $call
            }
        }
    )*};
}

calls! {
    /// Calls an `F` on each item.
    Call<T: Message, R: Message> by Fn(T) -> R;
    shared (), item T, output R, failure Never;
    |f, (), item| Ok(f(item));

    /// Calls an `F` that may fail on each item.
    TryCall<T: Message, R: Message, E: Message> by Fn(T) -> Result<R, E>;
    shared (), item T, output R, failure E;
    |f, (), item| f(item);

    /// Calls an `F` on what all share and each item.
    CallWith<S: Message, T: Message, R: Message> by Fn(&S, T) -> R;
    shared S, item T, output R, failure Never;
    |f, shared, item| Ok(f(shared, item));

    /// Calls an `F` that may fail on what all share and each item.
    TryCallWith<S: Message, T: Message, R: Message, E: Message> by Fn(&S, T) -> Result<R, E>;
    shared S, item T, output R, failure E;
    |f, shared, item| f(shared, item);

    /// Calls an `F` with the arguments that are each item.
    CallTask<A: Message, R: Message> by Callable<A, Output = R>;
    shared (), item A, output R, failure Never;
    |f, (), args| Ok(f.call(args));
}
