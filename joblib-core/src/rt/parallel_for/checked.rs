//! Sums and products of integers that overflow exactly where the plain loop's do.
//!
//! A block begins somewhere in the loop, so what it has summed up alone says nothing: `-100, 100, 99` never leaves an `i8`,
//! though its last two do. So a block keeps how far its running value has been from its start, in both directions and in wide
//! numbers, and the value it is added to decides. A block that knows what it follows, as every one does with one job, decides at once.
#![allow(unsafe_code)]

use std::mem;

use serde::{Deserialize, Serialize};

use super::reduce::is_integer;

/// The sum of a block.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckedSum<A> {
    /// The sum of anything that is not an integer.
    value: A,
    integers: Option<RunningSum>,
}

/// A running sum of integers, counted from a block's start.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct RunningSum {
    total: Wide,
    lowest: Wide,
    highest: Wide,
    /// The value it is counted from, where that is known.
    start: Option<Wide>,
    /// Whether the lowest and the highest came by a subtraction, for the message.
    lowest_by_minus: bool,
    highest_by_minus: bool,
}

impl<A> CheckedSum<A> {
    /// Of nothing, where `zero` is that.
    pub(super) fn new(zero: A) -> Self {
        CheckedSum { value: zero, integers: is_integer::<A>().then(RunningSum::default) }
    }

    /// The same for a block that follows `value`.
    pub(super) fn after(mut self, value: &A) -> Self {
        if let Some(running) = &mut self.integers {
            running.start = wide(value);
        }
        self
    }

    /// The same for a block that follows another.
    pub(super) fn after_block(mut self, block: &Self) -> Self {
        if let (Some(running), Some(before)) = (&mut self.integers, &block.integers) {
            running.start = before.start.map(|start| start.plus(before.total));
        }
        self
    }

    /// Adds `e`: by `plainly`, if it is no integer.
    #[track_caller]
    pub(super) fn plus<E>(&mut self, e: E, plainly: impl FnOnce(&mut A, E)) {
        self.add(e, false, plainly);
    }

    /// Subtracts `e`: by `plainly`, if it is no integer.
    #[track_caller]
    pub(super) fn minus<E>(&mut self, e: E, plainly: impl FnOnce(&mut A, E)) {
        self.add(e, true, plainly);
    }

    #[track_caller]
    fn add<E>(&mut self, e: E, minus: bool, plainly: impl FnOnce(&mut A, E)) {
        match (&mut self.integers, wide(&e)) {
            (Some(running), Some(number)) => {
                let mut next = *running;
                next.add(number, minus);
                if let (Some(start), Some((min, max))) = (running.start, bounds::<A>())
                    && !(min..=max).contains(&start.plus(next.total))
                {
                    overflow(minus);
                }
                *running = next;
            }
            (Some(running), None) => {
                // A type of the user's, that can be added to an integer: what it makes of none is what it adds.
                plainly(&mut self.value, e);
                if let Some(number) = wide(&self.value) {
                    running.add(number, false);
                }
                store(Wide::default(), &mut self.value);
            }
            (None, _) => plainly(&mut self.value, e),
        }
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
        let (Some(running), Some(start), Some((min, max))) = (self.integers, wide(value), bounds::<A>())
        else {
            return plainly(value, self.value);
        };
        let overflows = match (start.plus(running.highest) > max, start.plus(running.lowest) < min) {
            (true, _) => Some(running.highest_by_minus),
            (_, true) => Some(running.lowest_by_minus),
            _ => None,
        };
        match overflows {
            Some(minus) => overflow(minus),
            None => store(start.plus(running.total), value),
        }
    }
}

/// As the plain loop says it.
#[track_caller]
fn overflow(minus: bool) -> ! {
    if minus { panic!("attempt to subtract with overflow") } else { panic!("attempt to add with overflow") }
}

impl RunningSum {
    fn add(&mut self, number: Wide, minus: bool) {
        self.total = if minus { self.total.minus(number) } else { self.total.plus(number) };
        if self.total < self.lowest {
            (self.lowest, self.lowest_by_minus) = (self.total, minus);
        }
        if self.total > self.highest {
            (self.highest, self.highest_by_minus) = (self.total, minus);
        }
    }

    fn join(&mut self, next: RunningSum) {
        let (lowest, highest) = (self.total.plus(next.lowest), self.total.plus(next.highest));
        if lowest < self.lowest {
            (self.lowest, self.lowest_by_minus) = (lowest, next.lowest_by_minus);
        }
        if highest > self.highest {
            (self.highest, self.highest_by_minus) = (highest, next.highest_by_minus);
        }
        self.total = self.total.plus(next.total);
    }
}

