//! Which part of a function's result is stored, as the types of cached functions and of their entries say.
//!
//! ```
//! use joblib::keep::Storable;
//! use joblib::{Entry, Memory, Run};
//!
//! /// Of any cached function.
//! fn get<R>(entry: Entry<R, impl Storable<R>, impl Run<R>>) -> (bool, R) {
//!     (entry.is_cached(), entry.get_or_compute())
//! }
//!
//! #[joblib::cached(memory = Memory::disabled())]
//! fn half(x: f64) -> f64 {
//!     x / 2.0
//! }
//!
//! assert_eq!(get(half::entry(3.0)), (false, 1.5));
//! ```

mod is_err;
mod ok_value;

use super::flight::Shared;
use crate::user_code::{self, Held};
use crate::{Codec, Encoded, Key, MmapMode, Result};
use is_err::{is_err, is_result};
use ok_value::{OkRef, OkValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A result on its way to another thread.
pub(crate) type Packed = Box<dyn Any + Send>;

/// How results of type `R` are stored: [`Whole`], [`Every`], [`OkOnly`], or [`Cloned`] of one of them.
pub trait Keep<R>: Copy + Default + sealed::Kind {
    /// The part of a result that is stored.
    #[doc(hidden)]
    type Form: Form<R>;

    /// Whether this result is stored at all: errors are not.
    fn keeps(&self, result: &R) -> bool;

    /// A copy for other threads, where the type allows it and the result is stored.
    #[doc(hidden)]
    fn share(&self, result: &R) -> Option<Shared> {
        let _ = result;
        None
    }

    /// A result of the caller's own from such a copy.
    #[doc(hidden)]
    fn unshare(&self, shared: &Shared) -> Option<R> {
        let _ = shared;
        None
    }

    /// Whether results that are stored can be moved to another thread, by [`pack`](Self::pack).
    #[doc(hidden)]
    fn travels(&self) -> bool {
        false
    }

    /// A result for another thread; the result itself where it cannot go there.
    #[doc(hidden)]
    fn pack(&self, result: R) -> Result<Packed, R> {
        Err(result)
    }

    /// The result that was packed.
    #[doc(hidden)]
    fn unpack(&self, packed: Packed) -> Option<R> {
        let _ = packed;
        None
    }
}

/// The part of a result that is stored, and its encoding.
#[doc(hidden)]
pub trait Form<R> {
    /// What is stored.
    type Part;

    /// The part that is stored; `None` where the result is not.
    fn part(result: &R) -> Option<&Self::Part>;

    /// As [`part`](Self::part), by value; the result where it is not stored.
    fn into_part(result: R) -> Result<Self::Part, R>;

    /// The result of which this part was stored.
    fn whole(part: Self::Part) -> R;

    /// Encodes a result that is to be stored.
    fn encode<C: Codec>(
        codec: &C,
        result: &R,
        buffer: &mut Vec<u8>,
        limit: usize,
        compress: &C::Compression,
    ) -> Result<Encoded>;

    /// Writes a result that is to be stored.
    fn write<C: Codec>(codec: &C, result: &R, file: &File, compress: &C::Compression) -> Result<u64>;

    /// The result in these bytes.
    fn decode<C: Codec>(codec: &C, bytes: &[u8]) -> Result<R>;

    /// The result in this file.
    fn read<C: Codec>(codec: &C, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<R>;

    /// The encoding in memory, whatever its size, of a result that is to be stored.
    fn encode_whole<C: Codec>(codec: &C, result: &R) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Self::encode(codec, result, &mut bytes, usize::MAX, &C::Compression::default())?;
        Ok(bytes)
    }

    /// What a result that is to be stored looks like to serde, with maps in any order.
    fn form(result: &R) -> Result<Key>;

    /// Whether what is stored is of a type that runs none of the user's code.
    fn is_plain() -> bool {
        user_code::is_plain::<Self::Part>()
    }
}

/// A way of storing results of type `R`.
#[diagnostic::on_unimplemented(
    message = "`{R}` cannot be stored by `#[cached]`",
    label = "this return type does not implement `Serialize` and `DeserializeOwned`",
    note = "derive `serde::Serialize` and `serde::Deserialize` for what is returned (of a `Result`, for its `Ok` type), and return it owned"
)]
pub trait Storable<R>: Keep<R> {}

#[diagnostic::do_not_recommend]
impl<R, K: Keep<R>> Storable<R> for K {}

#[allow(unnameable_types, reason = "so that there are no other kinds")]
mod sealed {
    pub trait Kind {}

    impl Kind for super::Whole {}
    impl Kind for super::Every {}
    impl Kind for super::OkOnly {}
    impl<K> Kind for super::Cloned<K> {}
}

/// Stores everything but a `Result::Err`, even where a generic type turns out to be a `Result`. A `Box`
/// around a `Result`, and other types of that name, are stored whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whole;

/// Stores every result, errors too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Every;

/// Stores the `Ok` of a `Result`, whose error need not be serialisable.
#[derive(Clone, Copy, Debug, Default)]
pub struct OkOnly;

