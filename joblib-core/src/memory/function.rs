//! A function's entries: load, store, remove, with failures turned into warnings.

use super::encoding::Encoding;
use super::flight::Shared;
use super::keep::Keep;
use super::place::{Place, Slot};
use super::policy::{Access, Policy};
use super::report::Report;
use crate::store::{EntryMeta, FunctionId, FunctionStore, Stats};
use crate::user_code::{self, Call};
use crate::{Codec, Encoded, Error, Key, Result, mutable};
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

pub(crate) const SERIALIZE: &str = "`Serialize` of a result";
pub(crate) const DESERIALIZE: &str = "`Deserialize` of a result";
const CLONE: &str = "`Clone` of a result";
const DROP: &str = "`Drop` of a result";

/// One function at one version, in one place, with its policy.
pub struct Function<C: Codec> {
    pub(crate) slot: Arc<Slot>,
    pub(crate) place: Arc<Place>,
    pub(crate) codec: C,
    pub(crate) policy: Policy<C>,
    pub(crate) access: Access,
    pub(crate) report: Report,
}

impl<C: Codec> Function<C> {
    pub(crate) fn new(
        place: Arc<Place>,
        codec: C,
        access: Access,
        id: FunctionId,
        policy: Policy<C>,
    ) -> Self {
        let slot = place.slot(id, &policy.limits);
        let report = Report::new(&slot.id, policy.verbose);
        Self { slot, place, codec, policy, access, report }
    }

    /// Whether the arguments are wanted as text.
    #[inline]
    pub fn wants_args(&self) -> bool {
        self.policy.wants_args()
    }

    /// The store, where there is one and it may be used at all.
    pub(crate) fn store(&self) -> Option<&Arc<dyn FunctionStore>> {
        if self.access == Access::Off { None } else { self.slot.store.as_ref() }
    }

    /// The store, or an error that says why there is none.
    pub(crate) fn store_or_error(&self) -> Result<&Arc<dyn FunctionStore>> {
        self.policy.refused.check()?;
        match self.store() {
            Some(store) => Ok(store),
            None => Err(self.why_nothing_is_stored()),
        }
    }

    #[cold]
    fn why_nothing_is_stored(&self) -> Error {
        if self.access == Access::Off {
            return Error::unsupported("this cache is disabled: nothing is stored");
        }
        match self.place.open(&self.slot.id, &self.policy.limits) {
            Err(error) => error,
            Ok(None) => Error::unsupported("this cache has no place: nothing is stored"),
            Ok(Some(_)) => {
                Error::unsupported("the cache could not be used when the function was first asked for")
            }
        }
    }

    /// Entries, and calls in this process.
    pub(crate) fn stats(&self) -> Stats {
        let mut stats = self.slot.tally.complete(self.store().map(|store| store.stats()).unwrap_or_default());
        stats.hits += self.slot.hot_hits();
        stats
    }

    /// The key's value as stored; an error says that it is damaged or cannot be decoded.
    pub(crate) fn load<R, K: Keep<R>>(
        &self,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        keep: K,
        meta: Option<EntryMeta>,
    ) -> Result<Option<R>> {
        let timer = self.report.loading(key);
        let mut found = None;
        let mut size = 0;
        store.get(key, &mut |record| {
            Encoding::show(record, self.policy.mmap_mode, |encoding| {
                if self.policy.hot.is_some() {
                    size = encoding.len();
                }
                let read = || encoding.decode(&self.codec, keep);
                found =
                    Some(if keep.is_plain() { read()? } else { self.user_code(key, DESERIALIZE, read)?? });
                Ok(())
            })
        })?;
        let Some(answer) = found else { return Ok(None) };
        self.report.loaded(key, timer);
        if let Some(capacity) = self.policy.hot
            && self.may_clone(key, keep, &answer)
            && let Some(shared) = self.share(key, keep, &answer)
            && let Some(meta) = meta.or_else(|| store.metadata(key))
        {
            self.slot.hot(capacity).insert(key, shared, meta, size);
        }
        Ok(Some(answer))
    }

