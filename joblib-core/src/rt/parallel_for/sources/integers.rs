//! Integer ranges.

use std::ops::{Range, RangeInclusive};

use crate::rt::parallel_for::indexed::{Indexed, IntoIndexed, Share};

/// The integer types a range may run over.
pub trait Integer: Copy {
    /// The number of steps from `self` to `end`; zero when `end` is not above `self`.
    fn steps_to(self, end: Self) -> u128;

    /// `self` plus `steps`, which does not overflow for a step count within the range.
    fn forward(self, steps: u128) -> Self;

    /// `self` minus `steps`, likewise.
    fn backward(self, steps: u128) -> Self;
}

macro_rules! integers {
    ($($int:ident as $unsigned:ident),*) => {$(
        impl Integer for $int {
            #[inline]
            fn steps_to(self, end: Self) -> u128 {
                // The difference of two signed numbers always fits into the unsigned type of their width.
                if end <= self { 0 } else { end.wrapping_sub(self) as $unsigned as u128 }
            }

            #[inline]
            fn forward(self, steps: u128) -> Self {
                self.wrapping_add(steps as $int)
            }

            #[inline]
            fn backward(self, steps: u128) -> Self {
                self.wrapping_sub(steps as $int)
            }
        }
    )*};
}

integers!(
    u8 as u8,
    u16 as u16,
    u32 as u32,
    u64 as u64,
    u128 as u128,
    usize as usize,
    i8 as u8,
    i16 as u16,
    i32 as u32,
    i64 as u64,
    i128 as u128,
    isize as usize
);

/// An integer range as a source.
#[derive(Clone, Debug)]
pub struct Integers<T> {
    first: T,
    /// Of no meaning if there is none.
    last: T,
    /// One less than there are, of all 2^128 numbers.
    len: u128,
}

impl<T: Integer> Indexed for Integers<T> {
    type Item = T;
    type Part = IntegersPart<T>;

    const RUNS_CODE: bool = false;

    #[inline]
    fn len(&self) -> u128 {
        self.len
    }

    #[inline]
    fn part(&self, share: Share) -> IntegersPart<T> {
        let (start, len) = (share.start(), share.len());
        let near = start as usize;
        match near.checked_add(len) {
            // The first integer of most ranges is a constant: it stays one.
            Some(end) => IntegersPart { first: self.first.forward(start - near as u128), steps: near..end },
            None => IntegersPart { first: self.first.forward(start), steps: 0..len },
        }
    }

    #[inline]
    fn part_from_end(&self, share: Share) -> IntegersPart<T> {
        let last = self.last.backward(share.start());
        IntegersPart { first: last.backward((share.len() as u128).saturating_sub(1)), steps: 0..share.len() }
    }
}

/// Consecutive integers.
#[derive(Clone, Debug)]
pub struct IntegersPart<T> {
    first: T,
    steps: Range<usize>,
}

impl<T: Integer> Iterator for IntegersPart<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.steps.next().map(|step| self.first.forward(step as u128))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.steps.size_hint()
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<T> {
        self.steps.nth(n).map(|step| self.first.forward(step as u128))
    }
}

impl<T: Integer> DoubleEndedIterator for IntegersPart<T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
        self.steps.next_back().map(|step| self.first.forward(step as u128))
    }
}

impl<T: Integer> ExactSizeIterator for IntegersPart<T> {}

impl<T: Integer> IntoIndexed for Range<T> {
    type Indexed = Integers<T>;

    #[inline]
    fn into_indexed(self) -> Integers<T> {
        Integers { first: self.start, last: self.end.backward(1), len: self.start.steps_to(self.end) }
    }
}

impl<T: Integer> IntoIndexed for RangeInclusive<T>
where
    RangeInclusive<T>: Iterator,
{
    type Indexed = Integers<T>;

    #[inline]
    fn into_indexed(self) -> Integers<T> {
        let (first, last) = (*self.start(), *self.end());
        // An exhausted range keeps its bounds.
        let len = if self.size_hint().1 == Some(0) { 0 } else { first.steps_to(last).saturating_add(1) };
        Integers { first, last, len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items<S: IntoIndexed>(source: S, range: Range<usize>) -> Vec<<S::Indexed as Indexed>::Item> {
        source.into_indexed().part(Share::new(range)).collect()
    }

    #[test]
    fn ranges_at_the_ends_of_their_type() {
        assert_eq!((i8::MIN..=i8::MAX).into_indexed().len(), 256);
        assert_eq!(items(i8::MIN..=i8::MAX, 254..256), [126, 127]);
        assert_eq!(items(u64::MAX - 2..u64::MAX, 1..2), [u64::MAX - 1]);
        assert_eq!(items(i128::MAX - 1..=i128::MAX, 0..2), [i128::MAX - 1, i128::MAX]);
    }

    #[test]
    fn empty_and_reversed_ranges_have_no_items() {
        assert_eq!((5..5).into_indexed().len(), 0);
        #[expect(clippy::reversed_empty_ranges)]
        let reversed = 5..2;
        assert_eq!(reversed.into_indexed().len(), 0);
        let mut exhausted = 3..=3;
        exhausted.next();
        assert_eq!(exhausted.into_indexed().len(), 0);
    }

    #[test]
    fn ranges_longer_than_memory_have_two_ends() {
        let all = (i128::MIN..=i128::MAX).into_indexed();
        assert_eq!(all.part(Share::new(1..3)).collect::<Vec<_>>(), [i128::MIN + 1, i128::MIN + 2]);
        assert_eq!(all.part_from_end(Share::new(1..3)).collect::<Vec<_>>(), [i128::MAX - 2, i128::MAX - 1]);
        assert_eq!((0..=u64::MAX).into_indexed().len(), 1 << 64);
        let far = Share::new(0..2).moved_to(1 << 100);
        assert_eq!((0..u128::MAX).into_indexed().part(far).collect::<Vec<_>>(), [1 << 100, (1 << 100) + 1]);
    }
}