/// As the kind inside, for results that can be cloned: they are handed to waiting threads and kept in memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cloned<K>(pub(crate) K);

impl<R: Serialize + DeserializeOwned> Keep<R> for Whole {
    type Form = Self;

    fn keeps(&self, result: &R) -> bool {
        !(is_result::<R>() && is_err(result))
    }
}

impl<R: Serialize + DeserializeOwned> Keep<R> for Every {
    type Form = Whole;

    fn keeps(&self, _result: &R) -> bool {
        true
    }
}

impl<T: Serialize + DeserializeOwned, E> Keep<Result<T, E>> for OkOnly {
    type Form = Self;

    fn keeps(&self, result: &Result<T, E>) -> bool {
        result.is_ok()
    }
}

impl<R: Serialize + DeserializeOwned> Form<R> for Whole {
    type Part = R;

    fn part(result: &R) -> Option<&R> {
        Some(result)
    }

    fn into_part(result: R) -> Result<R, R> {
        Ok(result)
    }

    fn whole(part: R) -> R {
        part
    }

    fn encode<C: Codec>(
        codec: &C,
        result: &R,
        buffer: &mut Vec<u8>,
        limit: usize,
        compress: &C::Compression,
    ) -> Result<Encoded> {
        codec.encode(result, buffer, limit, compress)
    }

    fn write<C: Codec>(codec: &C, result: &R, file: &File, compress: &C::Compression) -> Result<u64> {
        codec.write(result, file, compress)
    }

    fn decode<C: Codec>(codec: &C, bytes: &[u8]) -> Result<R> {
        codec.decode(bytes)
    }

    fn read<C: Codec>(codec: &C, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<R> {
        codec.read(file, path, mode)
    }

    fn form(result: &R) -> Result<Key> {
        crate::hash(result)
    }
}

impl<T: Serialize + DeserializeOwned, E> Form<Result<T, E>> for OkOnly {
    type Part = T;

    fn part(result: &Result<T, E>) -> Option<&T> {
        result.as_ref().ok()
    }

    fn into_part(result: Result<T, E>) -> Result<T, Result<T, E>> {
        result.map_err(Err)
    }

    fn whole(part: T) -> Result<T, E> {
        Ok(part)
    }

    fn encode<C: Codec>(
        codec: &C,
        result: &Result<T, E>,
        buffer: &mut Vec<u8>,
        limit: usize,
        compress: &C::Compression,
    ) -> Result<Encoded> {
        codec.encode(&OkRef(result), buffer, limit, compress)
    }

    fn write<C: Codec>(
        codec: &C,
        result: &Result<T, E>,
        file: &File,
        compress: &C::Compression,
    ) -> Result<u64> {
        codec.write(&OkRef(result), file, compress)
    }

    fn decode<C: Codec>(codec: &C, bytes: &[u8]) -> Result<Result<T, E>> {
        codec.decode::<OkValue<T>>(bytes).map(|OkValue(value)| Ok(value))
    }

    fn read<C: Codec>(codec: &C, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<Result<T, E>> {
        codec.read::<OkValue<T>>(file, path, mode).map(|OkValue(value)| Ok(value))
    }

    fn form(result: &Result<T, E>) -> Result<Key> {
        crate::hash(&OkRef(result))
    }
}

/// A kind whose stored part can be copied out of memory.
pub trait Sharing<R>: Keep<R, Form: Form<R, Part: Clone + Send + Sync + 'static>> {}

impl<R, K: Keep<R, Form: Form<R, Part: Clone + Send + Sync + 'static>>> Sharing<R> for K {}

impl<R, K: Sharing<R>> Keep<R> for Cloned<K> {
    type Form = K::Form;

    fn keeps(&self, result: &R) -> bool {
        self.0.keeps(result)
    }

    fn share(&self, result: &R) -> Option<Shared> {
        let part = K::Form::part(result).filter(|_| self.keeps(result))?;
        Some(Arc::new(Held::new(part.clone())))
    }

    fn unshare(&self, shared: &Shared) -> Option<R> {
        let part = shared.downcast_ref::<Held<<K::Form as Form<R>>::Part>>()?;
        part.get().cloned().map(K::Form::whole)
    }

    fn travels(&self) -> bool {
        true
    }

    fn pack(&self, result: R) -> Result<Packed, R> {
        K::Form::into_part(result).map(|part| Box::new(part) as Packed)
    }

    fn unpack(&self, packed: Packed) -> Option<R> {
        packed.downcast().ok().map(|part| K::Form::whole(*part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_seen_through_any_type() {
        fn kept<R: Serialize + DeserializeOwned>(result: R) -> bool {
            Whole.keeps(&result)
        }
        assert!(kept(1) && kept("x".to_owned()) && kept(None::<u8>) && kept(vec![Err::<u8, u8>(1)]));
        assert!(kept(Ok::<u8, u8>(1)));
        assert!(!kept(Err::<u8, u8>(1)));
        assert!(Every.keeps(&Err::<u8, u8>(1)));
    }
}
