//! How a deserializer makes a [`MappedArray`] mapped.
//!
//! A `MappedArray` inside a serde value does not know where it comes from; the deserializer knows, but meets it as
//! an unknown type. They agree on this:
//!
//! 1. `MappedArray::deserialize` calls `deserialize_newtype_struct(`[`NEWTYPE`]`, visitor)`.
//! 2. A deserializer that does not know the name answers as for any newtype: it calls
//!    `visitor.visit_newtype_struct(deserializer)`. The visitor then reads an `ndarray::Array` from that
//!    deserializer, and the result is owned. So it works in every format.
//! 3. A deserializer that knows the name, is to map, and finds the next value to be an array at a known place of a
//!    mapped file, calls `offer(place, || visitor.visit_newtype_struct(deserializer))`. The visitor takes the offer
//!    and returns without reading from the deserializer; the deserializer skips the value. If the place cannot be
//!    mapped as it is (misaligned), the visitor leaves the offer where it is and reads an owned array.
//! 4. After the call [`offer`] says whether the place was taken, so that the deserializer knows whether the value
//!    has been read.
//!
//! An offer lasts for the one call, on the one thread, and only the first `MappedArray` sees it.
//!
//! In the other direction there is no protocol: a `MappedArray` serialises as the array it shows, is found by
//! [`as_array`](crate::array::as_array) like any array, and [`locate`](super::locate) tells of any memory,
//! whether of a `MappedArray`, a slice of one, or a plain view, in which mapped file it lies.

use super::{ArrayPlace, MappedArray};
use crate::array::Element;
use ndarray::{Array, Dimension};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

/// The name under which a `MappedArray` asks to be deserialised.
pub const NEWTYPE: &str = "$joblib::MappedArray";

thread_local! {
    static OFFER: RefCell<Option<ArrayPlace>> = const { RefCell::new(None) };
}

/// Runs `read` while `place` is on offer to the first `MappedArray` deserialised in it; also says if it was taken.
pub fn offer<R>(place: ArrayPlace, read: impl FnOnce() -> R) -> (R, bool) {
    /// Puts the outer offer back, also on unwinding.
    struct Restore(Option<ArrayPlace>);
    impl Drop for Restore {
        fn drop(&mut self) {
            OFFER.set(self.0.take());
        }
    }
    let _restore = Restore(OFFER.replace(Some(place)));
    let result = read();
    (result, OFFER.with_borrow(Option::is_none))
}

impl<T, D> Serialize for MappedArray<T, D>
where
    T: Serialize + 'static,
    D: Dimension + Serialize + 'static,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.view().serialize(serializer)
    }
}

impl<'de, T, D> Deserialize<'de> for MappedArray<T, D>
where
    T: Element + Deserialize<'de>,
    D: Dimension + Deserialize<'de> + 'static,
{
    fn deserialize<De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
        deserializer.deserialize_newtype_struct(NEWTYPE, ArrayVisitor(PhantomData))
    }
}

struct ArrayVisitor<T, D>(PhantomData<(T, D)>);

impl<'de, T, D> Visitor<'de> for ArrayVisitor<T, D>
where
    T: Element + Deserialize<'de>,
    D: Dimension + Deserialize<'de> + 'static,
{
    type Value = MappedArray<T, D>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_newtype_struct<De: Deserializer<'de>>(self, deserializer: De) -> Result<Self::Value, De::Error> {
        let place = OFFER.with_borrow_mut(|offer| offer.take_if(|place| place.is_aligned()));
        match place {
            Some(place) => MappedArray::from_place(&place).map_err(De::Error::custom),
            None => Array::deserialize(deserializer).map(MappedArray::from),
        }
    }

    // Formats that leave out the names of newtypes may show the array's own representation at once.

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Array::deserialize(SeqAccessDeserializer::new(seq)).map(MappedArray::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Array::deserialize(MapAccessDeserializer::new(map)).map(MappedArray::from)
    }
}
