//! Half-precision floats, as numbers without a type of their own: whoever has one is a user of `half`, and
//! need not be here.

use super::wire::{EXT_BRAIN, EXT_HALF};
use joblib_core::array::DType;

/// A half-precision float, given by its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Half {
    /// `F16`, IEEE 754's; or `BF16`, the upper half of an `f32`.
    pub(super) dtype: DType,
    pub(super) bits: u16,
}

/// By the name under which `half`'s type, a newtype around its bits, serialises itself.
#[inline]
pub(super) fn of_newtype(name: &str) -> Option<DType> {
    match name {
        "f16" => Some(DType::F16),
        "bf16" => Some(DType::BF16),
        _ => None,
    }
}

/// Explicit bits of the mantissa, and the greatest exponent.
fn parameters(dtype: DType) -> (u32, u32) {
    if dtype == DType::BF16 { (7, 127) } else { (10, 15) }
}

impl Half {
    /// The extension type of the main stream.
    pub(super) fn extension(self) -> i8 {
        if self.dtype == DType::BF16 { EXT_BRAIN } else { EXT_HALF }
    }

    /// The integer, if there is such a float.
    pub(super) fn of_integer(dtype: DType, negative: bool, magnitude: u32) -> Option<Self> {
        let (mantissa, greatest) = parameters(dtype);
        let sign = u16::from(negative) << 15;
        let Some(exponent) = magnitude.checked_ilog2() else { return Some(Self { dtype, bits: sign }) };
        if exponent > greatest || exponent - magnitude.trailing_zeros() > mantissa {
            return None;
        }
        // The leading one is not written.
        let fraction = (u64::from(magnitude) << mantissa >> exponent) as u16 & ((1 << mantissa) - 1);
        Some(Self { dtype, bits: sign | ((exponent + greatest) as u16) << mantissa | fraction })
    }

    /// Exactly.
    pub(super) fn to_f32(self) -> f32 {
        if self.dtype == DType::BF16 {
            return f32::from_bits(u32::from(self.bits) << 16);
        }
        let (exponent, fraction) = (i32::from(self.bits >> 10 & 31), f32::from(self.bits & 1023));
        let magnitude = match exponent {
            0 => fraction * 2f32.powi(-24),
            31 if fraction == 0.0 => f32::INFINITY,
            31 => f32::NAN,
            _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
        };
        magnitude.copysign(if self.bits >> 15 == 0 { 1.0 } else { -1.0 })
    }
}

#[cfg(test)]
#[cfg(feature = "half")]
mod tests {
    use super::*;
    use half::{bf16, f16};

    fn half(dtype: DType, bits: u16) -> Half {
        Half { dtype, bits }
    }

    #[test]
    fn every_float_is_what_half_says() {
        for bits in 0..=u16::MAX {
            for (float, expected) in [
                (half(DType::F16, bits), f16::from_bits(bits).to_f32()),
                (half(DType::BF16, bits), bf16::from_bits(bits).to_f32()),
            ] {
                let same = float.to_f32().to_bits() == expected.to_bits();
                assert!(same || (float.to_f32().is_nan() && expected.is_nan()), "{float:?}");
            }
        }
    }

    #[test]
    fn integers_are_floats_if_they_are_exactly() {
        let near_powers = (0..32).flat_map(|power| [1u32 << power, 3 << power, (1 << power) - 1]);
        for integer in (0..100_000).chain(near_powers) {
            for negative in [false, true] {
                let value = if negative { -f64::from(integer) } else { f64::from(integer) };
                let (ieee, brain) = (f16::from_f64(value), bf16::from_f64(value));
                let (is_ieee, is_brain) = (ieee.to_f64() == value, brain.to_f64() == value);
                let found = |dtype| Half::of_integer(dtype, negative, integer).map(|half| half.bits);
                assert_eq!(found(DType::F16), is_ieee.then_some(ieee.to_bits()), "{value}");
                assert_eq!(found(DType::BF16), is_brain.then_some(brain.to_bits()), "{value}");
            }
        }
    }
}