    /// Stores an answer that is kept; a failure is a warning. With mapping, gives the mapped answer instead.
    ///
    /// Also tells whether the answer may be cloned for others, where that is known. `doubtful`: what is stored under
    /// the key cannot be read.
    pub(crate) fn keep<R, K: Keep<R>>(
        &self,
        key: Key,
        answer: R,
        keep: K,
        meta: &EntryMeta,
        doubtful: bool,
    ) -> (R, Option<bool>) {
        let Some(store) = self.store() else { return (answer, None) };
        let put = if doubtful || self.slot.is_doubtful() {
            self.reads_back(key, &answer, keep).and_then(|()| self.put(store, key, &answer, keep, meta))
        } else {
            self.put(store, key, &answer, keep, meta)
        };
        match put {
            // The first call answers as later ones will: with arrays mapped.
            Ok(Stored { in_file: true, may_clone }) if self.policy.mmap_mode.is_some() => {
                (self.mapped(store, key, answer, keep, meta), Some(may_clone))
            }
            Ok(stored) => (answer, Some(stored.may_clone)),
            Err(error) => {
                self.slot.warn_once(&error);
                if doubtful {
                    self.remove(key);
                }
                (answer, None)
            }
        }
    }

    /// The answer just stored as it is loaded; itself where that fails.
    fn mapped<R, K: Keep<R>>(
        &self,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        answer: R,
        keep: K,
        meta: &EntryMeta,
    ) -> R {
        match self.load(store, key, keep, Some(meta.clone())) {
            Ok(Some(mapped)) => {
                self.attempt(key, DROP, || drop(answer));
                mapped
            }
            Ok(None) => answer,
            Err(error) => {
                self.slot.warn_of_reading(key, &error);
                self.slot.doubt();
                self.remove(key);
                answer
            }
        }
    }

    /// Whether what the answer is encoded as can be decoded. Asked only once an entry has turned out not to be readable.
    #[cold]
    fn reads_back<R, K: Keep<R>>(&self, key: Key, answer: &R, keep: K) -> Result<()> {
        let bytes = self.user_code(key, SERIALIZE, || keep.encode_whole(&self.codec, answer))??;
        let decoded = self.user_code(key, DESERIALIZE, || keep.decode(&self.codec, &bytes).map(drop));
        decoded.and_then(|decoded| decoded).map_err(|cause| {
            self.slot.doubt();
            Error::codec(format!("what it is encoded as cannot be read back: {cause}"))
        })
    }

    /// Stores an answer that is kept, in memory too if so asked.
    pub(crate) fn put<R, K: Keep<R>>(
        &self,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        answer: &R,
        keep: K,
        meta: &EntryMeta,
    ) -> Result<Stored> {
        self.comes_back(key, answer, keep)?;
        self.report.storing(key, store.as_ref());
        let mut size = 0;
        let put = || {
            with_buffer(|buffer| {
                let compress = &self.policy.compress;
                let limit = store.inline_limit();
                let encoded = self.user_code(key, SERIALIZE, || {
                    keep.encode(&self.codec, answer, buffer, limit, compress)
                })??;
                match encoded {
                    Encoded::Inline => {
                        size = buffer.len() as u64;
                        store.put(key, meta, buffer).map(|()| false)
                    }
                    Encoded::TooLarge => {
                        let mut write = |file: &std::fs::File| {
                            size = self.user_code(key, SERIALIZE, || {
                                keep.write(&self.codec, answer, file, compress)
                            })??;
                            Ok(size)
                        };
                        store.put_file(key, meta, &mut write).map(|()| true)
                    }
                }
            })
        };
        let (in_file, shares_state) = mutable::watch(put);
        let stored = in_file.map(|in_file| Stored { in_file, may_clone: !shares_state });
        if let Some(capacity) = self.policy.hot {
            let may_clone = stored.as_ref().is_ok_and(|stored| stored.may_clone);
            match may_clone.then(|| self.share(key, keep, answer)).flatten() {
                Some(shared) => self.slot.hot(capacity).insert(key, shared, meta.clone(), size),
                None => self.slot.forget(key),
            }
        }
        stored
    }

