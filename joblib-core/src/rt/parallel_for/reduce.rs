//! Reductions: every block of iterations has an accumulator of its own, merged in loop order at the end.
//!
//! Which iterations form a block depends on the loop's length alone, never on threads or timing, so neither does
//! the rounding. Where merging is exact, parts of any length serve as blocks.

use std::iter;
use std::mem;

/// How the accumulators of a reduction are started and merged.
#[diagnostic::on_unimplemented(
    message = "this operator cannot reduce a `{A}`",
    label = "write `with(merge, init)` instead of the operator: a function that joins two `{A}`s, and an empty one"
)]
pub trait Reduction<A>: Sync {
    /// What every participant keeps of the value before the loop.
    type Seed: Clone + Send;

    /// Whether merging gives the same bits wherever the blocks begin and end.
    fn is_exact(&self) -> bool;

    /// Takes the value the accumulator has before the loop.
    fn take(&self, variable: &mut A) -> A;

    /// What participants need to know of the value before the loop.
    fn seed(&self, initial: &A) -> Self::Seed;

    /// What a block starts with.
    fn identity(&self, seed: &Self::Seed) -> A;

    /// `value`, then `next`, which comes later in loop order.
    fn merge(&self, value: A, next: A) -> A;
}

/// `reduce(+ = ..)`: by std's `Sum`, whose empty sum of floats is `-0.0`.
#[derive(Debug)]
pub struct Sum;

#[diagnostic::do_not_recommend]
impl<A: iter::Sum<A> + Send> Reduction<A> for Sum {
    type Seed = ();

    fn is_exact(&self) -> bool {
        is_integer::<A>()
    }

    fn take(&self, variable: &mut A) -> A {
        mem::replace(variable, iter::empty().sum())
    }

    fn seed(&self, _initial: &A) {}

    #[inline]
    fn identity(&self, (): &()) -> A {
        iter::empty().sum()
    }

    #[inline]
    fn merge(&self, value: A, next: A) -> A {
        [value, next].into_iter().sum()
    }
}

/// `reduce(* = ..)`: by std's `Product`.
#[derive(Debug)]
pub struct Product;

#[diagnostic::do_not_recommend]
impl<A: iter::Product<A> + Send> Reduction<A> for Product {
    type Seed = ();

    fn is_exact(&self) -> bool {
        is_integer::<A>()
    }

    fn take(&self, variable: &mut A) -> A {
        mem::replace(variable, iter::empty().product())
    }

    fn seed(&self, _initial: &A) {}

    #[inline]
    fn identity(&self, (): &()) -> A {
        iter::empty().product()
    }

    #[inline]
    fn merge(&self, value: A, next: A) -> A {
        [value, next].into_iter().product()
    }
}

/// Defines a reduction whose every block may start from the value before the loop, because merging that value in
/// twice changes nothing.
macro_rules! idempotent {
    ($($(#[$doc:meta])* $name:ident: $bound:path, |$value:ident, $next:ident| $merge:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        #[diagnostic::do_not_recommend]
        impl<A: $bound + Clone + Send> Reduction<A> for $name {
            type Seed = A;

            fn is_exact(&self) -> bool {
                true
            }

            fn take(&self, variable: &mut A) -> A {
                variable.clone()
            }

            fn seed(&self, initial: &A) -> A {
                initial.clone()
            }

            #[inline]
            fn identity(&self, seed: &A) -> A {
                seed.clone()
            }

            #[inline]
            fn merge(&self, $value: A, $next: A) -> A {
                $merge
            }
        }
    )*};
}

idempotent! {
    /// `reduce(min = ..)`: of equal values the earliest; a value that is not equal to itself, like NaN, gives way.
    Min: PartialOrd, |value, next| if next < value || gives_way(&value) { next } else { value };
    /// `reduce(max = ..)`: of equal values the earliest; a value that is not equal to itself, like NaN, gives way.
    Max: PartialOrd, |value, next| if next > value || gives_way(&value) { next } else { value };
    /// `reduce(& = ..)`
    BitAnd: SameAnd, |value, next| value & next;
    /// `reduce(| = ..)`
    BitOr: SameOr, |value, next| value | next;
    /// `reduce(&& = ..)`
    And: Truth, |value, next| if value.holds() { next } else { value };
    /// `reduce(|| = ..)`
    Or: Truth, |value, next| if value.holds() { value } else { next };
}

fn gives_way<A: PartialOrd>(value: &A) -> bool {
    value.partial_cmp(value).is_none()
}

/// `&` of two values is a third.
pub trait SameAnd: std::ops::BitAnd<Output = Self> + Sized {}
impl<A: std::ops::BitAnd<Output = A>> SameAnd for A {}

/// `|` of two values is a third.
pub trait SameOr: std::ops::BitOr<Output = Self> + Sized {}
impl<A: std::ops::BitOr<Output = A>> SameOr for A {}

/// `bool`.
#[diagnostic::on_unimplemented(message = "`&&` and `||` reduce a `bool`, not `{Self}`")]
pub trait Truth {
    /// Its value.
    fn holds(&self) -> bool;
}

impl Truth for bool {
    #[inline]
    fn holds(&self) -> bool {
        *self
    }
}

/// `reduce(^ = ..)`
#[derive(Debug)]
pub struct BitXor;

#[diagnostic::do_not_recommend]
impl<A: std::ops::BitXor<Output = A> + Default + Send> Reduction<A> for BitXor {
    type Seed = ();

    fn is_exact(&self) -> bool {
        true
    }

    fn take(&self, variable: &mut A) -> A {
        mem::take(variable)
    }

    fn seed(&self, _initial: &A) {}

    #[inline]
    fn identity(&self, (): &()) -> A {
        A::default()
    }

    #[inline]
    fn merge(&self, value: A, next: A) -> A {
        value ^ next
    }
}

/// `reduce(with(merge, init) = ..)`
#[derive(Debug)]
pub struct With<M, I> {
    merge: M,
    init: I,
}

impl<M, I> With<M, I> {
    /// `merge` joins two accumulators in loop order, `init` makes the one a block starts with.
    #[inline]
    pub fn new<A>(merge: M, init: I) -> Self
    where
        M: Fn(A, A) -> A + Sync,
        I: Fn() -> A + Sync,
    {
        With { merge, init }
    }
}

impl<A: Send, M: Fn(A, A) -> A + Sync, I: Fn() -> A + Sync> Reduction<A> for With<M, I> {
    type Seed = ();

    fn is_exact(&self) -> bool {
        false
    }

    fn take(&self, variable: &mut A) -> A {
        mem::replace(variable, (self.init)())
    }

    fn seed(&self, _initial: &A) {}

    #[inline]
    fn identity(&self, (): &()) -> A {
        (self.init)()
    }

    #[inline]
    fn merge(&self, value: A, next: A) -> A {
        (self.merge)(value, next)
    }
}

fn is_integer<A>() -> bool {
    macro_rules! any_of {
        ($($int:ident),*) => { $(typeid::of::<A>() == typeid::of::<$int>())||* };
    }
    any_of!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize)
}
