//! What replaces an accumulator inside a loop's body. It can only be updated, in the forms of its operator:
//! it holds one block's part of the value, so reading it would not give what the plain loop reads. What the
//! macro writes for an update that reads, like a comparison, is named `__..`.

use std::iter;
use std::mem;
use std::ops;

use super::choose::{ArgExtreme, ArgVariables, Extreme, First, Last, Values};
use super::properties::{Commutes, Subtracts};
use super::reduce::{And, BitAnd, BitOr, BitXor, Or, Product, Reduction, Sum, Truth};
use super::with::With;
use super::wrapping::{Saturates, SaturatingSum, WrappingProduct, WrappingSum, Wraps};

/// An accumulator of type `A` inside a parallel loop, which can only be updated. `N` tells those of one loop
/// apart, so that none can be used for another.
pub struct Accumulator<'b, A, O: Reduction<A>, const N: usize> {
    pub(super) block: &'b mut O::Block,
    reduction: &'b O,
}

impl<'b, A, O: Reduction<A>, const N: usize> Accumulator<'b, A, O, N> {
    /// Of a block.
    #[inline]
    pub fn new(block: &'b mut O::Block, reduction: &'b O) -> Self {
        Accumulator { block, reduction }
    }

    /// What stands for it in `s = s + e`. Where the macro does not see, as inside of unknown macros, `s + e`
    /// does not compile: it may be read.
    #[inline]
    pub fn __again(&mut self) -> Again<'_, A, O, N> {
        Again(Accumulator { block: self.block, reduction: self.reduction })
    }
}

/// An accumulator, in what it is assigned.
pub struct Again<'b, A, O: Reduction<A>, const N: usize>(Accumulator<'b, A, O, N>);

impl<A, O: Reduction<A>, const N: usize> Again<'_, A, O, N> {
    /// For `s = e + s`, which becomes `s + e`.
    #[inline]
    #[must_use]
    pub fn __commuted(self) -> Self
    where
        A: Commutes,
    {
        self
    }
}

/// `s += e`, `s = s + e` and the like.
macro_rules! operators {
    ($( $reduction:ty, ($($bounds:tt)*):
        $assign:ident::$assigned:ident |$place:ident, $e:ident| $update:expr,
        $binary:ident::$applied:ident |$value:ident, $operand:ident| $replace:expr; )*) => {$(
        impl<A: ops::$assign<E>, E, const N: usize> ops::$assign<E> for Accumulator<'_, A, $reduction, N>
        where
            A: $($bounds)*,
        {
            #[inline]
            #[track_caller]
            fn $assigned(&mut self, $e: E) {
                let $place = &mut *self.block;
                $update;
            }
        }

        impl<A: ops::$binary<E, Output = A>, E, const N: usize> ops::$binary<E> for Again<'_, A, $reduction, N>
        where
            A: $($bounds)*,
        {
            type Output = Self;

            #[inline]
            #[track_caller]
            fn $applied(self, $operand: E) -> Self {
                let $value = &mut *self.0.block;
                $replace;
                self
            }
        }
    )*};
}

operators! {
    Sum<false>, (iter::Sum<A> + Send): AddAssign::add_assign |sum, e| *sum += e,
        Add::add |sum, e| *sum = taken(sum, Sum::<false>) + e;
    Product<false>, (iter::Product<A> + Send): MulAssign::mul_assign |product, e| *product *= e,
        Mul::mul |product, e| *product = taken(product, Product::<false>) * e;
    Sum<true>, (iter::Sum<A> + Send): AddAssign::add_assign |sum, e| sum.include(e, |sum, e| *sum += e),
        Add::add |sum, e| sum.include(e, |sum, e| *sum = taken(sum, Sum::<false>) + e);
    Product<true>, (iter::Product<A> + Send): MulAssign::mul_assign |product, e| product.include(e, |product, e| *product *= e),
        Mul::mul |product, e| product.include(e, |product, e| *product = taken(product, Product::<false>) * e);
    BitAnd, (ops::BitAnd<Output = A> + Clone + Send + Sync): BitAndAssign::bitand_assign |bits, e| *bits &= e, BitAnd::bitand |bits, e| *bits = bits.clone() & e;
    BitOr, (ops::BitOr<Output = A> + Clone + Send + Sync): BitOrAssign::bitor_assign |bits, e| *bits |= e, BitOr::bitor |bits, e| *bits = bits.clone() | e;
    BitXor, (ops::BitXor<Output = A> + Commutes + Default + Send): BitXorAssign::bitxor_assign |bits, e| *bits ^= e, BitXor::bitxor |bits, e| *bits = mem::take(bits) ^ e;
    And, (Truth): BitAndAssign::bitand_assign |all, e| *all &= e, BitAnd::bitand |all, e| *all = taken(all, And) & e;
    Or, (Truth): BitOrAssign::bitor_assign |any, e| *any |= e, BitOr::bitor |any, e| *any = taken(any, Or) | e;
}

