//! Floats that are decimal fractions, such as measurements and prices of two digits, as whole numbers.
//!
//! If `x` is the float nearest to *n* / 10^*k*, it is written as *n*: of its eight bytes most are zero then,
//! where the binary fraction fills all of them. Whether it is one is tried: the quotient must be `x` to the
//! bit. The idea is that of ALP (Afroozeh, Kuffo, Boncz: "ALP: Adaptive Lossless floating-Point Compression",
//! SIGMOD 2024), with a division in place of its two multiplications, so that everything parsed from a
//! decimal text comes back, and with the exceptions in place: a whole number stands below 2^52 (2^23 of 32
//! bits), with its sign in the lowest bit, and any float that is no decimal as its own bits, which are not
//! below that.
//!
//! Numbers of two decimals, at zlib 3: 4.8 times smaller in place of 2.7 times, and written three times as
//! fast.

use super::wide::widest;

/// Most digits behind the point that are tried.
pub(crate) const MAX_DECIMALS: u8 = 14;

widest! {
    /// Writes `elements` as whole numbers; `false` if one can be written neither so nor as it is.
    fn encode<const SIZE: usize>(decimals: u8, elements: &[[u8; SIZE]], words: &mut [[u8; SIZE]]) -> bool
        = encode_plain [("avx512f", "avx512dq")];

    /// Replaces words by the floats that they stand for.
    fn decode<const SIZE: usize>(decimals: u8, words: &mut [[u8; SIZE]]) -> () = decode_plain [("avx512f", "avx512dq")];
}

/// The number of decimals that nearly all of the numbers in a sample have.
pub(super) fn find<const SIZE: usize>(sample: &[u8]) -> Option<u8> {
    match SIZE {
        8 => f64s::find(sample),
        4 => f32s::find(sample),
        _ => None,
    }
}

#[inline(always)]
fn encode_plain<const SIZE: usize>(decimals: u8, elements: &[[u8; SIZE]], words: &mut [[u8; SIZE]]) -> bool {
    match SIZE {
        8 => f64s::encode(decimals, elements.as_flattened(), words.as_flattened_mut()),
        4 => f32s::encode(decimals, elements.as_flattened(), words.as_flattened_mut()),
        _ => false,
    }
}

#[inline(always)]
fn decode_plain<const SIZE: usize>(decimals: u8, words: &mut [[u8; SIZE]]) {
    match SIZE {
        8 => f64s::decode(decimals, words.as_flattened_mut()),
        4 => f32s::decode(decimals, words.as_flattened_mut()),
        _ => {}
    }
}

macro_rules! floats {
    ($name:ident: $float:ident as $bits:ident, $signed:ident) => {
        mod $name {
            use super::MAX_DECIMALS;

            const SIZE: usize = size_of::<$float>();
            const DIGITS: u32 = $float::MANTISSA_DIGITS - 1;
            /// Words from here on are floats as they are: all but zero and those next to it.
            const FIRST_FLOAT: $bits = 1 << DIGITS;
            /// Added to a float below `LARGEST`, leaves its nearest whole number in the lowest bits.
            const ROUNDER: $float = (3u64 << (DIGITS - 1)) as $float;
            const LARGEST: $float = (1u64 << (DIGITS - 1)) as $float;

            fn scale(decimals: u8) -> $float {
                // As an integer: powers of floats are not exact everywhere.
                10u64.pow(decimals.min(MAX_DECIMALS).into()) as $float
            }

            /// The whole number, in place of the sign in its lowest bit, and whether it stands for `x`.
            #[inline(always)]
            fn whole(x: $float, scale: $float) -> ($bits, bool) {
                let scaled = x * scale;
                let rounded = scaled + ROUNDER;
                let number = rounded.to_bits().wrapping_sub(ROUNDER.to_bits());
                let same = ((rounded - ROUNDER) / scale).to_bits() == x.to_bits();
                let folded = (number << 1) ^ ((number as $signed) >> ($bits::BITS - 1)) as $bits;
                // Rounding may reach `LARGEST`, whose word would be taken for a float.
                (folded, same & (scaled.abs() < LARGEST) & (folded < FIRST_FLOAT))
            }

            #[inline(always)]
            pub(super) fn encode(decimals: u8, elements: &[u8], words: &mut [u8]) -> bool {
                let scale = scale(decimals);
                let mut fits = true;
                let elements = elements.as_chunks::<SIZE>().0.iter();
                for (word, element) in words.as_chunks_mut::<SIZE>().0.iter_mut().zip(elements) {
                    let x = $float::from_le_bytes(*element);
                    let (number, exact) = whole(x, scale);
                    fits &= exact | (x.to_bits() >= FIRST_FLOAT);
                    *word = if exact { number } else { x.to_bits() }.to_le_bytes();
                }
                fits
            }

            #[inline(always)]
            pub(super) fn decode(decimals: u8, words: &mut [u8]) {
                let scale = scale(decimals);
                for word in words.as_chunks_mut::<SIZE>().0 {
                    let bits = $bits::from_le_bytes(*word);
                    let number = (bits >> 1) ^ (bits & 1).wrapping_neg();
                    let whole = $float::from_bits(ROUNDER.to_bits().wrapping_add(number)) - ROUNDER;
                    let x = if bits < FIRST_FLOAT { (whole / scale).to_bits() } else { bits };
                    *word = x.to_le_bytes();
                }
            }

            pub(super) fn find(sample: &[u8]) -> Option<u8> {
                let numbers: Vec<$float> = (sample.as_chunks::<SIZE>().0.iter())
                    .map(|element| $float::from_le_bytes(*element))
                    .filter(|number| number.is_finite())
                    .collect();
                let step = (numbers.len() / 256).max(1);
                let tried = numbers.iter().step_by(step);
                (0..=MAX_DECIMALS).find(|&decimals| {
                    let exact = tried.clone().filter(|&&x| whole(x, scale(decimals)).1).count();
                    exact > 0 && exact >= tried.len() - tried.len() / 8
                })
            }
        }
    };
}

