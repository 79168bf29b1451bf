//! Numbers: at the ends of their ranges, and floats of every kind, by their bits.

use std::cmp::Reverse;
use std::num::*;

use half::{bf16, f16};
use num_complex::Complex;
use ordered_float::{NotNan, OrderedFloat};

use super::leaf::leaf;
use crate::{Random, Sample, Walk};

macro_rules! integers {
    ($($type:ident $nonzero:ty),*) => {$(
        leaf! {
            $type: 0, |random| {
                let bits = (u128::from(random.bits()) << 64 | u128::from(random.bits())) as $type;
                match random.below(8) {
                    0 => 0,
                    1 => $type::MAX,
                    2 => $type::MIN,
                    3 => $type::MAX / 2 + random.below(3) as $type,
                    4 => bits,
                    // Where the number of bytes changes.
                    5 => [31, 32, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296u64][random.below(10)] as $type,
                    6 => (0 as $type).wrapping_sub([1, 31, 32, 33, 127, 128, 129, 32768, 32769][random.below(9)] as $type),
                    _ => random.below(100) as $type,
                }
            };
            $nonzero: <$nonzero>::MAX, |random| <$nonzero>::new(Sample::make(random)).unwrap_or(<$nonzero>::MIN);
        }
    )*};
}
integers!(
    i8 NonZeroI8, i16 NonZeroI16, i32 NonZeroI32, i64 NonZeroI64, i128 NonZeroI128, isize NonZeroIsize,
    u8 NonZeroU8, u16 NonZeroU16, u32 NonZeroU32, u64 NonZeroU64, u128 NonZeroU128, usize NonZeroUsize
);

macro_rules! floats {
    ($($type:ident: $bits:ident $infinity:expr, $($special:expr),*;)*) => {$(
        impl Sample for $type {
            fn make(random: &mut Random) -> Self {
                match random.below(4) {
                    0 => random.one(&[$($special),*]),
                    // Of exponents and payloads of all kinds: not a number, too.
                    1 => $type::from_bits(random.bits() as $bits),
                    2 => $type::from_bits($infinity.to_bits() | random.below(200) as $bits | (random.below(2) as $bits) << ($bits::BITS - 1)),
                    _ => $type::from(random.below(100) as u8 as i8),
                }
            }
            fn plain() -> Self {
                $type::from(0i8)
            }
            fn again(&self) -> Self {
                *self
            }
            fn same(&self, other: &Self) -> bool {
                self.to_bits() == other.to_bits()
            }
        }
    )*};
}
floats! {
    f32: u32 f32::INFINITY, 0.0, -0.0, f32::MIN_POSITIVE, f32::MAX, f32::NEG_INFINITY, f32::NAN, 0.1, 16777217.0;
    f64: u64 f64::INFINITY, 0.0, -0.0, f64::MIN_POSITIVE, f64::MAX, f64::NEG_INFINITY, f64::NAN, 0.1, 1e300, 9007199254740993.0;
    f16: u16 f16::INFINITY, f16::ZERO, f16::NEG_ZERO, f16::MAX, f16::MIN_POSITIVE_SUBNORMAL, f16::NAN;
    bf16: u16 bf16::INFINITY, bf16::ZERO, bf16::NEG_ZERO, bf16::MAX, bf16::NAN;
}

leaf! {
    bool: false, |random| random.percent(50);
    NotNan<f64>: NotNan::default(), |random| NotNan::new(f64::make(random)).unwrap_or_default();
}

impl<T: Sample + Clone> Sample for Complex<T> {
    fn make(random: &mut Random) -> Self {
        Complex::new(T::make(random), T::make(random))
    }
    fn plain() -> Self {
        Complex::new(T::plain(), T::plain())
    }
    fn again(&self) -> Self {
        self.clone()
    }
    fn same(&self, other: &Self) -> bool {
        self.re.same(&other.re) && self.im.same(&other.im)
    }
    fn walk(&mut self, walk: &mut Walk) {
        self.re.walk(walk);
        self.im.walk(walk);
    }
}

/// Types that are another in all that counts here.
macro_rules! wrappers {
    ($($type:ident),*) => {$(
        impl<T: Sample> Sample for $type<T> {
            fn make(random: &mut Random) -> Self {
                $type(T::make(random))
            }
            fn plain() -> Self {
                $type(T::plain())
            }
            fn again(&self) -> Self {
                $type(self.0.again())
            }
            fn same(&self, other: &Self) -> bool {
                self.0.same(&other.0)
            }
            fn walk(&mut self, walk: &mut Walk) {
                self.0.walk(walk);
            }
        }
    )*};
}
wrappers!(Wrapping, Saturating, Reverse, OrderedFloat);
