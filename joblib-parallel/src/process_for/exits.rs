//! What leaves a loop's body in a worker process, on its way to the loop.

use crate::Message;
use joblib_core::rt::parallel_for::{self, Branch, Leaving};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::convert::Infallible;
use std::ops::ControlFlow;

/// Sends a value on its way.
pub fn leaving<T: LeavesProcess>(value: T) -> Leaving<T> {
    parallel_for::leaving(value)
}

/// In the place of a `?` that is not compiled.
#[must_use]
pub fn no_residual() -> LeavingResidual<Option<Infallible>> {
    LeavingResidual(())
}

/// What can leave a worker process.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot leave a worker process",
    label = "this would travel to the loop's own process, and so has to be `Serialize + DeserializeOwned + Send + 'static`",
    note = "an error can be turned into its text by `.map_err(|error| error.to_string())`"
)]
pub trait LeavesProcess: Message {}

#[diagnostic::do_not_recommend]
impl<T: Message> LeavesProcess for T {}

/// What `?` leaves a body with, on its way.
#[derive(Debug)]
pub struct LeavingResidual<R: Residual>(R::Sent);

impl<R: Residual<Sent: Serialize>> Serialize for LeavingResidual<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, R: Residual<Sent: Deserialize<'de>>> Deserialize<'de> for LeavingResidual<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        R::Sent::deserialize(deserializer).map(Self)
    }
}

impl<R: Residual> LeavingResidual<R> {
    /// What meets the user's `?` at the loop.
    pub fn arrived(self) -> R {
        R::of(self.0)
    }
}

/// What is left of a value on which `?` ends the loop.
pub trait Residual {
    /// What is sent of it.
    type Sent;

    /// Takes that out.
    fn into_sent(self) -> Self::Sent;

    /// The same again.
    fn of(sent: Self::Sent) -> Self;
}

impl<E> Residual for Result<Infallible, E> {
    type Sent = E;

    fn into_sent(self) -> E {
        match self {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    fn of(sent: E) -> Self {
        Err(sent)
    }
}

impl Residual for Option<Infallible> {
    type Sent = ();

    fn into_sent(self) {}

    fn of((): ()) -> Self {
        None
    }
}

impl<B> Residual for ControlFlow<B, Infallible> {
    type Sent = B;

    fn into_sent(self) -> B {
        match self {
            ControlFlow::Continue(never) => match never {},
            ControlFlow::Break(value) => value,
        }
    }

    fn of(sent: B) -> Self {
        ControlFlow::Break(sent)
    }
}

/// What `?` does first.
pub fn branch<T: Branch>(value: T) -> ControlFlow<LeavingResidual<T::Residual>, T::Output>
where
    T::Residual: Residual<Sent: LeavesProcess>,
{
    value.branch().map_break(|residual| LeavingResidual(residual.into_sent()))
}
