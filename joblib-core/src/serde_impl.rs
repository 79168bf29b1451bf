//! `Serialize` and `Deserialize` of the crates' own types, as serde's derives would write them, by macros of
//! the language: a derive is a crate to be built, and `syn` before it, which all others would wait for.

pub use serde_core as serde;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use std::fmt;
use std::marker::PhantomData;

/// A struct by its fields: `impl_serde_struct!(Limits { bytes, items, age })`.
///
/// Parameters are bounded as derives bound them, or, before the name, as is said for each of the two traits.
/// `as` names the struct otherwise; what follows `skip` stays behind and is read as the default.
#[macro_export]
#[doc(hidden)]
macro_rules! impl_serde_struct {
    ($name:ident $(<$($param:ident),+>)? { $($field:ident),+ }) => {
        $crate::impl_serde_struct! {
            [$($($param: $crate::serde_impl::serde::Serialize),+)?]
            [$($($param: $crate::serde_impl::serde::Deserialize<'de>),+)?]
            $name $(<$($param),+>)? as (stringify!($name)) { $($field),+ } skip {}
        }
    };
    (
        [$($ser:tt)*] [$($de:tt)*]
        $name:ident $(<$($param:ident),+>)? as ($text:expr) { $($field:ident),+ } skip { $($skipped:ident),* }
    ) => {
        const _: () = {
            use $crate::serde_impl::serde::{self, de::Error as _, ser::SerializeStruct as _};
            use $crate::serde_impl::{Struct, deserialize_struct, missing_field, next_field, too_short};

            impl<$($ser)*> serde::Serialize for $name $(<$($param),+>)? {
                fn serialize<Out: serde::Serializer>(&self, serializer: Out) -> Result<Out::Ok, Out::Error> {
                    let mut fields = serializer.serialize_struct($text, [$(stringify!($field)),+].len())?;
                    $(fields.serialize_field(stringify!($field), &self.$field)?;)+
                    fields.end()
                }
            }

            impl<'de, $($de)*> serde::Deserialize<'de> for $name $(<$($param),+>)? {
                fn deserialize<In: serde::Deserializer<'de>>(deserializer: In) -> Result<Self, In::Error> {
                    deserialize_struct(deserializer)
                }
            }

            impl<'de, $($de)*> Struct<'de> for $name $(<$($param),+>)? {
                const NAME: &'static str = $text;
                const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

                fn of_seq<In: serde::de::SeqAccess<'de>>(mut seq: In) -> Result<Self, In::Error> {
                    let mut read = 0;
                    $(
                        let Some($field) = seq.next_element()? else { return Err(too_short::<Self, _>(read)) };
                        read += 1;
                    )+
                    let _ = read;
                    Ok(Self { $($field,)+ $($skipped: Default::default(),)* })
                }

                fn of_map<In: serde::de::MapAccess<'de>>(mut map: In) -> Result<Self, In::Error> {
                    $(let mut $field = None;)+
                    while let Some(name) = next_field(&mut map, Self::FIELDS)? {
                        match name {
                            $(stringify!($field) if $field.is_some() => return Err(In::Error::duplicate_field(name)),
                            stringify!($field) => $field = Some(map.next_value()?),)+
                            _ => unreachable!("the name of a field"),
                        }
                    }
                    Ok(Self {
                        $($field: match $field {
                            Some(value) => value,
                            None => missing_field(stringify!($field))?,
                        },)+
                        $($skipped: Default::default(),)*
                    })
                }
            }
        };
    };
}

/// An enum by its variants, which have one value or none: `impl_serde_enum!(Exit<T, Others> { Here(value),
/// Other(value) })`.
#[macro_export]
#[doc(hidden)]
macro_rules! impl_serde_enum {
    ($name:ident $(<$($param:ident),+>)? { $($variant:ident $(($value:ident))?),* }) => {
        const _: () = {
            use $crate::serde_impl::serde;
            use $crate::serde_impl::{Enum, deserialize_enum};

            #[allow(dead_code, reason = "there may be no variant")]
            enum Index { $($variant),* }

            impl $(<$($param: serde::Serialize),+>)? serde::Serialize for $name $(<$($param),+>)? {
                fn serialize<Out: serde::Serializer>(&self, serializer: Out) -> Result<Out::Ok, Out::Error> {
                    let _ = &serializer;
                    match *self {
                        $($name::$variant $((ref $value))? => $crate::impl_serde_enum!(
                            @serialize serializer $name Index::$variant, $variant $($value)?
                        ),)*
                    }
                }
            }

            impl<'de, $($($param: serde::Deserialize<'de>),+)?> serde::Deserialize<'de> for $name $(<$($param),+>)? {
                fn deserialize<In: serde::Deserializer<'de>>(deserializer: In) -> Result<Self, In::Error> {
                    deserialize_enum(deserializer)
                }
            }

            impl<'de, $($($param: serde::Deserialize<'de>),+)?> Enum<'de> for $name $(<$($param),+>)? {
                const NAME: &'static str = stringify!($name);
                const VARIANTS: &'static [&'static str] = &[$(stringify!($variant)),*];

                fn of_variant<In: serde::de::VariantAccess<'de>>(name: &'static str, access: In) -> Result<Self, In::Error> {
                    let _ = &access;
                    match name {
                        $(stringify!($variant) => $crate::impl_serde_enum!(@deserialize access $name $variant $($value)?),)*
                        _ => unreachable!("the name of a variant"),
                    }
                }
            }
        };
    };
    (@serialize $serializer:ident $name:ident $index:expr, $variant:ident) => {
        $serializer.serialize_unit_variant(stringify!($name), $index as u32, stringify!($variant))
    };
    (@serialize $serializer:ident $name:ident $index:expr, $variant:ident $value:ident) => {
        $serializer.serialize_newtype_variant(stringify!($name), $index as u32, stringify!($variant), $value)
    };
    (@deserialize $access:ident $name:ident $variant:ident) => {
        $access.unit_variant().map(|()| $name::$variant)
    };
    (@deserialize $access:ident $name:ident $variant:ident $value:ident) => {
        $access.newtype_variant().map($name::$variant)
    };
}

