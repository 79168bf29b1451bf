//! Which part of a function's answer is kept, as the types of cached functions and of their entries say.
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

/// An answer on its way to another thread.
pub(crate) type Packed = Box<dyn Any + Send>;

/// How answers of type `R` are kept: [`Whole`], [`Every`], [`OkOnly`], or [`Cloned`] of one of them.
pub trait Keep<R>: Copy + Default + sealed::Kind {
    /// What of an answer is stored.
    #[doc(hidden)]
    type Form: Form<R>;

    /// Whether this answer is kept at all: errors are not.
    fn keeps(&self, answer: &R) -> bool;

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

    /// Whether answers that are kept can be moved to another thread, by [`pack`](Self::pack).
    #[doc(hidden)]
    fn travels(&self) -> bool {
        false
    }

    /// An answer for another thread; itself where it cannot go there.
    #[doc(hidden)]
    fn pack(&self, answer: R) -> Result<Packed, R> {
        Err(answer)
    }

    /// The answer that was packed.
    #[doc(hidden)]
    fn unpack(&self, packed: Packed) -> Option<R> {
        let _ = packed;
        None
    }
}

/// What of an answer is stored, and its encoding.
#[doc(hidden)]
pub trait Form<R> {
    /// What is stored.
    type Part;

    /// What is stored of an answer that is kept.
    fn part(answer: &R) -> Option<&Self::Part>;

    /// As [`part`](Self::part), by value; the answer where it is not kept.
    fn into_part(answer: R) -> Result<Self::Part, R>;

    /// The answer of which this was stored.
    fn whole(part: Self::Part) -> R;

    /// Encodes an answer that is kept.
    fn encode<C: Codec>(
        codec: &C,
        answer: &R,
        buffer: &mut Vec<u8>,
        limit: usize,
        compress: &C::Compression,
    ) -> Result<Encoded>;

    /// Writes an answer that is kept.
    fn write<C: Codec>(codec: &C, answer: &R, file: &File, compress: &C::Compression) -> Result<u64>;

    /// The answer in these bytes.
    fn decode<C: Codec>(codec: &C, bytes: &[u8]) -> Result<R>;

    /// The answer in this file.
    fn read<C: Codec>(codec: &C, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<R>;

    /// The encoding in memory, whatever its size, of an answer that is kept.
    fn encode_whole<C: Codec>(codec: &C, answer: &R) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Self::encode(codec, answer, &mut bytes, usize::MAX, &C::Compression::default())?;
        Ok(bytes)
    }

    /// What an answer that is kept looks like to serde, maps in any order.
    fn form(answer: &R) -> Result<Key>;

    /// Whether what is stored is of a type that has no code of the user's.
    fn is_plain() -> bool {
        user_code::is_plain::<Self::Part>()
    }
}

/// A kind of keeping under which answers of type `R` can be stored.
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

/// Keeps everything but a `Result::Err`, whatever type parameter that hides behind. Of a `Box` of one, and of
/// another type of that name, both are kept.
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
pub struct Cloned<K>(pub(crate) K);

impl<R: Serialize + DeserializeOwned> Keep<R> for Whole {
    type Form = Self;

    fn keeps(&self, answer: &R) -> bool {
        !(is_result::<R>() && is_err(answer))
    }
}

impl<R: Serialize + DeserializeOwned> Keep<R> for Every {
    type Form = Whole;

    fn keeps(&self, _answer: &R) -> bool {
        true
    }
}

impl<T: Serialize + DeserializeOwned, E> Keep<Result<T, E>> for OkOnly {
    type Form = Self;

    fn keeps(&self, answer: &Result<T, E>) -> bool {
        answer.is_ok()
    }
}

impl<R: Serialize + DeserializeOwned> Form<R> for Whole {
    type Part = R;

    fn part(answer: &R) -> Option<&R> {
        Some(answer)
    }

    fn into_part(answer: R) -> Result<R, R> {
        Ok(answer)
    }

