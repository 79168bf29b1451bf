//! What a task for worker processes is: code and no data.
//!
//! A function or a closure that captures nothing has a type without size, so its value can be made anywhere.

#![allow(unsafe_code)]

use crate::Result;
use crate::delayed::Callable;
use crate::error::Never;
use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// What the tasks of a run do. Implemented by types without size only.
pub(crate) trait Job: Copy + Send + Sync + 'static {
    /// What all tasks of the run share.
    type Shared: Serialize + DeserializeOwned + 'static;
    type Item: Serialize + DeserializeOwned + Send;
    type Output: Serialize + DeserializeOwned + Send;
    type Failure: Serialize + DeserializeOwned + Send;

    fn call(self, shared: &Self::Shared, item: Self::Item) -> Result<Self::Output, Self::Failure>;
}

/// The only value of a type without size that a caller has a value of.
///
/// Does not compile for a type that has one.
pub(crate) fn value_of<F: Copy + 'static>() -> F {
    const {
        assert!(
            size_of::<F>() == 0,
            "a task for worker processes must not capture anything: pass what it needs in its argument, or to all tasks by `share(..)`"
        );
    }
    // SAFETY: reading no bytes from an aligned address. The type is `Copy` and its user, in this or in the parent
    // process of the same program, has a value of it, of which this is a copy.
    unsafe { NonNull::<F>::dangling().read() }
}

/// Names types without having values of them.
type Kind<T> = PhantomData<fn() -> T>;

/// What crosses the border between processes.
pub trait Message: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Message for T {}

/// Calls an `F` on each item.
pub(crate) struct Call<F, T, R>(Kind<(F, T, R)>);

impl<F, T, R> Call<F, T, R>
where
    F: Fn(T) -> R,
{
    pub(crate) fn of(_: F) -> Self {
        Self(PhantomData)
    }
}

impl<F, T, R> Clone for Call<F, T, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, T, R> Copy for Call<F, T, R> {}

impl<F, T, R> Job for Call<F, T, R>
where
    F: Fn(T) -> R + Copy + Send + Sync + 'static,
    T: Message,
    R: Message,
{
    type Shared = ();
    type Item = T;
    type Output = R;
    type Failure = Never;

    fn call(self, shared: &(), item: T) -> Result<R, Never> {
        let () = shared;
        Ok(value_of::<F>()(item))
    }
}

/// Calls an `F` that may fail on each item.
pub(crate) struct TryCall<F, T, R, E>(Kind<(F, T, R, E)>);

impl<F, T, R, E> TryCall<F, T, R, E>
where
    F: Fn(T) -> Result<R, E>,
{
    pub(crate) fn of(_: F) -> Self {
        Self(PhantomData)
    }
}

impl<F, T, R, E> Clone for TryCall<F, T, R, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, T, R, E> Copy for TryCall<F, T, R, E> {}

impl<F, T, R, E> Job for TryCall<F, T, R, E>
where
    F: Fn(T) -> Result<R, E> + Copy + Send + Sync + 'static,
    T: Message,
    R: Message,
    E: Message,
{
    type Shared = ();
    type Item = T;
    type Output = R;
    type Failure = E;

    fn call(self, shared: &(), item: T) -> Result<R, E> {
        let () = shared;
        value_of::<F>()(item)
    }
}

/// Calls an `F` on what all share and each item.
pub(crate) struct CallWith<F, S, T, R>(Kind<(F, S, T, R)>);

impl<F, S, T, R> CallWith<F, S, T, R>
where
    F: Fn(&S, T) -> R,
{
    pub(crate) fn of(_: F) -> Self {
        Self(PhantomData)
    }
}

impl<F, S, T, R> Clone for CallWith<F, S, T, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, S, T, R> Copy for CallWith<F, S, T, R> {}

impl<F, S, T, R> Job for CallWith<F, S, T, R>
where
    F: Fn(&S, T) -> R + Copy + Send + Sync + 'static,
    S: Message,
    T: Message,
    R: Message,
{
    type Shared = S;
    type Item = T;
    type Output = R;
    type Failure = Never;

    fn call(self, shared: &S, item: T) -> Result<R, Never> {
        Ok(value_of::<F>()(shared, item))
    }
}

/// Calls an `F` that may fail on what all share and each item.
pub(crate) struct TryCallWith<F, S, T, R, E>(Kind<(F, S, T, R, E)>);

impl<F, S, T, R, E> TryCallWith<F, S, T, R, E>
where
    F: Fn(&S, T) -> Result<R, E>,
{
    pub(crate) fn of(_: F) -> Self {
        Self(PhantomData)
    }
}

impl<F, S, T, R, E> Clone for TryCallWith<F, S, T, R, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, S, T, R, E> Copy for TryCallWith<F, S, T, R, E> {}

impl<F, S, T, R, E> Job for TryCallWith<F, S, T, R, E>
where
    F: Fn(&S, T) -> Result<R, E> + Copy + Send + Sync + 'static,
    S: Message,
    T: Message,
    R: Message,
    E: Message,
{
    type Shared = S;
    type Item = T;
    type Output = R;
    type Failure = E;

    fn call(self, shared: &S, item: T) -> Result<R, E> {
        value_of::<F>()(shared, item)
    }
}

/// Calls an `F` with the arguments that are each item.
pub(crate) struct CallTask<F, A>(Kind<(F, A)>);

impl<F, A> CallTask<F, A> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<F, A> Clone for CallTask<F, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, A> Copy for CallTask<F, A> {}

impl<F, A> Job for CallTask<F, A>
where
    F: Callable<A, Output: Message> + Copy + Send + Sync + 'static,
    A: Message,
{
    type Shared = ();
    type Item = A;
    type Output = F::Output;
    type Failure = Never;

    fn call(self, (): &(), args: A) -> Result<F::Output, Never> {
        Ok(value_of::<F>().call(args))
    }
}
