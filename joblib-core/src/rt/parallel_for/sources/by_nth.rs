//! Std iterators that can be copied and that skip in constant time: each part is a copy cut to its share.

use std::slice;

use crate::rt::parallel_for::indexed::{Indexed, IntoIndexed, Share};

/// An iterator whose `nth` and `nth_back` take constant time.
#[derive(Clone, Debug)]
pub struct ByNth<I> {
    iter: I,
    len: usize,
}

impl<I: Clone + ExactSizeIterator + DoubleEndedIterator> Indexed for ByNth<I> {
    type Item = I::Item;
    type Part = I;

    #[inline]
    fn len(&self) -> usize {
        self.len
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
    ($($iter:ident),*) => {$(
        impl<'a, T> IntoIndexed for slice::$iter<'a, T> {
            type Indexed = ByNth<Self>;

            #[inline]
            fn into_indexed(self) -> Self::Indexed {
                ByNth { len: self.len(), iter: self }
            }
        }
    )*};
}

by_nth!(Chunks, ChunksExact, RChunks, RChunksExact, Windows);
