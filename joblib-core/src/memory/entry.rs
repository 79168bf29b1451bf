//! One call of a cached function, before it is made.

use super::function::SERIALIZE;
use super::function_ref::FunctionRef;
use super::keep::Keep;
use super::memorized_result::MemorizedResult;
use crate::store::EntryMeta;
use crate::{Codec, Key, Result};
use std::marker::PhantomData;

/// One call of a cached function, after [`HashMap`](std::collections::HashMap)'s `Entry`.
///
/// The arguments have been hashed and nothing else has happened: choose what to do by calling a method.
#[must_use = "an entry does nothing until one of its methods is called"]
pub struct Entry<R, K, F, C: Codec> {
    call: Call<R, K, C>,
    run: F,
}

/// What runs a function: a closure that is called once, and whose result is a type that a signature may spell
/// with lifetimes left out.
pub trait Run<R>: FnOnce() -> R {}

impl<R, F: FnOnce() -> R> Run<R> for F {}

impl<R, K: Keep<R>, F: FnOnce() -> R, C: Codec> Entry<R, K, F, C> {
    /// The stored result, else the computed one, which is then stored: what calling the function does.
    ///
    /// # Panics
    ///
    /// Where the function panics; nothing is stored then.
    #[inline]
    #[doc(alias = "__call__")]
    pub fn get_or_compute(self) -> R {
        let Call { function, key, keep, args, .. } = self.call;
        let mut run = Some(self.run);
        let mut run = || match run.take() {
            Some(run) => run(),
            None => unreachable!("a call runs its function once"),
        };
        // One type for all functions with this result: the path of a call is compiled once for them.
        function.get_or_compute(key, keep, &mut run as &mut dyn FnMut() -> R, args)
    }

    /// Runs the function even if its result is stored, stores the new one, and tells how long it took.
    ///
    /// # Panics
    ///
    /// Where the function panics; the former result then stays stored.
    #[doc(alias = "call")]
    pub fn recompute(self) -> (R, EntryMeta) {
        let Call { function, key, keep, args, .. } = self.call;
        function.recompute(key, keep, self.run, args.as_deref())
    }

    /// Makes sure that the result is stored, and gives a small reference to it instead of the result itself.
    ///
    /// A stored result is not loaded. Where results are not stored (a disabled cache, a full disk, an `Err`),
    /// the reference holds the result.
    ///
    /// # Panics
    ///
    /// Where the function panics.
    #[doc(alias = "call_and_shelve")]
    pub fn shelve(self) -> MemorizedResult<R, C> {
        if let Some(reference) = self.call.reference() {
            return reference;
        }
        let Call { function, key, keep, args, .. } = self.call;
        let known = key.as_ref().ok().copied();
        let result = function.get_or_compute(key, keep, self.run, args);
        MemorizedResult::of(&function, known, result, keep)
    }
}

impl<R, K: Keep<R>, F, C: Codec> Entry<R, K, F, C> {
    pub(crate) fn new(
        function: FunctionRef<C>,
        key: Result<Key>,
        keep: K,
        run: F,
        args: Option<String>,
    ) -> Self {
        Self { call: Call::new(function, key, keep, args), run }
    }
}

/// Which call it is, and what is stored of it.
pub(super) struct Call<R, K, C: Codec> {
    pub(super) function: FunctionRef<C>,
    pub(super) key: Result<Key>,
    pub(super) keep: K,
    pub(super) args: Option<String>,
    result: PhantomData<fn() -> R>,
}

impl<R, K: Keep<R>, C: Codec> Call<R, K, C> {
    pub(super) fn new(function: FunctionRef<C>, key: Result<Key>, keep: K, args: Option<String>) -> Self {
        Self { function, key, keep, args, result: PhantomData }
    }

    pub(super) fn is_cached(&self) -> bool {
        self.function.access.reads() && self.key.as_ref().is_ok_and(|&key| self.function.holds(key))
    }

