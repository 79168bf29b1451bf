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
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// How answers of type `R` are kept: [`Whole`], [`Every`], [`OkOnly`], or [`Cloned`] of one of them.
pub trait Keep<R>: Copy + Default + sealed::Kind {
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

    /// The encoding in memory, whatever its size, of an answer that is kept.
    #[doc(hidden)]
    fn encode_whole<C: Codec>(&self, codec: &C, answer: &R) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.encode(codec, answer, &mut bytes, usize::MAX, &C::Compression::default())?;
        Ok(bytes)
    }

    /// What an answer that is kept looks like to serde, maps in any order.
    #[doc(hidden)]
    fn form(&self, answer: &R) -> Result<Key>;

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

    /// Whether what is kept is of a type that has no code of the user's.
    #[doc(hidden)]
    fn is_plain(&self) -> bool;
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

/// Keeps everything but a `Result::Err`, whatever type parameter that hides behind. Of a `Box` of one, and of another type of
/// that name, both are kept.
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

        fn form(&self, answer: &R) -> Result<Key> {
            crate::hash(answer)
        }

        fn is_plain(&self) -> bool {
            user_code::is_plain::<R>()
        }
    };
}

impl<R: Serialize + DeserializeOwned> Keep<R> for Whole {
    fn keeps(&self, answer: &R) -> bool {
        !(is_result::<R>() && is_err(answer))
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

    fn form(&self, answer: &Result<T, E>) -> Result<Key> {
        crate::hash(&OkRef(answer))
    }

    fn is_plain(&self) -> bool {
        user_code::is_plain::<T>()
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
                Some(Arc::new(Held::new(answer.clone())))
            }

            fn copy_in(&self, shared: &Shared) -> Option<R> {
                shared.downcast_ref::<Held<R>>()?.get().cloned()
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
        answer.as_ref().ok().map(|value| Arc::new(Held::new(value.clone())) as Shared)
    }

    fn copy_in(&self, shared: &Shared) -> Option<Result<T, E>> {
        shared.downcast_ref::<Held<T>>()?.get().cloned().map(Ok)
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

    fn form(&self, answer: &R) -> Result<Key> {
        self.0.form(answer)
    }

    fn is_plain(&self) -> bool {
        self.0.is_plain()
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
