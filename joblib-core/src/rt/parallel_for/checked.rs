//! Sums and products of integers that overflow exactly where the plain loop's do.
//!
//! A block begins somewhere in the loop, so its own sum alone does not show an overflow: `-100, 100, 99`
//! never leaves an `i8`, though its last two do. So a block notes how far its running value has been from its
//! start, in both directions and in wide numbers, and the value it is added to decides. A block that knows
//! what it follows, as every one does with one job, decides at once.

use std::ops::RangeInclusive;

use super::wide::{Factor, Wide, bounds, is_integer, store, wide};

/// The sum of a block.
pub type CheckedSum<A> = Checked<A, RunningSum>;

/// The product of a block.
pub type CheckedProduct<A> = Checked<A, RunningProduct>;

/// What a block has made of integers by `R`, or of anything else by itself.
#[derive(Clone, Debug)]
pub struct Checked<A, R> {
    /// Of anything that is not an integer.
    value: A,
    integers: Option<R>,
}

crate::impl_serde_struct!(Checked<A, R> { value, integers });

/// A running sum or product of integers, counted from a block's start.
pub trait Running: Copy {
    /// The empty value, if nothing is known about what comes before.
    const EMPTY: Self;
    /// What changes no value.
    const NEUTRAL: Wide;

    /// Of nothing, behind a value.
    fn behind(value: Wide) -> Self;

    /// Of nothing, behind this one.
    fn behind_this(&self) -> Self;

    /// Adds a number, or multiplies by it.
    ///
    /// # Panics
    /// If the result is known, and out of bounds.
    #[track_caller]
    fn include(&mut self, number: Wide, bounds: &RangeInclusive<Wide>);

    /// Adds the one that comes next.
    fn join(&mut self, next: Self);

    /// What it makes of a value.
    ///
    /// # Panics
    /// If that or an intermediate value is out of bounds.
    #[track_caller]
    fn of(&self, value: Wide, bounds: &RangeInclusive<Wide>) -> Wide;
}

impl<A, R: Running> Checked<A, R> {
    /// Of nothing, where `neutral` is that.
    pub(super) fn new(neutral: A) -> Self {
        Checked { value: neutral, integers: is_integer::<A>().then_some(R::EMPTY) }
    }

    /// The same for a block that follows `value`.
    pub(super) fn after(mut self, value: &A) -> Self {
        self.integers = wide(value).map(R::behind);
        self
    }

    /// The same for a block that follows another.
    pub(super) fn after_block(mut self, block: &Self) -> Self {
        self.integers = block.integers.as_ref().map(R::behind_this);
        self
    }

    /// Adds `e`, or multiplies by it: by `plainly`, if it is no integer.
    #[track_caller]
    pub(super) fn include<E>(&mut self, e: E, plainly: impl FnOnce(&mut A, E)) {
        self.update(e, R::include, plainly);
    }

    #[track_caller]
    fn update<E>(
        &mut self,
        e: E,
        update: impl FnOnce(&mut R, Wide, &RangeInclusive<Wide>),
        plainly: impl FnOnce(&mut A, E),
    ) {
        let (Some(running), Some(bounds)) = (&mut self.integers, bounds::<A>()) else {
            return plainly(&mut self.value, e);
        };
        // If this panics, nothing has changed.
        let mut next = *running;
        match wide(&e) {
            Some(number) => update(&mut next, number, &bounds),
            None => {
                // A user's type that can be added to an integer: what it adds is what it makes of zero.
                plainly(&mut self.value, e);
                let made = wide(&self.value).unwrap_or(R::NEUTRAL);
                store(R::NEUTRAL, &mut self.value);
                next.include(made, &bounds);
            }
        }
        *running = next;
    }

    /// Adds the block that comes next.
    pub(super) fn join(&mut self, next: Self, plainly: impl FnOnce(&mut A, A)) {
        match (&mut self.integers, next.integers) {
            (Some(running), Some(next)) => running.join(next),
            _ => plainly(&mut self.value, next.value),
        }
    }

    /// Adds the block to a value.
    #[track_caller]
    pub(super) fn apply(self, value: &mut A, plainly: impl FnOnce(&mut A, A)) {
        match (self.integers, wide(value), bounds::<A>()) {
            (Some(running), Some(start), Some(bounds)) => store(running.of(start, &bounds), value),
            _ => plainly(value, self.value),
        }
    }
}