    pub(super) fn load(&self) -> Result<Option<R>> {
        let key = self.key()?;
        match self.function.store() {
            Some(store) if self.is_cached() => self.function.load(store, key, self.keep, None),
            _ => Ok(None),
        }
    }

    pub(super) fn insert(&self, result: &R) -> Result<()> {
        let (key, keep) = (self.key()?, self.keep);
        if !self.function.user_code(key, SERIALIZE, || keep.keeps(result))? {
            return Err(crate::Error::invalid("an error is not kept (`cache_err = true` keeps them)"));
        }
        let store = self.function.store_or_error()?;
        self.function.put(store, key, result, keep, &EntryMeta::new(std::time::Duration::ZERO))
    }

    pub(super) fn remove(&self) -> Result<bool> {
        let key = self.key()?;
        self.function.slot.forget(key);
        self.function.store().map_or(Ok(false), |store| store.remove(key))
    }

    pub(super) fn key(&self) -> Result<Key> {
        self.key.as_ref().copied().map_err(crate::Error::no_key)
    }

    pub(super) fn metadata(&self) -> Option<EntryMeta> {
        self.function.store()?.metadata(self.key.as_ref().ok().copied()?)
    }

    /// A reference to the stored result, if there is a valid one; that is a hit.
    pub(super) fn reference(&self) -> Option<MemorizedResult<R, C>> {
        let key = *self.key.as_ref().ok()?;
        let store = self.function.store().filter(|_| self.is_cached())?;
        self.function.slot.tally.hit();
        Some(MemorizedResult::stored(&self.function, store, key, self.keep))
    }
}

/// Gives a kind of entry the methods that never run the function.
macro_rules! stored_result {
    ($entry:ident) => {
        impl<R, K: Keep<R>, F, C: Codec> $entry<R, K, F, C> {
            /// Whether the result is stored and valid. Never runs the function and removes nothing.
            #[must_use]
            #[doc(alias = "check_call_in_cache")]
            pub fn is_cached(&self) -> bool {
                self.call.is_cached()
            }

            /// The stored result, if there is a valid one. Never runs the function.
            ///
            /// # Errors
            ///
            /// A damaged entry, one whose `Deserialize` fails or panics, or arguments that cannot be hashed.
            pub fn load(&self) -> Result<Option<R>> {
                self.call.load()
            }

            /// Stores a result for these arguments without running the function.
            ///
            /// # Errors
            ///
            /// A failing or disabled cache, or a result whose `Serialize` fails or panics, or that is an
            /// error and therefore not stored.
            pub fn insert(&self, result: &R) -> Result<()> {
                self.call.insert(result)
            }

            /// Removes the stored result; tells whether there was one.
            ///
            /// # Errors
            ///
            /// A failing cache, or arguments that cannot be hashed.
            pub fn remove(&self) -> Result<bool> {
                self.call.remove()
            }

            /// The directory of the function's entries; none for a disabled cache or one that is not stored
            /// in files.
            #[must_use]
            #[doc(alias = "get_output_dir")]
            pub fn dir(&self) -> Option<std::path::PathBuf> {
                self.call.function.store()?.dir()
            }

            /// What stands for these arguments.
            ///
            /// # Errors
            ///
            /// [`is_unhashable`](crate::Error::is_unhashable) where an argument's `Serialize` fails or it is
            /// nested too deep.
            pub fn key(&self) -> Result<Key> {
                self.call.key()
            }

            /// When the stored result was computed, and how long that took.
            #[must_use]
            pub fn metadata(&self) -> Option<EntryMeta> {
                self.call.metadata()
            }
        }

        impl<R, K, F, C: Codec> std::fmt::Debug for $entry<R, K, F, C> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let (function, key) = (&self.call.function.slot.id, &self.call.key);
                f.debug_struct(stringify!($entry)).field("function", function).field("key", key).finish()
            }
        }
    };
}
pub(super) use stored_result;

stored_result! { Entry }