/// Subtractions by the macro are methods, whose bounds explain what is wrong; an operator would only say that
/// it is missing.
macro_rules! subtractions {
    ($( $checked:literal: |$place:ident, $e:ident| $update:expr, |$value:ident, $operand:ident| $replace:expr; )*) => {$(
        impl<A: iter::Sum<A> + Send, const N: usize> Accumulator<'_, A, Sum<$checked>, N> {
            /// `s -= e`
            #[inline]
            #[track_caller]
            pub fn __take_away<E>(&mut self, $e: E)
            where
                A: Subtracts + ops::SubAssign<E>,
            {
                let $place = &mut *self.block;
                $update;
            }
        }

        impl<A: iter::Sum<A> + Send + Subtracts + ops::SubAssign<E>, E, const N: usize> ops::SubAssign<E>
            for Accumulator<'_, A, Sum<$checked>, N>
        {
            #[inline]
            #[track_caller]
            fn sub_assign(&mut self, e: E) {
                self.__take_away(e);
            }
        }

        impl<A: iter::Sum<A> + Send, const N: usize> Again<'_, A, Sum<$checked>, N> {
            /// `s = s - e`
            #[inline]
            #[must_use]
            #[track_caller]
            pub fn __less<E>(self, $operand: E) -> Self
            where
                A: Subtracts + ops::Sub<E, Output = A>,
            {
                let $value = &mut *self.0.block;
                $replace;
                self
            }
        }
    )*};
}

subtractions! {
    false: |sum, e| *sum -= e, |sum, e| *sum = taken(sum, Sum::<false>) - e;
    true: |sum, e| sum.take_away(e, |sum, e| *sum -= e), |sum, e| sum.take_away(e, |sum, e| *sum = taken(sum, Sum::<false>) - e);
}

/// The value of a block, which has its neutral element until the next one is stored.
#[inline]
fn taken<A, O: Reduction<A, Block = A, Seed = ()>>(block: &mut A, reduction: O) -> A {
    mem::replace(block, reduction.empty(&()))
}

impl<A: Wraps, const N: usize> Again<'_, A, WrappingSum, N> {
    /// `s = s.wrapping_add(e)`
    #[inline]
    #[must_use]
    pub fn wrapping_add(self, e: A) -> Self {
        *self.0.block = self.0.block.add(e);
        self
    }

    /// `s = s.wrapping_sub(e)`
    #[inline]
    #[must_use]
    pub fn wrapping_sub(self, e: A) -> Self {
        *self.0.block = self.0.block.sub(e);
        self
    }
}

impl<A: Wraps, const N: usize> Again<'_, A, WrappingProduct, N> {
    /// `p = p.wrapping_mul(e)`
    #[inline]
    #[must_use]
    pub fn wrapping_mul(self, e: A) -> Self {
        *self.0.block = self.0.block.mul(e);
        self
    }
}

impl<A: Saturates, const N: usize> Again<'_, A, SaturatingSum, N> {
    /// `s = s.saturating_add(e)`
    #[inline]
    #[must_use]
    pub fn saturating_add(self, e: A) -> Self {
        self.0.block.shift(e.wide());
        self
    }

    /// `s = s.saturating_sub(e)`
    #[inline]
    #[must_use]
    pub fn saturating_sub(self, e: A) -> Self {
        self.0.block.shift(-e.wide());
        self
    }
}