impl<A> CheckedSum<A> {
    /// Subtracts `e`: by `plainly`, if it is no integer.
    #[track_caller]
    pub(super) fn take_away<E>(&mut self, e: E, plainly: impl FnOnce(&mut A, E)) {
        self.update(e, |sum, number, bounds| sum.add(number, true, bounds), plainly);
    }
}

/// A running sum of integers.
#[derive(Clone, Copy, Debug)]
pub struct RunningSum {
    total: Wide,
    lowest: Wide,
    highest: Wide,
    /// The value it is counted from, where that is known.
    start: Option<Wide>,
    /// Whether the lowest and the highest came by a subtraction, for the message.
    lowest_by_minus: bool,
    highest_by_minus: bool,
}

crate::impl_serde_struct!(RunningSum { total, lowest, highest, start, lowest_by_minus, highest_by_minus });

impl Running for RunningSum {
    const EMPTY: Self = RunningSum {
        total: Wide::ZERO,
        lowest: Wide::ZERO,
        highest: Wide::ZERO,
        start: None,
        lowest_by_minus: false,
        highest_by_minus: false,
    };
    const NEUTRAL: Wide = Wide::ZERO;

    fn behind(value: Wide) -> Self {
        RunningSum { start: Some(value), ..Self::EMPTY }
    }

    fn behind_this(&self) -> Self {
        RunningSum { start: self.start.map(|start| start.plus(self.total)), ..Self::EMPTY }
    }

    #[track_caller]
    fn include(&mut self, number: Wide, bounds: &RangeInclusive<Wide>) {
        self.add(number, false, bounds);
    }

    fn join(&mut self, next: RunningSum) {
        self.reach(self.total.plus(next.lowest), next.lowest_by_minus);
        self.reach(self.total.plus(next.highest), next.highest_by_minus);
        self.total = self.total.plus(next.total);
    }

    #[track_caller]
    fn of(&self, value: Wide, bounds: &RangeInclusive<Wide>) -> Wide {
        if value.plus(self.highest) > *bounds.end() {
            overflow(self.highest_by_minus);
        }
        if value.plus(self.lowest) < *bounds.start() {
            overflow(self.lowest_by_minus);
        }
        value.plus(self.total)
    }
}

impl RunningSum {
    #[track_caller]
    fn add(&mut self, number: Wide, minus: bool, bounds: &RangeInclusive<Wide>) {
        self.total = if minus { self.total.minus(number) } else { self.total.plus(number) };
        if self.start.is_some_and(|start| !bounds.contains(&start.plus(self.total))) {
            overflow(minus);
        }
        self.reach(self.total, minus);
    }

    /// Notes a sum on the way.
    fn reach(&mut self, sum: Wide, minus: bool) {
        if sum < self.lowest {
            (self.lowest, self.lowest_by_minus) = (sum, minus);
        }
        if sum > self.highest {
            (self.highest, self.highest_by_minus) = (sum, minus);
        }
    }
}

/// As the plain loop panics.
#[track_caller]
fn overflow(minus: bool) -> ! {
    if minus { panic!("attempt to subtract with overflow") } else { panic!("attempt to add with overflow") }
}

/// A running product of integers.
#[derive(Clone, Copy, Debug)]
pub struct RunningProduct {
    total: Factor,
    /// The value it is counted from, where that is known.
    start: Option<Factor>,
    /// The largest positive and the largest negative product on the way.
    positive: Factor,
    negative: Factor,
}

crate::impl_serde_struct!(RunningProduct { total, start, positive, negative });

impl Running for RunningProduct {
    const EMPTY: Self =
        RunningProduct { total: Factor::ONE, start: None, positive: Factor::ONE, negative: Factor::ZERO };
    const NEUTRAL: Wide = Wide::ONE;

    fn behind(value: Wide) -> Self {
        RunningProduct { start: Some(Factor::of(value)), ..Self::EMPTY }
    }

    fn behind_this(&self) -> Self {
        RunningProduct { start: self.start.map(|start| start.times(self.total)), ..Self::EMPTY }
    }