floats!(f64s: f64 as u64, i64);
floats!(f32s: f32 as u32, i32);

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<const SIZE: usize>(decimals: u8, elements: &[[u8; SIZE]]) -> Option<Vec<[u8; SIZE]>> {
        let mut words = vec![[0; SIZE]; elements.len()];
        let fits = encode(decimals, elements, &mut words);
        let mut plain = vec![[0; SIZE]; elements.len()];
        assert_eq!(encode_plain(decimals, elements, &mut plain), fits);
        if !fits {
            return None;
        }
        assert_eq!(plain, words);
        let mut back = words.clone();
        decode(decimals, &mut back);
        decode_plain(decimals, &mut plain);
        assert!(back == elements && plain == elements);
        Some(words)
    }

    #[test]
    fn decimals_become_whole_numbers() {
        let prices = [0.0, 12.34, -0.07, 99_999.99].map(f64::to_le_bytes);
        assert_eq!(find::<8>(prices.as_flattened()), Some(2));
        let words = round_trip(2, &prices).unwrap();
        assert_eq!(words, [0u64, 2468, 13, 19_999_998].map(u64::to_le_bytes));
        let narrow = [0.0f32, 12.3, -0.7, 9999.9].map(f32::to_le_bytes);
        assert_eq!(find::<4>(narrow.as_flattened()), Some(1));
        assert_eq!(round_trip(1, &narrow).unwrap(), [0u32, 246, 13, 199_998].map(u32::to_le_bytes));
        let whole = [1.0, 5e6, -3.0, f64::NAN].map(f64::to_le_bytes);
        assert_eq!(find::<8>(whole.as_flattened()), Some(0));
    }

    #[test]
    fn everything_else_is_kept_to_the_bit() {
        let odd = [
            0.1 + 0.2,
            -0.0,
            f64::NAN,
            -f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN_POSITIVE,
            1e300,
            2f64.powi(51),
            -(2f64.powi(51)),
            2f64.powi(52) + 1.0,
            1.0 / 3.0,
            7.25,
        ];
        for decimals in 0..=MAX_DECIMALS {
            assert!(round_trip(decimals, &odd.map(f64::to_le_bytes)).is_some());
            assert!(round_trip(decimals, &odd.map(|x| (x as f32).to_le_bytes())).is_some());
        }
        // Too close to zero for its own bits: the caller does without.
        assert!(round_trip(2, &[f64::from_bits(1).to_le_bytes()]).is_none());
        assert_eq!(find::<8>([0.1 + 0.2, 1.0 / 3.0].map(f64::to_le_bytes).as_flattened()), None);
    }

    /// The two thousand floats on either side of the one whose word would be the first float's.
    macro_rules! near_the_first_float {
        ($float:ident, $digits:literal, $decimals:expr) => {{
            let limit = $float::from(2u8).powi($digits) / $float::from(10u8).powi($decimals.into());
            let below = std::iter::successors(Some(limit), |x| Some(x.next_down())).take(2000);
            let above = std::iter::successors(Some(limit), |x| Some(x.next_up())).take(2000);
            below.chain(above).map($float::to_le_bytes).collect::<Vec<_>>()
        }};
    }

    #[test]
    fn numbers_that_round_up_to_the_first_float_stay_floats() {
        assert!(round_trip(11, &[22_517.998_136_852_48f64.to_le_bytes()]).is_some());
        for decimals in 0..=MAX_DECIMALS {
            assert!(round_trip(decimals, &near_the_first_float!(f64, 51, decimals)).is_some());
            assert!(round_trip(decimals, &near_the_first_float!(f32, 22, decimals)).is_some());
        }
    }

    #[test]
    fn all_of_two_decimals_come_back() {
        let all: Vec<_> = (-200_000..200_000i32).map(|n| (f64::from(n) / 100.0).to_le_bytes()).collect();
        let words = round_trip(2, &all).unwrap();
        assert!(words.iter().all(|word| u64::from_le_bytes(*word) < 400_000));
    }
}
