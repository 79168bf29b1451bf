//! The ways in which values travel.

use super::crosses::Crosses;
use crate::Message;
#[cfg(feature = "ndarray")]
use ndarray::{Array, ArrayView, ArrayViewMut, Dimension};
use serde::{Deserialize, Deserializer};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// The value itself.
#[derive(Debug)]
pub enum ByValue {}

/// Something with a reference in it: what that refers to is sent.
#[derive(Debug)]
pub struct ByReference<K>(PhantomData<K>);

/// `&T`
#[derive(Debug)]
pub enum Ref {}
/// `&mut T`
#[derive(Debug)]
pub enum Mut {}
/// `&[T]`
#[derive(Debug)]
pub enum Slice {}
/// `&mut [T]`
#[derive(Debug)]
pub enum SliceMut {}
/// `&str`
#[derive(Debug)]
pub enum Str {}
/// `&Path`
#[derive(Debug)]
pub enum OfPath {}
/// `ArrayView`
#[derive(Debug)]
pub enum View {}
/// `ArrayViewMut`
#[cfg(feature = "ndarray")]
#[derive(Debug)]
pub enum ViewMut {}

/// A way in which variables may travel: what a worker does to them is not seen by others.
#[diagnostic::on_unimplemented(
    message = "a variable through which a loop can write cannot be shared with worker processes",
    label = "workers would write to copies: loop over its elements by `iter_mut()`, or make what is written the value of the loop's body and collect"
)]
pub trait Kind {}

impl Kind for ByValue {}
impl Kind for ByReference<Ref> {}
impl Kind for ByReference<Slice> {}
impl Kind for ByReference<Str> {}
impl Kind for ByReference<OfPath> {}
impl Kind for ByReference<View> {}

/// A value that can be taken out.
#[derive(Debug)]
pub struct Held<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Held<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Held(Some(value)))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Message> Crosses<ByValue> for T {
    type Kept = Held<T>;
    type Lent<'k> = T;
    type Returned = T;
    type Changed = ();

    fn lend(kept: &mut Held<T>) -> T {
        match kept.0.take() {
            Some(value) => value,
            None => unreachable!("what was lent by value has not been put back"),
        }
    }

    fn give_back(lent: T) -> T {
        lent
    }

    fn put_back(kept: &mut Held<T>, returned: T) {
        kept.0 = Some(returned);
    }

    fn changed(_: Held<T>) {}

    fn write(self, (): ()) {}
}

/// Implements [`Crosses`] for what refers to something that cannot be changed.
macro_rules! read {
    ($( [$($generics:tt)*] $kind:ty, $type:ty, $kept:ty, $lent:ty, |$from:ident| $lend:expr; )*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Crosses<ByReference<$kind>> for $type {
            type Kept = $kept;
            type Lent<'k> = $lent;
            type Returned = ();
            type Changed = ();

            fn lend($from: &mut $kept) -> Self::Lent<'_> {
                $lend
            }

            fn give_back(_: Self::Lent<'_>) {}

            fn put_back(_: &mut $kept, (): ()) {}

            fn changed(_: $kept) {}

            fn write(self, (): ()) {}
        }
    )*};
}

read! {
    ['x, T: Message] Ref, &'x T, T, &'k T, |kept| kept;
    ['x, T: Message] Slice, &'x [T], Vec<T>, &'k [T], |kept| kept;
    ['x] Str, &'x str, String, &'k str, |kept| kept;
    ['x] OfPath, &'x Path, PathBuf, &'k Path, |kept| kept;
}

#[cfg(feature = "ndarray")]
read! {
    ['x, A: Message + Clone, D: Dimension + Message] View, ArrayView<'x, A, D>, Array<A, D>, ArrayView<'k, A, D>, |kept| kept.view();
}

/// Implements [`Crosses`] for what refers to something that may be changed.
macro_rules! write {
    ($( [$($generics:tt)*] $kind:ty, $type:ty, $kept:ty, $lent:ty, |$from:ident| $lend:expr, |$to:ident, $changed:ident| $write:expr; )*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Crosses<ByReference<$kind>> for $type {
            type Kept = $kept;
            type Lent<'k> = $lent;
            type Returned = ();
            type Changed = $kept;

            fn lend($from: &mut $kept) -> Self::Lent<'_> {
                $lend
            }

            fn give_back(_: Self::Lent<'_>) {}

            fn put_back(_: &mut $kept, (): ()) {}

            fn changed(kept: $kept) -> $kept {
                kept
            }

            #[allow(unused_mut)]
            fn write(mut self, $changed: $kept) {
                let $to = self;
                $write;
            }
        }
    )*};
}

write! {
    ['x, T: Message] Mut, &'x mut T, T, &'k mut T, |kept| kept, |place, new| *place = new;
    ['x, T: Message] SliceMut, &'x mut [T], Vec<T>, &'k mut [T], |kept| kept,
        |places, new| places.iter_mut().zip(new).for_each(|(place, new)| *place = new);
}

#[cfg(feature = "ndarray")]
write! {
    ['x, A: Message + Clone, D: Dimension + Message] ViewMut, ArrayViewMut<'x, A, D>, Array<A, D>, ArrayViewMut<'k, A, D>,
        |kept| kept.view_mut(), |places, new| places.into_iter().zip(new).for_each(|(place, new)| *place = new);
}

/// Implements [`Crosses`] for pairs with a reference in them. Pairs without travel by value.
macro_rules! pairs {
    ($( [$($generics:ident),*] $first:ty, $second:ty; )*) => {$(
        #[diagnostic::do_not_recommend]
        impl<A, B, $($generics),*> Crosses<ByReference<($first, $second)>> for (A, B)
        where
            A: Crosses<$first>,
            B: Crosses<$second>,
        {
            type Kept = (A::Kept, B::Kept);
            type Lent<'k> = (A::Lent<'k>, B::Lent<'k>);
            type Returned = (A::Returned, B::Returned);
            type Changed = (A::Changed, B::Changed);

            fn lend((a, b): &mut Self::Kept) -> Self::Lent<'_> {
                (A::lend(a), B::lend(b))
            }

            fn give_back((a, b): Self::Lent<'_>) -> Self::Returned {
                (A::give_back(a), B::give_back(b))
            }

            fn put_back((kept_a, kept_b): &mut Self::Kept, (a, b): Self::Returned) {
                A::put_back(kept_a, a);
                B::put_back(kept_b, b);
            }

            fn changed((a, b): Self::Kept) -> Self::Changed {
                (A::changed(a), B::changed(b))
            }

            fn write(self, (a, b): Self::Changed) {
                self.0.write(a);
                self.1.write(b);
            }
        }
    )*};
}

pairs! {
    [KA] ByReference<KA>, ByValue;
    [KB] ByValue, ByReference<KB>;
    [KA, KB] ByReference<KA>, ByReference<KB>;
}
