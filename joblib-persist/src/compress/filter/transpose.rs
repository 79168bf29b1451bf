//! Elements to byte planes and back.

use super::wide::widest;

widest! {
    /// Writes the bytes of `elements` to their `UNIT` planes of `plane_len` bytes, from `start` on in each.
    fn split<const UNIT: usize>(elements: &[[u8; UNIT]], planes: &mut [u8], plane_len: usize, start: usize) -> ()
        = split_plain [("avx512f", "avx512bw", "avx512vl", "avx512vbmi"), ("avx2")];

    /// Reads `elements` back from their planes, from `start` on in each.
    fn join<const UNIT: usize>(planes: &[u8], plane_len: usize, start: usize, elements: &mut [[u8; UNIT]]) -> ()
        = join_plain [("avx512f", "avx512bw", "avx512vl", "avx512vbmi"), ("avx2")];
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
