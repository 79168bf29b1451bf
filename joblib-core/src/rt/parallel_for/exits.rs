//! `break`, `return` and `?`: of all iterations that leave the loop, the earliest in loop order decides.
#![allow(unsafe_code)]

use crate::sync::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::marker::PhantomData;
use std::ops::ControlFlow;

use super::source::Source;
use crate::pool::keep_first;

/// One of several ways to leave a loop: generated code nests one `Exit` per way.
#[derive(Debug)]
pub enum Exit<T, Others> {
    /// This way, with the value that leaves by it.
    Here(T),
    /// Another way.
    Other(Others),
}

crate::impl_serde_enum!(Exit<T, Others> { Here(value), Other(value) });

/// The end of the list of ways.
#[derive(Debug)]
pub enum NoExit {}

crate::impl_serde_enum!(NoExit {});

/// A way to leave a loop, with a `T`. If generated code knows the type, as that of the function's result, it
/// states it before the body, so that the body's values are expected to have it.
#[derive(Debug)]
pub struct Way<T>(PhantomData<fn() -> T>);

impl<T> Way<T> {
    /// Of a type to be found.
    #[inline]
    #[must_use]
    #[allow(clippy::new_without_default, reason = "made by generated code only")]
    pub fn new() -> Self {
        Way(PhantomData)
    }

    /// A value, in code that says its type and never runs.
    ///
    /// # Panics
    /// Always.
    #[must_use]
    pub fn never(&self) -> T {
        unreachable!("this only says the type of what leaves a loop")
    }

    /// The value that leaves by it.
    #[inline]
    pub fn along(&self, leaving: Leaving<T>) -> Leaving<T> {
        leaving
    }

    /// What values may leave by it.
    #[inline]
    pub fn branch<O>(&self, branched: ControlFlow<Leaving<T>, O>) -> ControlFlow<Leaving<T>, O> {
        branched
    }
}

/// Ways: `(&first, (&second, ()))`.
pub trait Ways {
    /// What leaves by one of them.
    type Exit;
}

impl Ways for () {
    type Exit = NoExit;
}

impl<T, Others: Ways> Ways for (&Way<T>, Others) {
    type Exit = Exit<Leaving<T>, Others::Exit>;
}

/// A value on its way from the iteration that leaves the loop to the loop's own thread.
#[derive(Debug)]
pub struct Leaving<T>(T);

impl<T: Serialize> Serialize for Leaving<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Send> Deserialize<'de> for Leaving<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

// SAFETY: made by `leaving` or of what was sent, which ask for `T: Send`, or of a part of such a value. That
// it is asked there, and only there, makes a value that is not
// `Send` one error, at the user's own `return` or `?`.
unsafe impl<T> Send for Leaving<T> {}

/// Sends a value on its way.
#[inline]
pub fn leaving<T: LeavesLoop>(value: T) -> Leaving<T> {
    Leaving(value)
}

impl<T> Leaving<T> {
    /// For a part of a value that has been found to be `Send`.
    #[inline]
    pub(super) fn of_sent(part: T) -> Self {
        Leaving(part)
    }

    /// The value, at the loop.
    #[inline]
    pub fn arrived(self) -> T {
        self.0
    }
}

/// What a loop may be left with: anything that can travel to the loop's own thread.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot leave a parallel loop: it is not `Send`",
    label = "this would travel from a worker thread to the loop's own thread: turn it into something `Send` first"
)]
pub trait LeavesLoop {}

#[diagnostic::do_not_recommend]
impl<T: Send> LeavesLoop for T {}

/// The earliest exit so far.
#[derive(Debug)]
pub struct Exits<X> {
    first: Mutex<Option<(usize, X)>>,
}

impl<X> Exits<X> {
    /// None yet, by any of these ways.
    #[inline]
    pub fn of<W: Ways<Exit = X>>(_: W) -> Self {
        Exits { first: Mutex::new(None) }
    }

    /// The current part of `feed` was left by `exit`, with `remaining` items not given.
    #[cold]
    pub fn leave<S: Source>(&self, source: &S, feed: &mut S::Feed<'_>, remaining: usize, exit: X) {
        let index = source.leave(feed, remaining);
        drop(keep_first(&self.first, index, exit));
    }

    /// How the loop was left and by which iteration; `None` if it ran to its end.
    #[inline]
    pub fn first(self) -> Option<(usize, X)> {
        self.first.into_inner()
    }
}
