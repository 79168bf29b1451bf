//! A [`MappedArray`] inside a serde value.

use super::super::{ArrayPlace, MappedArray, MmapMode};
use super::{NEWTYPE, Unmappable, WISH, Wish, said};
use crate::Error;
use crate::array::Element;
use ndarray::{ArcArray, Dimension};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

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
        if let Some(place) = taken_offer::<T, D>() {
            match MappedArray::from_place(&place) {
                // What is being written is read into memory of its own.
                Err(error) if error.is_refused() && place.file().mode() != MmapMode::ReadWrite => {
                    WISH.set(Wish::At(place));
                }
                result => return result.map_err(De::Error::custom),
            }
        }
        let array = ArcArray::deserialize(deserializer)?;
        report(size_of::<T>() * array.len()).map_err(De::Error::custom)?;
        Ok(array.into())
    }

    // Formats that leave out the names of newtypes may show the array's own representation at once.

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        ArcArray::deserialize(SeqAccessDeserializer::new(seq)).map(MappedArray::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        ArcArray::deserialize(MapAccessDeserializer::new(map)).map(MappedArray::from)
    }
}

/// The offer of an array of exactly this type.
fn taken_offer<T: Element, D: Dimension>() -> Option<ArrayPlace> {
    let fits = |place: &ArrayPlace| {
        place.is_aligned()
            && place.dtype() == T::DTYPE
            && D::NDIM.is_none_or(|ndim| ndim == place.shape().len())
    };
    WISH.with_borrow_mut(|wish| match std::mem::replace(wish, Wish::Read) {
        Wish::At(place) if fits(&place) => Some(place),
        other => {
            *wish = other;
            None
        }
    })
}

/// Of an array that is read from a deserializer that does not know whether it could be mapped.
fn report(nbytes: usize) -> Result<(), Error> {
    let demanded = WISH.with_borrow(|wish| match wish {
        Wish::Mapped(demanded) if nbytes > 0 => *demanded,
        _ => Unmappable::Read,
    });
    let why = "it was not dumped as an array (a short array of fixed size), or serde reads it into a buffer first \
               (`flatten`, `untagged`, `tag`)";
    match demanded {
        Unmappable::Read => Ok(()),
        Unmappable::Warn => {
            crate::event!(WARN, nbytes, "an array is read, not mapped: {why}");
            said();
            Ok(())
        }
        Unmappable::Refuse => {
            let refusal = || {
                let message = format!("an array of {nbytes} bytes cannot be mapped for writing: {why}");
                Error::unsupported(message)
            };
            WISH.set(Wish::Refused(refusal()));
            Err(refusal())
        }
    }
}
