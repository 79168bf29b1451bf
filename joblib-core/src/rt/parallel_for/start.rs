//! Where a loop's source expression enters: decides by type between cutting by index and pulling under a lock.
//!
//! Generated code wraps the expression in [`Start`] and calls the adapters the user wrote on the wrapper. A method
//! is looked up first among the inherent ones, whose `impl` asks for a trait, then in [`AnyStart`], which asks
//! for nothing: so the trait decides. `adapter(args, fallback)` carries the call as the user wrote it as a
//! closure, for a type that only happens to have a method of that name.

use super::adapters::{Cloned, Copied, Enumerate, Rev, Skip, StepBy, Take, Zip};
use super::bridge::Bridge;
use super::cut::Cut;
use super::indexed::{GoesToThreads, IntoIndexed};

/// Any value.
#[derive(Debug)]
pub struct Start<R>(pub R);

/// An iterator or an adapted source.
#[derive(Debug)]
pub struct Chain<R>(R);

impl<R: IntoIterator> IntoIterator for Chain<R> {
    type Item = R::Item;
    type IntoIter = R::IntoIter;

    #[inline]
    fn into_iter(self) -> R::IntoIter {
        self.0.into_iter()
    }
}

impl<R: IntoIndexed> IntoIndexed for Chain<R> {
    type Indexed = R::Indexed;

    #[inline]
    fn into_indexed(self) -> R::Indexed {
        self.0.into_indexed()
    }
}

/// The adapters, for `$wrapper<R>` where `R: $bound`; `$iter` is the std iterator of an `R`.
macro_rules! adapters {
    ($wrapper:ident, $bound:ident, $iter:ty) => {
        impl<R: $bound> $wrapper<R> {
            /// `enumerate()`
            #[inline]
            pub fn enumerate<O>(self, _as_written: impl FnOnce($iter) -> O) -> Chain<Enumerate<R>> {
                Chain(Enumerate::new(self.0))
            }

            /// `rev()`
            #[inline]
            pub fn rev<O>(self, _as_written: impl FnOnce($iter) -> O) -> Chain<Rev<R>> {
                Chain(Rev::new(self.0))
            }

            /// `copied()`
            #[inline]
            pub fn copied<O>(self, _as_written: impl FnOnce($iter) -> O) -> Chain<Copied<R>> {
                Chain(Copied::new(self.0))
            }

            /// `cloned()`
            #[inline]
            pub fn cloned<O>(self, _as_written: impl FnOnce($iter) -> O) -> Chain<Cloned<R>> {
                Chain(Cloned::new(self.0))
            }

            /// `skip(n)`
            #[inline]
            pub fn skip<O>(self, n: usize, _as_written: impl FnOnce($iter, usize) -> O) -> Chain<Skip<R>> {
                Chain(Skip::new(self.0, n))
            }

            /// `take(n)`
            #[inline]
            pub fn take<O>(self, n: usize, _as_written: impl FnOnce($iter, usize) -> O) -> Chain<Take<R>> {
                Chain(Take::new(self.0, n))
            }

            /// `step_by(step)`
            #[inline]
            pub fn step_by<O>(
                self,
                step: usize,
                _as_written: impl FnOnce($iter, usize) -> O,
            ) -> Chain<StepBy<R>> {
                Chain(StepBy::new(self.0, step))
            }

            /// `zip(other)`
            #[inline]
            pub fn zip<B, O>(self, other: B, _as_written: impl FnOnce($iter, B) -> O) -> Chain<Zip<R, B>> {
                Chain(Zip::new(self.0, other))
            }
        }
    };
}

adapters!(Start, Iterator, R);
adapters!(Chain, IntoIterator, R::IntoIter);

impl<R: IntoIndexed> Start<R> {
    /// `into_iter()` of a type that can be cut, which the std iterator may no longer be.
    #[inline]
    pub fn into_iter<O>(self, _as_written: impl FnOnce(R) -> O) -> Chain<R> {
        Chain(self.0)
    }

    /// The source of the loop, cut by index.
    #[inline]
    pub fn source(self) -> Cut<R::Indexed>
    where
        R: GoesToThreads,
    {
        Cut::new(self.0.into_indexed())
    }
}

impl<R: IntoIndexed> Chain<R> {
    /// The source of the loop, cut by index.
    #[inline]
    pub fn source(self) -> Cut<R::Indexed>
    where
        R: GoesToThreads,
    {
        Cut::new(self.0.into_indexed())
    }
}

impl<R: IntoIterator> Chain<R> {
    /// `into_iter()`
    #[inline]
    pub fn into_iter<O>(self, _as_written: impl FnOnce(R::IntoIter) -> O) -> Chain<R> {
        self
    }
}

/// What is left when a type offers no trait to go by: the method as the user wrote it.
pub trait AnyStart: Sized {
    /// The wrapped value.
    type Value;

    /// The wrapped value.
    fn value(self) -> Self::Value;

    /// The source of the loop, pulled under a lock.
    #[inline]
    fn source(self) -> Bridge<<Self::Value as IntoIterator>::IntoIter>
    where
        Self::Value: IntoIterator<IntoIter: Send>,
    {
        Bridge::new(self.value().into_iter())
    }

    /// A `enumerate()` of the value's own.
    #[inline]
    fn enumerate<O>(self, as_written: impl FnOnce(Self::Value) -> O) -> Start<O> {
        Start(as_written(self.value()))
    }

    /// A `rev()` of the value's own.
    #[inline]
    fn rev<O>(self, as_written: impl FnOnce(Self::Value) -> O) -> Start<O> {
        Start(as_written(self.value()))
    }

    /// A `copied()` of the value's own.
    #[inline]
    fn copied<O>(self, as_written: impl FnOnce(Self::Value) -> O) -> Start<O> {
        Start(as_written(self.value()))
    }

    /// A `cloned()` of the value's own.
    #[inline]
    fn cloned<O>(self, as_written: impl FnOnce(Self::Value) -> O) -> Start<O> {
        Start(as_written(self.value()))
    }

    /// A `into_iter()` of the value's own.
    #[inline]
    fn into_iter<O>(self, as_written: impl FnOnce(Self::Value) -> O) -> Start<O> {
        Start(as_written(self.value()))
    }

    /// A `skip(..)` of the value's own.
    #[inline]
    fn skip<A, O>(self, argument: A, as_written: impl FnOnce(Self::Value, A) -> O) -> Start<O> {
        Start(as_written(self.value(), argument))
    }

    /// A `take(..)` of the value's own.
    #[inline]
    fn take<A, O>(self, argument: A, as_written: impl FnOnce(Self::Value, A) -> O) -> Start<O> {
        Start(as_written(self.value(), argument))
    }

    /// A `step_by(..)` of the value's own.
    #[inline]
    fn step_by<A, O>(self, argument: A, as_written: impl FnOnce(Self::Value, A) -> O) -> Start<O> {
        Start(as_written(self.value(), argument))
    }

    /// A `zip(..)` of the value's own.
    #[inline]
    fn zip<A, O>(self, argument: A, as_written: impl FnOnce(Self::Value, A) -> O) -> Start<O> {
        Start(as_written(self.value(), argument))
    }
}

impl<R> AnyStart for Start<R> {
    type Value = R;

    #[inline]
    fn value(self) -> R {
        self.0
    }
}

impl<R> AnyStart for Chain<R> {
    type Value = R;

    #[inline]
    fn value(self) -> R {
        self.0
    }
}
