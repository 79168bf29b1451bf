//! Integers with room for any sum of others, factors of any size, and how the built-in integers become them
//! and are made of them.
#![allow(unsafe_code)]

use std::mem;
use std::ops::RangeInclusive;

/// An integer with room for any sum of 128-bit ones: `high * 2^64 + low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wide {
    high: i128,
    low: u64,
}

crate::impl_serde_struct!(Wide { high, low });

impl Wide {
    pub(super) const ZERO: Wide = Wide { high: 0, low: 0 };
    pub(super) const ONE: Wide = Wide { high: 0, low: 1 };

    pub(super) fn plus(self, other: Wide) -> Wide {
        let (low, carry) = self.low.overflowing_add(other.low);
        Wide { high: self.high + other.high + i128::from(carry), low }
    }

    pub(super) fn minus(self, other: Wide) -> Wide {
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

/// A factor of any size: what is larger than any integer is only known to be that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factor {
    negative: bool,
    magnitude: Option<u128>,
}

crate::impl_serde_struct!(Factor { negative, magnitude });

impl Factor {
    pub(super) const ZERO: Factor = Factor { negative: false, magnitude: Some(0) };
    pub(super) const ONE: Factor = Factor { negative: false, magnitude: Some(1) };

    pub(super) fn of(number: Wide) -> Self {
        let negative = number.high < 0;
        let absolute = if negative { Wide::ZERO.minus(number) } else { number };
        // Of 128 bits, as every integer is.
        Factor { negative, magnitude: Some((absolute.high as u128) << 64 | u128::from(absolute.low)) }
    }

    pub(super) fn times(self, other: Factor) -> Factor {
        let is_zero = self.magnitude == Some(0) || other.magnitude == Some(0);
        if is_zero {
            return Factor::ZERO;
        }
        let magnitude = self.magnitude.zip(other.magnitude).and_then(|(a, b)| a.checked_mul(b));
        Factor { negative: self.negative != other.negative, magnitude }
    }

    pub(super) fn is_negative(self) -> bool {
        self.negative
    }

    pub(super) fn is_larger(self, than: Factor) -> bool {
        self.magnitude.unwrap_or(u128::MAX) > than.magnitude.unwrap_or(u128::MAX) || self.magnitude.is_none()
    }

    /// The number, if it is one of at most 128 bits.
    pub(super) fn number(self) -> Option<Wide> {
        let magnitude = Wide::from(self.magnitude?);
        Some(if self.negative { Wide::ZERO.minus(magnitude) } else { magnitude })
    }
}

/// For each built-in integer: it as a wide number, and back.
macro_rules! integers {
    ($($int:ident as $through:ident),*) => {
        /// The number, if `value` is an integer or refers to one.
        pub(super) fn wide<E>(value: &E) -> Option<Wide> {
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
        pub(super) fn bounds<A>() -> Option<RangeInclusive<Wide>> {
            $(
                if typeid::of::<A>() == typeid::of::<$int>() {
                    return Some(Wide::from($int::MIN as $through)..=Wide::from($int::MAX as $through));
                }
            )*
            None
        }

        /// Stores a number that is within the bounds.
        pub(super) fn store<A>(number: Wide, value: &mut A) {
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

/// Whether `A` is a built-in integer.
pub(super) fn is_integer<A>() -> bool {
    macro_rules! any_of {
        ($($int:ident),*) => { $(typeid::of::<A>() == typeid::of::<$int>())||* };
    }
    any_of!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize)
}
