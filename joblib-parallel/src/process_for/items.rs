//! How the items of a loop travel.

use super::crosses::Crosses;
use super::kinds::{ByReference, ByValue, OfPath, Ref, Slice, Str};
use crate::Message;
use std::marker::PhantomData;
use std::path::Path;

/// The type of an iterator's items, whose kind is to be found, by `kind()`: as for [`Shared`](super::Shared).
#[derive(Debug)]
pub struct Items<T>(PhantomData<T>);

/// The items of this iterator.
pub fn items<I: Iterator>(_: &I) -> Items<I::Item> {
    Items(PhantomData)
}

/// Adds inherent methods that say the kind.
macro_rules! kinds {
    ($( [$($generics:tt)*] $type:ty: $kind:ty; )*) => {$(
        impl<$($generics)*> Items<$type> {
            /// How they travel.
            #[must_use]
            pub fn kind(&self) -> PhantomData<$kind> {
                PhantomData
            }
        }
    )*};
}

kinds! {
    ['x] &'x str: ByReference<Str>;
    ['x] &'x Path: ByReference<OfPath>;
    ['x, T: Message] &'x [T]: ByReference<Slice>;
    ['x] (usize, &'x str): ByReference<(ByValue, ByReference<Str>)>;
    ['x] (usize, &'x Path): ByReference<(ByValue, ByReference<OfPath>)>;
    ['x, T: Message] (usize, &'x [T]): ByReference<(ByValue, ByReference<Slice>)>;
}

/// The kind of what would travel if it were copied first, as by [`Iterator::copied`]: nothing does so.
#[derive(Debug)]
pub enum Copied {}

/// What is often had by reference to a reference.
pub trait Text {}
impl Text for str {}
impl Text for Path {}

/// Said here because the compiler's own words for it are of lifetimes.
impl<'x, 'y, T: Text + ?Sized> Items<&'x &'y T> {
    /// Is refused.
    #[must_use]
    pub fn kind(&self) -> PhantomData<ByReference<Ref>>
    where
        &'x &'y T: Crosses<Copied>,
    {
        PhantomData
    }
}

/// Items of any other type.
pub trait AnyItems {
    /// Their type.
    type Type;

    /// How they travel.
    fn kind<K>(&self) -> PhantomData<K>
    where
        Self::Type: Crosses<K>;
}

impl<T> AnyItems for Items<T> {
    type Type = T;

    fn kind<K>(&self) -> PhantomData<K>
    where
        T: Crosses<K>,
    {
        PhantomData
    }
}
