//! Where a loop's source expression enters: decides by type between cutting by index and pulling under a
//! lock.
//!
//! Generated code wraps the expression, and each receiver of an adapter in it, in [`Start`]. A method is
//! looked up first among the inherent ones, whose `impl` asks for a trait, then in [`AnyStart`], which asks
//! for nothing: so the trait decides. The adapters themselves are called as the user wrote them, on a
//! [`Chain`] or on the very value he called them on.

use super::adapters::{Cloned, Copied, Enumerate, Rev, Skip, StepBy, Take, Zip};
use super::bridge::Bridge;
use super::cut::Cut;
use super::indexed::{GoesToThreads, IntoIndexed};
use super::sources::Producer;

/// Any value.
#[derive(Debug)]
pub struct Start<R>(pub R);

/// An iterator of std's or ndarray's that can be cut, or such a one adapted.
#[derive(Debug)]
pub struct Chain<R>(R);

/// Iterators that can be cut: types of std and ndarray, of which everybody knows what `skip` is.
pub trait Cuttable: Sized {
    /// What can be cut.
    type Kept: IntoIterator;

    /// Keeps its parts in the open.
    fn kept(self) -> Chain<Self::Kept>;
}

impl<R: Iterator + IntoIndexed> Cuttable for R {
    type Kept = R;

    #[inline]
    fn kept(self) -> Chain<R> {
        Chain(self)
    }
}

impl<R: IntoIterator> Cuttable for Chain<R> {
    type Kept = R;

    #[inline]
    fn kept(self) -> Chain<R> {
        self
    }
}

impl<R: Cuttable> Start<R> {
    /// What `enumerate()`, `rev()`, .. shall be called on.
    #[inline]
    pub fn chain(self) -> Chain<R::Kept> {
        self.0.kept()
    }

    /// `zip(other)`, where `other` has adapters of its own.
    #[inline]
    pub fn zip<B, O>(self, other: B, _as_written: impl FnOnce(R, B) -> O) -> Chain<Zip<R::Kept, B>>
    where
        R::Kept: IntoIterator,
        B: IntoIterator,
    {
        self.0.kept().zip(other)
    }
}

impl<R: Producer> Start<R> {
    /// What `into_iter()` shall be called on: the iterator ndarray has for these cannot be cut.
    #[inline]
    pub fn producer(self) -> Chain<R> {
        Chain(self.0)
    }
}

impl<R: IntoIterator> Start<Chain<R>> {
    /// The iterator the user made.
    #[inline]
    pub fn written(self) -> R::IntoIter {
        self.0.0.into_iter()
    }
}

impl<R: IntoIndexed> Start<R> {
    /// The source of the loop, cut by index.
    #[inline]
    pub fn source(self) -> Cut<R::Indexed>
    where
        R: GoesToThreads,
    {
        Cut::new(self.0.into_indexed())
    }
}

/// What is left when a type offers no trait to go by.
pub trait AnyStart: Sized {
    /// The wrapped value.
    type Value;

    /// The wrapped value.
    fn value(self) -> Self::Value;

    /// The source of the loop, pulled under a lock.
    #[inline]
    fn source(self) -> Bridge<<Self::Value as IntoIterator>::IntoIter>
    where
        Self::Value: IntoIterator<IntoIter: Send, Item: Send>,
    {
        Bridge::new(self.value().into_iter())
    }

    /// The adapters are the value's own.
    #[inline]
    fn chain(self) -> Self::Value {
        self.value()
    }

    /// `into_iter()` is the value's own.
    #[inline]
    fn producer(self) -> Self::Value {
        self.value()
    }

    /// The iterator the user made.
    #[inline]
    fn written(self) -> Self::Value {
        self.value()
    }

    /// A `zip(..)` of the value's own.
    #[inline]
    fn zip<B, O>(self, other: B, as_written: impl FnOnce(Self::Value, B) -> O) -> O {
        as_written(self.value(), other)
    }
}

impl<R> AnyStart for Start<R> {
    type Value = R;

    #[inline]
    fn value(self) -> R {
        self.0
    }
}

impl<R: IntoIterator> Chain<R> {
    /// `into_iter()`
    #[expect(clippy::should_implement_trait, reason = "the trait's method gives std's iterator")]
    #[inline]
    #[must_use]
    pub fn into_iter(self) -> Self {
        self
    }

    /// `enumerate()`
    #[inline]
    pub fn enumerate(self) -> Chain<Enumerate<R>> {
        Chain(Enumerate::new(self.0))
    }

    /// `rev()`
    #[inline]
    pub fn rev(self) -> Chain<Rev<R>>
    where
        R::IntoIter: DoubleEndedIterator,
    {
        Chain(Rev::new(self.0))
    }

    /// `copied()`
    #[inline]
    pub fn copied<'a, T: Copy + 'a>(self) -> Chain<Copied<R>>
    where
        R: IntoIterator<Item = &'a T>,
    {
        Chain(Copied::new(self.0))
    }

    /// `cloned()`
    #[inline]
    pub fn cloned<'a, T: Clone + 'a>(self) -> Chain<Cloned<R>>
    where
        R: IntoIterator<Item = &'a T>,
    {
        Chain(Cloned::new(self.0))
    }

    /// `skip(n)`
    #[inline]
    pub fn skip(self, n: usize) -> Chain<Skip<R>> {
        Chain(Skip::new(self.0, n))
    }

    /// `take(n)`
    #[inline]
    pub fn take(self, n: usize) -> Chain<Take<R>> {
        Chain(Take::new(self.0, n))
    }

    /// `step_by(step)`
    ///
    /// # Panics
    /// If `step` is zero, in the words of std.
    #[inline]
    #[track_caller]
    pub fn step_by(self, step: usize) -> Chain<StepBy<R>> {
        assert!(step != 0);
        Chain(StepBy::new(self.0, step))
    }

    /// `zip(other)`
    #[inline]
    pub fn zip<B: IntoIterator>(self, other: B) -> Chain<Zip<R, B>> {
        Chain(Zip::new(self.0, other))
    }
}

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
