//! Which part of a function's answer is kept, and how it becomes bytes.

use super::flight::Shared;
use crate::{Codec, Encoded, MmapMode, Result};
use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, EnumAccess, VariantAccess, Visitor};
use serde::ser::{self, Serialize, Serializer};
use std::fmt;
use std::fs::File;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

/// How answers of type `R` are kept. Implemented by the four kinds of this module.
pub trait Keep<R>: Copy + Default {
    /// Whether this answer is kept at all: errors are not.
    fn keeps(&self, answer: &R) -> bool;

    /// Encodes an answer that is kept.
    #[doc(hidden)]
    fn encode<C: Codec>(
        &self,
        codec: &C,
        answer: &R,
        buffer: &mut Vec<u8>,
        limit: usize,
        compress: &C::Compression,
    ) -> Result<Encoded>;

    /// Writes an answer that is kept.
    #[doc(hidden)]
    fn write<C: Codec>(&self, codec: &C, answer: &R, file: &File, compress: &C::Compression) -> Result<u64>;

    /// The answer in these bytes.
    #[doc(hidden)]
    fn decode<C: Codec>(&self, codec: &C, bytes: &[u8]) -> Result<R>;

    /// The answer in this file.
    #[doc(hidden)]
    fn read<C: Codec>(&self, codec: &C, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<R>;

    /// A copy for other threads, where the type allows it and the answer is kept.
    #[doc(hidden)]
    fn share(&self, answer: &R) -> Option<Shared> {
        let _ = answer;
        None
    }

    /// An answer of one's own from such a copy.
    #[doc(hidden)]
    fn unshare(&self, shared: &Shared) -> Option<R> {
        let _ = shared;
        None
    }
}

/// Keeps everything but a `Result::Err`, whatever generic type that hides behind.
///
/// serde announces an error as variant `Err` of `Result` before anything else, which is asked for without
/// serialising further.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whole;

/// Keeps every answer, errors too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Every;

/// Keeps the `Ok` of a `Result`, whose error need not be serialisable.
#[derive(Clone, Copy, Debug, Default)]
pub struct OkOnly;

/// As the kind inside, for answers that can be cloned: handed to waiting threads and kept in memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cloned<K>(pub K);

macro_rules! through_serde {
    () => {
        fn encode<C: Codec>(
            &self,
            codec: &C,
            answer: &R,
            buffer: &mut Vec<u8>,
            limit: usize,
            compress: &C::Compression,
        ) -> Result<Encoded> {
            codec.encode(answer, buffer, limit, compress)
        }

        fn write<C: Codec>(
            &self,
            codec: &C,
            answer: &R,
            file: &File,
            compress: &C::Compression,
        ) -> Result<u64> {
            codec.write(answer, file, compress)
        }

        fn decode<C: Codec>(&self, codec: &C, bytes: &[u8]) -> Result<R> {
            codec.decode(bytes)
        }

        fn read<C: Codec>(&self, codec: &C, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<R> {
            codec.read(file, path, mode)
        }
    };
}

impl<R: Serialize + DeserializeOwned> Keep<R> for Whole {
    fn keeps(&self, answer: &R) -> bool {
        answer.serialize(IsErr) != Err(Seen::Err)
    }

    through_serde!();
}

impl<R: Serialize + DeserializeOwned> Keep<R> for Every {
    fn keeps(&self, _answer: &R) -> bool {
        true
    }

    through_serde!();
}

impl<T: Serialize + DeserializeOwned, E> Keep<Result<T, E>> for OkOnly {
    fn keeps(&self, answer: &Result<T, E>) -> bool {
        answer.is_ok()
    }

    fn encode<C: Codec>(
        &self,
        codec: &C,
        answer: &Result<T, E>,
        buffer: &mut Vec<u8>,
        limit: usize,
        compress: &C::Compression,
    ) -> Result<Encoded> {
        codec.encode(&OkRef(answer), buffer, limit, compress)
    }

    fn write<C: Codec>(
        &self,
        codec: &C,
        answer: &Result<T, E>,
        file: &File,
        compress: &C::Compression,
    ) -> Result<u64> {
        codec.write(&OkRef(answer), file, compress)
    }

    fn decode<C: Codec>(&self, codec: &C, bytes: &[u8]) -> Result<Result<T, E>> {
        codec.decode::<OkValue<T>>(bytes).map(|OkValue(value)| Ok(value))
    }

    fn read<C: Codec>(
        &self,
        codec: &C,
        file: &File,
        path: &Path,
        mode: Option<MmapMode>,
    ) -> Result<Result<T, E>> {
        codec.read::<OkValue<T>>(file, path, mode).map(|OkValue(value)| Ok(value))
    }
}

/// A kind whose kept part can be copied out of memory.
pub trait Sharing<R>: Keep<R> {
    #[doc(hidden)]
    fn copy_out(&self, answer: &R) -> Option<Shared>;
    #[doc(hidden)]
    fn copy_in(&self, shared: &Shared) -> Option<R>;
}

macro_rules! share_whole {
    ($kind:ty) => {
        impl<R: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Sharing<R> for $kind {
            fn copy_out(&self, answer: &R) -> Option<Shared> {
                Some(Arc::new(answer.clone()))
            }

            fn copy_in(&self, shared: &Shared) -> Option<R> {
                shared.downcast_ref::<R>().cloned()
            }
        }
    };
}
share_whole!(Whole);
share_whole!(Every);

impl<T, E> Sharing<Result<T, E>> for OkOnly
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    fn copy_out(&self, answer: &Result<T, E>) -> Option<Shared> {
        answer.as_ref().ok().map(|value| Arc::new(value.clone()) as Shared)
    }

    fn copy_in(&self, shared: &Shared) -> Option<Result<T, E>> {
        shared.downcast_ref::<T>().cloned().map(Ok)
    }
}

impl<R, K: Sharing<R>> Keep<R> for Cloned<K> {
    fn keeps(&self, answer: &R) -> bool {
        self.0.keeps(answer)
    }

