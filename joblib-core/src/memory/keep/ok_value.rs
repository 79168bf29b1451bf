//! The `Ok` of a `Result` alone, in the bytes that serde gives the whole `Result`.

use serde::Deserialize;
use serde::de::{self, Deserializer, EnumAccess, VariantAccess, Visitor};
use serde::ser::{self, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// Serialises as serde does `Result::Ok`, so that all kinds write the same bytes.
pub(super) struct OkRef<'a, T, E>(pub(super) &'a Result<T, E>);

impl<T: Serialize, E> Serialize for OkRef<'_, T, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Ok(value) => serializer.serialize_newtype_variant("Result", 0, "Ok", value),
            Err(_) => Err(ser::Error::custom("an error is not kept")),
        }
    }
}

/// What [`OkRef`] wrote.
pub(super) struct OkValue<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OkValue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OkVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OkVisitor<T> {
            type Value = OkValue<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an Ok value")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<OkValue<T>, A::Error> {
                let (OkTag, value) = data.variant()?;
                value.newtype_variant().map(OkValue)
            }
        }

        deserializer.deserialize_enum("Result", &["Ok", "Err"], OkVisitor(PhantomData))
    }
}

/// The name of the variant `Ok`, or its number.
struct OkTag;

impl<'de> Deserialize<'de> for OkTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TagVisitor;

        impl Visitor<'_> for TagVisitor {
            type Value = OkTag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`Ok`")
            }

            fn visit_u64<E: de::Error>(self, index: u64) -> Result<OkTag, E> {
                if index == 0 { Ok(OkTag) } else { Err(E::custom("not an Ok value")) }
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<OkTag, E> {
                if name == "Ok" { Ok(OkTag) } else { Err(E::unknown_variant(name, &["Ok"])) }
            }

            fn visit_bytes<E: de::Error>(self, name: &[u8]) -> Result<OkTag, E> {
                if name == b"Ok" { Ok(OkTag) } else { Err(E::custom("not an Ok value")) }
            }
        }

        deserializer.deserialize_identifier(TagVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ok_reads_back_without_its_error_type() {
        struct NotSerde;
        let json = serde_json::to_string(&OkRef(&Ok::<_, NotSerde>(7))).unwrap();
        assert_eq!(json, serde_json::to_string(&Ok::<_, ()>(7)).unwrap());
        let OkValue(back) = serde_json::from_str::<OkValue<i32>>(&json).unwrap();
        assert_eq!(back, 7);
        assert!(serde_json::from_str::<OkValue<i32>>("{\"Err\":7}").is_err());
    }
}
