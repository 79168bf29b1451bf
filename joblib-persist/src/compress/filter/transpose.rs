//! Elements to byte planes and back: plain loops, compiled again for wider vectors and chosen at run time.
//! There is no faster way known than what the compiler makes of them.
#![allow(unsafe_code)]

/// Writes the bytes of `elements` to their `UNIT` planes of `plane_len` bytes, from `start` on in each.
pub(super) fn split<const UNIT: usize>(
    elements: &[[u8; UNIT]],
    planes: &mut [u8],
    plane_len: usize,
    start: usize,
) {
    #[cfg(target_arch = "x86_64")]
    {
        if has_avx512() {
            // SAFETY: the processor has the features.
            return unsafe { split_avx512(elements, planes, plane_len, start) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has the feature.
            return unsafe { split_avx2(elements, planes, plane_len, start) };
        }
    }
    split_plain(elements, planes, plane_len, start);
}

/// Reads `elements` back from their planes, from `start` on in each.
pub(super) fn join<const UNIT: usize>(
    planes: &[u8],
    plane_len: usize,
    start: usize,
    elements: &mut [[u8; UNIT]],
) {
    #[cfg(target_arch = "x86_64")]
    {
        if has_avx512() {
            // SAFETY: the processor has the features.
            return unsafe { join_avx512(planes, plane_len, start, elements) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has the feature.
            return unsafe { join_avx2(planes, plane_len, start, elements) };
        }
    }
    join_plain(planes, plane_len, start, elements);
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
fn split_avx512<const UNIT: usize>(
    elements: &[[u8; UNIT]],
    planes: &mut [u8],
    plane_len: usize,
    start: usize,
) {
    split_plain(elements, planes, plane_len, start);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn split_avx2<const UNIT: usize>(elements: &[[u8; UNIT]], planes: &mut [u8], plane_len: usize, start: usize) {
    split_plain(elements, planes, plane_len, start);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
fn join_avx512<const UNIT: usize>(
    planes: &[u8],
    plane_len: usize,
    start: usize,
    elements: &mut [[u8; UNIT]],
) {
    join_plain(planes, plane_len, start, elements);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn join_avx2<const UNIT: usize>(planes: &[u8], plane_len: usize, start: usize, elements: &mut [[u8; UNIT]]) {
    join_plain(planes, plane_len, start, elements);
}

#[inline(always)]
fn split_plain<const UNIT: usize>(
    elements: &[[u8; UNIT]],
    planes: &mut [u8],
    plane_len: usize,
    start: usize,
) {
    for byte in 0..UNIT {
        let plane = &mut planes[byte * plane_len..][start..][..elements.len()];
        for (slot, element) in plane.iter_mut().zip(elements) {
            *slot = element[byte];
        }
    }
}

#[inline(always)]
fn join_plain<const UNIT: usize>(planes: &[u8], plane_len: usize, start: usize, elements: &mut [[u8; UNIT]]) {
    let len = elements.len();
    let planes: [&[u8]; UNIT] = std::array::from_fn(|byte| &planes[byte * plane_len..][start..][..len]);
    for (index, element) in elements.iter_mut().enumerate() {
        for byte in 0..UNIT {
            element[byte] = planes[byte][index];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_build_of_the_loops_agrees() {
        fn check<const UNIT: usize>() {
            let elements: Vec<[u8; UNIT]> =
                (0..777usize).map(|i| std::array::from_fn(|byte| (i * 31 + byte * 7) as u8)).collect();
            let len = elements.len();
            let (mut chosen, mut plain) = (vec![0; len * UNIT], vec![0; len * UNIT]);
            split(&elements, &mut chosen, len, 0);
            split_plain(&elements, &mut plain, len, 0);
            assert_eq!(chosen, plain);
            let mut back = vec![[0; UNIT]; len];
            join(&chosen, len, 0, &mut back);
            assert_eq!(back, elements);
            join_plain(&chosen, len, 0, &mut back);
            assert_eq!(back, elements);
        }
        check::<1>();
        check::<2>();
        check::<4>();
        check::<8>();
        check::<16>();
    }
}