    fn encode<C: Codec>(
        &self,
        codec: &C,
        answer: &R,
        buffer: &mut Vec<u8>,
        limit: usize,
        compress: &C::Compression,
    ) -> Result<Encoded> {
        self.0.encode(codec, answer, buffer, limit, compress)
    }

    fn write<C: Codec>(&self, codec: &C, answer: &R, file: &File, compress: &C::Compression) -> Result<u64> {
        self.0.write(codec, answer, file, compress)
    }

    fn decode<C: Codec>(&self, codec: &C, bytes: &[u8]) -> Result<R> {
        self.0.decode(codec, bytes)
    }

    fn read<C: Codec>(&self, codec: &C, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<R> {
        self.0.read(codec, file, path, mode)
    }

    fn share(&self, answer: &R) -> Option<Shared> {
        self.keeps(answer).then(|| self.0.copy_out(answer)).flatten()
    }

    fn unshare(&self, shared: &Shared) -> Option<R> {
        self.0.copy_in(shared)
    }
}

/// Serialises as serde does `Result::Ok`, so that all kinds write the same bytes.
struct OkRef<'a, T, E>(&'a Result<T, E>);

impl<T: Serialize, E> Serialize for OkRef<'_, T, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Ok(value) => serializer.serialize_newtype_variant("Result", 0, "Ok", value),
            Err(_) => Err(ser::Error::custom("an error is not kept")),
        }
    }
}

/// What [`OkRef`] wrote.
struct OkValue<T>(T);

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

/// A serializer that only looks at the first thing it is told.
struct IsErr;

/// What [`IsErr`] was told; an error so that serialisation ends there.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Err,
    Other,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Seen {}

impl ser::Error for Seen {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Seen::Other
    }
}

macro_rules! other {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$result, Seen> {
            Err(Seen::Other)
        })*
    };
}

type Never = ser::Impossible<(), Seen>;

impl Serializer for IsErr {
    type Ok = ();
    type Error = Seen;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    other! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Result<(), Seen> {
        Err(Seen::Other)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _value: &T,
    ) -> Result<(), Seen> {
        Err(Seen::Other)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        _value: &T,
    ) -> Result<(), Seen> {
        Err(if name == "Result" && variant == "Err" { Seen::Err } else { Seen::Other })
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _value: &T) -> Result<(), Seen> {
        Err(Seen::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_seen_through_any_type() {
        fn kept<R: Serialize + DeserializeOwned>(answer: R) -> bool {
            Whole.keeps(&answer)
        }
        assert!(kept(1) && kept("x".to_owned()) && kept(None::<u8>) && kept(vec![Err::<u8, u8>(1)]));
        assert!(kept(Ok::<u8, u8>(1)));
        assert!(!kept(Err::<u8, u8>(1)));
        assert!(Every.keeps(&Err::<u8, u8>(1)));
    }

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
