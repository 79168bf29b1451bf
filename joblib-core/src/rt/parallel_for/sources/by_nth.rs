//! Std iterators that can be copied and that skip in constant time: each part is a copy cut to its share.

use std::ops::Range;
use std::{iter, slice};

use crate::rt::parallel_for::indexed::{Indexed, IntoIndexed, Share};

/// An iterator whose `nth` and `nth_back` take constant time and pass over items without a trace.
///
/// Of std's adapters those are in, for iterators bound to a variable first, that skip this way; `Zip` and
/// `Cloned` go through every item, so they are not.
pub trait Skipping: Clone + ExactSizeIterator + DoubleEndedIterator {}

impl<T> Skipping for slice::Iter<'_, T> {}
impl<T> Skipping for slice::Chunks<'_, T> {}
impl<T> Skipping for slice::ChunksExact<'_, T> {}
impl<T> Skipping for slice::RChunks<'_, T> {}
impl<T> Skipping for slice::RChunksExact<'_, T> {}
impl<T> Skipping for slice::Windows<'_, T> {}
impl<T> Skipping for Range<T> where Range<T>: Clone + ExactSizeIterator + DoubleEndedIterator {}
impl<I: Skipping> Skipping for iter::Enumerate<I> {}
impl<I: Skipping> Skipping for iter::Rev<I> {}
impl<I: Skipping> Skipping for iter::Skip<I> {}
impl<I: Skipping> Skipping for iter::Take<I> {}
impl<I: Skipping> Skipping for iter::StepBy<I> {}
impl<'a, T: Copy + 'a, I: Skipping + Iterator<Item = &'a T>> Skipping for iter::Copied<I> {}

/// A [`Skipping`] iterator as a source.
#[derive(Clone, Debug)]
pub struct ByNth<I> {
    iter: I,
    len: usize,
}

impl<I: Skipping> Indexed for ByNth<I> {
    type Item = I::Item;
    type Part = I;

    #[inline]
    fn len(&self) -> u128 {
        self.len as u128
    }

    #[inline]
    fn part(&self, share: Share) -> I {
        let range = share.into_range();
        let mut part = self.iter.clone();
        if range.start > 0 {
            part.nth(range.start - 1);
        }
        if range.end < self.len {
            part.nth_back(self.len - range.end - 1);
        }
        part
    }
}

macro_rules! by_nth {
    ($( [$($generics:tt)*] $type:ty; )*) => {$(
        impl<$($generics)*> IntoIndexed for $type
        where
            Self: Skipping,
        {
            type Indexed = ByNth<Self>;

            #[inline]
            fn into_indexed(self) -> Self::Indexed {
                ByNth { len: self.len(), iter: self }
            }
        }
    )*};
}

by_nth! {
    ['a, T] slice::Chunks<'a, T>;
    ['a, T] slice::ChunksExact<'a, T>;
    ['a, T] slice::RChunks<'a, T>;
    ['a, T] slice::RChunksExact<'a, T>;
    ['a, T] slice::Windows<'a, T>;
    [I] iter::Enumerate<I>;
    [I] iter::Rev<I>;
    [I] iter::Skip<I>;
    [I] iter::Take<I>;
    [I] iter::StepBy<I>;
    [I] iter::Copied<I>;
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    #[track_caller]
    fn every_cut_is_right<I: IntoIndexed + Iterator<Item: PartialEq + Debug> + Clone>(iter: I)
    where
        I::Indexed: Indexed<Item = I::Item>,
    {
        let source = iter.clone().into_indexed();
        let len = iter.clone().count();
        assert_eq!(source.len(), len as u128);
        for start in 0..len {
            for end in start + 1..=len {
                let part: Vec<_> = source.part(Share::new(start..end)).collect();
                assert_eq!(part, iter.clone().skip(start).take(end - start).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn chunks_and_windows() {
        let xs: Vec<u8> = (0..11).collect();
        every_cut_is_right(xs.chunks(3));
        every_cut_is_right(xs.chunks_exact(3));
        every_cut_is_right(xs.rchunks(4));
        every_cut_is_right(xs.rchunks_exact(4));
        every_cut_is_right(xs.windows(5));
    }

    #[test]
    fn adapters_of_them() {
        let xs: Vec<u8> = (0..11).collect();
        every_cut_is_right(xs.iter().enumerate());
        every_cut_is_right(xs.iter().enumerate().rev());
        every_cut_is_right(xs.chunks(2).skip(1).take(3));
        every_cut_is_right(xs.iter().step_by(3));
        every_cut_is_right(xs.iter().copied().rev().step_by(4).skip(1));
        every_cut_is_right((0..9_usize).rev().enumerate());
    }
}