/// A struct that is read by its fields.
pub trait Struct<'de>: Sized {
    /// Its name.
    const NAME: &'static str;
    /// Their names.
    const FIELDS: &'static [&'static str];

    /// Of all fields in their order.
    ///
    /// # Errors
    ///
    /// Those of the sequence, and that it is too short.
    fn of_seq<A: SeqAccess<'de>>(seq: A) -> Result<Self, A::Error>;

    /// Of fields by name.
    ///
    /// # Errors
    ///
    /// Those of the map, and a field that is there twice or is missing.
    fn of_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
}

/// An enum that is read by the name of a variant.
pub trait Enum<'de>: Sized {
    /// Its name.
    const NAME: &'static str;
    /// Its variants' names.
    const VARIANTS: &'static [&'static str];

    /// The variant of this name.
    ///
    /// # Errors
    ///
    /// Those of its value.
    fn of_variant<A: VariantAccess<'de>>(name: &'static str, access: A) -> Result<Self, A::Error>;
}

/// Reads a struct.
///
/// # Errors
///
/// Those of the deserializer, and what is no such struct.
pub fn deserialize_struct<'de, T: Struct<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_struct(T::NAME, T::FIELDS, StructVisitor(PhantomData))
}

/// Reads an enum.
///
/// # Errors
///
/// Those of the deserializer, and what is no such enum.
pub fn deserialize_enum<'de, T: Enum<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_enum(T::NAME, T::VARIANTS, EnumVisitor(PhantomData))
}

/// That a sequence has only so many of the fields.
pub fn too_short<'de, T: Struct<'de>, E: Error>(read: usize) -> E {
    let expected = format!("struct {} with {} elements", T::NAME, T::FIELDS.len());
    E::invalid_length(read, &expected.as_str())
}

/// The next field of these that a map has; others are passed over.
///
/// # Errors
///
/// Those of the map.
pub fn next_field<'de, A: MapAccess<'de>>(
    map: &mut A,
    fields: &'static [&'static str],
) -> Result<Option<&'static str>, A::Error> {
    while let Some(field) = map.next_key_seed(Name { of: fields, is_variant: false })? {
        if field.is_some() {
            return Ok(field);
        }
        map.next_value::<IgnoredAny>()?;
    }
    Ok(None)
}

/// What a field is that is not there: `None` if it may be that.
///
/// # Errors
///
/// If it may not.
pub fn missing_field<'de, T: Deserialize<'de>, E: Error>(name: &'static str) -> Result<T, E> {
    T::deserialize(Missing(name, PhantomData))
}

struct StructVisitor<T>(PhantomData<T>);

impl<'de, T: Struct<'de>> Visitor<'de> for StructVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", T::NAME)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<T, A::Error> {
        T::of_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::of_map(map)
    }
}

struct EnumVisitor<T>(PhantomData<T>);

impl<'de, T: Enum<'de>> Visitor<'de> for EnumVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "enum {}", T::NAME)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<T, A::Error> {
        let (name, access) = access.variant_seed(Name { of: T::VARIANTS, is_variant: true })?;
        T::of_variant(name.unwrap_or_default(), access)
    }
}

/// Reads one of these names, or its number. A field may be none of them.
#[derive(Clone, Copy)]
struct Name {
    of: &'static [&'static str],
    is_variant: bool,
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_variant { "variant identifier" } else { "field identifier" })
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let name = usize::try_from(number).ok().and_then(|number| self.of.get(number)).copied();
        if self.is_variant && name.is_none() {
            let expected = format!("variant index 0 <= i < {}", self.of.len());
            return Err(E::invalid_value(Unexpected::Unsigned(number), &expected.as_str()));
        }
        Ok(name)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let name = self.of.iter().copied().find(|name| *name == text);
        if self.is_variant && name.is_none() {
            return Err(E::unknown_variant(text, self.of));
        }
        Ok(name)
    }

    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Self::Value, E> {
        self.visit_str(&String::from_utf8_lossy(text))
    }
}

/// In place of a field's value: nothing is there.
struct Missing<E>(&'static str, PhantomData<E>);

impl<'de, E: Error> Deserializer<'de> for Missing<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(E::missing_field(self.0))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests;
