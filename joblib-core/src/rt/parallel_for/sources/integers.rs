//! Integer ranges.

use std::ops::{Range, RangeInclusive};

use crate::rt::parallel_for::indexed::{Indexed, IntoIndexed, Share};

/// The integer types a range may run over.
pub trait Integer: Copy {
    /// The number of steps from `self` to `end`; zero when `end` is not above `self`. `None` if it does not
    /// fit into a `usize`.
    fn steps_to(self, end: Self) -> Option<usize>;

    /// `self` plus `steps`, which does not overflow for a step count within the range.
    fn forward(self, steps: usize) -> Self;
}

macro_rules! integers {
    ($($int:ident as $unsigned:ident),*) => {$(
        impl Integer for $int {
            #[inline]
            fn steps_to(self, end: Self) -> Option<usize> {
                if end <= self {
                    return Some(0);
                }
                // The difference of two signed numbers always fits into the unsigned type of their width.
                usize::try_from(end.wrapping_sub(self) as $unsigned).ok()
            }

            #[inline]
            fn forward(self, steps: usize) -> Self {
                self.wrapping_add(steps as $int)
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
    len: usize,
}

impl<T: Integer> Indexed for Integers<T> {
    type Item = T;
    type Part = IntegersPart<T>;

    #[inline]
    fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn part(&self, share: Share) -> IntegersPart<T> {
        IntegersPart { first: self.first, steps: share.into_range() }
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
        self.steps.next().map(|step| self.first.forward(step))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.steps.size_hint()
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<T> {
        self.steps.nth(n).map(|step| self.first.forward(step))
    }
}

impl<T: Integer> DoubleEndedIterator for IntegersPart<T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
        self.steps.next_back().map(|step| self.first.forward(step))
    }
}

impl<T: Integer> ExactSizeIterator for IntegersPart<T> {}

impl<T: Integer> IntoIndexed for Range<T> {
    type Indexed = Integers<T>;

    #[inline]
    #[track_caller]
    fn into_indexed(self) -> Integers<T> {
        let Some(len) = self.start.steps_to(self.end) else { too_long() };
        Integers { first: self.start, len }
    }
}

impl<T: Integer> IntoIndexed for RangeInclusive<T>
where
    RangeInclusive<T>: Iterator,
{
    type Indexed = Integers<T>;

    #[inline]
    #[track_caller]
    fn into_indexed(self) -> Integers<T> {
        let (first, last) = (*self.start(), *self.end());
        // An exhausted range keeps its bounds.
        if self.size_hint().1 == Some(0) {
            return Integers { first, len: 0 };
        }
        let Some(len) = first.steps_to(last).and_then(|steps| steps.checked_add(1)) else { too_long() };
        Integers { first, len }
    }
}

#[cold]
#[track_caller]
fn too_long() -> ! {
    panic!("the range of a parallel loop has more than usize::MAX items");
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
    #[should_panic(expected = "more than usize::MAX items")]
    fn a_range_longer_than_memory_is_refused() {
        (0..=u128::MAX).into_indexed();
    }
}
