//! Reductions: every block of iterations accumulates from its operator's neutral element, and blocks are
//! merged in loop order.
//!
//! Which iterations form a block depends on the loop's length alone, never on threads or timing, so neither
//! does the rounding. Where merging is exact, parts of any length serve as blocks.

use std::iter;
use std::mem;

use super::checked::{CheckedProduct, CheckedSum};
use super::properties::Commutes;
use super::wide::is_integer;

/// How a loop's blocks are started and merged.
#[diagnostic::on_unimplemented(
    message = "this operator cannot reduce a `{A}`",
    label = "write `with(merge, init)` instead of the operator: a function that joins two `{A}`s, and an empty one"
)]
pub trait Reduction<A>: Sync {
    /// What a block of iterations accumulates.
    type Block: Send;
    /// What every block needs to know of the value before the loop.
    type Seed: Clone + Send + Sync;

    /// Whether merging gives the same bits wherever the blocks begin and end.
    fn is_exact(&self) -> bool {
        true
    }

    /// What blocks need to know of the value before the loop.
    fn seed(&self, value: &A) -> Self::Seed;

    /// What a block starts with.
    fn empty(&self, seed: &Self::Seed) -> Self::Block;

    /// What a block starts with that follows `before`: all that has been accumulated so far.
    #[inline]
    fn follow(&self, seed: &Self::Seed, _before: Before<'_, A, Self::Block>) -> Self::Block {
        self.empty(seed)
    }

    /// Whether a block depends on what it follows.
    const FOLLOWS: bool = false;

    /// Adds a block to the one before it in loop order.
    fn join(&self, block: &mut Self::Block, next: Self::Block);

    /// Adds the block that comes next in loop order to the variable.
    fn apply(&self, value: &mut A, block: Self::Block);
}

/// What has been accumulated before a block.
#[derive(Clone, Copy, Debug)]
pub enum Before<'b, A, B> {
    /// In a variable.
    Value(&'b A),
    /// In a block of a loop around.
    Block(&'b B),
}

/// `reduce(+ = ..)`: by std's `Sum`, whose empty sum of floats is `-0.0`. With `CHECKED`, integers overflow
/// where the plain loop's do.
#[derive(Clone, Copy, Debug)]
pub struct Sum<const CHECKED: bool>;

/// `reduce(* = ..)`: by std's `Product`. With `CHECKED`, integers overflow where the plain loop's do.
#[derive(Clone, Copy, Debug)]
pub struct Product<const CHECKED: bool>;

/// Defines a reduction by a trait of std's that knows the neutral element and the operation.
macro_rules! by_std {
    ($name:ident by $method:ident of $bound:ident, checked $checked:ident) => {
        #[diagnostic::do_not_recommend]
        impl<A: iter::$bound<A> + Send> Reduction<A> for $name<false> {
            type Block = A;
            type Seed = ();

            #[inline]
            fn is_exact(&self) -> bool {
                is_integer::<A>()
            }

            #[inline]
            fn seed(&self, _value: &A) {}

            #[inline]
            fn empty(&self, (): &()) -> A {
                iter::empty().$method()
            }

            #[inline]
            fn join(&self, block: &mut A, next: A) {
                let before = mem::replace(block, iter::empty().$method());
                *block = [before, next].into_iter().$method();
            }

            #[inline]
            fn apply(&self, value: &mut A, block: A) {
                self.join(value, block);
            }
        }

        #[diagnostic::do_not_recommend]
        impl<A: iter::$bound<A> + Send> Reduction<A> for $name<true> {
            type Block = $checked<A>;
            type Seed = ();

            fn is_exact(&self) -> bool {
                is_integer::<A>()
            }

            fn seed(&self, _value: &A) {}

            fn empty(&self, (): &()) -> $checked<A> {
                $checked::new(iter::empty().$method())
            }

            const FOLLOWS: bool = true;

            fn follow(&self, (): &(), before: Before<'_, A, $checked<A>>) -> $checked<A> {
                match before {
                    Before::Value(value) => self.empty(&()).after(value),
                    Before::Block(block) => self.empty(&()).after_block(block),
                }
            }

            fn join(&self, block: &mut $checked<A>, next: $checked<A>) {
                block.join(next, |block, next| $name::<false>.join(block, next));
            }

            #[track_caller]
            fn apply(&self, value: &mut A, block: $checked<A>) {
                block.apply(value, |value, block| $name::<false>.join(value, block));
            }
        }
    };
}

by_std!(Sum by sum of Sum, checked CheckedSum);
by_std!(Product by product of Product, checked CheckedProduct);

/// Defines a reduction whose blocks all start from the value before the loop, because merging that value in
/// twice changes nothing.
macro_rules! idempotent {
    ($($(#[$doc:meta])* $name:ident: $bound:ident, $operator:tt;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        #[diagnostic::do_not_recommend]
        impl<A: std::ops::$bound<Output = A> + Clone + Send + Sync> Reduction<A> for $name {
            type Block = A;
            type Seed = A;

            fn seed(&self, value: &A) -> A {
                value.clone()
            }

            #[inline]
            fn empty(&self, seed: &A) -> A {
                seed.clone()
            }

            fn join(&self, block: &mut A, next: A) {
                *block = block.clone() $operator next;
            }

            fn apply(&self, value: &mut A, block: A) {
                self.join(value, block);
            }
        }
    )*};
}

idempotent! {
    /// `reduce(& = ..)`
    BitAnd: BitAnd, &;
    /// `reduce(| = ..)`
    BitOr: BitOr, |;
}

/// Defines a reduction whose blocks are of the variable's type, by its neutral element and by how the next
/// block is joined.
macro_rules! of_values {
    ($( $(#[$doc:meta])* $name:ident<$A:ident: $($bound:path),+> of $value:ty: $neutral:expr, |$block:ident, $next:ident| $join:expr; )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        #[diagnostic::do_not_recommend]
        impl<$A: $($bound +)+> $crate::rt::parallel_for::Reduction<$value> for $name {
            type Block = $value;
            type Seed = ();

            #[inline]
            fn seed(&self, _value: &$value) {}

            #[inline]
            fn empty(&self, (): &()) -> $value {
                $neutral
            }

            #[inline]
            fn join(&self, $block: &mut $value, $next: $value) {
                $join;
            }

            #[inline]
            fn apply(&self, value: &mut $value, block: $value) {
                self.join(value, block);
            }
        }
    )*};
}

pub(super) use of_values;

of_values! {
    /// `reduce(^ = ..)`
    BitXor<A: std::ops::BitXor<Output = A>, Commutes, Default, Send> of A: A::default(), |block, next| *block = mem::take(block) ^ next;
    /// `reduce(&& = ..)`
    And<A: Truth> of A: A::of(true), |block, next| *block = A::of(block.holds() && next.holds());
    /// `reduce(|| = ..)`
    Or<A: Truth> of A: A::of(false), |block, next| *block = A::of(block.holds() || next.holds());
}

/// `bool`.
#[diagnostic::on_unimplemented(message = "`&&` and `||` reduce a `bool`, not `{Self}`")]
pub trait Truth: Send {
    /// Its value.
    fn holds(&self) -> bool;

    /// Of a value.
    fn of(holds: bool) -> Self;
}

impl Truth for bool {
    #[inline]
    fn holds(&self) -> bool {
        *self
    }

    #[inline]
    fn of(holds: bool) -> bool {
        holds
    }
}
