//! `?` inside a loop's body: the value goes on, what is left travels to the loop and meets the user's `?`
//! there.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::task::Poll;

use super::exits::{LeavesLoop, Leaving, leaving};

/// The types `?` works on, as std's `Try`, which cannot be named on stable Rust.
#[diagnostic::on_unimplemented(
    message = "inside a parallel loop, `?` works on `Result`, `Option`, `ControlFlow` and `Poll`, not on `{Self}`",
    label = "not a type `?` can be applied to here"
)]
pub trait Branch {
    /// The value when the iteration goes on.
    type Output;
    /// What leaves the loop: a value of the same kind without an output, on which `?` works again.
    type Residual;

    /// Splits the two.
    fn branch(self) -> ControlFlow<Self::Residual, Self::Output>;
}

/// What `?` does first.
#[inline]
pub fn branch<T: Branch>(value: T) -> ControlFlow<Leaving<T::Residual>, T::Output>
where
    T::Residual: LeavesLoop,
{
    value.branch().map_break(leaving)
}

impl<T, E> Branch for Result<T, E> {
    type Output = T;
    type Residual = Result<Infallible, E>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, T> {
        match self {
            Ok(value) => ControlFlow::Continue(value),
            Err(error) => ControlFlow::Break(Err(error)),
        }
    }
}

impl<T> Branch for Option<T> {
    type Output = T;
    type Residual = Option<Infallible>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, T> {
        match self {
            Some(value) => ControlFlow::Continue(value),
            None => ControlFlow::Break(None),
        }
    }
}

impl<B, C> Branch for ControlFlow<B, C> {
    type Output = C;
    type Residual = ControlFlow<B, Infallible>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, C> {
        match self {
            ControlFlow::Continue(value) => ControlFlow::Continue(value),
            ControlFlow::Break(value) => ControlFlow::Break(ControlFlow::Break(value)),
        }
    }
}

impl<T, E> Branch for Poll<Result<T, E>> {
    type Output = Poll<T>;
    type Residual = Result<Infallible, E>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, Poll<T>> {
        match self {
            Poll::Ready(Ok(value)) => ControlFlow::Continue(Poll::Ready(value)),
            Poll::Ready(Err(error)) => ControlFlow::Break(Err(error)),
            Poll::Pending => ControlFlow::Continue(Poll::Pending),
        }
    }
}

impl<T, E> Branch for Poll<Option<Result<T, E>>> {
    type Output = Poll<Option<T>>;
    type Residual = Result<Infallible, E>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, Poll<Option<T>>> {
        match self {
            Poll::Ready(Some(Ok(value))) => ControlFlow::Continue(Poll::Ready(Some(value))),
            Poll::Ready(Some(Err(error))) => ControlFlow::Break(Err(error)),
            Poll::Ready(None) => ControlFlow::Continue(Poll::Ready(None)),
            Poll::Pending => ControlFlow::Continue(Poll::Pending),
        }
    }
}
