//! The variables named in `share(..)`.

use super::crosses::Crosses;
use super::kinds::{ByReference, Kind, OfPath, Slice, Str};
use crate::Message;
use serde::ser::SerializeTuple;
use serde::{Serialize, Serializer};
use std::marker::PhantomData;
use std::path::Path;

/// A variable whose kind is to be found, by `known()`.
///
/// `&str`, `&Path` and `&[T]` are told from what travels by value, which some of them could too, by inherent
/// methods: those come before that of [`AnyShared`].
#[derive(Debug)]
pub struct Shared<'s, T>(pub &'s T);

/// A variable and how it travels.
#[derive(Debug)]
pub struct Known<'s, T, K>(&'s T, PhantomData<K>);

impl<'s, 'x> Shared<'s, &'x str> {
    /// The variable and how it travels.
    #[must_use]
    pub fn known(&self) -> Known<'s, &'x str, ByReference<Str>> {
        Known(self.0, PhantomData)
    }
}

impl<'s, 'x> Shared<'s, &'x Path> {
    /// The variable and how it travels.
    #[must_use]
    pub fn known(&self) -> Known<'s, &'x Path, ByReference<OfPath>> {
        Known(self.0, PhantomData)
    }
}

impl<'s, 'x, T: Message> Shared<'s, &'x [T]> {
    /// The variable and how it travels.
    #[must_use]
    pub fn known(&self) -> Known<'s, &'x [T], ByReference<Slice>> {
        Known(self.0, PhantomData)
    }
}

/// A variable of any other type.
pub trait AnyShared<'s> {
    /// Its type.
    type Type;

    /// The variable and how it travels.
    fn known<K: Kind>(&self) -> Known<'s, Self::Type, K>
    where
        Self::Type: Crosses<K>;
}

impl<'s, T> AnyShared<'s> for Shared<'s, T> {
    type Type = T;

    fn known<K: Kind>(&self) -> Known<'s, T, K>
    where
        T: Crosses<K>,
    {
        Known(self.0, PhantomData)
    }
}

/// Variables: `(first, (second, ()))`.
pub trait List: Serialize {
    /// What a worker keeps of them.
    type Kept: serde::de::DeserializeOwned + 'static;
    /// What it lends.
    type Lent<'k>;
    /// What comes back.
    type Returned;

    /// Lends all of them: once, unless they are put back.
    fn lend(kept: &mut Self::Kept) -> Self::Lent<'_>;

    /// Gives back what was lent.
    fn give_back(lent: Self::Lent<'_>) -> Self::Returned;

    /// Keeps again what came back.
    fn put_back(kept: &mut Self::Kept, returned: Self::Returned);
}

impl List for () {
    type Kept = ();
    type Lent<'k> = ();
    type Returned = ();

    fn lend((): &mut ()) {}
    fn give_back((): ()) {}
    fn put_back((): &mut (), (): ()) {}
}

impl<T: Crosses<K>, K, Others: List> List for (Known<'_, T, K>, Others) {
    type Kept = (T::Kept, Others::Kept);
    type Lent<'k> = (T::Lent<'k>, Others::Lent<'k>);
    type Returned = (T::Returned, Others::Returned);

    fn lend((kept, others): &mut Self::Kept) -> Self::Lent<'_> {
        (T::lend(kept), Others::lend(others))
    }

    fn give_back((lent, others): Self::Lent<'_>) -> Self::Returned {
        (T::give_back(lent), Others::give_back(others))
    }

    fn put_back((kept, kept_others): &mut Self::Kept, (returned, others): Self::Returned) {
        T::put_back(kept, returned);
        Others::put_back(kept_others, others);
    }
}

impl<T: Serialize, K> Serialize for Known<'_, T, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Arrays are found by the exact type that the serializer is called with.
        serializer.serialize_newtype_struct("", self.0)
    }
}

/// Two lists, as one value.
pub(super) struct Both<'l, S, A>(pub(super) &'l S, pub(super) &'l A);

impl<S: Serialize, A: Serialize> Serialize for Both<'_, S, A> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(self.0)?;
        pair.serialize_element(self.1)?;
        pair.end()
    }
}
