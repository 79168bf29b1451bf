//! One call of a cached `async fn`.

use super::entry::{Call, stored_result};
use super::function_ref::FunctionRef;
use super::keep::Keep;
use super::memorized_result::MemorizedResult;
use crate::store::EntryMeta;
use crate::{Codec, Key, Result};

/// One call of a cached `async fn`, after [`HashMap`](std::collections::HashMap)'s `Entry`.
///
/// The arguments have been hashed and nothing else has happened. Methods that may run the function are
/// `async`; everything else is as for an [`Entry`](super::entry::Entry). Results that take more than a few
/// hundred KiB, or a file of their own, are read and written on the cache's own threads, where their type is
/// `Clone + Send + Sync`; all else happens on the polling thread.
#[must_use = "an entry does nothing until one of its methods is called"]
pub struct AsyncEntry<R, K, F, C: Codec> {
    call: Call<R, K, C>,
    future: F,
}

stored_result! { AsyncEntry }

impl<R, K: Keep<R>, F: Future<Output = R>, C: Codec> AsyncEntry<R, K, F, C> {
    pub(crate) fn new(
        function: FunctionRef<C>,
        key: Result<Key>,
        keep: K,
        future: F,
        args: Option<String>,
    ) -> Self {
        Self { call: Call::new(function, key, keep, args), future }
    }

    /// The stored result, else the awaited one, which is then stored: what calling the function does.
    pub async fn get_or_compute(self) -> R {
        let Self { call: Call { function, key, keep, args, .. }, future } = self;
        function.get_or_await(key, keep, future, args.as_deref()).await
    }

    /// Runs the function even if its result is stored, stores the new one, and tells how long it took.
    #[doc(alias = "call")]
    pub async fn recompute(self) -> (R, EntryMeta) {
        let Self { call: Call { function, key, keep, args, .. }, future } = self;
        function.recompute_async(key, keep, future, args.as_deref()).await
    }

    /// Makes sure that the result is stored, and gives a small reference to it; see
    /// [`Entry::shelve`](super::entry::Entry::shelve).
    #[doc(alias = "call_and_shelve")]
    pub async fn shelve(self) -> MemorizedResult<R, C> {
        if let Some(reference) = self.call.reference() {
            return reference;
        }
        let Self { call: Call { function, key, keep, args, .. }, future } = self;
        let known = key.as_ref().ok().copied();
        let result = function.get_or_await(key, keep, future, args.as_deref()).await;
        MemorizedResult::of(&function, known, result, keep)
    }
}
