//! Sums and products of integers that wrap around or saturate, as the body's own methods do.

use std::marker::PhantomData;

use super::reduce::{Reduction, of_values};

of_values! {
    /// `reduce(+ = ..)` where the body updates by `wrapping_add` or `wrapping_sub`.
    WrappingSum<A: Wraps> of A: A::ZERO, |block, next| *block = block.add(next);
    /// `reduce(* = ..)` where the body updates by `wrapping_mul`.
    WrappingProduct<A: Wraps> of A: A::ONE, |block, next| *block = block.mul(next);
}

/// `reduce(+ = ..)` where the body updates by `saturating_add` or `saturating_sub`.
#[derive(Clone, Copy, Debug)]
pub struct SaturatingSum;

/// A built-in integer.
#[diagnostic::on_unimplemented(message = "wrapping updates are of integers, not of `{Self}`")]
pub trait Wraps: Copy + Send {
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// `wrapping_add`
    #[must_use]
    fn add(self, other: Self) -> Self;
    /// `wrapping_sub`
    #[must_use]
    fn sub(self, other: Self) -> Self;
    /// `wrapping_mul`
    #[must_use]
    fn mul(self, other: Self) -> Self;
}

macro_rules! wraps {
    ($($int:ident),*) => {$(
        impl Wraps for $int {
            const ZERO: Self = 0;
            const ONE: Self = 1;

            #[inline]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline]
            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline]
            fn mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
        }
    )*};
}

wraps!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

/// An integer that a wider one has room for.
#[diagnostic::on_unimplemented(
    message = "saturating updates reduce integers of up to 64 bits, not a `{Self}`",
    label = "write `with(merge, init)` instead of the operator, or reduce into a wider type and saturate after the loop"
)]
pub trait Saturates: Copy + Send {
    /// The least value.
    const LOWEST: i128;
    /// The greatest value.
    const HIGHEST: i128;
    /// The value.
    fn wide(self) -> i128;
    /// Of a value between the least and the greatest.
    fn of(wide: i128) -> Self;
}

macro_rules! saturates {
    ($($int:ident),*) => {$(
        impl Saturates for $int {
            const LOWEST: i128 = $int::MIN as i128;
            const HIGHEST: i128 = $int::MAX as i128;

            #[inline]
            fn wide(self) -> i128 {
                self as i128
            }

            #[inline]
            fn of(wide: i128) -> Self {
                wide as $int
            }
        }
    )*};
}

saturates!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

/// What saturating updates one after the other make of a number: it is shifted, then held between two bounds.
/// Two such functions in a row are one again, so it does not matter where a block begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clamped<A> {
    shift: i128,
    low: i128,
    high: i128,
    number: PhantomData<A>,
}

crate::impl_serde_struct!([A] [A] Clamped<A> as ("Clamped") { shift, low, high, number } skip {});

impl<A: Saturates> Clamped<A> {
    #[inline]
    fn by(shift: i128) -> Self {
        Clamped { shift, low: A::LOWEST, high: A::HIGHEST, number: PhantomData }
    }

    /// Then a saturating addition.
    #[inline]
    pub(super) fn shift(&mut self, by: i128) {
        *self = self.then(Clamped::by(by));
    }

    #[inline]
    fn then(self, next: Self) -> Self {
        let through = |bound: i128| bound.saturating_add(next.shift).clamp(next.low, next.high);
        Clamped {
            shift: self.shift.saturating_add(next.shift),
            low: through(self.low),
            high: through(self.high),
            number: PhantomData,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<A: Saturates> Reduction<A> for SaturatingSum {
    type Block = Clamped<A>;
    type Seed = ();

    #[inline]
    fn seed(&self, _value: &A) {}

    #[inline]
    fn empty(&self, (): &()) -> Clamped<A> {
        Clamped::by(0)
    }

    #[inline]
    fn join(&self, block: &mut Clamped<A>, next: Clamped<A>) {
        *block = block.then(next);
    }

    #[inline]
    fn apply(&self, value: &mut A, block: Clamped<A>) {
        *value = A::of(value.wide().saturating_add(block.shift).clamp(block.low, block.high));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_saturate_where_the_plain_loop_does(
            start: i8,
            updates in prop::collection::vec(any::<i8>(), 0..40),
            cuts in prop::collection::vec(0..40_usize, 0..4),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(updates.len())).collect();
            cuts.extend([0, updates.len()]);
            cuts.sort_unstable();
            let mut total: Clamped<i8> = Reduction::<i8>::empty(&SaturatingSum, &());
            for cut in cuts.windows(2) {
                let mut block = Reduction::<i8>::empty(&SaturatingSum, &());
                for e in &updates[cut[0]..cut[1]] {
                    block.shift(e.wide());
                }
                Reduction::<i8>::join(&SaturatingSum, &mut total, block);
            }
            let mut value = start;
            SaturatingSum.apply(&mut value, total);
            prop_assert_eq!(value, updates.iter().fold(start, |sum, e| sum.saturating_add(*e)));
        }
    }
}