    fn whole(part: R) -> R {
        part
    }

    fn encode<C: Codec>(
        codec: &C,
        answer: &R,
        buffer: &mut Vec<u8>,
        limit: usize,
        compress: &C::Compression,
    ) -> Result<Encoded> {
        codec.encode(answer, buffer, limit, compress)
    }

    fn write<C: Codec>(codec: &C, answer: &R, file: &File, compress: &C::Compression) -> Result<u64> {
        codec.write(answer, file, compress)
    }

    fn decode<C: Codec>(codec: &C, bytes: &[u8]) -> Result<R> {
        codec.decode(bytes)
    }

    fn read<C: Codec>(codec: &C, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<R> {
        codec.read(file, path, mode)
    }

    fn form(answer: &R) -> Result<Key> {
        crate::hash(answer)
    }
}

impl<T: Serialize + DeserializeOwned, E> Form<Result<T, E>> for OkOnly {
    type Part = T;

    fn part(answer: &Result<T, E>) -> Option<&T> {
        answer.as_ref().ok()
    }

    fn into_part(answer: Result<T, E>) -> Result<T, Result<T, E>> {
        answer.map_err(Err)
    }

    fn whole(part: T) -> Result<T, E> {
        Ok(part)
    }

    fn encode<C: Codec>(
        codec: &C,
        answer: &Result<T, E>,
        buffer: &mut Vec<u8>,
        limit: usize,
        compress: &C::Compression,
    ) -> Result<Encoded> {
        codec.encode(&OkRef(answer), buffer, limit, compress)
    }

    fn write<C: Codec>(
        codec: &C,
        answer: &Result<T, E>,
        file: &File,
        compress: &C::Compression,
    ) -> Result<u64> {
        codec.write(&OkRef(answer), file, compress)
    }

    fn decode<C: Codec>(codec: &C, bytes: &[u8]) -> Result<Result<T, E>> {
        codec.decode::<OkValue<T>>(bytes).map(|OkValue(value)| Ok(value))
    }

    fn read<C: Codec>(codec: &C, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<Result<T, E>> {
        codec.read::<OkValue<T>>(file, path, mode).map(|OkValue(value)| Ok(value))
    }

    fn form(answer: &Result<T, E>) -> Result<Key> {
        crate::hash(&OkRef(answer))
    }
}

/// A kind whose kept part can be copied out of memory.
pub trait Sharing<R>: Keep<R, Form: Form<R, Part: Clone + Send + Sync + 'static>> {}

impl<R, K: Keep<R, Form: Form<R, Part: Clone + Send + Sync + 'static>>> Sharing<R> for K {}

impl<R, K: Sharing<R>> Keep<R> for Cloned<K> {
    type Form = K::Form;

    fn keeps(&self, answer: &R) -> bool {
        self.0.keeps(answer)
    }

    fn share(&self, answer: &R) -> Option<Shared> {
        let part = K::Form::part(answer).filter(|_| self.keeps(answer))?;
        Some(Arc::new(Held::new(part.clone())))
    }

    fn unshare(&self, shared: &Shared) -> Option<R> {
        let part = shared.downcast_ref::<Held<<K::Form as Form<R>>::Part>>()?;
        part.get().cloned().map(K::Form::whole)
    }

    fn travels(&self) -> bool {
        true
    }

    fn pack(&self, answer: R) -> Result<Packed, R> {
        K::Form::into_part(answer).map(|part| Box::new(part) as Packed)
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
        fn kept<R: Serialize + DeserializeOwned>(answer: R) -> bool {
            Whole.keeps(&answer)
        }
        assert!(kept(1) && kept("x".to_owned()) && kept(None::<u8>) && kept(vec![Err::<u8, u8>(1)]));
        assert!(kept(Ok::<u8, u8>(1)));
        assert!(!kept(Err::<u8, u8>(1)));
        assert!(Every.keeps(&Err::<u8, u8>(1)));
    }
}