impl<A: Clone + Send, M: Fn(A, A) -> A + Sync, const N: usize> Accumulator<'_, A, Extreme<M>, N> {
    /// `s = s.max(e)`
    #[inline]
    pub fn take_in(&mut self, e: A) {
        self.reduction.take_in(self.block, e);
    }

    /// `s = e.max(s)`
    #[inline]
    pub fn take_in_receiver(&mut self, e: impl Receiver<A>) {
        self.reduction.take_in(self.block, e.value());
    }
}

/// What a method of `A` that takes `self` can be called on: a value, or a reference to one that is a float,
/// whose methods are its own.
#[diagnostic::on_unimplemented(message = "expected `{A}`, found `{Self}`")]
pub trait Receiver<A> {
    /// The value.
    fn value(self) -> A;
}

impl<A> Receiver<A> for A {
    #[inline]
    fn value(self) -> A {
        self
    }
}

macro_rules! by_reference {
    ($($float:ident),*) => {$(
        impl Receiver<$float> for &$float {
            #[inline]
            fn value(self) -> $float {
                *self
            }
        }
    )*};
}

by_reference!(f32, f64);

impl<A, V, C, const N: usize> Accumulator<'_, ArgVariables<'_, A, V>, ArgExtreme<C>, N>
where
    A: Clone + Send + Sync,
    V: Values,
    C: Fn(&A, &A) -> bool + Sync,
{
    /// The condition of `if e > best { best = e; at = i }`.
    #[inline]
    pub fn __is_beaten_by(&self, e: &A) -> bool {
        self.reduction.beats(e, self.block)
    }

    /// Its block.
    #[inline]
    pub fn __choose(&mut self, value: A, others: V) {
        self.block.choose(value, others);
    }
}

/// What replaces a variable that belongs to an extreme value: it changes together with that value.
#[derive(Debug)]
pub struct BelongsToExtreme;

impl<A: Send, const N: usize> Accumulator<'_, A, Last, N> {
    /// `s = e`
    #[inline]
    pub fn set(&mut self, e: A) {
        *self.block = Some(e);
    }
}

impl<T: Send, const N: usize> Accumulator<'_, Option<T>, First, N> {
    /// `s.get_or_insert(e)`
    #[inline]
    pub fn get_or_insert(&mut self, e: T) {
        self.block.get_or_insert(e);
    }

    /// The condition of `if s.is_none() { s = Some(e) }`, whose rest changes nothing else.
    #[inline]
    pub fn __is_open(&self) -> bool {
        self.block.is_none()
    }

    /// Its `s = Some(e)`.
    #[inline]
    pub fn set(&mut self, e: Option<T>) {
        *self.block = e;
    }
}

impl<T: Send, const N: usize> Again<'_, Option<T>, First, N> {
    /// `s = s.or(e)`
    #[inline]
    #[must_use]
    pub fn or(self, e: Option<T>) -> Self {
        *self.0.block = self.0.block.take().or(e);
        self
    }
}

impl<A: Send, M: Fn(A, A) -> A + Sync, I: Fn() -> A + Sync, const N: usize>
    Accumulator<'_, A, With<M, I>, N>
{
    /// The value, in a statement that updates it in place.
    #[inline]
    pub fn __in_place(&mut self) -> &mut A {
        self.block
    }
}

impl<A: Copy + Send, M: Fn(A, A) -> A + Sync, I: Fn() -> A + Sync, const N: usize>
    Accumulator<'_, A, With<M, I>, N>
{
    /// The value, in `s = f(s, e)`. It stays where it is until there is another, because a `continue` or a
    /// panic in `f` may come first.
    #[inline]
    pub fn __taken(&mut self) -> A {
        *self.block
    }
}

/// Accumulators whose value has to be moved: what leaves `s = f(s, e)` then leaves none in the plain loop,
/// either.
pub trait AnyTaken<A> {
    /// The value.
    fn __taken(&mut self) -> A;
}

impl<A: Send, M: Fn(A, A) -> A + Sync, I: Fn() -> A + Sync, const N: usize> AnyTaken<A>
    for Accumulator<'_, A, With<M, I>, N>
{
    #[inline]
    fn __taken(&mut self) -> A {
        mem::replace(self.block, self.reduction.init())
    }
}
