//! How results are stored, chosen by what the return type *is*.
//!
//! `(&&&&Probe::<R>::NEW).__kind()` picks the first of these that applies, because method look-up tries fewer
//! references first; an alias of `Result` is a `Result`, and another type of that name is not:
//!
//! 1. `Result<T, E>` with a `T` that can be shared: stores `Ok`, hands clones to waiting threads,
//! 2. `Result<T, E>`: stores `Ok`,
//! 3. a type that can be shared,
//! 4. any other.
//!
//! `__every()` in place of `__kind()` stores errors too, where there can be any.

use crate::memory::keep::{Cloned, Every, Keep, OkOnly, Sharing, Storable, Whole};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// Asks what `R` is.
#[derive(Debug)]
pub struct Probe<R: ?Sized>(PhantomData<fn() -> R>);

impl<R> Probe<R> {
    /// The question.
    pub const NEW: Self = Self(PhantomData);
}

/// First choice.
pub trait SharedOkKind {
    /// The kind.
    fn __kind(&self) -> Cloned<OkOnly> {
        Cloned(OkOnly)
    }
}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static, E> SharedOkKind
    for &&&Probe<Result<T, E>>
{
}

/// Second choice.
pub trait OkKind {
    /// The kind.
    fn __kind(&self) -> OkOnly {
        OkOnly
    }
}

impl<T, E> OkKind for &&Probe<Result<T, E>> {}

/// Third choice.
pub trait SharedWholeKind {
    /// The kind.
    fn __kind(&self) -> Cloned<Whole> {
        Cloned(Whole)
    }
}

impl<R: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> SharedWholeKind for &Probe<R> {}

/// Last choice.
pub trait WholeKind {
    /// The kind.
    fn __kind(&self) -> Whole {
        Whole
    }
}

impl<R> WholeKind for Probe<R> {}

/// First choice where errors are stored.
pub trait SharedEveryKind {
    /// The kind.
    fn __every(&self) -> Cloned<Every> {
        Cloned(Every)
    }
}

impl<T, E> SharedEveryKind for &&&Probe<Result<T, E>> where
    Result<T, E>: Serialize + DeserializeOwned + Clone + Send + Sync + 'static
{
}

/// Second choice where errors are stored.
pub trait EveryKind {
    /// The kind.
    fn __every(&self) -> Every {
        Every
    }
}

impl<T, E> EveryKind for &&Probe<Result<T, E>> {}

/// Last choice where errors are stored: there are none.
pub trait NoErrorKind {
    /// The return type.
    type Answer;

    /// An error.
    fn __every(&self) -> Every
    where
        Self::Answer: HasErrors,
    {
        Every
    }
}

impl<R> NoErrorKind for &Probe<R> {
    type Answer = R;
}

/// Never implemented: the bound that reports the error at the return type.
#[diagnostic::on_unimplemented(
    message = "`cache_err` keeps errors, but `{Self}` is not a `Result`",
    label = "this return type has no errors to keep",
    note = "leave `cache_err` out: what is no `Result` is always kept"
)]
pub trait HasErrors {}

/// Checks that results can be stored. Its return type promises that they can, so where they cannot, this call
/// is the only error, and it is the same one in `entry` and `memo`.
#[inline]
pub fn storable<R, K: Storable<R>>(keep: K) -> impl Storable<R> {
    keep
}

/// A kind whose results can be kept in memory.
#[diagnostic::on_unimplemented(
    message = "`{R}` cannot be kept in memory by `hot`",
    label = "this return type is not `Clone + Send + Sync + 'static`",
    note = "derive `Clone` for it, or leave `hot` out"
)]
pub trait InMemory<R>: Keep<R> {}

#[diagnostic::do_not_recommend]
impl<R, K: Sharing<R>> InMemory<R> for Cloned<K> {}

/// Checks that `hot` has an effect.
#[inline]
pub fn hot<R, K: InMemory<R>>(keep: K) -> K {
    keep
}