    /// A copy for others; none where the type has none to give, or making it fails.
    pub(crate) fn share<R, K: Keep<R>>(&self, key: Key, keep: K, answer: &R) -> Option<Shared> {
        self.attempt(key, CLONE, || keep.share(answer)).flatten()
    }

    /// An answer of one's own from such a copy, which may be the last to hold it.
    pub(crate) fn unshare<R, K: Keep<R>>(&self, key: Key, keep: K, shared: Shared) -> Option<R> {
        // The call has begun by asking whether it is within user code that runs for it.
        let copied = user_code::run_asked(self.call(key), CLONE, || keep.unshare(&shared));
        copied.inspect_err(|error| self.slot.warn_once(error)).ok().flatten()
    }

    /// Whether clones of the answer do not share what can be changed, as those of an `Arc<Mutex<_>>` do, and cloning ends:
    /// encoding is bounded in depth, `Clone` is not. Asked of the type where that shows it, else of the value.
    pub(crate) fn may_clone<R, K: Keep<R>>(&self, key: Key, keep: K, answer: &R) -> bool {
        keep.is_plain() || {
            let encode = || self.user_code(key, SERIALIZE, || keep.encode_whole(&self.codec, answer));
            let (encoded, shares_state) = mutable::watch(encode);
            encoded.is_ok_and(|bytes| bytes.is_ok()) && !shares_state
        }
    }

    /// What those get who wait for an answer computed just now. `may_clone`: what is known from storing it.
    pub(crate) fn hand_over<R, K: Keep<R>>(
        &self,
        key: Key,
        keep: K,
        answer: &R,
        may_clone: Option<bool>,
    ) -> Option<Shared> {
        let may_clone = may_clone.unwrap_or_else(|| self.may_clone(key, keep, answer));
        if may_clone { self.share(key, keep, answer) } else { None }
    }

    /// Runs code of the user's for this key; `what` names it in errors.
    #[inline]
    pub(crate) fn user_code<T>(&self, key: Key, what: &'static str, code: impl FnOnce() -> T) -> Result<T> {
        user_code::run_for(self.call(key), what, code)
    }

    /// As [`user_code`](Self::user_code); a failure is a warning.
    #[inline]
    pub(crate) fn attempt<T>(&self, key: Key, what: &'static str, code: impl FnOnce() -> T) -> Option<T> {
        self.user_code(key, what, code).inspect_err(|error| self.slot.warn_once(error)).ok()
    }

    /// Whether this key is called from within user code that runs for it: the cache is not used then.
    #[inline]
    pub(crate) fn is_within(&self, key: Key) -> bool {
        user_code::is_within(self.call(key))
    }

    #[inline]
    fn call(&self, key: Key) -> Call {
        (Arc::as_ptr(&self.slot).addr(), key.0)
    }

    /// Removes one entry; a failure is a warning.
    pub(crate) fn remove(&self, key: Key) {
        self.slot.forget(key);
        if self.access.writes()
            && let Some(store) = self.store()
            && let Err(error) = store.remove(key)
        {
            self.slot.warn_once(&error);
        }
    }
}

impl<C: Codec> fmt::Debug for Function<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("slot", &self.slot)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Where an answer went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) in_file: bool,
    /// See [`Function::may_clone`].
    pub(crate) may_clone: bool,
}

/// Lends this thread's encoding buffer, empty; a computation inside a serialiser gets one of its own.
fn with_buffer<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    /// A buffer that grew beyond this is given back to the system.
    const KEEP: usize = 1 << 20;
    thread_local!(static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    // A thread's own values may call functions as they go, after the buffer has gone.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let result = work(&mut buffer);
    if buffer.capacity() <= KEEP {
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
    result
}
