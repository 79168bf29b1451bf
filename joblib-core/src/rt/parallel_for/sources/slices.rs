//! Slices and what derefs to them, by reference and by mutable reference.
//!
//! Unsafe, for several participants borrow parts of one `&mut [T]`: an index is in one share only.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::slice;

use crate::rt::parallel_for::indexed::{Indexed, IntoIndexed, Share};

/// `&[T]`.
#[derive(Debug)]
pub struct Shared<'a, T>(&'a [T]);

impl<T> Clone for Shared<'_, T> {
    fn clone(&self) -> Self {
        Shared(self.0)
    }
}

impl<'a, T> Indexed for Shared<'a, T> {
    type Item = &'a T;
    type Part = slice::Iter<'a, T>;

    const RUNS_CODE: bool = false;

    #[inline]
    fn len(&self) -> u128 {
        self.0.len() as u128
    }

    #[inline]
    fn part(&self, share: Share) -> slice::Iter<'a, T> {
        self.0[share.into_range()].iter()
    }
}

/// `&mut [T]`, of which every participant borrows other elements.
#[derive(Debug)]
pub struct Exclusive<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: a participant reaches only the elements of its shares, which no other has: sharing `Exclusive`
// between threads sends each `&mut T` to one of them.
unsafe impl<T: Send> Sync for Exclusive<'_, T> {}
// SAFETY: as for `&mut [T]`.
unsafe impl<T: Send> Send for Exclusive<'_, T> {}

impl<'a, T> Exclusive<'a, T> {
    #[inline]
    fn new(slice: &'a mut [T]) -> Self {
        Exclusive { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }
}

impl<'a, T> Indexed for Exclusive<'a, T> {
    type Item = &'a mut T;
    type Part = slice::IterMut<'a, T>;

    const RUNS_CODE: bool = false;

    #[inline]
    fn len(&self) -> u128 {
        self.len as u128
    }

    #[inline]
    fn part(&self, share: Share) -> slice::IterMut<'a, T> {
        let range = share.into_range();
        assert!(range.end <= self.len);
        // SAFETY: in bounds by the assertion; the slice is borrowed for 'a; no index is in two shares, so the
        // elements are reached through this iterator alone.
        unsafe { slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }.iter_mut()
    }
}

/// Implements [`IntoIndexed`] for types that give a slice for the asking.
macro_rules! from_slice {
    ($( [$($generics:tt)*] $type:ty => $source:ident<$item:ty>, |$value:ident| $slice:expr; )*) => {$(
        impl<$($generics)*> IntoIndexed for $type {
            type Indexed = $source<'a, T>;

            #[inline]
            fn into_indexed(self) -> Self::Indexed {
                let $value = self;
                from_slice!(@$source $slice)
            }
        }
    )*};
    (@Shared $slice:expr) => { Shared($slice) };
    (@Exclusive $slice:expr) => { Exclusive::new($slice) };
}

from_slice! {
    ['a, T] &'a [T] => Shared<&'a T>, |slice| slice;
    ['a, T] &'a Vec<T> => Shared<&'a T>, |vec| vec.as_slice();
    ['a, T] &'a Box<[T]> => Shared<&'a T>, |boxed| &**boxed;
    ['a, T, const N: usize] &'a [T; N] => Shared<&'a T>, |array| array.as_slice();
    ['a, T] slice::Iter<'a, T> => Shared<&'a T>, |iter| iter.as_slice();
    ['a, T] &'a mut [T] => Exclusive<&'a mut T>, |slice| slice;
    ['a, T] &'a mut Vec<T> => Exclusive<&'a mut T>, |vec| vec.as_mut_slice();
    ['a, T] &'a mut Box<[T]> => Exclusive<&'a mut T>, |boxed| &mut **boxed;
    ['a, T, const N: usize] &'a mut [T; N] => Exclusive<&'a mut T>, |array| array.as_mut_slice();
    ['a, T] slice::IterMut<'a, T> => Exclusive<&'a mut T>, |iter| iter.into_slice();
}

/// Chunks of a `&mut [T]`, whose std iterators keep the slice to themselves.
///
/// Every part is a bitwise copy of the std iterator, advanced to the part's first chunk: the iterator is made
/// of a raw pointer and sizes, `Skip` reaches its first item by `nth`, which computes the address without
/// touching what it skips, and no two parts give the same chunk. The remainder an exact iterator also holds
/// is reached through no copy.
#[derive(Debug)]
pub struct ChunksOf<I> {
    iter: std::mem::ManuallyDrop<I>,
    len: usize,
}

// SAFETY: a participant gets only the chunks of its shares, which no other has; `I: Send` is `T: Send`.
unsafe impl<I: Send> Sync for ChunksOf<I> {}

impl<I: ExactSizeIterator> Indexed for ChunksOf<I> {
    type Item = I::Item;
    type Part = std::iter::Take<std::iter::Skip<I>>;

    #[inline]
    fn len(&self) -> u128 {
        self.len as u128
    }

    #[inline]
    fn part(&self, share: Share) -> Self::Part {
        // SAFETY: `I` is one of the four std iterators below, which hold no resource; see the type for why
        // the copies do not alias.
        let copy = unsafe { std::ptr::read(&*self.iter) };
        let range = share.into_range();
        copy.skip(range.start).take(range.len())
    }
}

macro_rules! chunks_mut {
    ($($iter:ident),*) => {$(
        impl<'a, T> IntoIndexed for slice::$iter<'a, T> {
            type Indexed = ChunksOf<Self>;

            #[inline]
            fn into_indexed(self) -> Self::Indexed {
                ChunksOf { len: self.len(), iter: std::mem::ManuallyDrop::new(self) }
            }
        }
    )*};
}

chunks_mut!(ChunksMut, ChunksExactMut, RChunksMut, RChunksExactMut);