/// The product of a block.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckedProduct<A> {
    /// The product of anything that is not an integer.
    value: A,
    integers: Option<RunningProduct>,
}

/// A running product of integers, counted from a block's start.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct RunningProduct {
    total: Factor,
    /// The value it is counted from, where that is known.
    start: Option<Factor>,
    /// The largest positive and the largest negative product on the way.
    positive: Factor,
    negative: Factor,
}

impl<A> CheckedProduct<A> {
    /// Of nothing, where `one` is that.
    pub(super) fn new(one: A) -> Self {
        let start =
            RunningProduct { total: Factor::ONE, start: None, positive: Factor::ONE, negative: Factor::ZERO };
        CheckedProduct { value: one, integers: is_integer::<A>().then_some(start) }
    }

    /// The same for a block that follows `value`.
    pub(super) fn after(mut self, value: &A) -> Self {
        if let Some(running) = &mut self.integers {
            running.start = wide(value).map(Factor::of);
        }
        self
    }

    /// The same for a block that follows another.
    pub(super) fn after_block(mut self, block: &Self) -> Self {
        if let (Some(running), Some(before)) = (&mut self.integers, &block.integers) {
            running.start = before.start.map(|start| start.times(before.total));
        }
        self
    }

    /// Multiplies by `e`: by `plainly`, if it is no integer.
    #[track_caller]
    pub(super) fn times<E>(&mut self, e: E, plainly: impl FnOnce(&mut A, E)) {
        match (&mut self.integers, wide(&e)) {
            (Some(running), Some(number)) => {
                let mut next = *running;
                next.times(Factor::of(number));
                if running.start.is_some_and(|start| !fits::<A>(start.times(next.total))) {
                    panic!("attempt to multiply with overflow");
                }
                *running = next;
            }
            (Some(running), None) => {
                plainly(&mut self.value, e);
                if let Some(number) = wide(&self.value) {
                    running.times(Factor::of(number));
                }
                store(Wide { high: 0, low: 1 }, &mut self.value);
            }
            (None, _) => plainly(&mut self.value, e),
        }
    }

    /// Multiplies by the block that comes next.
    pub(super) fn join(&mut self, next: Self, plainly: impl FnOnce(&mut A, A)) {
        match (&mut self.integers, next.integers) {
            (Some(running), Some(next)) => {
                let start = running.total;
                for on_the_way in [next.positive, next.negative] {
                    running.reach(start.times(on_the_way));
                }
                running.total = start.times(next.total);
            }
            _ => plainly(&mut self.value, next.value),
        }
    }

    /// Multiplies a value by the block.
    #[track_caller]
    pub(super) fn apply(self, value: &mut A, plainly: impl FnOnce(&mut A, A)) {
        let (Some(running), Some(start), Some((min, max))) = (self.integers, wide(value), bounds::<A>())
        else {
            return plainly(value, self.value);
        };
        let start = Factor::of(start);
        let fits = |product: Factor| product.number().filter(|number| (min..=max).contains(number));
        let on_the_way = [running.positive, running.negative].map(|factor| fits(start.times(factor)));
        match fits(start.times(running.total)) {
            Some(product) if on_the_way.iter().all(Option::is_some) => store(product, value),
            _ => panic!("attempt to multiply with overflow"),
        }
    }
}

/// Whether a product is an `A`.
fn fits<A>(product: Factor) -> bool {
    let (number, bounds) = (product.number(), bounds::<A>());
    number.zip(bounds).is_some_and(|(number, (min, max))| (min..=max).contains(&number))
}

impl RunningProduct {
    fn times(&mut self, factor: Factor) {
        self.total = self.total.times(factor);
        self.reach(self.total);
    }

    fn reach(&mut self, product: Factor) {
        let furthest = if product.negative { &mut self.negative } else { &mut self.positive };
        if product.is_larger(*furthest) {
            *furthest = product;
        }
    }
}

/// A factor of any size: what is larger than any integer is only known to be that.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Factor {
    negative: bool,
    magnitude: Option<u128>,
}

impl Factor {
    const ZERO: Factor = Factor { negative: false, magnitude: Some(0) };
    const ONE: Factor = Factor { negative: false, magnitude: Some(1) };

