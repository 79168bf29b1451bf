//! Half-precision floats, as numbers without a type of their own: whoever has one is a user of `half`, and need not be here.

use super::wire::{EXT_BRAIN, EXT_HALF};

/// A half-precision float, given by its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Half {
    pub(super) format: HalfFormat,
    pub(super) bits: u16,
}

/// Which bits are the exponent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HalfFormat {
    /// IEEE 754's: `half::f16`.
    Ieee,
    /// bfloat16, the upper half of an `f32`: `half::bf16`.
    Brain,
}

impl HalfFormat {
    /// By the name under which `half`'s type, a newtype around its bits, serialises itself.
    #[inline]
    pub(super) fn of_newtype(name: &str) -> Option<Self> {
        match name {
            "f16" => Some(HalfFormat::Ieee),
            "bf16" => Some(HalfFormat::Brain),
            _ => None,
        }
    }

    /// The extension type of the main stream.
    pub(super) fn extension(self) -> i8 {
        match self {
            HalfFormat::Ieee => EXT_HALF,
            HalfFormat::Brain => EXT_BRAIN,
        }
    }

    /// Explicit bits of the mantissa, and the greatest exponent.
    fn parameters(self) -> (u32, u32) {
        match self {
            HalfFormat::Ieee => (10, 15),
            HalfFormat::Brain => (7, 127),
        }
    }
}

impl Half {
    /// The integer, if there is such a float.
    pub(super) fn of_integer(format: HalfFormat, negative: bool, magnitude: u32) -> Option<Self> {
        let (mantissa, greatest) = format.parameters();
        let sign = u16::from(negative) << 15;
        let Some(exponent) = magnitude.checked_ilog2() else { return Some(Self { format, bits: sign }) };
        if exponent > greatest || exponent - magnitude.trailing_zeros() > mantissa {
            return None;
        }
        // The leading one is not written.
        let fraction = (u64::from(magnitude) << mantissa >> exponent) as u16 & ((1 << mantissa) - 1);
        Some(Self { format, bits: sign | ((exponent + greatest) as u16) << mantissa | fraction })
    }

    /// Exactly.
    pub(super) fn to_f32(self) -> f32 {
        if self.format == HalfFormat::Brain {
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

#[cfg(all(test, feature = "half"))]
mod tests {
    use super::*;
    use half::{bf16, f16};

    fn half(format: HalfFormat, bits: u16) -> Half {
        Half { format, bits }
    }

    #[test]
    fn every_float_is_what_half_says() {
        for bits in 0..=u16::MAX {
            for (float, expected) in [
                (half(HalfFormat::Ieee, bits), f16::from_bits(bits).to_f32()),
                (half(HalfFormat::Brain, bits), bf16::from_bits(bits).to_f32()),
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
                let found = |format| Half::of_integer(format, negative, integer).map(|half| half.bits);
                assert_eq!(found(HalfFormat::Ieee), is_ieee.then_some(ieee.to_bits()), "{value}");
                assert_eq!(found(HalfFormat::Brain), is_brain.then_some(brain.to_bits()), "{value}");
            }
        }
    }
}
