//! The variable that a loop reduces into: one of the user's, or the accumulator of a loop around this one.
//!
//! The latter are found by inherent methods, which come before those of the traits for any variable.

use super::accumulator::Accumulator;
use super::choose::{ArgExtreme, ArgVariables, Chosen, Extreme, First, Last, Places, Values};
use super::fold::Fold;
use super::properties::{Ordered, TotallyOrdered};
use super::reduce::{And, BitAnd, BitOr, BitXor, Or, Product, Reduction, Sum};
use super::with::With;
use super::wrapping::{SaturatingSum, WrappingProduct, WrappingSum};

/// A variable.
#[derive(Debug)]
pub struct Variable<'v, T>(pub &'v mut T);

/// A variable of any type.
pub trait AnyVariable<'v>: Sized {
    /// The type.
    type Value;

    /// The variable.
    fn place(self) -> &'v mut Self::Value;

    /// Reduced by an operator.
    #[inline]
    fn fold<O: Reduction<Self::Value>>(self, reduction: O) -> Fold<'v, Self::Value, O> {
        Fold::new(self.place(), reduction)
    }

    /// Reduced by a method like `max`.
    #[inline]
    fn fold_extreme<M, By>(self, merge: M) -> Fold<'v, Self::Value, Extreme<M>>
    where
        Self::Value: Ordered<By>,
        M: Fn(Self::Value, Self::Value) -> Self::Value + Sync,
        Extreme<M>: Reduction<Self::Value>,
    {
        Fold::new(self.place(), Extreme::new(merge))
    }

    /// Reduced by a function called `max` or `min`.
    #[inline]
    fn fold_ordered<M>(self, merge: M) -> Fold<'v, Self::Value, Extreme<M>>
    where
        Self::Value: TotallyOrdered,
        M: Fn(Self::Value, Self::Value) -> Self::Value + Sync,
        Extreme<M>: Reduction<Self::Value>,
    {
        Fold::new(self.place(), Extreme::new(merge))
    }

    /// Reduced by a function of the user's.
    #[inline]
    fn fold_with<M, I>(self, merge: M, init: I) -> Fold<'v, Self::Value, With<M, I>>
    where
        M: Fn(Self::Value, Self::Value) -> Self::Value + Sync,
        I: Fn() -> Self::Value + Sync,
        With<M, I>: Reduction<Self::Value>,
    {
        Fold::new(self.place(), With::new(merge, init))
    }

    /// Together with variables that belong to its value.
    #[inline]
    fn with_others<P: Places<'v>>(self, others: P) -> ArgVariables<'v, Self::Value, P::Values> {
        ArgVariables { value: self.place(), others }
    }
}

impl<'v, A> AnyVariable<'v> for Variable<'v, A> {
    type Value = A;

    #[inline]
    fn place(self) -> &'v mut A {
        self.0
    }
}

impl<'v, A: Clone + Send + Sync, V: Values> ArgVariables<'v, A, V> {
    /// Reduced by the body's comparison of a later value and an earlier one.
    #[inline]
    pub fn fold_compared<'f, C, By>(&'f mut self, beats: C) -> Fold<'f, Self, ArgExtreme<C>>
    where
        A: Ordered<By>,
        C: Fn(&A, &A) -> bool + Sync,
    {
        Fold::new(self, ArgExtreme::new(beats))
    }
}

/// Operators of an outer loop's accumulator, of which blocks start from the same.
macro_rules! nested {
    ($( [$($generics:tt)*] $reduction:ty; )*) => {$(
        impl<'v, A, $($generics)* const N: usize> Variable<'v, Accumulator<'_, A, $reduction, N>>
        where
            $reduction: Reduction<A, Seed = ()>,
        {
            /// Reduced into the outer loop's accumulator, by its operator.
            #[inline]
            pub fn fold(self, reduction: $reduction) -> Fold<'v, A, $reduction> {
                Fold::nested(self.0.block, reduction, ())
            }
        }
    )*};
}

nested! {
    [const CHECKED: bool,] Sum<CHECKED>;
    [const CHECKED: bool,] Product<CHECKED>;
    [] BitXor;
    [] And;
    [] Or;
    [] WrappingSum;
    [] WrappingProduct;
    [] SaturatingSum;
    [] Last;
    [] First;
}

macro_rules! nested_idempotent {
    ($($reduction:ident),*) => {$(
        impl<'v, A: Clone, const N: usize> Variable<'v, Accumulator<'_, A, $reduction, N>>
        where
            $reduction: Reduction<A, Seed = A, Block = A>,
        {
            /// Reduced into the outer loop's accumulator, by its operator.
            #[inline]
            pub fn fold(self, reduction: $reduction) -> Fold<'v, A, $reduction> {
                let seed = self.0.block.clone();
                Fold::nested(self.0.block, reduction, seed)
            }
        }
    )*};
}

nested_idempotent!(BitAnd, BitOr);

impl<'v, A: Clone + Send, M, const N: usize> Variable<'v, Accumulator<'_, A, Extreme<M>, N>>
where
    M: Fn(A, A) -> A + Sync,
{
    /// Reduced into the outer loop's accumulator.
    #[inline]
    pub fn fold_extreme<Inner>(self, merge: Inner) -> Fold<'v, A, Extreme<Inner>>
    where
        Inner: Fn(A, A) -> A + Sync,
    {
        Fold::nested(self.0.block, Extreme::new(merge), ())
    }

    /// Reduced into the outer loop's accumulator.
    #[inline]
    pub fn fold_ordered<Inner>(self, merge: Inner) -> Fold<'v, A, Extreme<Inner>>
    where
        Inner: Fn(A, A) -> A + Sync,
    {
        self.fold_extreme(merge)
    }
}

impl<'v, A: Send, M, I, const N: usize> Variable<'v, Accumulator<'_, A, With<M, I>, N>>
where
    M: Fn(A, A) -> A + Sync,
    I: Fn() -> A + Sync,
{
    /// Reduced into the outer loop's accumulator.
    #[inline]
    pub fn fold_with<Inner, Init>(self, merge: Inner, init: Init) -> Fold<'v, A, With<Inner, Init>>
    where
        Inner: Fn(A, A) -> A + Sync,
        Init: Fn() -> A + Sync,
    {
        Fold::nested(self.0.block, With::new(merge, init), ())
    }
}

impl<'v, A, V, C, const N: usize> Variable<'v, Accumulator<'_, ArgVariables<'_, A, V>, ArgExtreme<C>, N>>
where
    A: Clone + Send + Sync,
    V: Values,
    C: Fn(&A, &A) -> bool + Sync,
{
    /// The block of the outer loop, which has the others in it.
    #[inline]
    pub fn with_others<Q>(self, _others: Q) -> ArgBlock<'v, A, V> {
        ArgBlock(self.0.block)
    }
}

/// The block of an outer loop's extreme value.
#[derive(Debug)]
pub struct ArgBlock<'v, A, V>(&'v mut Chosen<A, V>);

impl<A: Clone + Send + Sync, V: Values> ArgBlock<'_, A, V> {
    /// Reduced into it by the body's comparison of a later value and an earlier one.
    #[inline]
    pub fn fold_compared<'f, C>(&'f mut self, beats: C) -> Fold<'f, ArgVariables<'f, A, V>, ArgExtreme<C>>
    where
        C: Fn(&A, &A) -> bool + Sync,
    {
        let seed = self.0.value().clone();
        Fold::nested(self.0, ArgExtreme::new(beats), seed)
    }
}