    fn of(number: Wide) -> Self {
        let negative = number.high < 0;
        let absolute = if negative { Wide::default().minus(number) } else { number };
        // Of 128 bits, as every integer is.
        Factor { negative, magnitude: Some((absolute.high as u128) << 64 | u128::from(absolute.low)) }
    }

    fn times(self, other: Factor) -> Factor {
        let is_zero = self.magnitude == Some(0) || other.magnitude == Some(0);
        if is_zero {
            return Factor::ZERO;
        }
        let magnitude = self.magnitude.zip(other.magnitude).and_then(|(a, b)| a.checked_mul(b));
        Factor { negative: self.negative != other.negative, magnitude }
    }

    fn is_larger(self, than: Factor) -> bool {
        self.magnitude.unwrap_or(u128::MAX) > than.magnitude.unwrap_or(u128::MAX) || self.magnitude.is_none()
    }

    /// The number, if it is one of at most 128 bits.
    fn number(self) -> Option<Wide> {
        let magnitude = Wide::from(self.magnitude?);
        Some(if self.negative { Wide::default().minus(magnitude) } else { magnitude })
    }
}

/// An integer with room for any sum of 128-bit ones: `high * 2^64 + low`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Wide {
    high: i128,
    low: u64,
}

impl Wide {
    fn plus(self, other: Wide) -> Wide {
        let (low, carry) = self.low.overflowing_add(other.low);
        Wide { high: self.high + other.high + i128::from(carry), low }
    }

    fn minus(self, other: Wide) -> Wide {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Wide { high: self.high - other.high - i128::from(borrow), low }
    }
}

impl From<u128> for Wide {
    fn from(number: u128) -> Self {
        Wide { high: (number >> 64) as i128, low: number as u64 }
    }
}

impl From<i128> for Wide {
    fn from(number: i128) -> Self {
        Wide { high: number >> 64, low: number as u64 }
    }
}

/// For each built-in integer: it as a wide number, and back.
macro_rules! integers {
    ($($int:ident as $through:ident),*) => {
        /// The number, if `value` is an integer or refers to one.
        fn wide<E>(value: &E) -> Option<Wide> {
            $(
                if typeid::of::<E>() == typeid::of::<$int>() {
                    // SAFETY: the types are the same, and integers can be copied.
                    return Some(Wide::from(unsafe { mem::transmute_copy::<E, $int>(value) } as $through));
                }
                if typeid::of::<E>() == typeid::of::<&$int>() {
                    // SAFETY: the types are the same but for a lifetime, which is longer than this call.
                    return Some(Wide::from(*unsafe { mem::transmute_copy::<E, &$int>(value) } as $through));
                }
            )*
            None
        }

        /// The least and the greatest `A`.
        fn bounds<A>() -> Option<(Wide, Wide)> {
            $(
                if typeid::of::<A>() == typeid::of::<$int>() {
                    return Some((Wide::from($int::MIN as $through), Wide::from($int::MAX as $through)));
                }
            )*
            None
        }

        /// Stores a number that is within the bounds.
        fn store<A>(number: Wide, value: &mut A) {
            let number = (number.high << 64) | i128::from(number.low);
            $(
                if typeid::of::<A>() == typeid::of::<$int>() {
                    // SAFETY: the types are the same.
                    *unsafe { &mut *std::ptr::from_mut(value).cast::<$int>() } = number as $int;
                }
            )*
        }
    };
}

integers!(
    i32 as i128,
    u64 as i128,
    usize as i128,
    i64 as i128,
    u32 as i128,
    u8 as i128,
    i8 as i128,
    u16 as i128,
    i16 as i128,
    isize as i128,
    u128 as u128,
    i128 as i128
);

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
                        |block, e| block.plus(e, |_, _| unreachable!()),
                        |block, next| block.join(next, |_, _| unreachable!()),
                        |block, value| block.apply(value, |_, _| unreachable!()));
                    prop_assert_eq!(sum, plain(start, &updates, $int::checked_add));
                    let difference = in_blocks(start, &updates, cut, || CheckedSum::new(0),
                        |block, e| block.minus(&e, |_, _| unreachable!()),
                        |block, next| block.join(next, |_, _| unreachable!()),
                        |block, value| block.apply(value, |_, _| unreachable!()));
                    prop_assert_eq!(difference, plain(start, &updates, $int::checked_sub));
                    let factors: Vec<$int> = updates.iter().map(|e| e % 5).collect();
                    let product = in_blocks(start, &factors, cut, || CheckedProduct::new(1),
                        |block, e| block.times(e, |_, _| unreachable!()),
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