    #[track_caller]
    fn include(&mut self, number: Wide, bounds: &RangeInclusive<Wide>) {
        self.total = self.total.times(Factor::of(number));
        if let Some(start) = self.start {
            within(start.times(self.total), bounds);
        }
        self.reach(self.total);
    }

    fn join(&mut self, next: RunningProduct) {
        self.reach(self.total.times(next.positive));
        self.reach(self.total.times(next.negative));
        self.total = self.total.times(next.total);
    }

    #[track_caller]
    fn of(&self, value: Wide, bounds: &RangeInclusive<Wide>) -> Wide {
        let start = Factor::of(value);
        within(start.times(self.positive), bounds);
        within(start.times(self.negative), bounds);
        within(start.times(self.total), bounds)
    }
}

impl RunningProduct {
    /// Notes a product on the way.
    fn reach(&mut self, product: Factor) {
        let furthest = if product.is_negative() { &mut self.negative } else { &mut self.positive };
        if product.is_larger(*furthest) {
            *furthest = product;
        }
    }
}

/// The product as a number.
#[track_caller]
fn within(product: Factor, bounds: &RangeInclusive<Wide>) -> Wide {
    match product.number().filter(|number| bounds.contains(number)) {
        Some(number) => number,
        None => panic!("attempt to multiply with overflow"),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use proptest::prelude::*;

    use super::*;

    /// The updates of a plain loop; `None` if it overflows.
    fn plain<T: Copy>(start: T, updates: &[T], op: fn(T, T) -> Option<T>) -> Option<T> {
        updates.iter().try_fold(start, |value, e| op(value, *e))
    }

    fn in_blocks<T: Copy, B>(
        start: T,
        updates: &[T],
        cut: usize,
        empty: impl Fn() -> B,
        add: impl Fn(&mut B, T),
        join: impl Fn(&mut B, B),
        apply: impl Fn(B, &mut T),
    ) -> Option<T> {
        let cut = cut.min(updates.len());
        let mut value = start;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let (mut first, mut second) = (empty(), empty());
            updates[..cut].iter().for_each(|e| add(&mut first, *e));
            updates[cut..].iter().for_each(|e| add(&mut second, *e));
            // Half of the time as one block, else one after the other.
            if cut.is_multiple_of(2) {
                join(&mut first, second);
                apply(first, &mut value);
            } else {
                apply(first, &mut value);
                apply(second, &mut value);
            }
        }));
        outcome.ok().map(|()| value)
    }

    macro_rules! as_the_plain_loop {
        ($($name:ident: $int:ident;)*) => {$(
            proptest! {
                #[test]
                fn $name(start: $int, updates in prop::collection::vec(any::<$int>(), 0..6), cut in 0..6_usize, small: bool) {
                    let updates: Vec<$int> = updates.into_iter().map(|e| if small { e / 16 } else { e }).collect();
                    let start = if small { start / 8 } else { start };
                    let sum = in_blocks(start, &updates, cut, || CheckedSum::new(0),
                        |block, e| block.include(e, |_, _| unreachable!()),
                        |block, next| block.join(next, |_, _| unreachable!()),
                        |block, value| block.apply(value, |_, _| unreachable!()));
                    prop_assert_eq!(sum, plain(start, &updates, $int::checked_add));
                    let difference = in_blocks(start, &updates, cut, || CheckedSum::new(0),
                        |block, e| block.take_away(&e, |_, _| unreachable!()),
                        |block, next| block.join(next, |_, _| unreachable!()),
                        |block, value| block.apply(value, |_, _| unreachable!()));
                    prop_assert_eq!(difference, plain(start, &updates, $int::checked_sub));
                    let factors: Vec<$int> = updates.iter().map(|e| e % 5).collect();
                    let product = in_blocks(start, &factors, cut, || CheckedProduct::new(1),
                        |block, e| block.include(e, |_, _| unreachable!()),
                        |block, next| block.join(next, |_, _| unreachable!()),
                        |block, value| block.apply(value, |_, _| unreachable!()));
                    prop_assert_eq!(product, plain(start, &factors, $int::checked_mul));
                }
            }
        )*};
    }

    as_the_plain_loop! {
        sums_and_products_of_i8: i8;
        sums_and_products_of_u8: u8;
        sums_and_products_of_i64: i64;
        sums_and_products_of_u128: u128;
        sums_and_products_of_i128: i128;
    }
}
