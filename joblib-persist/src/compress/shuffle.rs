//! The byte shuffle: all first bytes of an array's elements, then all second bytes, and so on.
//!
//! Neighbouring numbers share their signs, exponents and leading digits; side by side these compress well.
//! What is left over at the end, less than one element, stays where it is. Plain loops, compiled a second and
//! third time for wider vectors, as there is no faster way known than what the compiler makes of them.
#![allow(unsafe_code)]

/// Transposes `raw`, elements of `unit` bytes, into `planes` of the same length.
pub(crate) fn shuffle(unit: usize, raw: &[u8], planes: &mut [u8]) {
    assert_eq!(raw.len(), planes.len());
    transform::<true>(unit, raw, planes);
}

/// Undoes [`shuffle`].
pub(crate) fn unshuffle(unit: usize, planes: &[u8], raw: &mut [u8]) {
    assert_eq!(raw.len(), planes.len());
    transform::<false>(unit, planes, raw);
}

fn transform<const FORWARD: bool>(unit: usize, from: &[u8], to: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vbmi") {
            // SAFETY: the processor has the features.
            return unsafe { with_avx512::<FORWARD>(unit, from, to) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has the feature.
            return unsafe { with_avx2::<FORWARD>(unit, from, to) };
        }
    }
    by_unit::<FORWARD>(unit, from, to);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
fn with_avx512<const FORWARD: bool>(unit: usize, from: &[u8], to: &mut [u8]) {
    by_unit::<FORWARD>(unit, from, to);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<const FORWARD: bool>(unit: usize, from: &[u8], to: &mut [u8]) {
    by_unit::<FORWARD>(unit, from, to);
}

#[inline(always)]
fn by_unit<const FORWARD: bool>(unit: usize, from: &[u8], to: &mut [u8]) {
    match unit {
        2 => transpose::<2, FORWARD>(from, to),
        4 => transpose::<4, FORWARD>(from, to),
        8 => transpose::<8, FORWARD>(from, to),
        16 => transpose::<16, FORWARD>(from, to),
        _ => to.copy_from_slice(from),
    }
}

#[inline(always)]
fn transpose<const UNIT: usize, const FORWARD: bool>(from: &[u8], to: &mut [u8]) {
    let len = from.len() / UNIT;
    let whole = len * UNIT;
    to[whole..].copy_from_slice(&from[whole..]);
    if len == 0 {
        return;
    }
    if FORWARD {
        let (elements, _) = from.as_chunks::<UNIT>();
        for (byte, plane) in to[..whole].chunks_exact_mut(len).enumerate() {
            for (slot, element) in plane.iter_mut().zip(elements) {
                *slot = element[byte];
            }
        }
    } else {
        let (elements, _) = to.as_chunks_mut::<UNIT>();
        let planes: [&[u8]; UNIT] = std::array::from_fn(|byte| &from[byte * len..(byte + 1) * len]);
        for (index, element) in elements.iter_mut().enumerate() {
            for byte in 0..UNIT {
                element[byte] = planes[byte][index];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn planes_come_one_after_the_other() {
        let mut planes = [0; 9];
        shuffle(4, &[1, 2, 3, 4, 11, 12, 13, 14, 99], &mut planes);
        assert_eq!(planes, [1, 11, 2, 12, 3, 13, 4, 14, 99]);
    }

    proptest! {
        #[test]
        fn every_length_and_unit_comes_back(
            raw in proptest::collection::vec(any::<u8>(), 0..3000),
            unit in proptest::sample::select(vec![1usize, 2, 4, 8, 16]),
        ) {
            let mut planes = vec![0; raw.len()];
            let mut back = vec![0; raw.len()];
            shuffle(unit, &raw, &mut planes);
            unshuffle(unit, &planes, &mut back);
            prop_assert_eq!(&back, &raw);
            // The plain build of the same loops agrees with whatever this processor chose.
            let mut plain = vec![0; raw.len()];
            by_unit::<true>(unit, &raw, &mut plain);
            prop_assert_eq!(planes, plain);
        }
    }
}
