//! `KeyHasher`: the key of a list of arguments, one after the other.

use super::error::Unhashable;
use super::mutable::mentions_mutable;
use super::stream::Stream;
use super::{Key, serializer, tag};
use crate::{Error, Result, user_code};
use serde::Serialize;
use serde::ser::Error as _;

/// Computes the [`Key`] of a list of arguments.
///
/// The encoding is canonical and free of ambiguity: every value is tagged with its type and framed, so that
/// no two lists of arguments share bytes; hash maps and hash sets do not depend on their order; arrays of
/// numbers count by dtype, shape and elements, not by layout or ownership. It is described in
/// `docs/key-format.md` and is the same in every process and on every machine. Arguments of less than about
/// 500 bytes are hashed without allocating.
///
/// ```
/// use joblib::KeyHasher;
///
/// let mut hasher = KeyHasher::new();
/// hasher.arg(&42u64).arg("grid.csv").arg(&[1.0, 2.0][..]);
/// let key = hasher.finish()?;
/// assert_eq!(key.to_string().len(), 32);
/// # Ok::<(), joblib::Error>(())
/// ```
pub struct KeyHasher {
    stream: Stream,
    args: usize,
    failure: Option<Error>,
}

impl KeyHasher {
    /// A hasher for a list of arguments.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        let mut stream = Stream::new();
        stream.put(&[tag::FORMAT]);
        Self { stream, args: 0, failure: None }
    }

    /// As [`new`](Self::new); keys under different salts have nothing to do with each other.
    #[inline]
    #[must_use]
    pub fn with_salt(salt: u128) -> Self {
        let mut hasher = Self::new();
        hasher.stream.put_tagged(tag::SALT, salt.to_le_bytes());
        hasher
    }

    /// Adds the next argument.
    ///
    /// Arrays are recognised as values and behind one reference: `arg(x)` and `arg(&x)` for `x:
    /// &Array2<f64>`. Behind more references the key is the same, but is computed element by element, since
    /// serde looks through them without saying so.
    ///
    /// A value whose `Serialize` fails or panics is noted, and [`finish`](Self::finish) reports it. So is one
    /// that the call could change, because a stored result would not change it: a value that holds a `Cell`,
    /// `RefCell`, `Mutex`, `RwLock`, an atomic number or a `&mut` reference.
    #[inline]
    pub fn arg<T: Serialize + ?Sized>(&mut self, value: &T) -> &mut Self {
        self.args += 1;
        if let Err(cause) = self.put_arg(value) {
            self.fail(&format!("argument {}", self.args), cause);
        }
        self
    }

    /// As [`arg`](Self::arg), with a name to use in errors. The name is not part of the key.
    #[inline]
    pub fn named_arg<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        self.args += 1;
        if let Err(cause) = self.put_arg(value) {
            self.fail(&format!("argument `{name}`"), cause);
        }
        self
    }

    /// As [`named_arg`](Self::named_arg), for a type that runs none of the user's code and through which
    /// nothing can be changed.
    #[inline]
    pub(crate) fn plain_arg<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.args += 1;
        if let Err(cause) = serializer::put(&mut self.stream, value) {
            self.fail(&format!("argument `{name}`"), cause);
        }
    }

    /// Adds a value that is not an argument, or that stands for arguments by the caller's word: it counts as
    /// it is now, even if the call can change it.
    #[inline]
    pub fn named_value<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        if let Err(cause) = put(&mut self.stream, value) {
            self.fail(&format!("`{name}`"), cause);
        }
        self
    }

    /// The key of the arguments so far. Afterwards the hasher is as [`new`](Self::new): it is not taken by
    /// value, because it is large and would be copied.
    ///
    /// # Errors
    ///
    /// The first argument that could not be serialised, by name or position ([`Error::is_unhashable`]). One
    /// that is nested too deep, more than 256 levels, also exceeds a limit ([`Error::is_limit`]).
    #[inline]
    pub fn finish(&mut self) -> Result<Key> {
        let digest = self.stream.take_digest();
        self.stream.put(&[tag::FORMAT]);
        self.args = 0;
        match self.failure.take() {
            None => Ok(Key(digest)),
            Some(error) => Err(error),
        }
    }

    #[inline]
    fn put_arg<T: Serialize + ?Sized>(&mut self, value: &T) -> std::result::Result<(), Unhashable> {
        if let Some(mutable) = mentions_mutable::<T>() {
            return Err(serializer::changeable(mutable));
        }
        self.stream.of_call = true;
        let fed = put(&mut self.stream, value);
        self.stream.of_call = false;
        fed
    }

    #[cold]
    fn fail(&mut self, which: &str, cause: Unhashable) {
        self.failure.get_or_insert_with(|| cause.into_error(which));
    }
}

impl Default for KeyHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyHasher").field("args", &self.args).finish_non_exhaustive()
    }
}

/// The key of one value: equal for equal values, in every process and on every machine.
///
/// ```
/// use std::collections::HashMap;
///
/// let one = HashMap::from([("a", 1), ("b", 2)]);
/// let two = HashMap::from([("b", 2), ("a", 1)]);
/// assert_eq!(joblib::hash(&one)?, joblib::hash(&two)?);
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// # Errors
///
/// If the value's `Serialize` fails or panics, such as for a path that is not UTF-8
/// ([`Error::is_unhashable`]), or the value is nested too deep, more than 256 levels ([`Error::is_limit`],
/// too).
pub fn hash<T: Serialize + ?Sized>(value: &T) -> Result<Key> {
    let mut stream = Stream::new();
    stream.put(&[tag::FORMAT]);
    match put(&mut stream, value) {
        Ok(()) => Ok(Key(stream.take_digest())),
        Err(cause) => Err(cause.into_error("the value")),
    }
}

/// Feeds a value; a panic counts as a failure.
#[inline]
fn put<T: Serialize + ?Sized>(stream: &mut Stream, value: &T) -> Result<(), Unhashable> {
    if user_code::is_plain::<T>() {
        return serializer::put(stream, value);
    }
    user_code::run("its `Serialize`", || serializer::put(stream, value))
        .unwrap_or_else(|error| Err(Unhashable::custom(error)))
}
